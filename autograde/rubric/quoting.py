"""An answer's own words for a statement: as much as one can judge by, and not more."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from autograde.rubric.matching import Found, Match
from autograde.rubric.reading import Answer

QUOTE = 90  # characters of a quotation in one piece
SHORTEST = 24  # weight under which a piece says too little, so that its neighbours are quoted too
_WORD = re.compile(r"[a-z0-9_.'=()\[\]-]+|[一-鿿]|\S")
_AROUND = " \t\r\n,，、;；:：。-–—*•·|>`#"


def weight(text: str) -> int:
    """The length of a text in Latin letters; a Chinese character says as much as three."""
    return sum(3 if "一" <= char <= "鿿" else 1 for char in text)


def evidence(answer: Answer, found: Found) -> str:
    """The clauses of a statement in one piece or, where they are long or far apart, words around its concepts."""
    first, last = found.matches[0], found.matches[-1]
    start, end = _clauses(answer, found.matches)
    whole = answer.written(start, end).strip(_AROUND)
    if len(whole) <= QUOTE:
        return whole
    if last.end - first.start <= QUOTE:
        return _window(answer, found.matches)
    return " … ".join(dict.fromkeys(_window(answer, group) for group in _gathered(found.matches)))


def _clauses(answer: Answer, matches: tuple[Match, ...]) -> tuple[int, int]:
    """From the first to the last clause, and into the neighbours of its sentence where that says too little."""
    sentence = answer.sentences[matches[0].sentence]
    start = answer.clauses[matches[0].clause].start
    end = max(answer.clauses[matches[-1].clause].end, *(match.end for match in matches), start)
    if weight(answer.plain[start:end]) < SHORTEST and matches[0].sentence == matches[-1].sentence:
        nearest = answer.clauses[matches[-1].clause + 1 : matches[-1].clause + 2]
        before = answer.clauses[max(0, matches[0].clause - 1) : matches[0].clause]
        start = max([sentence[0], *(clause.start for clause in before)])
        end = max([end, *(clause.end for clause in nearest if clause.sentence == matches[0].sentence)])
    return start, end


def _gathered(matches: tuple[Match, ...]) -> Iterable[tuple[Match, ...]]:
    """The matches in order, parted where they are far apart."""
    group: list[Match] = [matches[0]]
    for before, match in pairwise(matches):
        if match.end - group[0].start > QUOTE // 2 or match.clause - before.clause > 1:
            yield tuple(group)
            group = []
        group.append(match)
    yield tuple(group)


def _window(answer: Answer, matches: tuple[Match, ...]) -> str:
    """Whole words around matches, within their clauses, as many as fit into a quotation."""
    start, end = matches[0].start, min(matches[-1].end, matches[0].start + QUOTE)
    begin, stop = answer.clauses[matches[0].clause].start, max(answer.clauses[matches[-1].clause].end, end)
    words = [word.span() for word in _WORD.finditer(answer.plain, begin, stop)]
    before = [left for left, right in words if right <= start]
    after = [right for left, right in words if left >= end]
    while before or after:
        if before and (not after or start - before[-1] <= after[0] - end):
            wider = (before.pop(), end)
        else:
            wider = (start, after.pop(0))
        if len(answer.written(*wider).strip(_AROUND)) > QUOTE:
            break
        start, end = wider
    return answer.written(start, end).strip(_AROUND)[:QUOTE].strip(_AROUND)
