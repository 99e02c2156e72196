"""Find the statements of a question's patterns in an answer, and the words that make them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, takewhile

from autograde.rubric.patterns import Polarity, Statement, Term, common
from autograde.rubric.reading import Answer

WIDEST = 5  # clauses between the first and the last concept of a statement within one sentence
MOST = 100  # places of one concept that are looked at
QUOTE = 90  # characters up to which evidence is quoted in one piece
LATIN_REACH = (4, 2)  # words that a denial ("not", "without") reaches over
CHINESE_REACH = 6  # characters
BEFORE, AFTER = 80, 40  # characters in which a denial is looked for
_LATIN, _CHINESE = re.compile(r"[a-z0-9_.()=]+"), re.compile(r"[一-鿿]")


@dataclass(frozen=True)
class Match:
    """A concept found in an answer: where, and in which wording."""

    start: int
    end: int
    clause: int
    sentence: int
    wording: int
    retracted: bool


@dataclass(frozen=True)
class Found:
    """A statement found: its concepts in the order of the answer."""

    matches: tuple[Match, ...]

    @property
    def retracted(self) -> bool:
        return any(match.retracted for match in self.matches)


@dataclass
class Reader:
    """Looks concepts up in one answer, each once.

    Characters of `skipped` ranges say nothing, `retracted` ones are taken back later in the answer.
    """

    answer: Answer
    words: Mapping[str, re.Pattern[str]]
    skipped: tuple[tuple[int, int], ...] = ()
    retracted: tuple[tuple[int, int], ...] = ()
    _known: dict[re.Pattern[str], tuple[Match, ...]] = field(default_factory=dict)
    _conditions: dict[int, bool] = field(default_factory=dict)
    _denials: dict[Match, bool] = field(default_factory=dict)

    def find(self, statements: Iterable[Statement]) -> Iterator[Found]:
        """Every statement that the answer makes, at its tightest place."""
        for statement in statements:
            options = list(takewhile(bool, map(self._options, statement.terms)))
            complete = len(options) == len(statement.terms)
            if complete and (found := _together(statement, options)):
                yield found

    def _options(self, term: Term) -> list[Match]:
        matches = {match for name in term.names for match in self.look_up(name) if self._fits(match, term.polarity)}
        return sorted(matches, key=lambda match: (match.start, match.end, match.wording))

    def look_up(self, name: str) -> tuple[Match, ...]:
        """The places of a concept, in order."""
        word = self.words[name]
        if word not in self._known:
            found = word.finditer(self.answer.plain) if self.answer.clauses else iter(())
            said = (one for one in found if one.end() > one.start() and not _within(one.start(), self.skipped))
            self._known[word] = tuple(self._match(one) for one in islice(said, MOST))
        return self._known[word]

    def _match(self, found: re.Match[str]) -> Match:
        clause = self.answer.clause_at(found.start())
        sentence = self.answer.clauses[clause].sentence
        return Match(*found.span(), clause, sentence, found.lastindex or 0, _within(found.start(), self.retracted))

    def _fits(self, match: Match, polarity: Polarity) -> bool:
        """Whether a statement of this polarity may use a match; a condition ("if it isn't …") asserts neither."""
        if polarity == "either":
            return True
        if polarity == "affirmed" and self._conditional(match.clause):
            return True
        if match not in self._denials:
            self._denials[match] = self._denied(match)
        return self._denials[match] == (polarity == "denied")

    def _conditional(self, number: int) -> bool:
        if number not in self._conditions:
            clause = self.answer.clauses[number]
            found = common()["condition"].search(self.answer.plain, clause.start, clause.end)
            self._conditions[number] = found is not None
        return self._conditions[number]

    def _denied(self, match: Match) -> bool:
        """Whether a match is denied ("is not …", "没有…", "… isn't"); not where its own wording is a denial."""
        plain, clause = self.answer.plain, self.answer.clauses[match.clause]
        if common()["denial"].search(_without_harmless(plain[match.start : match.end])):
            return False
        before = plain[max(clause.start, match.start - BEFORE) : match.start]
        after = plain[match.end : max(match.end, min(clause.end, match.end + AFTER))]
        return _denied_before(_without_harmless(before)) or bool(
            common()["denial_after"].match(_without_harmless(after))
        )


def _without_harmless(text: str) -> str:
    """The text without the words that only look like denials ("not only", "不同")."""
    return common()["no_denial"].sub(lambda found: "." * len(found[0]), text)


def _denied_before(text: str) -> bool:
    """Whether a denial in `text` reaches the word after it."""
    *_, cue = (None, *common()["denial"].finditer(text))
    if cue is None:
        return False
    between = text[cue.end() :]
    near = LATIN_REACH[bool(common()["denial_of_things"].fullmatch(cue[0]))]
    close = len(_LATIN.findall(between)) <= near and len(_CHINESE.findall(between)) <= CHINESE_REACH
    return close and not common()["denial_ends"].search(between)


def _within(position: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(start <= position < end for start, end in ranges)


def _together(statement: Statement, options: list[list[Match]]) -> Found | None:
    """The tightest choice of one match a term (more where several wordings are wanted) that stands together."""
    best: Found | None = None
    anchor = min(range(len(options)), key=lambda number: len(options[number]))
    for first in options[anchor]:
        chosen: list[Match] = []
        for term, choices in zip(statement.terms, options, strict=True):
            near = [one for one in choices if abs(one.sentence - first.sentence) <= statement.reach]
            near.sort(key=lambda one: (one.retracted, abs(one.clause - first.clause), abs(one.start - first.start)))
            distinct = (
                {(one.wording): one for one in reversed(near)} if term.count > 1 else {0: near[0]} if near else {}
            )
            if len(distinct) < term.count:
                break
            chosen += sorted(distinct.values(), key=near.index)[: term.count]
        else:
            found = Found(tuple(sorted(chosen, key=lambda one: one.start)))
            close = statement.reach or any(term.count > 1 for term in statement.terms) or _width(found) <= WIDEST
            if close and (best is None or (found.retracted, _width(found)) < (best.retracted, _width(best))):
                best = found
    return best


def _width(found: Found) -> int:
    clauses = [match.clause for match in found.matches]
    return max(clauses) - min(clauses)


def evidence(answer: Answer, found: Found) -> str:
    """The answer's own words for a statement: its clauses in one piece or, where that is long, piece by piece."""
    clauses = sorted({match.clause for match in found.matches})
    start, end = answer.clauses[clauses[0]].start, answer.clauses[clauses[-1]].end
    whole = _trimmed(answer, start, end, found.matches)
    if len(whole) <= QUOTE:
        return whole
    pieces = []
    for number in clauses:
        clause, inside = answer.clauses[number], [one for one in found.matches if one.clause == number]
        piece = _trimmed(answer, clause.start, clause.end, inside)
        pieces.append(piece if len(piece) <= QUOTE else answer.written(inside[0].start, inside[-1].end)[:QUOTE].strip())
    return " … ".join(dict.fromkeys(pieces))


def _trimmed(answer: Answer, start: int, end: int, matches: Iterable[Match]) -> str:
    """The text from `start` to `end`, and at least all of the matches, without the punctuation around it."""
    text = answer.written(start, max(end, *(match.end for match in matches), 0))
    return text.strip(" \t\r\n,，、;；:：。-–—*•·|>`#")
