"""Self-study: run one notebook of one's own and see what holds, on the inputs that everybody has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograde import catalog, results, speak, submission
from autograde.catalog import PUBLIC_SEED, TEXT_STUB
from autograde.ledger import Entry, Standing
from autograde.results import Judged, Result
from autograde.sandbox import Cell, Engine, Findings, Task, Unsafe
from autograde.submission import Course, DamagedError, Submission
from autograde.terms import Exercise, Expected, Suggestion, Verdict
from autograde.watch import NotNowError


class StudyError(Exception):
    """A notebook cannot be looked at: a kind of fault or the id of a sentence, and what it quotes."""

    def __init__(self, id: str, **facts: object) -> None:
        super().__init__(id)
        self.id, self.facts = id, facts


@dataclass(frozen=True)
class Studied:
    """What was seen of a notebook."""

    given: Submission
    assignment: str
    judged: Mapping[str, Judged]
    seconds: float

    @property
    def lines(self) -> list[tuple[str, Verdict | Suggestion]]:
        """Exercise by exercise: its verdict or, for an answered question, what the rubric sees in it."""
        return [(slug, one.suggestion or one.verdict) for slug, one in self.judged.items()]

    @property
    def result(self) -> Result:
        """The record of `grade`, of nobody's submission."""
        entries = {
            results.grade_id(slug): Entry(one.verdict.points, one.verdict.max_points, one.verdict.outcome == "answered")
            for slug, one in self.judged.items()
        }
        return results.result(("", self.assignment), self.given.lang, self.judged, Standing(entries), self.seconds)


def look(path: Path, engine: Engine) -> Studied:
    """Run a notebook's cells as the grader does, and judge its answers on the public seed."""
    course, given = _read(path)
    cells = tuple(Cell(part.name, part.source, part.exercise) for part in given.parts if part.runs)
    slugs = [slug for slug in course.exercises if isinstance(catalog.load(slug).about, Exercise)]
    cases = {slug: catalog.load(slug).cases(PUBLIC_SEED) for slug in slugs if slug not in given.missing}
    try:
        findings = engine.run(Task(cells, cases, lang=given.lang)) if cases else Findings({})
    except Unsafe as unsafe:
        raise StudyError("unsafe", detail=str(unsafe)) from None
    if findings.error is not None:
        raise StudyError(findings.error[0], detail=findings.error[1])
    expected: dict[str, Expected] = {slug: catalog.load(slug).expected() for slug in cases}
    judged = results.judge_submission(given, course, findings, expected)
    return Studied(given, course.assignment, judged, findings.seconds)


def lines(path: Path, engine: Engine, lang: str) -> list[tuple[str, Verdict | Suggestion]]:
    """`look`, for one who looks again on every save. Raises `NotNowError` with a sentence in `lang`."""
    try:
        return look(path, engine).lines
    except StudyError as error:
        raise NotNowError(sentence(error, lang)) from None


def _read(path: Path) -> tuple[Course, Submission]:
    try:
        data = submission.read_bytes(path)
        course = _own_course(path, submission.parse(data))
        return course, submission.read(data, course)
    except DamagedError as error:
        raise StudyError(f"file_{error.id}", **error.facts) from None


def _own_course(path: Path, book: dict[str, Any]) -> Course:
    """The course's notebook as this copy of it shows it: one's own copy need not be guarded against oneself."""
    course = submission.course("", book)
    if not course.exercises:
        raise StudyError("command_unknown_notebook", notebook=path.name, names=", ".join(catalog.assignments()))
    parts = {part.name: part for part in course.parts}  # of a cell that was copied, one is enough
    stubs = (
        replace(part, source=TEXT_STUB if part.kind == "markdown" else "") if part.role == "answer" else part
        for part in parts.values()
    )
    return Course(catalog.load(course.exercises[0]).about.assignment, tuple(stubs))


def sentence(error: StudyError, lang: str) -> str:
    """What is wrong, and what to do about it."""
    if error.id == "unsafe":
        return speak.say(lang, "command_not_safe", **error.facts)
    if error.id == "internal":
        return f"{speak.explain(lang, 'internal')} ({error.facts['detail']})"
    return speak.say(lang, error.id, **error.facts)
