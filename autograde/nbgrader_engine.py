"""The grader inside nbgrader: what `nbgrader autograde` and formgrader's Autograde button do in a class folder.

nbgrader reads, sanitizes, executes and scores a notebook by an exporter with preprocessors. Ours stand in their place:
the first hands the submission to the very grader of `autograde grade`, the second makes the student's page. So a file
that is damaged, or code that is hostile, meets the same walls and ends in the same marks.
"""

from __future__ import annotations

import weakref
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.exporters.notebook import NotebookExporter

from autograde import build, formgrader, groups, speak, workers
from autograde.classroom import Classroom, Found
from autograde.grader import Grader, Options
from autograde.ledger import Ledger
from autograde.results import Result
from autograde.rights import Rights
from autograde.sandbox import Limits
from autograde.workers import Terms


def configure(config: Any, lang: str = "en") -> None:
    """Set nbgrader up for a class folder made in `lang`; its `nbgrader_config.py` calls this."""
    for section, settings in build.nbgrader_config().items():
        config[section].update(settings)
    config.AutogradeClass.lang = lang
    config.Autograde.exporter_class = f"{__name__}.GradedNotebook"
    config.Autograde.sanitize_preprocessors = []
    config.Autograde.autograde_preprocessors = []
    config.GenerateFeedback.exporter_class = f"{__name__}.FeedbackPage"
    config.GenerateFeedback.preprocessors = []
    config.GenerateFeedback.force = True  # a page is there since grading; it is made anew with what a person entered
    formgrader.configure(config)


class GradingError(Exception):
    """A submission that could not be graded; nbgrader logs it and goes on with the next."""


class _Exporter(NotebookExporter):  # type: ignore[misc]
    """What both steps share: the class folder, and one engine for as long as nbgrader keeps the exporter."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        open_pool = ExitStack()
        self._submit = open_pool.enter_context(workers.pool(1, None, Terms(Limits())))
        weakref.finalize(self, open_pool.close)

    def from_filename(self, filename: str, resources: Any = None, **_: Any) -> tuple[str, Any]:
        """The text of the file that nbgrader is to write for this one."""
        written = ResourcesDict(None, resources or {}, output_extension=self.file_extension)
        return self._text(Path(filename), written["nbgrader"]), written

    def _text(self, path: Path, where: dict[str, str]) -> str:
        raise NotImplementedError

    def _grade(self, where: dict[str, str], *, regrade: bool) -> tuple[Classroom, Found, Result]:
        """Grade one submission as `autograde grade` does."""
        room = Classroom(Path(self.parent.coursedir.root).resolve())
        student, assignment = where["student"], where["assignment"]
        found = Found(student, assignment, room.folder("submitted", student, assignment))
        options = Options(regrade=regrade)
        courses = room.courses()
        if assignment not in courses:
            raise GradingError(speak.say(room.lang, "command_unknown_assignment", name=assignment, names=[*courses]))
        with room.store.lock(), Ledger(room) as ledger:
            rights = Rights(room, room.store.seed(), self._submit, self._tell)
            result = Grader(room, ledger, rights, options).one(found, courses[assignment], self._submit)
            groups.remark(room, ledger, assignment)
        if result.error is not None:
            self.log.warning("%s/%s: %s", student, assignment, result.error["message"])
        if result.error is not None and result.error["kind"] in ("unsafe", "internal"):
            raise GradingError(result.error["message"])
        return room, found, result

    def _tell(self, id: str, **facts: object) -> None:
        self.log.info(speak.say("en", f"command_{id}", **facts))


class GradedNotebook(_Exporter):
    """The exporter of `nbgrader autograde`: it goes twice over a notebook, first the submitted, then the graded one."""

    def _text(self, path: Path, where: dict[str, str]) -> str:
        if self.parent._sanitizing:
            room, found, _ = self._grade(where, regrade=True)
            path = room.folder("autograded", found.student, found.assignment) / path.name
            text = path.read_text("utf-8")
            path.unlink()  # it is read-only, and nbgrader writes it anew
            return text
        return path.read_text("utf-8")


class FeedbackPage(_Exporter):
    """The exporter of `nbgrader generate_feedback`: the page in the student's language, with what a person entered."""

    file_extension = ".html"

    def _text(self, path: Path, where: dict[str, str]) -> str:
        room, found, _ = self._grade(where, regrade=False)
        return (room.folder("feedback", found.student, found.assignment) / f"{path.stem}.html").read_text("utf-8")
