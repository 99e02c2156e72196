"""The report on a class: one self-contained page to show in class, and its grades for Moodle and Canvas.

records.py     what the class folder says    similar.py   unusually similar answers
statistics.py  the numbers of the page       pictures.py  its pictures            grades.py   the CSV files
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from markupsafe import Markup  # what jinja2 takes for HTML

from autograde import classroom, pages, panel, speak, store
from autograde.report import grades, pictures, records, similar, statistics


def write(root: Path) -> Path:
    """Write `root/report/`: index.html, grades.csv (Moodle) and grades-canvas.csv. Returns the page's path.

    Raises `ClassroomError` where `root` is no class folder or nothing in it was graded yet.
    """
    room = classroom.find(root)
    marks = records.read(room)
    if not marks:
        raise classroom.ClassroomError("nothing_graded", folder=room.root)
    folder = room.root / "report"
    for name, text in grades.files(marks).items():
        store.write(folder / name, text.encode("utf-8"), 0o644)
    store.write(folder / "index.html", _page(room, marks).encode("utf-8", "replace"), 0o644)
    return folder / "index.html"


def _page(room: classroom.Classroom, marks: Sequence[records.Record]) -> str:
    lang, draw = room.lang, pictures.Pictures(room.lang)
    return pages.render(
        "report.html",
        lang=lang,
        course=str(room.coursedir.course_id),
        students=len({record.student for record in marks}),
        submissions=len(marks),
        waiting=statistics.waiting(marks),
        summaries=[(one, draw.scores(one)) for one in statistics.assignments(marks)],
        items=statistics.items(marks, lang),
        claims_picture=draw.claims(statistics.claims(marks, lang)),
        mistakes=statistics.mistakes(marks, lang),
        times_picture=draw.times(marks),
        failures=statistics.failures(marks, lang),
        pairs=similar.pairs(room, marks),
        say=partial(speak.say, lang),
        inline=lambda text: Markup(panel.inline(text)),
        figure=speak.figure,
    )
