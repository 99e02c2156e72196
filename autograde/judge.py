"""Observation x expected -> verdict. Compares arrays; knows no text, no files and no TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import numpy as np

from autograde.terms import (
    Array,
    Claim,
    ClaimVerdict,
    Exercise,
    Expected,
    Fact,
    Observation,
    Outcome,
    Verdict,
)

_ELSEWHERE = Claim("(entries that no claim is about)", of="*")
_FLAGS = (-1, 0, 1)
TELLING = 3  # different numbers, apart from flags, that an entry must have to tell a mistake by itself


def judge(exercise: Exercise, seen: Observation, expected: Expected) -> Verdict:
    """The verdict on `seen`: which claims hold, the points, and after a failure which known mistake it is."""
    if is_stub(exercise, seen, expected):
        return Verdict(exercise.id, "untouched", 0.0, exercise.max_points, facts=_notes(seen))
    wanted = entries_wanted(expected)
    claims = tuple(_judge_claim(claim, seen, expected, wanted) for claim in exercise.claims)
    points = sum(verdict.points for verdict in claims)
    if any(claim.gate and not verdict.holds for claim, verdict in zip(exercise.claims, claims, strict=True)):
        points = 0.0
    right = all(verdict.holds for verdict in claims)
    named = {} if right else _diagnose(exercise, seen, expected)
    first = next(iter(seen.raised.values()), None)
    return Verdict(
        exercise.id,
        _outcome(exercise, right, seen),
        round(points, 2),
        exercise.max_points,
        claims,
        misconception=next(iter(named), None),
        also=tuple(named)[1:],
        raised=None if right else first,
        facts=_notes(seen),
        named={name: _facts_of(exercise, marks, seen, expected) for name, marks in named.items()},
    )


def is_stub(exercise: Exercise, seen: Observation, expected: Expected) -> bool:
    """Whether nothing can be told from the stub that everyone was given."""
    return expected.stub is not None and _same_everywhere(exercise, seen, expected.stub)


def _outcome(exercise: Exercise, right: bool, seen: Observation) -> Outcome:
    """The outcome of what was seen: "error" where code raised before anything but notes and gates' entries was."""
    if right:
        return "correct"
    gates = [claim for claim in exercise.claims if claim.gate]
    told = any(not is_note(key) and not any(covers(gate, key) for gate in gates) for key in seen.arrays)
    return "error" if seen.raised and not told else "incorrect"


def entries_wanted(expected: Expected) -> tuple[str, ...]:
    """Every entry that right answers have, in their order."""
    return tuple(dict.fromkeys(key for right in expected.right for key in right.arrays if not is_note(key)))


def _judge_claim(claim: Claim, seen: Observation, expected: Expected, wanted: tuple[str, ...]) -> ClaimVerdict:
    keys = [key for key in wanted if covers(claim, key)]
    if not keys:
        raise ValueError(f"claim {claim.id!r}: no entry of a right answer matches {claim.patterns}; correct its `of`")
    verdict = partial(ClaimVerdict, claim.id, max_points=claim.points)
    missing = [key for key in keys if key not in seen.arrays]
    wrong = [key for key in keys if key in seen.arrays and not is_right(claim, key, seen, expected)]
    if wrong:
        return verdict(holds=False, points=0.0, facts=_facts(claim, wrong, seen, expected))
    if missing:
        return verdict(holds=None, points=0.0, facts={"case": missing[0].rpartition("/")[0]})
    return verdict(holds=True, points=claim.points)


def covers(claim: Claim, key: str) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in claim.patterns)


def is_right(claim: Claim, key: str, seen: Observation, expected: Expected) -> bool:
    """Whether the entry agrees with any right answer's."""
    return any(key in right.arrays and agrees(claim, seen.arrays[key], right.arrays[key]) for right in expected.right)


