"""A custom metric: function or subclass of `Metric`?"""

from autograde.terms import KeyPoint, Question

QUESTION = Question(
    assignment="short_answers",
    key_points=(
        KeyPoint("function"),
        KeyPoint("subclass"),
        KeyPoint("methods"),
        KeyPoint("get_config"),
    ),
)
