"""What TensorFlow is, its main features, and which other libraries do the same work."""

from autograde.terms import KeyPoint, Question

QUESTION = Question(
    assignment="short_answers",
    key_points=(
        KeyPoint("numerical"),
        KeyPoint("accelerators"),
        KeyPoint("graphs"),
        KeyPoint("autodiff"),
        KeyPoint("high_level"),
        KeyPoint("others"),
    ),
)
