"""The rules for a function that is to become a TF function."""

from autograde.terms import KeyPoint, Question

QUESTION = Question(
    assignment="short_answers",
    key_points=(
        KeyPoint("tracing"),
        KeyPoint("variables"),
        KeyPoint("retracing"),
        KeyPoint("captured"),
        KeyPoint("tf_range"),
        KeyPoint("source"),
    ),
)
