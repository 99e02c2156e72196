"""nbgrader's own commands in a class folder: the same engine, the same marks."""

from __future__ import annotations

import csv
import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeReleaseFeedback
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import determine_grade, is_grade, notebook_hash

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
    directory = CourseDirectory(config=room.config, root=str(room.root), **({"assignment_id": "made_up"} | wanted))
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


def test_nbgrader_autograde_does_not_stop_at_a_damaged_notebook(room: Classroom) -> None:
    a_class_of_all_kinds(room)
    convert(room, Autograde)
    assert set(gradebook(room)) == {"ada", "bob", "damaged", "stub"}
    assert all(grade[1] == 0.0 for grade in gradebook(room)["damaged"][:2])


def test_one_student_is_graded_as_the_button_in_formgrader_does(room: Classroom) -> None:
    a_class_of_all_kinds(room)
    convert(room, Autograde, student_id="bob")
    assert gradebook(room)["bob"][0] == ("check_standardize", 5.0, None, False, 20.0)


def test_nbgrader_reads_the_same_scores_off_the_graded_notebook(room: Classroom) -> None:
    a_class_of_all_kinds(room)
    made.grade(room)
    for student in ("ada", "bob", "damaged", "stub"):
        graded = nbformat.read(room.folder("autograded", student, "made_up") / "made_up.ipynb", 4)
        nbformat.validate(graded)
        MetadataValidator().validate_nb(NotebookNode(cells=[_without_ours(cell) for cell in graded.cells]))
        entered = {name: auto for name, auto, *_ in gradebook(room)[student][:2]}
        read = {cell.metadata.nbgrader.grade_id: determine_grade(cell)[0] for cell in graded.cells if is_grade(cell)}
        assert read == entered


def _without_ours(cell: Any) -> Any:
    return NotebookNode(cell, metadata=NotebookNode({k: v for k, v in cell.metadata.items() if k != "autograde"}))


def test_generate_feedback_makes_the_students_page_with_what_a_person_entered(room: Classroom) -> None:
    a_class_of_all_kinds(room)
    convert(room, Autograde)
    with Gradebook(room.coursedir.db_url, room.coursedir.course_id) as book:
        book.find_grade("r01", "made_up", "made_up", "ada").manual_score = 1.5
        book.find_comment("r01", "made_up", "made_up", "ada").manual_comment = "Which *inputs*?"
        book.db.commit()
    convert(room, GenerateFeedback)  # again and again, as a person enters more
    ada, bob = ((room.folder("feedback", one, "made_up") / "made_up.html").read_text("utf-8") for one in ("ada", "bob"))
    assert "Which <em>inputs</em>?" in ada
    assert 'lang="zh"' in bob


def test_a_late_submission_is_dated_and_fined_as_nbgrader_fines_it(room: Classroom) -> None:
    with (room.root / "nbgrader_config.py").open("a") as config:
        config.write("c.LateSubmissionPlugin.penalty_method = 'zero'\n")
    room = Classroom(room.root)
    with Gradebook(room.coursedir.db_url, room.coursedir.course_id) as book:
        book.update_or_create_assignment("made_up", duedate="2030-01-01 12:00:00 UTC")
    path = made.hand_in(room, "ada", made.book({"standardize": RIGHT}))
    (path.parent / "timestamp.txt").write_text("2030-01-02 12:00:00 UTC\n")
    made.grade(room)
    with Gradebook(room.coursedir.db_url, room.coursedir.course_id) as book:
        submission = book.find_submission("made_up", "ada")
        assert submission.total_seconds_late == 86_400
        assert submission.notebooks[0].late_submission_penalty == 20.0
    graded = room.folder("autograded", "ada", "made_up")
    assert (graded / "timestamp.txt").read_text() == "2030-01-02 12:00:00 UTC"
    assert "20" in (room.folder("feedback", "ada", "made_up") / "made_up.html").read_text("utf-8")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # nbgrader leaves timestamp.txt open
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_feedback_of_either_command_can_be_released_through_the_exchange(room: Classroom, tmp_path: Path) -> None:
    exchange = tmp_path / "exchange"
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)
    with (room.root / "nbgrader_config.py").open("a") as config:
        config.write(f"c.Exchange.root = {str(exchange)!r}\n")
    room = Classroom(room.root)
    for student in ("ada", "bob"):
        folder = made.hand_in(room, student, made.book({"standardize": RIGHT})).parent
        (folder / "timestamp.txt").write_text("2030-01-02 12:00:00 UTC")
        (folder / "submission_secret.txt").write_text(student * 40)
    made.grade(room, student="ada")
    convert(room, Autograde, student_id="bob")
    convert(room, GenerateFeedback, student_id="bob")
    convert(room, ExchangeReleaseFeedback)
    released = {path.stem for path in exchange.glob("*/feedback/*.html")}
    assert released == {notebook_hash(secret=student * 40, notebook_id="made_up") for student in ("ada", "bob")}


def test_a_foreign_assignment_is_left_to_others(room: Classroom) -> None:
    source = room.root / "source" / "other"
    source.mkdir()
    nbformat.write(made.book({}), source / "other.ipynb")
    made.hand_in(room, "ada", made.book({"standardize": RIGHT}))
    (room.submitted / "ada" / "made_up").rename(room.submitted / "ada" / "other")
    convert(room, GenerateAssignment, assignment_id="other")
    with pytest.raises(NbGraderException):
        convert(room, Autograde, assignment_id="other")


def test_generate_assignment_makes_the_same_release_again(room: Classroom) -> None:
    path = room.root / "release" / "made_up" / "made_up.ipynb"
    before = path.read_bytes()
    shutil.rmtree(path.parent)
    convert(room, GenerateAssignment)
    assert made.read(path) == json.loads(before)


def test_nbgrader_export_lists_the_scores(room: Classroom) -> None:
    made.hand_in(room, "ada", made.book({"standardize": RIGHT}))
    made.grade(room)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "nbgrader", "export"]
    subprocess.run(command, cwd=room.root, env=environment, check=True, capture_output=True)
    with (room.root / "grades.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["student_id"], row["assignment"], float(row["score"])) for row in rows] == [("ada", "made_up", 20.0)]
