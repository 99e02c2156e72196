"""The plain text of an answer, with the place that each of its characters has in what the student wrote.

Lower case, half width and simplified characters; no accents, marks of Markdown or HTML, invisible characters or broken
lines. A line break is left where the writer meant one, and stands for the end of a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path

from autograde import catalog

LONGEST_RUN = 8  # times that one character is read in a row: no word needs more, and patterns never crawl over it
NARROWEST = 36  # columns: shorter lines were not broken by an editor
_BLOCK = "p|br|li|[uo]l|div|h[1-6]|t[dhr]|table|pre"
_INLINE = "b|i|u|em|strong|code|span|sub|sup|font|mark|kbd"
_BULLET = r"[-+*•·●▪◦‣–—][^\S\n]+|[(（]?(?:\d{1,2}|[a-h])(?:[.)）](?=\s|[一-鿿])|、)[^\S\n]*"
_MARK = re.compile(
    rf"""
      (?P<line>(?:[^\S\n]*\n)+)
    | (?P<block></?(?:{_BLOCK})\b[^<>\n]{{0,80}}>)
    | (?P<gone>
          </?(?:{_INLINE})\b[^<>\n]{{0,80}}>
        | ^[^\S\n]*(?:```|~~~)[a-z0-9]*[^\S\n]*$                  # a fence around code
        | ^[^\S\n]*(?:>[^\S\n]?)+[^\S\n]*                         # a quotation, Python's prompt
        | ^[^\S\n]*\#{{1,6}}[^\S\n]                               # a heading
        | `+ | \*\*+ | (?<![a-z0-9_)\s])\*(?=\S) | (?<!\s)\*(?![a-z0-9_]) | (?<!\S)\*(?=\S)  # emphasis
      )
    | (?P<item>^[^\S\n]*(?:{_BULLET}))
    | (?P<number>[①-⑳⑴-⒇❶-❿])
    | (?P<blank>[^\S\n]+)
    """,
    re.X | re.I | re.M,
)
_INSTEAD = {"block": "\n", "item": "- ", "number": "\n- ", "blank": " "}
_LIKE = {"‘": "'", "’": "'", "“": '"', "”": '"', "「": '"', "」": '"', "『": '"', "』": '"', "…": "…"}
_LIKE |= {"‐": "-", "‑": "-", "−": "-", "*": " ", "#": " "}
_DROPPED = {"Cf", "Mn", "Me", "Cs"}  # invisible characters, accents, halves of characters
_CJK = re.compile(r"[一-鿿]")
_BEGINS = re.compile(rf"[^\S\n]*(?:{_BULLET}|[>#|`~(（①-⑳⑴-⒇❶-❿])", re.I)  # what begins a line of its own


@dataclass(frozen=True)
class Plain:
    """Character i of `text` was written at `places[i]`; one more place is the end of what was written."""

    text: str
    places: tuple[int, ...]


def normalize(text: str) -> str:
    """The plain form of a text alone."""
    return plain(text).text


def plain(written: str) -> Plain:
    """The plain form of a text, with places.

    >>> plain("**Ｎｏｔ** 變數").text
    'not 变量'
    """
    chars: list[str] = []
    places: list[int] = []
    for char, place in _chars(written):
        if chars[-LONGEST_RUN:] != [char] * LONGEST_RUN:
            chars.append(char)
            places.append(place)
    return Plain("".join(chars), (*places, len(written)))


def _chars(written: str) -> Iterator[tuple[str, int]]:
    broken, at = frozenset(_broken(written)), 0
    for found in _MARK.finditer(written):
        yield from _simple(written, at, found.start())
        at = found.end()
        instead = _line_end(found, broken) if found["line"] else _INSTEAD.get(found.lastgroup or "", "")
        yield from ((char, found.start()) for char in instead)
    yield from _simple(written, at, len(written))


def _line_end(found: re.Match[str], broken: frozenset[int]) -> str:
    if found.end() - 1 not in broken:
        return "\n"
    around = found.string[found.start() - 1 : found.start()] + found.string[found.end() : found.end() + 1]
    return "" if len(_CJK.findall(around)) > 1 else " "


def _broken(written: str) -> Iterator[int]:
    """The line ends that end nothing.

    With the next word the line would have been the longest of its paragraph, so an editor broke it there; or what
    follows belongs to it: it is indented, or is what Python answered.
    """
    at = 0
    for blank, paragraph in groupby(written.split("\n"), lambda line: not line.strip()):
        lines = list(paragraph)
        widest = max(NARROWEST, *map(_columns, lines))
        for line, following in pairwise([*lines, ""]):
            at += len(line) + 1
            if blank or not following or _BEGINS.match(following):
                continue
            full = _columns(line) + _columns(_first_word(following)) >= widest
            if full or following[0] in " \t" or line.startswith(">>>"):
                yield at - 1


def _first_word(line: str) -> str:
    return line[0] if _CJK.match(line) else line.split(maxsplit=1)[0]


def _columns(text: str) -> int:
    return len(text.rstrip()) + len(_CJK.findall(text))


def _simple(written: str, start: int, end: int) -> Iterator[tuple[str, int]]:
    """The characters of a piece without marks, Taiwan's words and characters as on the mainland."""
    words, at = _simpler("words"), start
    for found in _words().finditer(written, start, end):
        yield from _letters(written, at, found.start())
        at = found.end()
        yield from ((char, min(found.start() + i, at - 1)) for i, char in enumerate(words[found[0]]))
    yield from _letters(written, at, end)


def _letters(written: str, start: int, end: int) -> Iterator[tuple[str, int]]:
    characters = _simpler("characters")
    for place in range(start, end):
        for char in _letter(written[place]):
            yield characters.get(char, char), place


@cache
def _letter(char: str) -> str:
    """The plain characters for one: none for an accent or an invisible one, several for a ligature."""
    if char in _LIKE:
        return _LIKE[char]
    parts = (part for part in unicodedata.normalize("NFKD", char).lower())
    kept = (part for part in parts if unicodedata.category(part) not in _DROPPED)
    return "".join(" " if unicodedata.category(part) == "Cc" else _LIKE.get(part, part) for part in kept)


@cache
def _words() -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, _simpler("words")), key=len, reverse=True)))


@cache
def _simpler(kind: str) -> Mapping[str, str]:
    """What is written simpler: single "characters", or "words", which `_words` looks for."""
    path = Path(__file__).with_name("simpler.md")
    (lines,) = catalog.parse_text(path.read_text("utf-8"), "", path.name).get(kind, "1")
    pairs = [(one, other) for one, _, other in (line.partition(" → ") for line in lines.splitlines())]
    if kind == "words":
        return dict(pairs)
    return {one: other for ones, others in pairs for one, other in zip(ones, others, strict=True)}
