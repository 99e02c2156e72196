"""Can components of a Keras model hold arbitrary Python code?"""

from autograde.terms import KeyPoint, Question

QUESTION = Question(
    assignment="short_answers",
    key_points=(
        KeyPoint("convertible"),
        KeyPoint("py_function"),
        KeyPoint("run_eagerly"),
        KeyPoint("dynamic_gone"),
        KeyPoint("branches"),
    ),
)
