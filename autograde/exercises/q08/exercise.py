"""When a training loop of one's own is worth writing."""

from autograde.terms import KeyPoint, Question

QUESTION = Question(
    assignment="short_answers",
    key_points=(
        KeyPoint("last_resort"),
        KeyPoint("costs"),
        KeyPoint("unusual_training"),
        KeyPoint("two_optimizers"),
        KeyPoint("debugging"),
    ),
)
