"""Find the statements of a question's patterns in an answer, and the words that make them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from autograde.rubric.patterns import Polarity, Statement, Term, common
from autograde.rubric.reading import Answer

WIDEST = 5  # clauses between the first and the last concept of a statement within one sentence
QUOTE = 90  # characters up to which evidence is quoted in one piece
LATIN_REACH = (4, 2)  # words that a denial ("not", "without") reaches over
CHINESE_REACH = 6  # characters


@dataclass(frozen=True)
class Match:
    """A concept found in an answer: where, in which wording, and whether its clause denies it."""

    start: int
    end: int
    clause: int
    sentence: int
    wording: int
    denied: bool
    conditional: bool
    retracted: bool

    def has(self, polarity: Polarity) -> bool:
        """Whether a statement that wants this polarity may use it; a condition ("if it isn't …") asserts neither."""
        if self.conditional:
            return polarity != "denied" or self.denied
        return polarity == "either" or self.denied == (polarity == "denied")


@dataclass(frozen=True)
class Found:
    """A statement found: its concepts in the order of the answer."""

    matches: tuple[Match, ...]

    @property
    def retracted(self) -> bool:
        return any(match.retracted for match in self.matches)


@dataclass
class Reader:
    """Looks concepts up in one answer, each once. Characters of `skipped` ranges say nothing, `retracted` ones are
    taken back later in the answer."""

    answer: Answer
    words: Mapping[str, re.Pattern[str]]
    skipped: tuple[tuple[int, int], ...] = ()
    retracted: tuple[tuple[int, int], ...] = ()
    _known: dict[str, tuple[Match, ...]] = field(default_factory=dict)

    def find(self, statements: Iterable[Statement]) -> Iterator[Found]:
        """Every statement that the answer makes, the first place of each."""
        for statement in statements:
            options = [self._options(term) for term in statement.terms]
            if all(options) and (found := _together(statement, options)):
                yield found

    def _options(self, term: Term) -> list[Match]:
        matches = [match for name in term.names for match in self.look_up(name) if match.has(term.polarity)]
        return sorted(matches, key=lambda match: match.start)

    def look_up(self, name: str) -> tuple[Match, ...]:
        """Every place of a concept, in order."""
        if name not in self._known:
            found = self.words[name].finditer(self.answer.plain) if self.answer.clauses else ()
            self._known[name] = tuple(
                self._match(one) for one in found if not _within(one.start(), self.skipped) and one.end() > one.start()
            )
        return self._known[name]

    def _match(self, found: re.Match[str]) -> Match:
        number = self.answer.clause_at(found.start())
        clause = self.answer.clauses[number]
        before = self.answer.plain[clause.start : found.start()]
        after = self.answer.plain[found.end() : max(clause.end, found.end())]
        return Match(
            *found.span(),
            number,
            clause.sentence,
            found.lastindex or 0,
            denied=not common()["denial"].search(found[0]) and _denied(before, after),  # else it is part of the wording
            conditional=bool(common()["condition"].search(self.answer.plain, clause.start, clause.end)),
            retracted=_within(found.start(), self.retracted),
        )


def _within(position: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(start <= position < end for start, end in ranges)


def _denied(before: str, after: str) -> bool:
    """Whether a word between `before` and `after`, in its clause, is denied: "is not …", "…没有", "… isn't"."""
    words = common()
    before = words["no_denial"].sub(lambda found: "." * len(found[0]), before)
    *_, cue = (None, *words["denial"].finditer(before))
    if cue is not None:
        between = before[cue.end() :]
        near = LATIN_REACH[bool(words["denial_of_things"].fullmatch(cue[0]))]
        latin, chinese = len(re.findall(r"[a-z0-9_.()=]+", between)), len(re.findall(r"[一-鿿]", between))
        if latin <= near and chinese <= CHINESE_REACH and not words["denial_ends"].search(between):
            return True
    return bool(words["denial_after"].match(words["no_denial"].sub(lambda found: "." * len(found[0]), after)))


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
        pieces.append(piece if len(piece) <= QUOTE else answer.text[inside[0].start : inside[-1].end][:QUOTE].strip())
    return " … ".join(dict.fromkeys(pieces))


def _trimmed(answer: Answer, start: int, end: int, matches: Iterable[Match]) -> str:
    """The text from `start` to `end`, and at least all of the matches, without the punctuation around it."""
    text = answer.text[start : max(end, *(match.end for match in matches), 0)]
    return text.strip(" \t\r\n,，、;；:：。-–—*•·|>")
