"""What is entered in the gradebook, and what of it belongs to a person."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from autograde import build, classroom
from autograde.classroom import Classroom
from autograde.ledger import GradebookError, Ledger, Mark, Standing
from tests.made_up_class import FIXTURES

MARKS = {"check_standardize": Mark(12.5), "standardize": Mark(12.5, "auto"), "r01": Mark(None, "two key points")}


def enter(room: Classroom, student: str = "ada", *, same: bool = False, marks: Any = None) -> Standing:
    with Ledger(room) as ledger:
        return ledger.write(student, "made_up", marks or MARKS, handed_in=None, same=same)


def change(room: Classroom, **values: Any) -> None:
    with Gradebook(room.coursedir.db_url, room.coursedir.course_id) as book:
        grade = book.find_grade("r01", "made_up", "made_up", "ada")
        for name, value in values.items():
            setattr(grade, name, value)
        book.db.commit()


def test_an_unknown_student_is_made_and_marked(class_room: Classroom) -> None:
    standing = enter(class_room, "李雷 +1")
    assert standing.cells["check_standardize"].points == 12.5
    assert standing.cells["r01"].needs_manual_grade
    with Gradebook(class_room.coursedir.db_url) as book:
        assert book.find_submission("made_up", "李雷 +1").score == 12.5
        assert book.find_comment("r01", "made_up", "made_up", "李雷 +1").auto_comment == "two key points"


def test_entering_again_adds_nothing(class_room: Classroom) -> None:
    first = enter(class_room)
    assert enter(class_room, same=True) == first
    with Gradebook(class_room.coursedir.db_url) as book:
        assert len(book.assignment_submissions("made_up")) == 1
        assert len(book.find_submission("made_up", "ada").notebooks[0].grades) == 2


@pytest.mark.parametrize(("same", "needed"), [(True, False), (False, True)])
def test_a_persons_score_counts_and_is_asked_for_again_only_for_new_work(
    same: bool, needed: bool, class_room: Classroom
) -> None:
    enter(class_room)
    change(class_room, manual_score=1.0, extra_credit=0.5, needs_manual_grade=False)
    entry = enter(class_room, same=same).cells["r01"]
    assert (entry.points, entry.by_hand, entry.needs_manual_grade) == (1.5, True, needed)


def test_a_persons_score_overrules_the_machines(class_room: Classroom) -> None:
    enter(class_room)
    with Gradebook(class_room.coursedir.db_url) as book:
        book.find_grade("check_standardize", "made_up", "made_up", "ada").manual_score = 20.0
        book.db.commit()
    assert enter(class_room, same=True).cells["check_standardize"].points == 20.0


def test_a_cell_without_a_mark_has_no_points_and_needs_nobody(class_room: Classroom) -> None:
    entry = enter(class_room, marks={"check_standardize": Mark(3.0)}).cells["r01"]
    assert (entry.points, entry.needs_manual_grade) == (0.0, False)


def test_nothing_is_entered_when_an_entry_fails(class_room: Classroom) -> None:
    with pytest.raises(GradebookError):
        enter(class_room, marks={"check_standardize": Mark("no number")})  # type: ignore[arg-type]
    with Ledger(class_room) as ledger:
        assert ledger.standing("ada", "made_up") is None


@pytest.mark.parametrize("text", ["", "yesterday", "2030-99-99", "\x00", "9" * 50])
def test_a_timestamp_that_is_none_does_no_harm(text: str, class_room: Classroom) -> None:
    with Ledger(class_room) as ledger:
        assert ledger.write("ada", "made_up", MARKS, handed_in=text, same=False).penalty == 0.0


def test_a_gradebook_of_another_program_is_an_error_with_its_words(class_room: Classroom, tmp_path: Path) -> None:
    (class_room.root / "gradebook.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(GradebookError, match="not a database"):
        enter(class_room)


POSTGRES = Path(
    shutil.which("initdb") or next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))), "initdb")
)


@pytest.fixture(params=["postgresql", "postgresql+psycopg2", "postgresql+psycopg"])
def postgresql(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a real PostgreSQL server of one's own, reached by a socket in its folder, for each driver."""
    if not POSTGRES.exists():
        pytest.skip("PostgreSQL is not installed here")
    folder = Path(tempfile.mkdtemp(prefix="autograde-pg-"))
    as_root = {"user": "postgres"} if os.getuid() == 0 else {}  # the server refuses to run as root
    if as_root:
        shutil.chown(folder, "postgres")

    def run(program: str, *arguments: str) -> None:
        command = [str(POSTGRES.with_name(program)), "-D", str(folder / "data"), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **as_root)  # type: ignore[call-overload]

    run("initdb", "-U", "teacher", "-A", "trust")
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", f"-k {folder} -c listen_addresses=''", "start")
    yield f"{request.param}://teacher@/postgres?host={folder}"
    run("pg_ctl", "-m", "immediate", "stop")
    shutil.rmtree(folder)


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_a_gradebook_in_postgresql_is_written_like_one_in_sqlite(
    postgresql: str, class_room: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "solutions_dir", lambda: FIXTURES / "solutions")
    with (class_room.root / "nbgrader_config.py").open("a") as config:
        config.write(f"c.CourseDirectory.db_url = {postgresql!r}\n")
    room = classroom.init(class_room.root)
    assert room.coursedir.db_url == postgresql
    first = enter(room, "李雷")
    assert enter(room, "李雷", same=True) == first
    assert first.cells["check_standardize"].points == 12.5