def agrees(claim: Claim, seen: Array, wanted: Array) -> bool:
    """Whether two arrays are the same in the way that the claim asks. NaN agrees with NaN only."""
    if claim.how == "shape":
        return seen.shape == wanted.shape
    if claim.how == "shown":
        return share_shown(seen, wanted, atol=claim.atol) >= claim.share
    if seen.shape != wanted.shape or (seen.dtype.kind == "U") != (wanted.dtype.kind == "U"):
        return False
    if claim.how == "equal" or wanted.dtype.kind == "U":
        return bool(np.array_equal(seen, wanted))
    with np.errstate(all="ignore"):
        return bool(
            np.allclose(
                seen.astype("float64"), wanted.astype("float64"), atol=claim.atol, rtol=claim.rtol, equal_nan=True
            )
        )


def share_shown(rows: Array, wanted: Array, *, atol: float) -> float:
    """The share of `wanted` that stands in `rows`, shape `(events, numbers)`, in the same order: the longest common
    subsequence. NaN fills rows up.

    `wanted` has the shape `(steps,)`: a display has its columns, so all matches stand in one of them, counted from the
    left or from the right (a table of all numbers there are shows nothing). Or it has the shape `(steps, values)`, and
    a row matches that holds all values of a step; NaN among them is matched by anything.
    """
    rows = rows[:, None] if rows.ndim == 1 else rows
    if rows.ndim != 2 or not len(wanted) or rows.dtype.kind not in "iuf":
        return 0.0 if len(wanted) else 1.0
    rows, steps = rows.astype("float64"), np.asarray(wanted, "float64").reshape(len(wanted), -1)
    if wanted.ndim == 1:
        near = np.abs(_columns(rows)[:, :, None] - steps[:, 0]) <= atol  # (columns, events, steps)
        return _longest(near[:, near.any((0, 2))])
    rows = rows[:, np.isfinite(rows).any(0)]
    steps = steps[:, np.isfinite(steps).any(0)]
    held = np.abs(rows[:, None, None, :] - steps[None, :, :, None]) <= atol  # (events, steps, values, numbers)
    return _longest((held.any(-1) | np.isnan(steps)).all(-1)[None])


def _columns(rows: Array) -> Array:
    """The columns of `rows`, shape `(events, numbers)`, as `(columns, events)`: from the left, then from the right."""
    shown = np.isfinite(rows)
    order = np.argsort(shown, axis=1, kind="stable")  # gaps first, numbers behind them in their order
    both = np.concatenate([rows, np.take_along_axis(rows, order, axis=1)], axis=1)
    columns: Array = np.unique(np.nan_to_num(both[:, np.isfinite(both).any(0)], nan=np.inf), axis=1).T
    return columns


def _longest(matches: Array) -> float:
    """The longest chain of matches, shape `(columns, events, steps)`, in any column, as a share of the steps."""
    best = np.zeros((len(matches), matches.shape[2] + 1), int)
    for event in range(matches.shape[1]):
        taken = np.where(matches[:, event], best[:, :-1] + 1, 0)
        best[:, 1:] = np.maximum.accumulate(np.maximum(best[:, 1:], taken), axis=1)
    steps: int = matches.shape[2]
    return int(best[:, -1].max(initial=0)) / steps


# ---- which known mistake it is


def diagnose(exercise: Exercise, seen: Observation, expected: Expected) -> tuple[str, ...]:
    """The misconceptions whose fingerprint `seen` bears, the best first.

    A known wrong answer is recognised when the entries that it gets wrong are wrong here too, with the same values.
    One that explains every wrong entry wins; else those that each explain some of them are named together. Where
    entries remain that none of them explains, only those count whose values can hardly agree by chance.
    """
    return tuple(_diagnose(exercise, seen, expected))


def _diagnose(exercise: Exercise, seen: Observation, expected: Expected) -> dict[str, frozenset[str]]:
    """The misconceptions by name, each with the wrong entries that it explains."""
    mistakes = _mistakes(exercise, seen, expected)
    errors = [str(error) for error in seen.raised.values()]
    explained: dict[str, frozenset[str]] = {}
    strong: set[str] = set()
    for misconception in exercise.misconceptions:
        if misconception.raises is not None:
            if any(re.search(misconception.raises, error) for error in errors):
                return {misconception.id: mistakes}
            continue
        for variant in expected.wrong.get(misconception.id, ()):
            marks = _matching(exercise, seen, variant, mistakes)
            if marks and len(marks) > len(explained.get(misconception.id, ())):
                explained[misconception.id] = marks
            if marks and _tells(exercise, marks, variant):
                strong.add(misconception.id)
    for name, marks in explained.items():
        if marks == mistakes:
            return {name: marks}
    found = _cover(explained)
    if frozenset().union(*found.values()) == mistakes:
        return found
    return _cover({name: marks for name, marks in explained.items() if name in strong})


