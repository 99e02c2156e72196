"""When to write a layer and when a model."""

from autograde.terms import KeyPoint, Question

QUESTION = Question(
    assignment="short_answers",
    key_points=(
        KeyPoint("layer"),
        KeyPoint("model"),
        KeyPoint("base_classes"),
        KeyPoint("only_models"),
    ),
)
