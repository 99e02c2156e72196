"""Verdicts -> nbgrader's gradebook, as `nbgrader autograde` would enter them: one transaction for each submission.

What a person entered, scores and comments, is never touched. A person's score asks to be looked at again only when the
student has handed in something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from nbgrader import api
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from autograde.classroom import Classroom, alembic_on_path

PATIENCE = 10_000  # ms to wait for a gradebook that someone else is writing to


class GradebookError(Exception):
    """The gradebook cannot be read or written."""


@dataclass(frozen=True)
class Mark:
    """What the machine has to say about one graded cell: a score, or None where a person has to give one."""

    score: float | None
    comment: str | None = None


@dataclass(frozen=True)
class Entry:
    """What the gradebook says about one graded cell after it was written."""

    points: float
    max_points: float
    needs_manual_grade: bool
    by_hand: bool = False
    comment: str | None = None  # a person's


@dataclass(frozen=True)
class Decision:
    """What a person entered for one graded cell."""

    score: float
    comment: str | None = None


@dataclass(frozen=True)
class Standing:
    """What the gradebook says about a submission: its graded cells, and what was taken off for being late."""

    cells: Mapping[str, Entry] = field(default_factory=dict)
    penalty: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Ledger:
    """The gradebook of a class folder, in one session."""

    def __init__(self, room: Classroom) -> None:
        self._late = AssignLatePenalties(config=room.config)
        self._late.init_plugin()
        with _explained(), alembic_on_path():
            self._gradebook = api.Gradebook(room.coursedir.db_url, room.coursedir.course_id)
            self._db = self._gradebook.db
            self._begin()
            self._db.rollback()

    def close(self) -> None:
        self._gradebook.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self) -> None:
        """Begin to write. SQLite says here, and not at the commit, that the gradebook is locked or read-only."""
        if self._gradebook.engine.dialect.name == "sqlite":
            self._db.execute(text(f"PRAGMA busy_timeout = {PATIENCE}"))
            self._db.execute(text("BEGIN IMMEDIATE"))

    def write(
        self, student: str, assignment: str, marks: Mapping[str, Mark], *, handed_in: str | None, same: bool
    ) -> Standing:
        """Enter the marks, by grade id. `same`: this very submission was entered before.

        `handed_in` is the text of nbgrader's timestamp. Raises `GradebookError`, and then nothing was entered.
        """
        with _explained(), self._transaction():
            self._begin()
            submitted = self._submission(student, assignment)
            submitted.timestamp = _time(handed_in)
            book = self._notebook(submitted, assignment)
            for grade in book.grades:
                _enter(grade, marks.get(grade.cell.name, Mark(0.0)), same=same)
            for comment in book.comments:
                mark = marks.get(comment.cell.name)
                comment.auto_comment = mark.comment if mark else None
            self._db.flush()
            book.late_submission_penalty = self._penalty(student, submitted, book)
            return _standing(book)

    def standing(self, student: str, assignment: str) -> Standing | None:
        """What the gradebook says now; None where it knows of no such submission."""
        with _explained(), self._transaction():
            try:
                book = self._gradebook.find_submission_notebook(assignment, assignment, student)
            except api.MissingEntry:
                return None
            return _standing(book)

    def remark(self, assignment: str, comments: Mapping[tuple[str, str], str]) -> None:
        """Offer other comments, by student and cell, where the gradebook knows of them."""
        with _explained(), self._transaction():
            self._begin()
            for student, comment in self._query(api.Comment, assignment):
                comment.auto_comment = comments.get((student, comment.cell.name), comment.auto_comment)

    def decisions(self, assignment: str, cell: str) -> dict[str, Decision]:
        """What a person entered for one cell, by student."""
        with _explained(), self._transaction():
            said = {student: comment.manual_comment for student, comment in self._query(api.Comment, assignment, cell)}
            return {
                student: Decision(grade.manual_score, said.get(student))
                for student, grade in self._query(api.Grade, assignment, cell)
                if grade.manual_score is not None
            }

    def decide(self, assignment: str, cell: str, decision: Decision, students: Iterable[str]) -> int:
        """Enter a person's decision for `students` too; for how many that was done.

        Whoever has a score by hand keeps it, and so does whoever has a comment.
        """
        with _explained(), self._transaction():
            self._begin()
            given = set()
            for student, grade in self._query(api.Grade, assignment, cell):
                if student in students and grade.manual_score is None:
                    grade.manual_score, grade.needs_manual_grade = decision.score, False
                    given.add(student)
            for student, comment in self._query(api.Comment, assignment, cell):
                if student in given and comment.manual_comment is None:
                    comment.manual_comment = decision.comment
            return len(given)

    def _query(self, kind: Any, assignment: str, cell: str | None = None) -> list[Any]:
        """Pairs of a student's id and a grade or comment, for all cells of an assignment or for one."""
        found = (
            self._db.query(api.SubmittedAssignment.student_id, kind)
            .join(api.SubmittedNotebook, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
            .join(kind, kind.notebook_id == api.SubmittedNotebook.id)
            .join(api.BaseCell, api.BaseCell.id == kind.cell_id)
            .join(api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id)
            .filter(api.Assignment.name == assignment)
        )
        return list(found if cell is None else found.filter(api.BaseCell.name == cell))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            yield
            self._db.commit()
        finally:
            self._db.rollback()  # after a commit there is nothing to take back
            self._db.expunge_all()

    def _submission(self, student: str, assignment: str) -> Any:
        """The submission's entry, made where there is none."""
        try:
            return self._gradebook.find_submission(assignment, student)
        except api.MissingEntry:
            pass
        who = self._db.get(api.Student, student) or api.Student(id=student)
        about = self._gradebook.find_assignment(assignment)
        submitted = api.SubmittedAssignment(assignment=about, student=who)
        with self._db.no_autoflush:
            for notebook in about.notebooks:
                book = api.SubmittedNotebook(notebook=notebook, assignment=submitted)
                for cell in [*notebook.grade_cells, *notebook.task_cells]:
                    api.Grade(cell=cell, notebook=book)
                for cell in [*notebook.solution_cells, *notebook.task_cells]:
                    api.Comment(cell=cell, notebook=book)
        self._db.add(submitted)
        self._db.flush()
        return submitted

    def _notebook(self, submitted: Any, assignment: str) -> Any:
        return next(book for book in submitted.notebooks if book.notebook.name == assignment)

    def _penalty(self, student: str, submitted: Any, book: Any) -> float | None:
        """What nbgrader's plugin takes off for being late."""
        if not submitted.total_seconds_late:
            return None
        self._db.refresh(book)
        late = submitted.total_seconds_late
        penalty = self._late.plugin_inst.late_submission_penalty(student, book.score, late)
        return None if penalty is None else float(self._late._check_late_penalty(book, penalty))


def _enter(grade: Any, mark: Mark, *, same: bool) -> None:
    """Enter the machine's score; a person's stays."""
    grade.auto_score = mark.score
    if grade.manual_score is None:
        grade.needs_manual_grade = mark.score is None
    elif not same:
        grade.needs_manual_grade = True


def _standing(book: Any) -> Standing:
    comments = {comment.cell.name: comment.manual_comment for comment in book.comments}
    cells = {}
    for grade in book.grades:
        by_hand = grade.manual_score is not None
        points = (grade.manual_score if by_hand else grade.auto_score) or 0.0
        name = grade.cell.name
        cells[name] = Entry(
            points + (grade.extra_credit or 0.0),
            grade.cell.max_score,
            bool(grade.needs_manual_grade),
            by_hand or bool(grade.extra_credit),
            comments.get(name) or comments.get(name.removeprefix("check_")),
        )
    return Standing(cells, book.late_submission_penalty or 0.0)


def _time(text: str | None) -> datetime | None:
    try:
        return parse_utc(text) if text else None
    except (ValueError, OverflowError):
        return None


@contextmanager
def _explained() -> Iterator[None]:
    """Database errors as one kind of error, with the database's own words."""
    try:
        yield
    except SQLAlchemyError as error:
        raise GradebookError(str(getattr(error, "orig", None) or error).splitlines()[0]) from error
    except ModuleNotFoundError as error:  # the driver that the gradebook's URL asks for
        raise GradebookError(str(error)) from error
