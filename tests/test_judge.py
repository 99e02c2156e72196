"""The judge compares arrays only, so its laws can be stated over any arrays."""

from __future__ import annotations

from functools import cache
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograde.judge import agrees, diagnose, judge, number, share_shown
from autograde.terms import Array, Claim, Exercise, Expected, Misconception, Observation, Raised

floats = st.floats(-1e6, 1e6, width=32)
arrays = hnp.arrays("float32", hnp.array_shapes(max_dims=3, max_side=4), elements=floats)


def exercise(*claims: Claim, mistakes: tuple[Misconception, ...] = ()) -> Exercise:
    return Exercise("made_up", ("answer",), claims, mistakes, id="made_up")


def seen(raised: dict[str, Raised] | None = None, **entries: object) -> Observation:
    """An observation of one case; `a=1` is the entry "case/a"."""
    return Observation({f"case/{name}": np.asarray(value) for name, value in entries.items()}, raised or {})


AB = exercise(Claim("a", of="a", points=12), Claim("b", of="b", points=8))


# ---- points


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


def test_a_claim_about_nothing_tells_the_author() -> None:
    with pytest.raises(ValueError, match="correct its `of`"):
        judge(exercise(Claim("c", of="nowhere")), seen(a=1.0), Expected((seen(a=1.0),)))


def test_a_pattern_without_a_case_means_every_case() -> None:
    right = Observation({"one/a": np.array(1.0), "two/a": np.array(2.0)})
    answer = Observation({"one/a": np.array(1.0), "two/a": np.array(5.0)})
    assert judge(exercise(Claim("c", of="a", points=20)), answer, Expected((right,))).points == 0
    assert judge(exercise(Claim("c", of="one/a", points=20)), answer, Expected((right,))).points == 20


# ---- agreement of two arrays


@given(arrays, st.data())
def test_a_nan_in_place_of_a_number_never_agrees(wanted: Array, data: st.DataObject) -> None:
    spoiled = wanted.copy()
    spoiled.flat[data.draw(st.integers(0, wanted.size - 1))] = np.nan
    for how in ("close", "equal"):
        assert not agrees(Claim("c", of="a", how=how), spoiled, wanted)
        assert not agrees(Claim("c", of="a", how=how), wanted, spoiled)


@given(arrays, arrays)
def test_arrays_of_different_shapes_never_agree_in_value(one: Array, other: Array) -> None:
    same = one.shape == other.shape
    assert agrees(Claim("c", of="a", how="shape"), one, other) == same
    if not same:
        assert not agrees(Claim("c", of="a"), one, other)
        assert not agrees(Claim("c", of="a", how="equal"), one, other)


@given(arrays)
def test_a_number_of_another_type_with_the_same_value_is_close(array: Array) -> None:
    assert agrees(Claim("c", of="a"), array.astype("float64"), array)


def test_close_means_within_the_tolerance_and_no_further() -> None:
    claim = Claim("c", of="a", atol=0.1, rtol=0.0)
    assert agrees(claim, np.array(1.09), np.array(1.0))
    assert not agrees(claim, np.array(1.11), np.array(1.0))


@pytest.mark.parametrize(("one", "other"), [("1", 1), (1, "1"), ("a", "b"), ("a", ["a"])])
def test_text_agrees_with_the_same_text_only(one: object, other: object) -> None:
    assert not agrees(Claim("c", of="a"), np.asarray(one), np.asarray(other))
    assert agrees(Claim("c", of="a"), np.asarray(one), np.asarray(one))


def test_the_nearest_right_answer_is_quoted_at_the_place_of_the_largest_difference() -> None:
    right = (seen(a=[0.0, 0.0, 0.0]), seen(a=[1.0, 2.0, 3.0]))
    facts = judge(exercise(Claim("a", of="a", points=20)), seen(a=[1.0, 2.5, 3.1]), Expected(right)).claims[0].facts
    assert (facts["seen"], facts["wanted"], facts["place"], facts["difference"]) == ("2.5", "2", "[1]", "0.5")


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_number_can_be_quoted(value: float) -> None:
    assert number(value)


# ---- what was shown

small = st.integers(0, 2).map(float)
gaps = st.one_of(small, st.just(float("nan")))


