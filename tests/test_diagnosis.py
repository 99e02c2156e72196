"""Known mistakes are recognised by what they get wrong, and by nothing else."""

from __future__ import annotations

import numpy as np
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


SHOWING = exercise(
    Claim("a", of="a", points=5),
    Claim("b", of="b", points=5),
    Claim("shown_a", of="shown_a", how="shown", points=5),
    Claim("shown_b", of="shown_b", how="shown", points=5),
    mistakes=(Misconception("doubled"), Misconception("silent")),
)
STEPS = np.arange(1.0, 6.0)


def shown(a: object, b: object) -> dict[str, object]:
    rows = np.stack([STEPS * a, STEPS * b], axis=1)
    return {"shown_a": rows, "shown_b": rows}


def test_the_forms_of_a_mistake_add_up_also_where_what_was_shown_of_each_looks_different() -> None:
    right = seen(a=[1.0, 5.0], b=[3.0, 15.0], shown_a=STEPS, shown_b=STEPS * 3)
    forms = (seen(a=[2.0, 10.0], shown_a=shown(2, 3)["shown_a"]), seen(b=[6.0, 30.0], shown_b=shown(1, 6)["shown_b"]))
    expected = Expected((right,), {"doubled": forms, "silent": (seen(shown_a=[], shown_b=[]),)})
    both = diagnose(SHOWING, seen(a=[2.0, 10.0], b=[6.0, 30.0], **shown(2, 6)), expected)
    assert both == {"doubled": {"case/a", "case/b"}}
    one = diagnose(SHOWING, seen(a=[2.0, 10.0], b=[3.0, 15.0], **shown(2, 3)), expected)
    assert one == {"doubled": {"case/a", "case/shown_a"}}
    only_shown = diagnose(SHOWING, seen(a=[1.0, 5.0], b=[3.0, 15.0], **shown(7, 3)), expected)
    assert only_shown == {}, "a mistake of which nothing but the figure's own display would be left is not named"


def test_a_mistake_that_leaves_a_claim_half_explained_is_not_named() -> None:
    whole = exercise(Claim("ab", of=("a", "b"), points=20), mistakes=(Misconception("doubled"),))
    expected = Expected((seen(a=np.ones(3), b=1.0),), {"doubled": (seen(a=[2.0, 3.0, 4.0]),)})
    assert list(diagnose(whole, seen(a=[2.0, 3.0, 4.0], b=1.0), expected)) == ["doubled"]
    assert not diagnose(whole, seen(a=[2.0, 3.0, 4.0], b=7.0), expected)
    assert list(diagnose(MISTAKES, seen(a=[2.0, 3.0, 4.0], b=7.0), expected)) == ["doubled"], "another claim"


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
