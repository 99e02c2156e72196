"""When arrays agree, and how much of what was wanted a display showed."""

from __future__ import annotations

from functools import cache
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograde.compare import agrees, share_shown
from autograde.judge import judge, number
from autograde.terms import Array, Claim, Expected
from tests.observations import arrays, exercise, seen


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
