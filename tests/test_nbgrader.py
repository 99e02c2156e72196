"""nbgrader's own commands in a class folder: the same engine, the same marks."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

from autograde.classroom import Classroom
from tests import made_up_class as made
from tests.made_up_class import RIGHT, WRONG

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own, in add_submission

@pytest.fixture
def room(class_room: Classroom, monkeypatch: pytest.MonkeyPatch) -> Classroom:
    made.use_fake_engine(monkeypatch)
    return class_room


def convert(room: Classroom, converter: Any, **wanted: str) -> None:
    """Run one of nbgrader's converters as its command does."""
    directory = CourseDirectory(config=room.config, root=str(room.root), assignment_id="made_up", **wanted)
    log = logging.getLogger("test")
    log.setLevel(logging.ERROR)
    converter(coursedir=directory, config=room.config, log=log).start()


def gradebook(room: Classroom) -> dict[str, list[tuple[Any, ...]]]:
    """What the gradebook says about every student, without the random ids."""
    with Gradebook(room.coursedir.db_url, room.coursedir.course_id) as book:
        return {
            submission.student.id: sorted(
                (grade.name, grade.auto_score, grade.manual_score, grade.needs_manual_grade, grade.max_score)
                for notebook in submission.notebooks
                for grade in notebook.grades
            )
            + sorted(
                (comment.name, comment.auto_comment, comment.manual_comment)
                for notebook in submission.notebooks
                for comment in notebook.comments
            )
            for submission in book.assignment_submissions("made_up")
        }


def a_class_of_all_kinds(room: Classroom) -> None:
    made.hand_in(room, "ada", made.book({"standardize": RIGHT, "r01": "All inputs get one scale."}))
    made.hand_in(room, "bob", made.book({"standardize": WRONG}, "zh"))
    made.hand_in(room, "damaged", b'{"cells": [')
    made.hand_in(room, "stub", made.book({}))


def test_nbgrader_autograde_and_autograde_grade_enter_the_same(room: Classroom, tmp_path: Path) -> None:
    a_class_of_all_kinds(room)
    other = made.copy_class(room, tmp_path / "other")
    convert(room, Autograde)
    made.grade(other)
    assert gradebook(room) == gradebook(other)
    for student in ("ada", "bob", "damaged", "stub"):
        ours, theirs = (one.folder("autograded", student, "made_up") / "made_up.ipynb" for one in (other, room))
        assert made.read(ours) == made.read(theirs)
