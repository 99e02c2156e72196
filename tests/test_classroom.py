"""Making a class folder, again and again, and never over something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograde import build, classroom, where
from autograde.catalog import AuthorError
from autograde.classroom import Classroom, ClassroomError
from tests.made_up_class import FIXTURES


@pytest.fixture
def solutions(monkeypatch: pytest.MonkeyPatch, made_up: Path) -> Path:
    monkeypatch.setattr(build, "solutions_dir", lambda: FIXTURES / "solutions")
    return made_up


def test_a_class_folder_is_a_course_root_of_nbgrader(class_room: Classroom) -> None:
    for name in ("nbgrader_config.py", "source/made_up/made_up.ipynb", "release/made_up/made_up.ipynb", "gradebook.db"):
        assert (class_room.root / name).is_file()
    with Gradebook(class_room.coursedir.db_url, class_room.coursedir.course_id) as book:
        cells = {(cell.name, cell.max_score) for cell in book.find_notebook("made_up", "made_up").grade_cells}
    assert cells == {("check_standardize", 20.0), ("r01", 2.0)}


def test_the_release_is_what_the_course_publishes_and_tells_no_solution(class_room: Classroom) -> None:
    release = (class_room.root / "release" / "made_up" / "made_up.ipynb").read_text("utf-8")
    assert "BEGIN SOLUTION" not in release
    assert "images.std" not in release
    published = build.notebook("made_up", "en", release=True, solutions=FIXTURES / "solutions")
    assert [part.source for part in class_room.courses()["made_up"].parts] == [cell.source for cell in published.cells]


@pytest.mark.parametrize("shown", [False, True])
def test_the_instructor_says_whether_students_may_ask_for_model_answers(
    shown: bool, tmp_path: Path, solutions: Path
) -> None:
    classroom.init(tmp_path / "class", "en", solutions=shown)
    released = where.read(tmp_path / "class" / "release" / "made_up" / "made_up.ipynb")
    assert released is not None
    assert released.solutions is shown


def test_making_it_again_leaves_what_an_instructor_changed(class_room: Classroom, solutions: Path) -> None:
    source = class_room.root / "source" / "made_up" / "made_up.ipynb"
    changed = source.read_text("utf-8").replace("Standardize", "Standardise")
    source.write_text(changed, "utf-8")
    seed = class_room.store.seed()
    classroom.init(class_room.root)
    assert source.read_text("utf-8") == changed
    assert class_room.store.seed() == seed


@pytest.mark.parametrize("lost", ["release/made_up/made_up.ipynb", "gradebook.db", "source/made_up/made_up.ipynb"])
def test_making_it_again_completes_what_is_missing(lost: str, class_room: Classroom, solutions: Path) -> None:
    (class_room.root / lost).unlink()
    classroom.init(class_room.root)
    assert (class_room.root / lost).is_file()
    assert classroom.find(class_room.root).courses()


def test_a_folder_in_which_work_was_handed_in_already_becomes_a_class_folder(tmp_path: Path, solutions: Path) -> None:
    given = tmp_path / "course" / "submitted" / "ada" / "made_up"
    given.mkdir(parents=True)
    room = classroom.init(tmp_path / "course", "zh")
    assert room.lang == "zh"
    assert [found.student for found in room.handed_in()] == ["ada"]
    assert "标准化" in (room.root / "release" / "made_up" / "made_up.ipynb").read_text("utf-8")


@pytest.mark.parametrize("taken", ["nbgrader_config.py", "gradebook.db", "source", "release", "autograded"])
def test_another_course_is_not_written_over(taken: str, tmp_path: Path, solutions: Path) -> None:
    (tmp_path / taken).mkdir()
    with pytest.raises(ClassroomError) as caught:
        classroom.init(tmp_path)
    assert caught.value.id == "another_course"
    assert [path.name for path in tmp_path.iterdir()] == [taken]


def test_neither_the_course_itself_nor_a_file_becomes_a_class_folder(tmp_path: Path, solutions: Path) -> None:
    (tmp_path / "file").touch()
    for path, id in ((Path(classroom.__file__).parent.parent, "the_course_itself"), (tmp_path / "file", "is_a_file")):
        with pytest.raises(ClassroomError) as caught:
            classroom.init(path)
        assert caught.value.id == id


def test_a_class_folder_keeps_its_edition(class_room: Classroom, solutions: Path) -> None:
    classroom.init(class_room.root, "en")
    with pytest.raises(ClassroomError, match="other_language"):
        classroom.init(class_room.root, "zh")


def test_without_the_solutions_it_says_where_they_are(
    tmp_path: Path, made_up: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> Path:
        raise AuthorError("there is no folder solutions/ here")

    monkeypatch.setattr(build, "solutions_dir", none)
    with pytest.raises(AuthorError, match="no folder solutions"):
        classroom.init(tmp_path / "class")
    assert not (tmp_path / "class").exists()


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.touch()])
def test_only_a_class_folder_can_be_graded(make: object, tmp_path: Path) -> None:
    assert callable(make)
    make(tmp_path / "x")
    with pytest.raises(ClassroomError):
        classroom.find(tmp_path / "x")
