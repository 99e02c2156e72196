"""The judge compares arrays only, so its laws can be stated over any arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograde.judge import judge
from autograde.terms import Array, Claim, Expected, How, Misconception, Observation, Raised
from tests.observations import arrays, exercise, floats, seen

AB = exercise(Claim("a", of="a", points=12), Claim("b", of="b", points=8))


@given(st.lists(arrays, min_size=1, max_size=3), st.data())
def test_any_of_the_right_answers_earns_full_marks(values: list[Array], data: st.DataObject) -> None:
    right = tuple(seen(a=value) for value in values)
    answer = data.draw(st.sampled_from(right))
    verdict = judge(exercise(Claim("a", of="a", points=20)), answer, Expected(right))
    assert (verdict.outcome, verdict.points, verdict.misconception) == ("correct", 20, None)


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=6))
def test_each_claim_that_holds_earns_exactly_its_points(claims: list[tuple[int, bool]]) -> None:
    names = [f"e{n}" for n in range(len(claims))]
    asked = exercise(*(Claim(name, of=name, points=points) for name, (points, _) in zip(names, claims, strict=True)))
    right = seen(**dict.fromkeys(names, 1.0))
    answer = seen(**{name: 1.0 if holds else 2.0 for name, (_, holds) in zip(names, claims, strict=True)})
    verdict = judge(asked, answer, Expected((right,)))
    assert verdict.points == sum(points for points, holds in claims if holds)
    assert [claim.holds for claim in verdict.claims] == [holds for _, holds in claims]


@given(st.dictionaries(st.sampled_from("abcdef"), st.booleans(), min_size=2), st.data())
def test_mending_one_entry_never_costs_points(wrong: dict[str, bool], data: st.DataObject) -> None:
    """Partial credit is monotone, also where claims share entries."""
    names = sorted(wrong)
    claims = [
        Claim(f"c{n}", of=tuple(data.draw(st.sets(st.sampled_from(names), min_size=1))), points=4) for n in range(5)
    ]
    expected = Expected((seen(**dict.fromkeys(names, 0.0)),))
    mended = data.draw(st.sampled_from(names))
    before = judge(exercise(*claims), seen(**{name: float(wrong[name]) for name in names}), expected)
    after = judge(exercise(*claims), seen(**{name: float(wrong[name] and name != mended) for name in names}), expected)
    assert after.points >= before.points


@given(st.permutations(range(4)), st.sets(st.integers(0, 3)))
def test_the_order_of_the_claims_changes_no_points(order: list[int], wrong: set[int]) -> None:
    claims = [Claim(f"c{n}", of=f"e{n}", points=n + 1) for n in range(4)]
    expected = Expected((seen(**{f"e{n}": 0.0 for n in range(4)}),))
    answer = seen(**{f"e{n}": float(n in wrong) for n in range(4)})
    straight, shuffled = (
        judge(exercise(*claims), answer, expected),
        judge(exercise(*(claims[n] for n in order)), answer, expected),
    )
    assert (straight.points, straight.outcome) == (shuffled.points, shuffled.outcome)


def test_a_gate_that_fails_costs_every_point_and_one_that_holds_costs_none() -> None:
    gated = exercise(Claim("own", of="own", gate=True), Claim("a", of="a", points=20))
    expected = Expected((seen(own=True, a=1.0),))
    assert judge(gated, seen(own=True, a=1.0), expected).points == 20
    assert judge(gated, seen(own=False, a=1.0), expected).points == 0
    assert judge(gated, seen(a=1.0), expected).points == 0, "a gate that could not be looked at does not open"


def test_why_there_are_no_points_comes_before_whatever_else_is_wrong() -> None:
    gated = exercise(
        Claim("own", of="own", gate=True),
        Claim("a", of="a", points=20),
        mistakes=tuple(map(Misconception, ("borrowed", "other"))),
    )
    wrong = {"other": (seen(a=np.arange(5.0)),), "borrowed": (seen(own=False),)}
    expected = Expected((seen(own=True, a=np.ones(5)),), wrong)
    broken = judge(gated, seen(own=False, a=np.arange(5.0), raised={"case": Raised("ValueError", "no")}), expected)
    assert (broken.misconception, broken.also, broken.raised, broken.outcome) == ("borrowed", (), None, "incorrect")
    honest = judge(gated, seen(own=True, a=np.arange(5.0)), expected)
    assert honest.misconception == "other"


def test_a_claim_without_its_entry_could_not_be_looked_at() -> None:
    verdict = judge(AB, seen(a=1.0, raised={"case": Raised("ValueError", "no")}), Expected((seen(a=1.0, b=2.0),)))
    assert [claim.holds for claim in verdict.claims] == [True, None]
    assert (verdict.points, verdict.outcome) == (12, "incorrect")


def test_code_that_raised_before_anything_was_seen_is_an_error() -> None:
    error = Raised("ValueError", "no", 3, "raise ValueError('no')")
    verdict = judge(AB, seen(raised={"case": error}), Expected((seen(a=1.0, b=2.0),)))
    assert (verdict.outcome, verdict.points, verdict.raised) == ("error", 0, error)


def test_what_behaves_like_the_stub_is_untouched_and_what_only_resembles_it_is_not() -> None:
    stub = seen(raised={"case": Raised("TypeError", "got NoneType at 0x7f10")})
    expected = Expected((seen(a=1.0, b=2.0),), stub=stub)
    elsewhere = seen(raised={"case": Raised("TypeError", "got NoneType at 0x8e99")})
    assert judge(AB, elsewhere, expected).outcome == "untouched"
    assert judge(AB, seen(raised={"case": Raised("TypeError", "got a string")}), expected).outcome == "error"
    assert judge(AB, seen(a=0.0, raised=dict(stub.raised)), expected).outcome == "incorrect"


@given(
    hnp.arrays(
        st.sampled_from(["bool", "int8", "uint64", "float16", "float64", "U3"]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    ),
    st.sampled_from(["close", "equal", "shape", "shown"]),
    hnp.arrays("float64", hnp.array_shapes(min_dims=1, max_dims=2, max_side=3), elements=floats),
)
def test_whatever_array_comes_is_judged(array: Array, how: How, right: Array) -> None:
    claim = Claim("a", of="a", points=20, how=how)
    known = {"doubled": (seen(a=2 * right),)}
    verdict = judge(
        exercise(claim, mistakes=(Misconception("doubled"),)), seen(a=array), Expected((seen(a=right),), known)
    )
    assert verdict.points == (20 if verdict.claims[0].holds else 0)


def test_a_claim_about_nothing_tells_the_author() -> None:
    with pytest.raises(ValueError, match="correct its `of`"):
        judge(exercise(Claim("c", of="nowhere")), seen(a=1.0), Expected((seen(a=1.0),)))


def test_a_pattern_without_a_case_means_every_case() -> None:
    right = Observation({"one/a": np.array(1.0), "two/a": np.array(2.0)})
    answer = Observation({"one/a": np.array(1.0), "two/a": np.array(5.0)})
    assert judge(exercise(Claim("c", of="a", points=20)), answer, Expected((right,))).points == 0
    assert judge(exercise(Claim("c", of="one/a", points=20)), answer, Expected((right,))).points == 20
