"""`tf.range(10)` against `tf.constant(np.arange(10))`."""

from autograde.terms import KeyPoint, Question

QUESTION = Question(
    assignment="short_answers",
    key_points=(
        KeyPoint("values"),
        KeyPoint("dtype"),
        KeyPoint("defaults"),
        KeyPoint("mixing"),
    ),
)
