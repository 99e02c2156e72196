"""The student's door: `check`, `hint`, `solution` and `progress`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def check(slug: str, answer: str | None = None, *, namespace: Mapping[str, Any] | None = None) -> float:
    """Say what holds of an exercise's answer, and return its points as a builtin float."""
    raise NotImplementedError


def hint(slug: str) -> None:
    """The next hint of an exercise's ladder."""
    raise NotImplementedError


def solution(slug: str) -> None:
    """A question's model answer, or where an exercise's reference is found."""
    raise NotImplementedError


def progress() -> None:
    """What of this notebook is done and what is open."""
    raise NotImplementedError
