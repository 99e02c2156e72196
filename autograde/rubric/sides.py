"""Of which of several rivals an answer says something: of a layer or a model, of NumPy or TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autograde.rubric.patterns import common
from autograde.rubric.reading import Answer

NEAR = 24  # characters before and after a name in which it is looked for a comparison
_JOINED = re.compile(r"[\s\"]*(?:,|/|、|\+|&|\b(?:and|or)\b|和|与|或|及|跟|同)[\s\"]*(?:(?:the|an?) )?")
_SMALL = re.compile(r"[\s\"]*(?:(?:in|of|for|with|by|the|an?|what|as) |在)*[\s\"]*")


@dataclass(frozen=True, order=True)
class Mention:
    """A rival that an answer names."""

    start: int
    end: int
    clause: int
    sentence: int
    side: str


def mentions(answer: Answer, found: Mapping[str, Iterable[tuple[int, int, int, int]]]) -> tuple[Mention, ...]:
    """Where an answer speaks of one of several sides, in order; what it only compares with is not spoken of.

    `found` has the start, end, clause and sentence of every place of a side's name.
    """
    every = (Mention(*place, side) for side, places in found.items() for place in places)
    return tuple(sorted(one for one in every if not _compared(answer, one)))


def owners(answer: Answer, named: tuple[Mention, ...], start: int, clause: int) -> frozenset[str]:
    """The sides that the words at `start` speak of, as far as their sentence names any.

    That is the one last named before them in their clause, else next after them, else in the nearest clause: after a
    colon the next one, otherwise the one before. "A and b" are named together.
    """
    part = answer.clauses[clause]
    label = answer.plain[part.end - 1] == ":"

    def far(one: Mention) -> tuple[bool, bool, int]:
        other = one.clause != clause
        return other, (one.start > start) is not (other and label), abs(one.start - start)

    near = [one for one in named if one.sentence == part.sentence]
    if not near:
        return frozenset()
    nearest = near.index(min(near, key=far))
    return frozenset(one.side for one in _together(answer, near, nearest))


def _together(answer: Answer, near: list[Mention], nearest: int) -> list[Mention]:
    """A mention and those that are named together with it."""
    first = last = nearest
    while first and _JOINED.fullmatch(answer.plain, near[first - 1].end, near[first].start):
        first -= 1
    while last + 1 < len(near) and _JOINED.fullmatch(answer.plain, near[last].end, near[last + 1].start):
        last += 1
    return near[first : last + 1]


def _compared(answer: Answer, one: Mention) -> bool:
    """Whether something is only compared with what is named ("unlike NumPy", "和 NumPy 不同")."""
    part = answer.clauses[one.clause]
    before = answer.plain[max(part.start, one.start - NEAR) : one.start]
    after = answer.plain[one.end : max(one.end, min(part.end, one.end + NEAR))]
    *_, cue = (None, *common()["comparison"].finditer(before))
    compared = cue is not None and _SMALL.fullmatch(before, cue.end()) is not None
    return compared or common()["comparison_after"].match(after) is not None
