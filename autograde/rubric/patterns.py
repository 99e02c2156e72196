"""What the answers to a question can say, and in which words: the file `patterns.md` of its folder.

    ## words                      one concept a line, in every language and spelling:
    type: dtype | type | 类型         alternatives; `stem-` takes any ending, `a..b` a gap within a clause,
                                      all else as in regular expressions, where groups only group

    ## says dtype                 one statement a line, a few concepts that stand together in a sentence:
    first int32 second int64          each affirmed; `-same` must be denied ("not the same"), `~same` may be either,
    near: types -same                 `a/b` is one of both, `2*api` two different alternatives;
                                      `near:` allows a neighbouring sentence, `anywhere:` the whole answer

    ## sides                      names that rival: `reuse@layer` is said of a layer, or of neither, but not of a model
    layer model

    ## denies dtype               statements that contradict the key point
    ## perhaps dtype              signs that it might be meant

Two concepts are special where a question has a near twin: an answer with a word of `twin` and none of `topic` is
about the twin.

The concepts of `words.md` beside this file serve all questions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from autograde import catalog
from autograde.catalog import AuthorError, Text

Polarity = Literal["affirmed", "denied", "either"]
_SIGNS: dict[str, Polarity] = {"-": "denied", "~": "either"}
_REACH = {"near": 1, "anywhere": 10_000}
_AFFIRMED = (
    r"(?!\b(?:not|cannot|never|no|nor|without)\b|n't|不(?![同仅但只断管过论])|没|无(?!论))"  # no gap hides a denial
)
_GAP = rf"(?:{_AFFIRMED}(?:[^,.。;:\n()→>]|\.(?=[a-z]))){{0,28}}?"
_LATIN = re.compile(r"(?:\(\?<[!=][^()]*\)|\()*(?:[a-z0-9_]|\\[wd])")  # a wording that begins with a word
_BLANKS = r"[\s\"]{%d,3}"  # runs of white space are read as one; the bound keeps neighbours from taking turns
_TERM = re.compile(r"(?:(\d)\*)?([-~]?)([\w/]+)(?:@(\w+))?")


@dataclass(frozen=True)
class Term:
    """One concept of a statement; `names` are alternatives, `count` how many different wordings are wanted.

    `sides` is what it must be said of, if of any, followed by the rivals of that.
    """

    names: tuple[str, ...]
    polarity: Polarity = "affirmed"
    count: int = 1
    sides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Statement:
    """Concepts that say something when they stand together, at most `reach` sentences apart."""

    terms: tuple[Term, ...]
    reach: int = 0


@dataclass(frozen=True)
class Patterns:
    """The patterns of one question: compiled concepts by name, statements by key point."""

    words: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    says: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)
    denies: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)
    perhaps: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)


@cache
def common() -> Mapping[str, re.Pattern[str]]:
    """The concepts that belong to no single question, and the small words that deny, restrict or ask."""
    path = Path(__file__).with_name("words.md")
    return _words(catalog.parse_text(path.read_text("utf-8"), "", path.name), path.name)


@cache
def of(question: str) -> Patterns:
    """The patterns of a question; empty where its author wrote none. Raises `AuthorError` where they are not right."""
    path = catalog.load(question).folder / "patterns.md"
    if not path.is_file():
        return Patterns()
    return parse(path.read_text("utf-8"), f"{question}/{path.name}", common())


def parse(source: str, name: str, shared: Mapping[str, re.Pattern[str]]) -> Patterns:
    text = catalog.parse_text(source, "", name)
    words = {**shared, **_words(text, name)}
    rivals = tuple(tuple(line.split()) for line in _lines(text, "sides", "1"))

    def statements(kind: str) -> dict[str, tuple[Statement, ...]]:
        return {
            id: tuple(_statement(line, words, rivals, f"{name}, {kind} {id}") for line in _lines(text, kind, id))
            for id in text.ids(kind)
        }

    return Patterns(words, statements("says"), statements("denies"), statements("perhaps"))


def _lines(text: Text, kind: str, id: str) -> Iterator[str]:
    return (line.strip() for part in text.get(kind, id) for line in part.splitlines() if line.strip())


def _words(text: Text, name: str) -> dict[str, re.Pattern[str]]:
    found: dict[str, str] = {}
    for line in (line for id in text.ids("words") for line in _lines(text, "words", id)):
        word, colon, alternatives = line.partition(": ")
        if line.startswith("|"):  # a line that goes on
            found[word := list(found)[-1]] += f" {line}"
        elif colon and re.fullmatch(r"\w+", word):
            found[word] = alternatives
        else:
            raise AuthorError(f"{name}: {line!r} is no line `concept: one wording | another`")
    return {word: _compile(alternatives, f"{name}, {word}") for word, alternatives in found.items()}


def _compile(alternatives: str, where: str) -> re.Pattern[str]:
    """One group for each alternative, so that a match says which wording it is."""
    wordings = [part.strip() for part in alternatives.split(" | ") if part.strip(" |")]
    words: list[str] = []
    others: list[str] = []
    for wording in wordings:
        (words if _LATIN.match(wording) else others).append(f"({_expression(wording)})")
    expressions = [rf"(?<![a-z0-9_])(?:{'|'.join(words)})"] * bool(words) + others
    try:
        return re.compile("|".join(expressions))
    except re.error as error:
        raise AuthorError(f"{where}: a wording cannot be read: {error}") from None


def _expression(wording: str) -> str:
    """A wording as a regular expression: whole words in Latin letters, plural or not, any white space."""
    after = r"(?:s|es)?(?![a-z0-9_])" if re.search(r"[a-z0-9][)?]*$", wording) else ""
    wording = re.sub(r"\[[^\]]*\]", lambda found: found[0].replace(" ", r"\s"), wording)
    wording = re.sub(r"(?<=[a-z)\]])-(?=[ |)]|$)", "[a-z]*", wording)
    if re.search(r"[一-鿿]", wording):  # 外部的python值 is also written 外部的 Python 值
        wording = re.sub(r"(?<![\\\w\[])[a-z][a-z0-9_]+", r" ?\g<0> ?", wording)
    wording = re.sub(r"(?<!\\)\((?!\?)", "(?:", wording)
    wording = re.sub(r"(?<!\\)\.(?=\{0,\d+\})", lambda _: f"(?:{_AFFIRMED}.)", wording)
    wording = wording.replace(" .. ", f" (?:{_GAP} )?").replace("..", _GAP)
    return f"(?:{wording})".replace(" ?", _BLANKS % 0).replace(" ", _BLANKS % 1) + after


def _statement(
    line: str, words: Mapping[str, re.Pattern[str]], rivals: tuple[tuple[str, ...], ...], where: str
) -> Statement:
    reach, colon, rest = line.partition(":")
    if colon and reach not in _REACH:
        raise AuthorError(f"{where}: {reach!r} is none of {', '.join(_REACH)}")
    terms = tuple(_term(one, words, rivals, where) for one in (rest if colon else line).split())
    return Statement(terms, _REACH[reach] if colon else 0)


def _term(source: str, words: Mapping[str, re.Pattern[str]], rivals: tuple[tuple[str, ...], ...], where: str) -> Term:
    found = _TERM.fullmatch(source)
    names = tuple(found[3].split("/")) if found else ()
    if found is None or any(name not in words for name in names):
        raise AuthorError(f"{where}: {source!r} names no concept of `## words`")
    side = found[4]
    group = next((group for group in rivals if side in group and words.keys() >= set(group)), ())
    if side and not group:
        raise AuthorError(f"{where}: {side!r} has no line of concepts in `## sides`")
    sides = (side, *(name for name in group if name != side)) if side else ()
    return Term(names, _SIGNS.get(found[2], "affirmed"), int(found[1] or 1), sides)
