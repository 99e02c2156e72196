"""Put like answers together, so that one decision serves a group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from autograde.rubric.plain import normalize
from autograde.terms import Suggestion

ALIKE = 0.6  # share of common runs of characters from which on two texts are alike
_RUN = 4  # characters


@dataclass(frozen=True)
class Group:
    """Answers that are alike: the keys they were given by, and the key points seen in all of them."""

    name: str
    members: tuple[str, ...]
    key_points: frozenset[str]


def groups(answers: Mapping[str, str], look: Callable[[str], Suggestion]) -> tuple[Group, ...]:
    """Groups of `answers` (texts by any key): the same text but for case, width, spacing and punctuation, or the same
    key points seen in much the same words. The largest comes first and is called A; `look` gives the suggestion for a
    text. The order of the mapping does not matter."""
    texts: dict[str, list[str]] = {}
    for key in sorted(answers):
        texts.setdefault(_bare(answers[key]), []).append(key)
    leaders: list[tuple[frozenset[str], frozenset[str], list[str]]] = []
    for bare in sorted(texts):
        seen, runs = _seen(look(answers[texts[bare][0]])), _runs(bare)
        for key_points, like, members in leaders:
            if seen == key_points and _alike(runs, like):
                members += texts[bare]
                break
        else:
            leaders.append((seen, runs, list(texts[bare])))
    leaders.sort(key=lambda leader: (-len(leader[2]), min(leader[2])))
    return tuple(
        Group(_name(number), tuple(sorted(members)), key_points)
        for number, (key_points, _, members) in enumerate(leaders)
    )


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, normalize(text)))


def _seen(suggestion: Suggestion) -> frozenset[str]:
    return frozenset(point.id for point in suggestion.key_points if point.found)


def _runs(bare: str) -> frozenset[str]:
    return frozenset(bare[at : at + _RUN] for at in range(max(1, len(bare) - _RUN + 1)))


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= ALIKE * len(one | other)


def _name(number: int) -> str:
    """A, B, … Z, AA, AB, …"""
    rest, last = divmod(number, 26)
    return (_name(rest - 1) if rest else "") + chr(ord("A") + last)
