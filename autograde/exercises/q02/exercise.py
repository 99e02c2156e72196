"""Does TensorFlow replace NumPy?"""

from autograde.terms import KeyPoint, Question

QUESTION = Question(
    assignment="short_answers",
    key_points=(
        KeyPoint("no_drop_in"),
        KeyPoint("names"),
        KeyPoint("behaviour"),
        KeyPoint("immutable"),
        KeyPoint("adds"),
    ),
)
