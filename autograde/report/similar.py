"""Unusually similar answers, as a ranked list to look at: never a verdict.

Two answers are compared by their shingles, runs of five tokens in which the names that the author chose count alike, so
that renaming changes nothing. What the notebook gives everyone is taken out first, and a shingle counts the less the
more students have it: everyone's `for epoch in range(n_epochs)` says nothing, a shared odd line does.
"""

from __future__ import annotations

import io
import keyword
import math
import re
import tokenize
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from autograde import catalog, store, submission
from autograde.classroom import Classroom
from autograde.report.records import Record
from autograde.submission import DamagedError
from autograde.terms import Exercise

WIDTH = 5  # tokens of a shingle
LEAST = 20  # shingles below which two answers are alike by chance
SHOWN = 10
FLOOR = 0.6  # similarity below which a pair is not worth a look
_SKIPPED = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)
_WORD = re.compile(r"[A-Za-z_]\w*|\d+|[一-鿿]")
Shingles = frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class Pair:
    """Two students whose answers to one exercise share more than chance would have; `share` runs from 0 to 1."""

    exercise: str
    first: str
    second: str
    share: float
    same: bool  # to the letter


def pairs(room: Classroom, records: Sequence[Record]) -> list[Pair]:
    """The most similar pairs over all exercises, the most similar first."""
    courses = room.courses()
    texts: dict[str, dict[str, str]] = {}
    starters: dict[str, str] = {}
    for record in records:
        course = courses[record.assignment]
        folder = room.folder("autograded", record.student, record.assignment)
        try:
            data = submission.read_bytes(folder / f"{record.assignment}.ipynb")
            given = submission.read(data, course)
        except DamagedError:
            continue
        for slug in course.exercises:
            starters[slug] = course.answer(slug).source
            texts.setdefault(slug, {})[record.student] = given.answer(slug)
    found = [pair for slug in texts for pair in compare(slug, texts[slug], starters[slug])]
    return sorted(found, key=lambda pair: (-pair.share, pair.exercise, pair.first, pair.second))[:SHOWN]


def compare(slug: str, answers: Mapping[str, str], starter: str) -> list[Pair]:
    """Pairs of answers above the floor. `starter` is what everyone was given."""
    code = isinstance(catalog.load(slug).about, Exercise)
    given = shingles(starter, code=code)
    cut = {student: shingles(text, code=code) - given for student, text in answers.items()}
    cut = {student: found for student, found in cut.items() if len(found) >= (LEAST if code else LEAST // 2)}
    known = Counter(shingle for found in cut.values() for shingle in found)
    weights = {shingle: math.log((1 + len(cut)) / count) for shingle, count in known.items()}
    totals = {student: sum(weights[one] for one in found) for student, found in cut.items()}
    found = []
    for first, second in combinations(sorted(cut), 2):
        shared = sum(weights[one] for one in cut[first] & cut[second])
        whole = totals[first] + totals[second] - shared
        same = store.digest(answers[first]) == store.digest(answers[second])
        if whole > 0 and (shared / whole >= FLOOR or same):
            found.append(Pair(slug, first, second, shared / whole, same))
    return found


def shingles(text: str, *, code: bool) -> Shingles:
    """The runs of `WIDTH` tokens of a text; of a written answer, runs of three words or characters."""
    width = WIDTH if code else 3
    found = _code_tokens(text) if code else [word.lower() for word in _WORD.findall(text)]
    return frozenset(tuple(found[at : at + width]) for at in range(len(found) - width + 1))


def _code_tokens(text: str) -> list[str]:
    """Python's tokens; comments and layout left out, names that are assigned in the text all called `_`."""
    try:
        tokens = [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type not in _SKIPPED]
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return _WORD.findall(text)
    strings = [token.string for token in tokens]
    chosen = {
        word
        for word, after in zip(strings, [*strings[1:], ""], strict=True)
        if after in ("=", ",") and word.isidentifier()
    } - set(keyword.kwlist)
    return ["_" if word in chosen else word for word in strings]
