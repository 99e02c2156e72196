"""A class folder: an nbgrader course root with the hidden seed and the sources of its right answers beside it."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from autograde import catalog, store, submission
from autograde.store import Store
from autograde.submission import Course

CONFIG = "nbgrader_config.py"
_NBGRADERS = ("source", "release", "autograded", "feedback", "gradebook.db")


class ClassroomError(Exception):
    """A folder cannot be used as asked; `id` names the sentence that says why and what to do."""

    def __init__(self, id: str, **facts: object) -> None:
        super().__init__(id)
        self.id, self.facts = id, facts


@dataclass(frozen=True)
class Found:
    """A folder that a student handed in."""

    student: str
    assignment: str
    folder: Path

    @property
    def student_id(self) -> str:
        """The student's name as a database can keep it: bytes that are no UTF-8 are written as escapes."""
        return os.fsencode(self.student).decode("utf-8", "backslashreplace")


@dataclass(frozen=True)
class Classroom:
    """A class folder and what nbgrader's configuration in it says."""

    root: Path

    @cached_property
    def config(self) -> Any:
        """The configuration as nbgrader reads it in this folder."""
        from traitlets.config import PyFileConfigLoader

        return PyFileConfigLoader(CONFIG, path=str(self.root)).load_config()

    @cached_property
    def coursedir(self) -> Any:
        from nbgrader.coursedir import CourseDirectory

        return CourseDirectory(config=self.config, root=str(self.root))

    @property
    def store(self) -> Store:
        return Store(self.root)

    @property
    def solutions(self) -> Path:
        """The course's own sources, from which right answers at the hidden seed are made."""
        return self.store.folder / "solutions"

    def folder(self, step: str, student: str, assignment: str) -> Path:
        """The folder of a submission in one of nbgrader's steps: submitted, autograded or feedback."""
        name = getattr(self.coursedir, f"{step}_directory")
        return Path(self.coursedir.format_path(name, student, assignment))

    @property
    def submitted(self) -> Path:
        return self.root / str(self.coursedir.submitted_directory)

    @property
    def lang(self) -> str:
        """The language in which this class was made."""
        return str(self.config.get("AutogradeClass", {}).get("lang", catalog.LANGUAGES[0]))

    def handed_in(self) -> Iterator[Found]:
        """Every folder `submitted/<student>/<assignment>`, by name, whatever the assignment is called."""
        for student in _folders(self.submitted):
            for folder in _folders(student):
                yield Found(student.name, folder.name, folder)

    def strays(self) -> Iterator[Path]:
        """What stands where no submission is looked for: beside the folders of students or of their assignments."""
        for folder in (self.submitted, *_folders(self.submitted)):
            if folder.is_dir():
                yield from sorted(one for one in folder.iterdir() if not one.is_dir() and not one.name.startswith("."))

    def courses(self) -> dict[str, Course]:
        """The course's notebooks as released, by assignment."""
        found = {}
        for assignment in catalog.assignments():
            path = self.folder("release", ".", assignment) / f"{assignment}.ipynb"
            if path.is_file():
                found[assignment] = submission.course(assignment, json.loads(path.read_text("utf-8")))
        return found


def find(root: Path) -> Classroom:
    """The class folder at `root`. Raises `ClassroomError` where there is none."""
    root = root.resolve()
    if not root.is_dir():
        raise ClassroomError("no_folder", folder=root)
    if not (root / store.FOLDER).is_dir() or not (root / CONFIG).is_file():
        raise ClassroomError("not_a_class", folder=root)
    room = Classroom(root)
    if not room.courses():
        raise ClassroomError("nothing_released", folder=root)
    return room


def _folders(path: Path) -> list[Path]:
    if not path.is_dir():
        return []
    return sorted(one for one in path.iterdir() if one.is_dir() and one.name != ".ipynb_checkpoints")


def init(root: Path, lang: str | None = None, *, solutions: bool = False) -> Classroom:
    """Make a class folder in `lang`, or complete one. What an instructor has changed in it is left alone.

    `solutions`: whether `solution("q03")` shows students of this class the model answers.
    """
    from autograde import build

    root = root.resolve()
    _check_harmless(root)
    sources = build.solutions_dir()
    if not root.exists():
        root.mkdir(parents=True)
        root.chmod(0o700)  # solutions, submissions and scores are nobody else's business
    room = Classroom(root)
    room.store.create()
    room.store.seed()
    shutil.copytree(sources, room.solutions, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    if not (root / CONFIG).exists():
        store.write(root / CONFIG, _config(root.name, lang or catalog.LANGUAGES[0]).encode(), 0o644)
    if lang not in (None, room.lang):
        raise ClassroomError("other_language", folder=root, edition=room.lang)
    (root / "submitted").mkdir(exist_ok=True)
    for assignment in catalog.assignments():
        source = room.folder("source", ".", assignment) / f"{assignment}.ipynb"
        if not source.exists():
            book = build.notebook(assignment, room.lang, release=False, solutions=sources)
            book.metadata["autograde"]["solutions"] = solutions
            store.write(source, build.to_text(book).encode(), 0o644)
        _generate(room, assignment)
    return room


def _check_harmless(root: Path) -> None:
    """Raise where making a class folder would write into something else."""
    if root.exists() and not root.is_dir():
        raise ClassroomError("is_a_file", folder=root)
    if (root / store.FOLDER).is_dir():
        return
    taken = [name for name in (CONFIG, *_NBGRADERS) if (root / name).exists()]
    if taken:
        raise ClassroomError("another_course", folder=root, names=", ".join(taken))
    if (root / "solutions").is_dir() and (root / "autograde").is_dir():
        raise ClassroomError("the_course_itself", folder=root)


def _config(name: str, lang: str) -> str:
    course = re.sub(r"[^\w-]+", "-", name).strip("-") or "course"
    return f'''"""nbgrader's configuration of this class folder, made by `autograde init`. Add your own lines below."""

from autograde.nbgrader_engine import configure

c = get_config()  # noqa: F821: nbgrader defines it
configure(c, lang="{lang}")
c.CourseDirectory.course_id = "{course}"
'''


def _generate(room: Classroom, assignment: str) -> None:
    """Let nbgrader make the release and its gradebook's entries, where one of them is missing."""
    from nbgrader.converters import GenerateAssignment

    released = (room.folder("release", ".", assignment) / f"{assignment}.ipynb").exists()
    log = logging.getLogger("autograde.nbgrader")  # passes on warnings only
    with alembic_on_path():
        if released and _in_gradebook(room, assignment):
            return
        converter = GenerateAssignment(coursedir=room.coursedir, config=room.config, log=log)
        converter.force = True
        room.coursedir.assignment_id = assignment
        converter.start()


def _in_gradebook(room: Classroom, assignment: str) -> bool:
    from nbgrader.api import Gradebook, MissingEntry

    with Gradebook(room.coursedir.db_url, room.coursedir.course_id) as gradebook:
        try:
            return bool(gradebook.find_notebook(assignment, assignment).source_cells)
        except MissingEntry:
            return False


@contextmanager
def alembic_on_path() -> Iterator[None]:
    """nbgrader calls a bare `alembic` when it makes a gradebook: let it be found beside this Python."""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