def _cover(explained: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    covered: frozenset[str] = frozenset()
    for name, marks in sorted(explained.items(), key=lambda item: -len(item[1])):
        if not marks & covered:
            found[name] = marks
            covered |= marks
    return found


def _tells(exercise: Exercise, marks: frozenset[str], variant: Observation) -> bool:
    """Whether the values of a fingerprint can hardly agree by chance: several numbers in an entry, not flags."""
    return any(
        key in variant.arrays
        and variant.arrays[key].dtype.kind in "iuf"
        and not any(claim.how == "shown" for claim in _claims_on(exercise, key))
        and len(np.setdiff1d(variant.arrays[key][np.isfinite(variant.arrays[key])], _FLAGS)) >= TELLING
        for key in marks
    )


def _mistakes(exercise: Exercise, seen: Observation, expected: Expected) -> frozenset[str]:
    return frozenset(wrong_entries(exercise, seen, expected))


def wrong_entries(exercise: Exercise, seen: Observation, expected: Expected) -> list[str]:
    """The entries of `seen` that are not right, and the entries that it lacks, in order."""
    keys = dict.fromkeys([*entries_wanted(expected), *(key for key in seen.arrays if not is_note(key))])
    return [
        key
        for key in keys
        if key not in seen.arrays
        or not all(is_right(claim, key, seen, expected) for claim in _claims_on(exercise, key))
    ]


def _claims_on(exercise: Exercise, key: str) -> list[Claim]:
    return [claim for claim in exercise.claims if covers(claim, key)] or [_ELSEWHERE]


def marks(exercise: Exercise, fingerprint: Observation, expected: Expected) -> frozenset[str]:
    """The entries that a known wrong answer gets wrong, those that it lacks among them."""
    lacking = {key for key in entries_wanted(expected) if key.rpartition("/")[0] in fingerprint.raised}
    return frozenset(key for key in (*fingerprint.arrays, *lacking) if not is_note(key))


def _matching(exercise: Exercise, seen: Observation, variant: Observation, mistakes: frozenset[str]) -> frozenset[str]:
    """The wrong entries that the variant explains: all of its own, or none."""
    marks: list[str] = []
    telling = False
    for key in mistakes:
        case = key.rpartition("/")[0]
        if key in variant.arrays:
            if key not in seen.arrays or not alike(exercise, key, seen.arrays[key], variant.arrays[key]):
                return frozenset()
            telling = True
            marks.append(key)
        elif case in variant.raised and key not in seen.arrays:
            error = seen.raised.get(case)
            if error is None or error.fingerprint != variant.raised[case].fingerprint:
                return frozenset()
            telling = True
            marks.append(key)
    if not telling or any(key not in mistakes for key in variant.arrays if not is_note(key)):
        return frozenset()
    if any(case not in seen.raised for case in variant.raised):
        return frozenset()
    return frozenset(marks)


def alike(exercise: Exercise, key: str, seen: Array, variant: Array) -> bool:
    """Whether two values of an entry are the same to the claims on it."""
    claims = _claims_on(exercise, key)
    shown = next((claim for claim in claims if claim.how == "shown"), None)
    if shown is not None:
        return _shown_alike(shown, seen, variant)
    claims = [claim for claim in claims if claim.how in ("close", "equal")]
    return all(agrees(claim, seen, variant) for claim in claims or [_ELSEWHERE])


def _shown_alike(claim: Claim, seen: Array, variant: Array) -> bool:
    """Whether what the variant showed was shown here as well, with not much else (times, counts, headings)."""
    if not len(seen) or not len(variant):
        return len(seen) == len(variant)
    return len(seen) <= 2 * len(variant) + 8 and share_shown(seen, variant, atol=claim.atol) >= 0.8


def _same_everywhere(exercise: Exercise, seen: Observation, other: Observation) -> bool:
    """Whether two observations are the same in every entry and every error."""
    keys = {key for key in (*seen.arrays, *other.arrays) if not is_note(key)}
    return {case: error.fingerprint for case, error in seen.raised.items()} == {
        case: error.fingerprint for case, error in other.raised.items()
    } and all(
        key in seen.arrays and key in other.arrays and alike(exercise, key, seen.arrays[key], other.arrays[key])
        for key in keys
    )


# ---- what a sentence can quote


def is_note(key: str) -> bool:
    """An entry "case/note_..." chooses words only: no claim and no fingerprint looks at it."""
    return key.rpartition("/")[2].startswith("note_")


def _notes(seen: Observation) -> dict[str, Fact]:
    notes = {key.rpartition("/")[2].removeprefix("note_"): array for key, array in seen.arrays.items() if is_note(key)}
    return {name: _texts(array) if array.dtype.kind == "U" else number(array) for name, array in notes.items()}


def _texts(array: Array) -> tuple[str, ...]:
    return tuple(str(text)[:80] for text in array.ravel()[:8])


def _facts_of(exercise: Exercise, marks: frozenset[str], seen: Observation, expected: Expected) -> dict[str, str]:
    """The facts about the entries that a misconception explains: those of the first claim that they fail."""
    for claim in exercise.claims:
        keys = [key for key in entries_wanted(expected) if key in marks and key in seen.arrays and covers(claim, key)]
        if wrong := [key for key in keys if not is_right(claim, key, seen, expected)]:
            return _facts(claim, wrong, seen, expected)
    return {}


def _facts(claim: Claim, wrong: list[str], seen: Observation, expected: Expected) -> dict[str, str]:
    """Case, name, and the place where the first wrong entry differs most from the nearest right answer."""
    key = wrong[0]
    case, _, name = key.rpartition("/")
    array = seen.arrays[key]
    nearest = min(
        (right.arrays[key] for right in expected.right if key in right.arrays),
        key=lambda wanted: _distance(array, wanted),
    )
    facts = {"case": case, "name": name, "seen_shape": str(array.shape), "wanted_shape": str(nearest.shape)}
    if claim.how == "shown":
        facts["share"] = f"{100 * share_shown(array, nearest, atol=claim.atol):.0f}"
        facts["wanted"] = number(np.asarray(nearest).reshape(len(nearest), -1)[-1])
        facts["seen"] = number(array[-1][np.isfinite(array[-1])] if array.size else array)
    elif array.shape == nearest.shape and "U" not in (array.dtype.kind, nearest.dtype.kind) and array.size:
        with np.errstate(all="ignore"):
            difference = np.abs(array.astype("float64") - nearest.astype("float64"))
        place = np.unravel_index(int(np.argmax(np.nan_to_num(difference, nan=np.inf))), difference.shape)
        facts |= {
            "seen": number(array[place]),
            "wanted": number(nearest[place]),
            "difference": number(difference[place]),
        }
        facts["place"] = str([int(i) for i in place])
    else:
        facts |= {"seen": _short(array), "wanted": _short(nearest)}
    return facts


def _distance(seen: Array, wanted: Array) -> float:
    if seen.shape != wanted.shape or "U" in (seen.dtype.kind, wanted.dtype.kind):
        return float("inf")
    with np.errstate(all="ignore"):
        difference = np.abs(seen.astype("float64") - wanted.astype("float64"))
    return float(np.nan_to_num(difference, nan=np.inf).max(initial=0.0))


def _short(array: Array) -> str:
    if array.dtype.kind == "U":
        return ", ".join(_texts(array))
    return number(array) if array.size <= 4 else str(array.shape)


def number(value: Any) -> str:
    """A number, or a few, with four significant digits."""
    return ", ".join(f"{float(one):.4g}" for one in np.asarray(value).ravel()[:4])
