"""Read an answer: sentences and clauses in Latin and Chinese script.

Positions are those of the plain text; whatever is found there can be quoted as it was written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from autograde.rubric.plain import Plain, plain

LONGEST = 10_000  # characters that are read: some five pages, and no short answer is as long

_CALL = re.compile(r"(?<=[\w.])\([^()\n]*\)")  # commas in a call part no clauses
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|resp|approx|cf)\.")
_SENTENCE_END = re.compile(r"\.(?=\s|$|[一-鿿])|[!?](?!=)|[。;\n]")
_CLAUSE_END = re.compile(
    r"[,:\n—–…]| - |=>|->|→|\b(?=(?:but|whereas|while|although|though|however|because|unlike)\b)"
    r"|(?=但|然而|因为|所以|却|反而)|(?<![然从因反])(?=而(?!且))"
)


@dataclass(frozen=True)
class Clause:
    """A part of a sentence, from character `start` to `end`."""

    start: int
    end: int
    sentence: int


@dataclass(frozen=True)
class Answer:
    """An answer and its normalized form, cut into clauses."""

    text: str

    @cached_property
    def _plain(self) -> Plain:
        return plain(self.text)

    @property
    def plain(self) -> str:
        return self._plain.text

    def written(self, start: int, end: int) -> str:
        """What the student wrote for a range of the plain text."""
        places = self._plain.places
        return self.text[places[start] : places[end]]

    @cached_property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """Start and end of every sentence that is not blank."""
        masked = _ABBREVIATION.sub(lambda found: " " * len(found[0]), self.plain)
        return tuple(_parts(masked, _SENTENCE_END, 0, len(masked)))

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        masked = _CALL.sub(lambda found: " " * len(found[0]), self.plain)
        return tuple(
            Clause(*part, number)
            for number, (start, end) in enumerate(self.sentences)
            for part in _parts(masked, _CLAUSE_END, start, end)
        )

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(clause.start for clause in self.clauses)

    def clause_at(self, position: int) -> int:
        """The number of the clause around a character, or of the last one before it."""
        return max(0, bisect_right(self._starts, position) - 1)


def _parts(text: str, ends: re.Pattern[str], start: int, stop: int) -> list[tuple[int, int]]:
    cuts = [start, *(found.end() for found in ends.finditer(text, start, stop)), stop]
    pairs = pairwise(cuts)
    return [(begin, end) for begin, end in pairs if any(map(str.isalnum, text[begin:end]))]