@cache
def longest_common(rows: tuple[tuple[float, ...], ...], steps: tuple[tuple[float, ...], ...]) -> int:
    """The length of the longest common subsequence, by trying everything. A row with all of a step's numbers is it."""
    if not rows or not steps:
        return 0
    best = max(longest_common(rows[1:], steps), longest_common(rows, steps[1:]))
    here = {value for value in steps[0] if not isnan(value)} <= set(rows[0])
    return max(best, 1 + longest_common(rows[1:], steps[1:])) if here else best


@given(st.lists(st.tuples(gaps, gaps, gaps), max_size=6), st.lists(st.tuples(gaps, gaps), min_size=1, max_size=5))
def test_the_share_shown_is_that_of_the_longest_common_subsequence(
    rows: list[tuple[float, ...]], steps: list[tuple[float, ...]]
) -> None:
    table = np.array(rows, "float64").reshape(len(rows), 3)
    assert share_shown(table, np.array(steps), atol=0.1) == longest_common(tuple(rows), tuple(steps)) / len(steps)


@given(st.lists(st.tuples(gaps, gaps), max_size=5), st.lists(small, min_size=1, max_size=5))
def test_single_values_stand_in_one_column_from_the_left_or_from_the_right(
    rows: list[tuple[float, ...]], steps: list[float]
) -> None:
    packed = [tuple(value for value in row if not isnan(value)) for row in rows]
    columns = [[row[place] for row in rows] for place in range(2)]
    columns += [[row[-place] for row in packed if len(row) >= place] for place in (1, 2)]
    wanted = tuple((step,) for step in steps)
    longest = max(longest_common(tuple((value,) for value in column), wanted) for column in columns)
    assert share_shown(np.array(rows, "float64").reshape(len(rows), 2), np.array(steps), atol=0.1) == longest / len(
        steps
    )


def test_a_table_of_all_numbers_shows_nothing() -> None:
    losses = np.array([2.31, 1.77, 1.42, 1.21, 1.08, 0.99, 0.93, 0.88, 0.84, 0.81])
    table = np.arange(0, 3, 0.01).reshape(-1, 15)[::-1]
    assert share_shown(table, losses, atol=0.006) < 0.5
    assert share_shown(np.tile(np.arange(0, 3, 0.01), 8)[:300, None], losses, atol=0.006) < 0.5


def test_values_shown_in_the_wrong_order_do_not_count() -> None:
    assert share_shown(np.array([[2.0], [1.0]]), np.array([1.0, 2.0]), atol=0.1) == 0.5


@pytest.mark.parametrize("rows", [np.array(1.0), np.array([["1.0"]]), np.array([[np.nan]]), np.zeros((0, 3))])
def test_rows_that_show_no_number_show_nothing(rows: Array) -> None:
    assert share_shown(rows, np.array([1.0]), atol=0.1) == 0


# ---- which mistake

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
    assert diagnose(MISTAKES, answer, EXPECTED) == names
    verdict = judge(MISTAKES, answer, EXPECTED)
    assert (verdict.misconception, *verdict.also) == (names or (None,))


def test_a_mistake_with_several_marks_is_not_named_where_one_of_them_is_right() -> None:
    expected = Expected((seen(a=1.0, b=1.0),), {"doubled": (seen(a=2.0, b=2.0),)})
    assert diagnose(MISTAKES, seen(a=2.0, b=1.0), expected) == ()


def test_the_mistake_that_explains_everything_is_named_before_one_that_explains_a_part() -> None:
    expected = Expected((seen(a=1.0, b=1.0),), {"doubled": (seen(a=2.0),), "negative": (seen(a=2.0, b=2.0),)})
    assert diagnose(MISTAKES, seen(a=2.0, b=2.0), expected) == ("negative",)


def test_a_mistake_that_raises_is_known_by_its_error_and_not_by_the_line_numbers_in_it() -> None:
    wrong = seen(raised={"case": Raised("ValueError", "Dimensions 3 and 4")})
    expected = Expected((seen(a=1.0, b=1.0),), {"doubled": (wrong,)})
    assert diagnose(MISTAKES, seen(raised={"case": Raised("ValueError", "Dimensions 5 and 7")}), expected) == (
        "doubled",
    )
    assert diagnose(MISTAKES, seen(raised={"case": Raised("ValueError", "other")}), expected) == ()


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
