"""What tests share: the made-up course of tests/fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograde import catalog

FIXTURES = Path(__file__).with_name("fixtures")


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The made-up course in place of the real one: a code exercise `standardize` and a question `r01`.

    Gives the folder of its solutions.
    """
    monkeypatch.setattr(catalog, "EXERCISES", FIXTURES / "exercises")
    catalog.load.cache_clear()
    yield FIXTURES / "solutions"
    catalog.load.cache_clear()
