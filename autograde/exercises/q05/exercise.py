"""A custom loss: function or subclass of `Loss`?"""

from autograde.terms import KeyPoint, Question

QUESTION = Question(
    assignment="short_answers",
    key_points=(
        KeyPoint("function"),
        KeyPoint("subclass"),
        KeyPoint("call"),
        KeyPoint("get_config"),
        KeyPoint("load"),
    ),
)
