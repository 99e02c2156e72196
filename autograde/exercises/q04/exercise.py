"""Six data structures of TensorFlow beyond ordinary tensors."""

from autograde.terms import KeyPoint, Question

QUESTION = Question(
    assignment="short_answers",
    key_points=(
        KeyPoint("sparse"),
        KeyPoint("ragged"),
        KeyPoint("tensor_array"),
        KeyPoint("string"),
        KeyPoint("queue"),
        KeyPoint("set"),
    ),
)
