"""The walls around student code: what each stops, by what means, and whether it stands on this machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wall:
    """One wall: `stops` and `means` are said in words, `available` was tried out, `detail` tells what was seen."""

    name: str
    stops: str
    means: str
    available: bool
    detail: str = ""


def walls() -> list[Wall]:
    """Every wall, tried out on this machine just now."""
    return []
