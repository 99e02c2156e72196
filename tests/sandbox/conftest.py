"""One warm parent for all of these tests: TensorFlow takes three seconds to import."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograde.sandbox import Cell, Engine, Findings, Limits, Task

EXERCISES = str(Path(__file__).with_name("exercises"))
X = np.array([1.0, 2.0, 4.0])
RIGHT = {"double": "double = lambda x: x * 2", "halve": "halve = lambda x: x / 2"}
LIMITS = Limits(seconds=20.0, total_seconds=60.0)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine, in an environment with a secret; it leaves no folder behind."""
    before = set(os.listdir(tempfile.gettempdir()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLASS_PASSWORD", "hunter2")
        with Engine(LIMITS, exercises=EXERCISES) as engine:
            yield engine
    left = set(os.listdir(tempfile.gettempdir())) - before
    assert not [name for name in left if name.startswith(f"autograde-{os.getpid()}-")]


def run(engine: Engine, *cells: str, double: str = RIGHT["double"], lang: str = "en", **limits: Any) -> Findings:
    """What is seen of free cells c0, c1, ... and the answers, under the usual limits but for those given."""
    engine.limits = replace(LIMITS, **limits)
    return engine.run(task(*cells, double=double, lang=lang))


def task(*cells: str, double: str = RIGHT["double"], halve: str = RIGHT["halve"], lang: str = "en") -> Task:
    """Free cells c0, c1, ..., then the answers; each exercise is looked at on one array."""
    free = tuple(Cell(f"c{number}", source) for number, source in enumerate(cells))
    answers = (Cell("a_double", double, "double"), Cell("a_halve", halve, "halve"))
    return Task(free + answers, {slug: {"one": {"x": X}} for slug in RIGHT}, lang=lang)


def right(findings: Findings, slug: str) -> bool:
    """Whether the finding of `slug` is what a right answer gives."""
    observation = findings.exercises[slug].observation
    wanted = X * 2 if slug == "double" else X / 2
    return observation is not None and np.array_equal(observation.arrays["one/out"], wanted)


def text(findings: Findings, cell: str = "c0") -> str:
    """All text that a cell showed."""
    outputs = findings.outputs[cell]
    return "".join(
        output.get("text") or output.get("evalue") or output.get("data", {}).get("text/plain", "") for output in outputs
    )
