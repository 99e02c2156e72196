"""Which known mistake it is: the misconceptions whose fingerprint an observation bears."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from autograde.compare import alike, covers, entries_wanted, is_note, is_shown, wrong_entries
from autograde.terms import Exercise, Expected, Observation

_FLAGS = (-1, 0, 1)
TELLING = 2  # different numbers, apart from flags, that an entry must have to tell a mistake by itself


def diagnose(exercise: Exercise, seen: Observation, expected: Expected) -> dict[str, frozenset[str]]:
    """The misconceptions by name, the best first, each with the wrong entries that it explains.

    A known wrong answer is recognised when the entries that it gets wrong are wrong here too, with the same values. The
    forms of one mistake add up: metrics that are not reset are several metrics, each reset or not. One that explains
    every wrong entry wins; else those that each explain some of them are named together. Where entries remain that none
    of them explains, only those count whose values can hardly agree by chance, and which leave no claim half explained.
    """
    mistakes = frozenset(wrong_entries(exercise, seen, expected))
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
            if marks:
                explained[misconception.id] = explained.get(misconception.id, frozenset()) | marks
            if marks and _tells(exercise, marks, variant):
                strong.add(misconception.id)
    found = _cover(explained)
    if frozenset().union(*found.values()) == mistakes:
        return found
    return _whole_claims(exercise, _cover({name: explained[name] for name in explained if name in strong}), mistakes)


def _whole_claims(
    exercise: Exercise, found: dict[str, frozenset[str]], mistakes: frozenset[str]
) -> dict[str, frozenset[str]]:
    """Those of `found` that are about no claim of which wrong entries remain: the half of a claim may be like another
    mistake's by chance, as one optimizer in another's place is like a list that is cut in the wrong place."""
    rest = mistakes - frozenset().union(*found.values())
    half = [claim for claim in exercise.claims if any(covers(claim, key) for key in rest)]
    return {name: marks for name, marks in found.items() if not any(covers(c, key) for c in half for key in marks)}


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
        and not is_shown(exercise, key)
        and len(np.setdiff1d(variant.arrays[key][np.isfinite(variant.arrays[key])], _FLAGS)) >= TELLING
        for key in marks
    )


def marks(fingerprint: Observation, seen: Observation, expected: Expected) -> frozenset[str]:
    """The entries that a known wrong answer gets wrong, and of those that it may lack because it raised, the ones that
    `seen` lacks too: what was right before an exception is no part of a fingerprint."""
    lacking = {key for key in entries_wanted(expected) if key.rpartition("/")[0] in fingerprint.raised}
    return frozenset(key for key in (*fingerprint.arrays, *(lacking - seen.arrays.keys())) if not is_note(key))


def may_be(exercise: Exercise, seen: Observation, variant: Observation) -> bool:
    """Whether a known wrong answer could be recognised in `seen` on another seed, where it raises in the same cases and
    yields the same entries."""
    return variant.raised.keys() <= seen.raised.keys() and all(
        key in seen.arrays or is_note(key) or is_shown(exercise, key) for key in variant.arrays
    )


def agreement(exercise: Exercise, seen: Observation, variant: Observation) -> int:
    """In how many entries `seen` has the very values of a known wrong answer on another seed."""
    return sum(
        key in seen.arrays and not is_shown(exercise, key) and alike(exercise, key, seen.arrays[key], array)
        for key, array in variant.arrays.items()
    ) + sum(
        case in seen.raised and seen.raised[case].fingerprint == error.fingerprint
        for case, error in variant.raised.items()
    )


def _matching(exercise: Exercise, seen: Observation, variant: Observation, mistakes: frozenset[str]) -> frozenset[str]:
    """The wrong entries that the variant explains: all of its own, or none.

    What was shown of a wrong figure may look different beside other mistakes; where the figure itself is the variant's,
    that keeps it from nothing.
    """
    marks: list[str] = []
    strange = False
    for key in mistakes:
        case = key.rpartition("/")[0]
        if key in variant.arrays:
            if key in seen.arrays and alike(exercise, key, seen.arrays[key], variant.arrays[key]):
                marks.append(key)
            elif is_shown(exercise, key):
                strange = True
            else:
                return frozenset()
        elif case in variant.raised and key not in seen.arrays:
            error = seen.raised.get(case)
            if error is None or error.fingerprint != variant.raised[case].fingerprint:
                return frozenset()
            marks.append(key)
    if any(key not in mistakes for key in variant.arrays if not is_note(key)):
        return frozenset()
    if any(case not in seen.raised for case in variant.raised):
        return frozenset()
    return frozenset() if strange and all(is_shown(exercise, key) for key in marks) else frozenset(marks)
