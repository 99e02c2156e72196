"""Find the statements of a question's patterns in an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, takewhile

from autograde.rubric import polarity, sides
from autograde.rubric.patterns import Statement, Term
from autograde.rubric.reading import Answer
from autograde.rubric.sides import Mention

WIDEST = 5  # clauses between the first and the last concept of a statement within one sentence
MOST = 100  # places of one concept that are looked at


@dataclass(frozen=True)
class Match:
    """A concept found in an answer: where, in which wording, and which marks the place bears (see `Reader`)."""

    start: int
    end: int
    clause: int
    sentence: int
    wording: int
    marks: frozenset[str] = frozenset()

    def bears(self, *marks: str) -> bool:
        return not self.marks.isdisjoint(marks)

    def away(self, other: Match) -> tuple[int, int]:
        return abs(other.clause - self.clause), abs(other.start - self.start)


@dataclass(frozen=True)
class Found:
    """A statement found: its concepts in the order of the answer."""

    matches: tuple[Match, ...]

    def bears(self, *marks: str) -> bool:
        return any(match.bears(*marks) for match in self.matches)

    def meets(self, other: Found) -> bool:
        """Whether both are read out of the same sentence."""
        return not {match.sentence for match in self.matches}.isdisjoint(match.sentence for match in other.matches)


@dataclass
class Reader:
    """Looks concepts up in one answer, each once.

    Characters of `skipped` ranges say nothing. `marked` ranges bear marks: "retracted" ones are taken back later in the
    answer, "wavering" ones leave open which of two is right, "copied" ones stand in the question, "listed" ones are
    bare keywords, "reported" ones are what others say.
    """

    answer: Answer
    words: Mapping[str, re.Pattern[str]]
    skipped: tuple[tuple[int, int], ...] = ()
    marked: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    _matches: dict[re.Pattern[str], tuple[Match, ...]] = field(default_factory=dict)
    _conditions: dict[int, bool] = field(default_factory=dict)
    _denials: dict[Match, bool] = field(default_factory=dict)
    _named: dict[frozenset[str], tuple[Mention, ...]] = field(default_factory=dict)

    def find(self, statements: Iterable[Statement], *, strictly: bool = True) -> Iterator[Found]:
        """Every statement that the answer makes, at its tightest place.

        Not `strictly`, whatever names its concepts counts: a list, words about something else, or a denial of a denial.
        """
        for statement in statements:
            options = list(takewhile(bool, (self._options(term, strictly) for term in statement.terms)))
            complete = len(options) == len(statement.terms)
            if complete and (found := _together(statement, options)):
                yield found

    def _options(self, term: Term, strictly: bool) -> list[Match]:
        matches = {match for name in term.names for match in self.look_up(name) if self._fits(match, term, strictly)}
        return sorted(matches, key=lambda match: (match.start, match.end, match.wording))

    def look_up(self, name: str) -> tuple[Match, ...]:
        """The places of a concept, in order."""
        word = self.words[name]
        if word not in self._matches:
            found = word.finditer(self.answer.plain) if self.answer.clauses else iter(())
            said = (one for one in found if one.end() > one.start() and not _within(one.start(), self.skipped))
            self._matches[word] = tuple(self._match(one) for one in islice(said, MOST))
        return self._matches[word]

    def _match(self, found: re.Match[str]) -> Match:
        clause = self.answer.clause_at(found.start())
        marks = frozenset(mark for mark, ranges in self.marked.items() if _within(found.start(), ranges))
        sentence = self.answer.clauses[clause].sentence
        return Match(*found.span(), clause, sentence, found.lastindex or 0, marks)

    def _fits(self, match: Match, term: Term, strictly: bool) -> bool:
        """Whether a term may stand for a match; a condition ("if it isn't …") affirms and denies nothing."""
        if not strictly:
            return term.polarity == "either" or term.polarity == "affirmed" or self._denied(match)
        if match.bears("copied", "listed") or self._elsewhere(match, term):
            return False
        if term.polarity == "either":
            return not (self._denies(match) and polarity.doubled(self.answer, match.clause, match.start))
        if term.polarity == "affirmed" and self._conditional(match.clause):
            return True
        return (self._denied(match) and not self._denies(match)) == (term.polarity == "denied")

    def _conditional(self, clause: int) -> bool:
        if clause not in self._conditions:
            self._conditions[clause] = polarity.conditional(self.answer, clause)
        return self._conditions[clause]

    def _denied(self, match: Match) -> bool:
        if match not in self._denials:
            self._denials[match] = polarity.denied(self.answer, match.clause, match.start, match.end)
        return self._denials[match]

    def _denies(self, match: Match) -> bool:
        return polarity.denies(self.answer.plain[match.start : match.end])

    def _elsewhere(self, match: Match, term: Term) -> bool:
        """Whether an answer says of a rival what the term wants to be said of its own side."""
        if not term.sides:
            return False
        named = self._mentions(term.sides)
        if any(one.start <= match.start and match.end <= one.end for one in named):
            return True  # a name itself says nothing
        owners = sides.owners(self.answer, named, match.start, match.end, match.clause)
        return bool(owners) and term.sides[0] not in owners and not self._denied(match)

    def _mentions(self, names: tuple[str, ...]) -> tuple[Mention, ...]:
        key = frozenset(names)
        if key not in self._named:
            places = {
                name: [(one.start, one.end, one.clause, one.sentence) for one in self.look_up(name)] for name in names
            }
            self._named[key] = sides.mentions(self.answer, places)
        return self._named[key]


def _within(position: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(start <= position < end for start, end in ranges)


def _together(statement: Statement, options: list[list[Match]]) -> Found | None:
    """The tightest choice of one match a term (more where several wordings are wanted) that stands together."""
    best: Found | None = None
    anchor = min(range(len(options)), key=lambda number: len(options[number]))
    for first in options[anchor]:
        found = _around(first, anchor, statement, options)
        if found and (best is None or _rank(found) < _rank(best)):
            best = found
    return best


def _around(first: Match, anchor: int, statement: Statement, options: list[list[Match]]) -> Found | None:
    """The nearest matches around the first one."""
    chosen: list[Match] = []
    for number, (term, choices) in enumerate(zip(statement.terms, options, strict=True)):
        near = [one for one in choices if abs(one.sentence - first.sentence) <= statement.reach]
        near.sort(
            key=lambda one: (one.bears("retracted"), abs(one.clause - first.clause), abs(one.start - first.start))
        )
        near = [first] if number == anchor and term.count == 1 else near
        distinct = {one.wording: one for one in reversed(near)} if term.count > 1 else dict(enumerate(near[:1]))
        if len(distinct) < term.count:
            return None
        chosen += sorted(distinct.values(), key=near.index)[: term.count]
    found = Found(tuple(sorted(chosen, key=lambda one: one.start)))
    counted = any(term.count > 1 for term in statement.terms)
    return found if statement.reach or counted or _width(found) <= WIDEST else None


def _rank(found: Found) -> tuple[bool, int]:
    return found.bears("retracted"), _width(found)


def _width(found: Found) -> int:
    clauses = [match.clause for match in found.matches]
    return max(clauses) - min(clauses)
