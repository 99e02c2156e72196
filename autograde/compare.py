"""When what was seen agrees with what was wanted: arrays, entry by entry, as the claims about them ask."""

from __future__ import annotations

from fnmatch import fnmatchcase

import numpy as np

from autograde.display import MAX_ROWS, WIDTH
from autograde.terms import Array, Claim, Exercise, Expected, Observation

_ELSEWHERE = Claim("(entries that no claim is about)", of="*")


def is_note(key: str) -> bool:
    """An entry "case/note_..." chooses words only: no claim and no fingerprint looks at it."""
    return key.rpartition("/")[2].startswith("note_")


def entries_wanted(expected: Expected) -> tuple[str, ...]:
    """Every entry that right answers have, in their order."""
    return tuple(dict.fromkeys(key for right in expected.right for key in right.arrays if not is_note(key)))


def wrong_entries(exercise: Exercise, seen: Observation, expected: Expected) -> list[str]:
    """The entries of `seen` that are not right, and the entries that it lacks, in order."""
    keys = dict.fromkeys([*entries_wanted(expected), *(key for key in seen.arrays if not is_note(key))])
    return [
        key
        for key in keys
        if key not in seen.arrays or not all(is_right(claim, key, seen, expected) for claim in claims_on(exercise, key))
    ]


def claims_on(exercise: Exercise, key: str) -> list[Claim]:
    return [claim for claim in exercise.claims if covers(claim, key)] or [_ELSEWHERE]


def is_shown(exercise: Exercise, key: str) -> bool:
    """Whether an entry is of what a display got."""
    return any(claim.how == "shown" for claim in claims_on(exercise, key))


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


# ---- what a display showed


def share_shown(rows: Array, wanted: Array, *, atol: float) -> float:
    """The share of `wanted` that stands in `rows`, shape `(events, numbers)`, in the same order: the longest common
    subsequence. NaN fills rows up.

    `wanted` has the shape `(steps,)`: a display has its columns, so all matches stand in one of them, counted from the
    left or from the right (a table of all numbers there are shows nothing). Or it has the shape `(steps, values)`, and
    a row matches that holds all values of a step; NaN among them is matched by anything. More rows than a `Display`
    records, or longer ones, were never shown.
    """
    rows = rows[:, None] if rows.ndim == 1 else rows
    if rows.ndim != 2 or not len(wanted) or rows.dtype.kind not in "iuf":
        return 0.0 if len(wanted) else 1.0
    if len(rows) > MAX_ROWS or rows.shape[1] > WIDTH:
        return 0.0
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


# ---- an answer and a known mistake


def alike(exercise: Exercise, key: str, seen: Array, variant: Array) -> bool:
    """Whether two values of an entry are the same to the claims on it."""
    claims = claims_on(exercise, key)
    shown = next((claim for claim in claims if claim.how == "shown"), None)
    if shown is not None:
        return _shown_alike(shown, seen, variant)
    claims = [claim for claim in claims if claim.how in ("close", "equal")]
    return all(agrees(claim, seen, variant) for claim in claims or [_ELSEWHERE])


def _shown_alike(claim: Claim, seen: Array, variant: Array) -> bool:
    """Whether what the variant showed was shown here as well, with not much else (times, counts, headings)."""
    seen, variant = np.atleast_1d(seen), np.atleast_1d(variant)
    if not len(seen) or not len(variant):
        return len(seen) == len(variant)
    return len(seen) <= 2 * len(variant) + 8 and share_shown(seen, variant, atol=claim.atol) >= 0.8
