"""Of which of several rivals an answer says something: of a layer or a model, of NumPy or TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autograde.rubric.patterns import common
from autograde.rubric.reading import Answer

NEAR = 24  # characters before and after a name in which it is looked for a comparison
FAR = 80  # characters before and after a word in which a condition is looked for
_JOINED = re.compile(r"[\s\"]*(?:,|/|、|\+|&|\b(?:and|or)\b|和|与|或|及|跟|同)[\s\"]*(?:(?:the|an?) )?")
_OF = re.compile(r"[\s\"]*\(?(?:(?:for|of|in|by|from|with|on) )?(?:(?:the|an?) )?")
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


def owners(answer: Answer, named: tuple[Mention, ...], start: int, end: int, clause: int) -> frozenset[str]:
    """The sides that the words from `start` to `end` speak of, as far as their sentence names any.

    Those named in or right after them ("32 bits for the first"), else last before them in their clause, else next after
    them, else in the clause before; in the next one only after a label or a condition. "A and b" are named together.
    """
    part = answer.clauses[clause]
    near = _subjects(answer, [one for one in named if one.sentence == part.sentence])
    said = [one for one in near if start <= one.start < end or _OF.fullmatch(answer.plain, end, one.start)]
    if said:
        return frozenset(one.side for one in said)
    around = answer.plain[max(part.start, start - FAR) : min(part.end, end + FAR)]
    forward = around.endswith(":") or common()["when"].search(around) is not None
    if not forward:
        near = [one for one in near if one.clause <= clause]
    if not near:
        return frozenset()

    def far(one: Mention) -> tuple[int, bool, int]:
        """In another clause, its subject comes first."""
        away = abs(one.clause - clause)
        return away, (one.start > start) is not bool(away and forward), one.start if away else abs(one.start - start)

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
    before, after = _around(answer, one)
    *_, cue = (None, *common()["comparison"].finditer(before))
    compared = cue is not None and _SMALL.fullmatch(before, cue.end()) is not None
    return compared or common()["comparison_after"].match(after) is not None


def _subjects(answer: Answer, near: list[Mention]) -> list[Mention]:
    """The names without those that only say where another is found ("a layer inside a model", "模型里的层")."""
    free = [one for one in near if not _place(answer, one)]

    def aside(one: Mention) -> bool:
        begins = _SMALL.fullmatch(answer.plain, answer.clauses[one.clause].start, one.start) is not None
        return one not in free and (not begins or any(other.clause == one.clause for other in free))

    return [one for one in near if not (free and aside(one))]


def _place(answer: Answer, one: Mention) -> bool:
    before, after = _around(answer, one)
    return common()["place"].search(before) is not None or common()["place_after"].match(after) is not None


def _around(answer: Answer, one: Mention) -> tuple[str, str]:
    part = answer.clauses[one.clause]
    before = answer.plain[max(part.start, one.start - NEAR) : one.start]
    return before, answer.plain[one.end : max(one.end, min(part.end, one.end + NEAR))]
