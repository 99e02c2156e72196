"""How far suggestions agree with people: quadratic weighted kappa on labelled answers.

A labelled answer is {"id", "lang", "text", "key_points": the ids that a person finds in it, "kind"}; a folder holds one
list of them for each question, `<question>.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograde import catalog
from autograde.rubric import suggest
from autograde.terms import Question

OVERALL, EACH = 0.8, 0.75  # the goals, for all answers and for each language


@dataclass(frozen=True)
class Rated:
    """The points of one answer, as a person counts them and as suggested; every key point counts 1."""

    question: str
    id: str
    lang: str
    wanted: int
    seen: int


def kappa(pairs: Sequence[tuple[int, int]]) -> float:
    """Quadratic weighted kappa of two ratings: 1 where they agree, 0 where they agree no better than by chance."""
    if not pairs:
        return float("nan")
    ones, others = zip(*pairs, strict=True)
    apart = sum((one - other) ** 2 for one, other in pairs) / len(pairs)
    by_chance = sum((one - other) ** 2 for one in ones for other in others) / len(pairs) ** 2
    return 1.0 - apart / by_chance if by_chance else 1.0


def rate(folder: Path) -> Iterator[Rated]:
    """Every labelled answer of a folder with the points suggested for it."""
    for path in sorted(folder.glob("*.json")):
        known = catalog.load(path.stem).about
        assert isinstance(known, Question)
        for label in json.loads(path.read_text("utf-8")):
            found = [one.id for one in suggest(known.id, label["text"], label["lang"]).key_points if one.found]
            yield Rated(known.id, label["id"], label["lang"], len(label["key_points"]), len(found))


def kappas(rated: Sequence[Rated]) -> Mapping[str, float]:
    """Kappa of the points, all questions together: for all answers ("all") and for each language."""
    groups = {"all": rated} | {lang: [one for one in rated if one.lang == lang] for lang in catalog.LANGUAGES}
    return {name: kappa([(one.wanted, one.seen) for one in group]) for name, group in groups.items()}


def missed(found: Mapping[str, float]) -> tuple[str, ...]:
    """Which of the goals are missed; a kappa that is no number is."""
    return tuple(name for name, value in found.items() if not value >= (OVERALL if name == "all" else EACH))
