"""One warm parent for a whole module of tests: TensorFlow takes three seconds to import."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from autograde.sandbox import Cell, Engine, Findings, Limits, Task

EXERCISES = str(Path(__file__).with_name("exercises"))
X = np.array([1.0, 2.0, 4.0])
RIGHT = {"double": "double = lambda x: x * 2", "halve": "halve = lambda x: x / 2"}
LIMITS = Limits(seconds=20.0, total_seconds=60.0)
Run = Callable[..., Findings]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(LIMITS, exercises=EXERCISES) as engine:
        yield engine


def task(*cells: str, double: str = RIGHT["double"], halve: str = RIGHT["halve"], lang: str = "en") -> Task:
    """Free cells c0, c1, ..., then the answers; each exercise is looked at on one array."""
    free = tuple(Cell(f"c{number}", source) for number, source in enumerate(cells))
    answers = (Cell("a_double", double, "double"), Cell("a_halve", halve, "halve"))
    return Task(free + answers, {slug: {"one": {"x": X}} for slug in RIGHT}, lang=lang)


def text(findings: Findings, cell: str = "c0") -> str:
    """All text that a cell showed."""
    outputs = findings.outputs[cell]
    return "".join(
        output.get("text") or output.get("evalue") or output.get("data", {}).get("text/plain", "") for output in outputs
    )
