"""Known mistakes are recognised by what they get wrong, and by nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograde.diagnosis import diagnose
from autograde.judge import judge
from autograde.terms import Array, Claim, Expected, Misconception, Observation, Raised
from tests.observations import arrays, exercise, seen

MISTAKES = exercise(
    Claim("a", of="a", points=10),
    Claim("b", of="b", points=10),
    mistakes=(*map(Misconception, ("doubled", "negative", "tripled")), Misconception("no_name", raises="^NameError")),
)
EXPECTED = Expected(
    (seen(a=1.0, b=1.0),),
    {
        "doubled": (seen(a=2.0),),
        "negative": (seen(b=-1.0), seen(a=-1.0, b=-1.0)),
        "tripled": (seen(a=[2.0, 4.0, 6.0]),),
    },
)


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        (seen(a=2.0, b=1.0), ("doubled",)),
        (seen(a=1.0, b=-1.0), ("negative",)),
        (seen(a=-1.0, b=-1.0), ("negative",)),
        (seen(a=2.0, b=-1.0), ("doubled", "negative")),
        (seen(a=2.0, b=7.0), ()),  # a single number may agree by chance, and the other mistake is unknown
        (seen(a=[2.0, 4.0, 6.0], b=7.0), ("tripled",)),
        (seen(a=3.0, b=1.0), ()),
        (seen(a=1.0, b=1.0), ()),
        (seen(raised={"case": Raised("NameError", "name 'x' is not defined")}), ("no_name",)),
        (seen(raised={"case": Raised("ValueError", "a NameError")}), ()),
    ],
)
def test_a_mistake_is_known_by_its_arrays_or_its_error(answer: Observation, names: tuple[str, ...]) -> None:
    assert tuple(diagnose(MISTAKES, answer, EXPECTED)) == names
    verdict = judge(MISTAKES, answer, EXPECTED)
    assert (verdict.misconception, *verdict.also) == (names or (None,))


def test_a_mistake_with_several_marks_is_not_named_where_one_of_them_is_right() -> None:
    expected = Expected((seen(a=1.0, b=1.0),), {"doubled": (seen(a=2.0, b=2.0),)})
    assert not diagnose(MISTAKES, seen(a=2.0, b=1.0), expected)


def test_the_mistake_that_explains_everything_is_named_before_one_that_explains_a_part() -> None:
    expected = Expected((seen(a=1.0, b=1.0),), {"doubled": (seen(a=2.0),), "negative": (seen(a=2.0, b=2.0),)})
    assert list(diagnose(MISTAKES, seen(a=2.0, b=2.0), expected)) == ["negative"]


def test_a_mistake_that_raises_is_known_by_its_error_and_not_by_the_line_numbers_in_it() -> None:
    wrong = seen(raised={"case": Raised("ValueError", "Dimensions 3 and 4")})
    expected = Expected((seen(a=1.0, b=1.0),), {"doubled": (wrong,)})
    again = seen(raised={"case": Raised("ValueError", "Dimensions 5 and 7")})
    assert list(diagnose(MISTAKES, again, expected)) == ["doubled"]
    assert not diagnose(MISTAKES, seen(raised={"case": Raised("ValueError", "other")}), expected)


@given(arrays, st.dictionaries(st.sampled_from(["doubled", "negative"]), arrays))
def test_no_mistake_is_named_when_everything_holds(right: Array, wrong: dict[str, Array]) -> None:
    expected = Expected((seen(a=right, b=0.0),), {name: (seen(a=array),) for name, array in wrong.items()})
    verdict = judge(MISTAKES, seen(a=right, b=0.0, note_length=3), expected)
    assert (verdict.outcome, verdict.misconception, verdict.also) == ("correct", None, ())


def test_notes_fill_sentences_and_decide_nothing() -> None:
    answer = seen(a=1.0, b=1.0, note_layer=["dense", "dense_1"], note_steps=20)
    verdict = judge(MISTAKES, answer, EXPECTED)
    assert verdict.outcome == "correct"
    assert dict(verdict.facts) == {"layer": ("dense", "dense_1"), "steps": "20"}
