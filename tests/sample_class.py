"""A class of submissions made from the samples: for `make demo`, the tests of the whole path, and the benchmarks.

    python -m tests.sample_class DIR --students 8      makes the class folder, grades it, writes the report

Students are called student-001 and so on; each hands in both editions' notebooks with right answers, known mistakes,
stubs and short answers from the labelled sets, chosen by a seed.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from autograde import build, catalog, classroom
from autograde.terms import Question

ANSWERS = Path(__file__).parent / "answers"


@dataclass(frozen=True)
class Choice:
    """One answer of a submission: what is written in its cell, and what kind of sample that is."""

    text: str
    kind: str  # reference, alt, wrong, hack, stub, or a short answer's label
    name: str = ""


def submission(assignment: str, lang: str, answers: Mapping[str, str]) -> NotebookNode:
    """The notebook that a student receives, with `answers` (by exercise id) written into its answer cells."""
    notebook = build.notebook(assignment, lang, release=True)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in answers:
            cell.source = answers[grade_id]
    return notebook


def write(notebook: NotebookNode, folder: Path, assignment: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{assignment}.ipynb"
    nbformat.write(notebook, path)
    return path


def choices(slug: str, kinds: tuple[str, ...] = ("reference", "alt", "wrong", "stub")) -> tuple[Choice, ...]:
    """Every answer that `solutions/` or the labelled sets have for an exercise."""
    if isinstance(catalog.load(slug).about, Question):
        return tuple(_labelled(slug)) or tuple(_model_answers(slug))
    found = [Choice(build.reference(slug), "reference")] if "reference" in kinds else []
    for kind in ("alt", "wrong", "hack"):
        if kind in kinds:
            found += [Choice(path.read_text("utf-8"), kind, path.stem) for path in build.samples(slug, kind)]
    if "stub" in kinds:
        found.append(Choice(build.stub(slug), "stub"))
    return tuple(found)


def _labelled(slug: str) -> Iterator[Choice]:
    for path in sorted(ANSWERS.glob(f"*/{slug}.json")):
        for answer in json.loads(path.read_text("utf-8")):
            yield Choice(answer["text"], "answer", ",".join(answer["key_points"]))


def _model_answers(slug: str) -> Iterator[Choice]:
    for text in catalog.load(slug).text.values():
        yield Choice("\n\n".join(text.get("model_answer")), "answer", "model")


def populate(
    folder: Path, students: int, *, seed: int = 1, assignments: tuple[str, ...] | None = None, right: float = 0.5
) -> dict[str, dict[str, Choice]]:
    """Write submissions of `students` under `folder/submitted`; returns each student's answers by exercise id.

    About a share `right` of the code answers is right; every third student works in the Chinese edition.
    """
    rng = random.Random(seed)
    handed_in: dict[str, dict[str, Choice]] = {}
    for number in range(1, students + 1):
        student, lang = f"student-{number:03d}", "zh" if number % 3 == 0 else "en"
        handed_in[student] = {}
        for assignment in assignments or catalog.assignments():
            answers = {entry.id: _draw(entry.id, rng, right) for entry in catalog.of_assignment(assignment)}
            notebook = submission(assignment, lang, {slug: choice.text for slug, choice in answers.items()})
            write(notebook, folder / "submitted" / student / assignment, assignment)
            handed_in[student] |= answers
    return handed_in


def _draw(slug: str, rng: random.Random, right: float) -> Choice:
    everything = choices(slug)
    wanted = ("reference", "alt", "answer") if rng.random() < right else ("wrong", "stub", "answer")
    return rng.choice([choice for choice in everything if choice.kind in wanted])


def surprises(folder: Path, handed_in: Mapping[str, Mapping[str, Choice]]) -> list[str]:
    """Where the gradebook of a graded class says something else than the samples' names do."""
    room = classroom.find(folder)
    found = []
    with Gradebook(room.coursedir.db_url, room.coursedir.course_id) as book:
        for student, answers in handed_in.items():
            for slug, choice in answers.items():
                about = catalog.load(slug).about
                name = slug if isinstance(about, Question) else f"check_{slug}"
                grade = book.find_grade(name, about.assignment, about.assignment, student)
                if not _fits(choice, grade, about.max_points):
                    found.append(f"{student} {slug} {choice.kind} {choice.name}: {grade.auto_score}")
    return found


def _fits(choice: Choice, grade: Any, max_points: float) -> bool:
    if choice.kind == "answer":
        return grade.auto_score is None and bool(grade.needs_manual_grade)
    right = {"stub": grade.auto_score == 0.0, "wrong": grade.auto_score is not None and grade.auto_score < max_points}
    return right.get(choice.kind, grade.auto_score == max_points) and not grade.needs_manual_grade


def main() -> int:
    """Make, grade and report a sample class, and compare its gradebook with what the samples are."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--students", type=int, default=8)
    given = parser.parse_args()
    command = [sys.executable, "-m", "autograde"]
    subprocess.run([*command, "init", given.folder], check=True)
    handed_in = populate(given.folder, given.students)
    damaged = given.folder / "submitted" / "damaged" / "layer_normalization"
    damaged.mkdir(parents=True, exist_ok=True)
    (damaged / "layer_normalization.ipynb").write_text('{"cells": [')
    found = given.folder / "results.json"
    graded = subprocess.run([*command, "grade", given.folder, "--json", found], check=False)
    subprocess.run([*command, "report", given.folder], check=True)
    print(*_table(json.loads(found.read_text("utf-8"))["submissions"]), sep="\n")
    odd = surprises(given.folder, handed_in)
    count = sum(map(len, handed_in.values()))
    print(f"{count} answers in the gradebook, {count - len(odd)} as their samples' names say.", *odd, sep="\n")
    places = ("gradebook.db", "feedback", "report/index.html")
    print("Gradebook, feedback and report:", *(given.folder / place for place in places))
    return bool(odd) or graded.returncode not in (0, 1)  # 1: the damaged file needs a look


def _table(submissions: list[dict[str, Any]]) -> Iterator[str]:
    """A line for each submission: its score, and the first sentence that its student reads."""
    for one in submissions:
        said = [each["message"] for each in one["exercises"] if each["outcome"] not in ("correct", "answered")]
        first = (one["error"] or {}).get("message") or (said or ["✓"])[0]
        score = f"{one['score']:g} of {one['max_score']:g}"
        yield f"{one['student']:12} {one['assignment']:20} {score:>12}  {first.splitlines()[0][:100]}"


if __name__ == "__main__":
    sys.exit(main())
