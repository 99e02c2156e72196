"""Running a Keras model eagerly: why, how, and why not always."""

from autograde.terms import KeyPoint, Question

QUESTION = Question(
    assignment="short_answers",
    key_points=(
        KeyPoint("reasons"),
        KeyPoint("run_eagerly"),
        KeyPoint("dynamic_gone"),
        KeyPoint("slower"),
        KeyPoint("export"),
    ),
)
