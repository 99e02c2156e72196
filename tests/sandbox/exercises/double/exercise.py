"""Double an array: as little as an exercise can ask, so that the tests are about the walls around it."""

from autograde.terms import Claim, Exercise, Forbidden

EXERCISE = Exercise(
    assignment="walls",
    asks_for=("double",),
    claims=(Claim("values", of="out", points=20),),
    forbids=(Forbidden("hsv", "colorsys", r"^rgb_to_hsv$"),),
)


def cases(rng):
    return {"three": {"x": rng.normal(size=3)}, "four": {"x": rng.normal(size=4)}}


def probe(student, x):
    return {"out": student["double"](x)}
