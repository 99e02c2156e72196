"""The numbers of the report: distributions, difficulty, discrimination, the most frequent mistakes, what failed."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from autograde import catalog, speak
from autograde.report.records import Exercise, Record

LEAST = 5  # submissions below which a correlation says nothing
SHOWN = 10


@dataclass(frozen=True)
class Summary:
    """The scores of one assignment."""

    assignment: str
    scores: tuple[float, ...]
    max_points: float

    @property
    def mean(self) -> float:
        return statistics.fmean(self.scores)

    @property
    def median(self) -> float:
        return statistics.median(self.scores)

    @property
    def deviation(self) -> float:
        return statistics.pstdev(self.scores)


@dataclass(frozen=True)
class Item:
    """How one exercise went. `difficulty` is the mean share of its points (1: easy); `discrimination` the correlation
    of its points with those of the student's other exercises (None: too few, or nothing varies)."""

    id: str
    title: str
    count: int
    waits: int
    difficulty: float | None
    discrimination: float | None
    outcomes: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Claim:
    """How many of the answers looked at meet one claim."""

    exercise: str
    statement: str
    holds: int
    fails: int
    unseen: int

    @property
    def share(self) -> float:
        return self.holds / max(self.holds + self.fails + self.unseen, 1)


@dataclass(frozen=True)
class Mistake:
    """A misconception, how many had it, and what one of them was told."""

    exercise: str
    id: str
    count: int
    example: str


@dataclass(frozen=True)
class Failure:
    """A submission that could not be graded as it should be, and what to do."""

    student: str
    assignment: str
    kind: str
    message: str


def assignments(records: Sequence[Record]) -> list[Summary]:
    names = sorted({record.assignment for record in records})
    groups = {name: [record for record in records if record.assignment == name] for name in names}
    return [
        Summary(name, tuple(record.points for record in group), max(record.max_points for record in group))
        for name, group in groups.items()
    ]


def items(records: Sequence[Record], lang: str) -> list[Item]:
    return [_item(slug, given, lang) for slug, given in _by_exercise(records).items()]


def _item(slug: str, given: list[tuple[Record, Exercise]], lang: str) -> Item:
    scored = [(record, one) for record, one in given if not one.waits]
    shares = [one.points / one.max_points for _, one in scored if one.max_points]
    outcomes = Counter(speak.outcome(lang, one.outcome) for _, one in given)
    return Item(
        slug,
        catalog.load(slug).text[lang].title,
        len(given),
        len(given) - len(scored),
        statistics.fmean(shares) if shares else None,
        correlation([(one.points, record.points - one.points) for record, one in scored]),
        tuple(outcomes.most_common()),
    )


def correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Pearson's correlation; None for fewer than `LEAST` pairs or where one side does not vary.

    >>> correlation([(0, 0), (1, 2), (2, 4), (3, 6), (4, 8)])
    1.0
    """
    if len(pairs) < LEAST or any(len({pair[side] for pair in pairs}) < 2 for side in (0, 1)):
        return None
    return round(statistics.correlation(*zip(*pairs, strict=True)), 6)


def claims(records: Sequence[Record], lang: str) -> list[Claim]:
    return [
        _claim(slug, name, given, lang)
        for slug, given in _by_exercise(records).items()
        for name in dict.fromkeys(name for _, one in given for name in one.claims)
    ]


def _claim(slug: str, name: str, given: list[tuple[Record, Exercise]], lang: str) -> Claim:
    seen = Counter(one.claims[name] for _, one in given if name in one.claims)
    paragraphs = catalog.load(slug).text[lang].get("claim", name)
    return Claim(slug, paragraphs[0] if paragraphs else name, seen[True], seen[False], seen[None])


def mistakes(records: Sequence[Record], lang: str) -> list[Mistake]:
    """The most frequent misconceptions, the most frequent first; the example is one student's, without a name."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for record, one in _exercises(records):
        if one.misconception:
            found.setdefault((one.id, one.misconception), []).append((record.lang, one.message))
    ranked = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        Mistake(slug, name, len(told), next((text for spoken, text in told if spoken == lang), told[0][1]))
        for (slug, name), told in ranked[:SHOWN]
    ]


def times(records: Sequence[Record]) -> tuple[float, float]:
    """Median and longest time to run a submission, in seconds."""
    seconds = [record.seconds for record in records if record.seconds] or [0.0]
    return statistics.median(seconds), max(seconds)


def failures(records: Sequence[Record], lang: str) -> list[Failure]:
    """Submissions with an error, and exercises that were stopped."""
    found = []
    for record in records:
        if record.error is not None:
            kind, message = record.error["kind"], record.error["message"]
            found.append(Failure(record.student, record.assignment, speak.outcome(lang, kind), message))
            continue
        for one in record.exercises:
            if one.outcome in ("timeout", "memory", "crash"):
                place = f"{record.assignment} · {one.id}"
                found.append(Failure(record.student, place, speak.outcome(lang, one.outcome), one.message))
    return found


def waiting(records: Sequence[Record]) -> int:
    """How many answers wait for a person."""
    return sum(one.waits for _, one in _exercises(records))


def _exercises(records: Iterable[Record]) -> Iterator[tuple[Record, Exercise]]:
    return ((record, one) for record in records for one in record.exercises)


def _by_exercise(records: Sequence[Record]) -> dict[str, list[tuple[Record, Exercise]]]:
    found: dict[str, list[tuple[Record, Exercise]]] = {}
    for record, one in sorted(_exercises(records), key=lambda pair: (pair[0].assignment, pair[1].id)):
        found.setdefault(one.id, []).append((record, one))
    return found
