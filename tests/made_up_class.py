"""A class folder of the made-up course, and workers that run student code in this process: to test the pipeline."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograde import build, classroom, grader, workers
from autograde.catalog import load
from autograde.classroom import Classroom
from autograde.observe import describe, observe
from autograde.results import Result
from autograde.sandbox import Finding, Findings, Limits, Task
from autograde.terms import Exercise

FIXTURES = Path(__file__).with_name("fixtures")
SAMPLES = FIXTURES / "solutions" / "samples" / "standardize"
WRONG = (SAMPLES / "wrong_variance.py").read_text("utf-8")
RIGHT = (SAMPLES / "alt_two_steps.py").read_text("utf-8")


class FakeEngine:
    """Runs cells with `exec` and probes what they define. The code of these tests hurts nobody."""

    ran: list[Task] = []  # noqa: RUF012 - what any of them ran, for tests to look at

    def __init__(self, limits: Limits, trust: bool = False, exercises: str | None = None) -> None:
        self.limits = limits

    def run(self, task: Task) -> Findings:
        self.ran.append(task)
        names: dict[str, Any] = {"__name__": "student"}
        outputs, raised = {}, {}
        for cell in task.cells:
            if "HANG" in cell.source:
                return Findings({slug: Finding(reason="timeout", detail="seconds") for slug in task.cases}, {}, 9.0)
            try:
                exec(compile(cell.source, cell.id, "exec"), names)
                outputs[cell.id] = [{"output_type": "stream", "name": "stdout", "text": f"ran {cell.id}\n"}]
            except BaseException as error:
                raised[cell.exercise] = describe(error)
        found = {}
        for slug, cases in task.cases.items():
            entry = load(slug)
            assert isinstance(entry.about, Exercise)
            found[slug] = Finding(observe(entry.probe, names, entry.about.asks_for, cases), raised=raised.get(slug))
        return Findings(found, outputs, 0.25)

    def close(self) -> None: ...


def book(answers: Mapping[str, str], lang: str = "en") -> Any:
    """The made-up notebook as released, with `answers` by exercise in it."""
    made = build.notebook("made_up", lang, release=True, solutions=FIXTURES / "solutions")
    for cell in made.cells:
        cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    return made


def hand_in(room: Classroom, student: str, made: Any, name: str = "made_up.ipynb") -> Path:
    path = room.submitted / student / "made_up" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made if isinstance(made, bytes) else nbformat.writes(made).encode())
    return path


def make_class(root: Path, monkeypatch: pytest.MonkeyPatch) -> Classroom:
    """A new class folder; the caller has put the made-up course in the real one's place."""
    monkeypatch.setattr(build, "solutions_dir", lambda: FIXTURES / "solutions")
    return classroom.init(root, "en")


def copy_class(room: Classroom, root: Path) -> Classroom:
    """A fresh copy of a class folder, which is quicker than making one."""
    shutil.copytree(room.root, root)
    return Classroom(root)


def grade(room: Classroom, **options: Any) -> dict[str, Result]:
    """Grade everything; results by student. Sentences that are told on the way are not looked at."""
    graded = grader.grade(room, grader.Options(**options), lambda id, **facts: None)
    return {one.student: one for one in graded if isinstance(one, Result)}


def use_fake_engine(monkeypatch: pytest.MonkeyPatch) -> list[Task]:
    """Let workers run student code in this process; the list fills with what they run."""
    ran: list[Task] = []
    monkeypatch.setattr(FakeEngine, "ran", ran)
    monkeypatch.setattr(workers, "Engine", FakeEngine)
    return ran


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))
