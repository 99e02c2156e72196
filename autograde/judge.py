"""Observation x expected -> verdict. Compares arrays; knows no text, no files and no TensorFlow."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from autograde.compare import alike, covers, entries_wanted, is_note, is_right, share_shown
from autograde.diagnosis import diagnose
from autograde.terms import Array, Claim, ClaimVerdict, Exercise, Expected, Fact, Observation, Outcome, Verdict


def judge(exercise: Exercise, seen: Observation, expected: Expected) -> Verdict:
    """The verdict on `seen`: which claims hold, the points, and after a failure which known mistake it is."""
    if is_stub(exercise, seen, expected):
        return Verdict(exercise.id, "untouched", 0.0, exercise.max_points, facts=_notes(seen))
    wanted = entries_wanted(expected)
    claims = tuple(_judge_claim(claim, seen, expected, wanted) for claim in exercise.claims)
    gates = [(claim, verdict) for claim, verdict in zip(exercise.claims, claims, strict=True) if claim.gate]
    shut = [claim for claim, verdict in gates if verdict.holds is False]
    right = all(verdict.holds for verdict in claims)
    named = {} if right else diagnose(exercise, seen, expected)
    if shut:  # why there are no points at all comes before whatever else is wrong
        named = {name: marks for name, marks in named.items() if any(covers(one, key) for one in shut for key in marks)}
    return Verdict(
        exercise.id,
        "incorrect" if shut else _outcome(exercise, right, seen),
        round(sum(verdict.points for verdict in claims), 2) if all(verdict.holds for _, verdict in gates) else 0.0,
        exercise.max_points,
        claims,
        misconception=next(iter(named), None),
        also=tuple(named)[1:],
        raised=None if right or shut else next(iter(seen.raised.values()), None),
        facts=_notes(seen),
        named={name: _facts_of(exercise, marks, seen, expected) for name, marks in named.items()},
    )


def is_stub(exercise: Exercise, seen: Observation, expected: Expected) -> bool:
    """Whether nothing can be told from the stub that everyone was given."""
    return expected.stub is not None and _same_everywhere(exercise, seen, expected.stub)


def _same_everywhere(exercise: Exercise, seen: Observation, other: Observation) -> bool:
    """Whether two observations are the same in every entry and every error."""
    keys = {key for key in (*seen.arrays, *other.arrays) if not is_note(key)}
    return {case: error.fingerprint for case, error in seen.raised.items()} == {
        case: error.fingerprint for case, error in other.raised.items()
    } and all(
        key in seen.arrays and key in other.arrays and alike(exercise, key, seen.arrays[key], other.arrays[key])
        for key in keys
    )


def _outcome(exercise: Exercise, right: bool, seen: Observation) -> Outcome:
    """The outcome of what was seen: "error" where code raised before anything but notes and gates' entries was."""
    if right:
        return "correct"
    gates = [claim for claim in exercise.claims if claim.gate]
    told = any(not is_note(key) and not any(covers(gate, key) for gate in gates) for key in seen.arrays)
    return "error" if seen.raised and not told else "incorrect"


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


# ---- what a sentence can quote


def _notes(seen: Observation) -> dict[str, Fact]:
    notes = {key.rpartition("/")[2].removeprefix("note_"): array for key, array in seen.arrays.items() if is_note(key)}
    return {name: _texts(array) if array.dtype.kind == "U" else number(array) for name, array in notes.items()}


def _texts(array: Array) -> tuple[str, ...]:
    return tuple(str(text)[:80] for text in array.ravel()[:8])


def _facts_of(exercise: Exercise, marks: frozenset[str], seen: Observation, expected: Expected) -> dict[str, str]:
    """The facts about the entries that a misconception explains: those of the first claim that they fail."""
    known = [key for key in entries_wanted(expected) if key in marks and key in seen.arrays]
    for claim in exercise.claims:
        keys = [key for key in known if covers(claim, key)]
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
    if claim.how == "shown" and array.ndim == 2 and array.dtype.kind in "iuf":
        facts["share"] = f"{100 * share_shown(array, nearest, atol=claim.atol):.0f}"
        facts["wanted"] = number(np.asarray(nearest).reshape(len(nearest), -1)[-1])
        if len(array):
            facts["seen"] = number(array[-1][np.isfinite(array[-1])])
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
    return number(array) if array.size <= 4 else f"{number(array.ravel()[:3])}, … ({array.size})"


def number(value: Any) -> str:
    """A number, or a few, with four significant digits."""
    return ", ".join(f"{float(one):.4g}" for one in np.asarray(value).ravel()[:4])
