"""Grades as files that Moodle and Canvas import as they are.

grades.csv          Moodle (Grades > Import > CSV file): a row a student, found by `username`, a column an assignment
grades-canvas.csv   Canvas (Gradebook > Import): its fixed first columns, students found by `SIS Login ID`, and a row
                    "Points Possible"
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from autograde import speak
from autograde.report.records import Record

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


def files(records: Sequence[Record]) -> dict[str, str]:
    """The CSV files by name."""
    limits = {one.assignment: one.max_points for one in records}
    names = sorted(limits)
    rows: dict[str, dict[str, Record]] = {}
    for record in records:
        rows.setdefault(record.student, {})[record.assignment] = record
    return {"grades.csv": _moodle(names, limits, rows), "grades-canvas.csv": _canvas(names, limits, rows)}


def _moodle(names: Sequence[str], limits: dict[str, float], rows: dict[str, dict[str, Record]]) -> str:
    head = ["username", *names, "total", "max_total"]
    whole = speak.figure(sum(limits.values()))
    body = [[student, *_points(given, names), _total(given), whole] for student, given in rows.items()]
    return _csv([head, *body])


def _canvas(names: Sequence[str], limits: dict[str, float], rows: dict[str, dict[str, Record]]) -> str:
    possible = ["    Points Possible", "", "", "", "", *(speak.figure(limits[name]) for name in names)]
    body = [[student, "", "", student, "", *_points(given, names)] for student, given in rows.items()]
    return _csv([[*CANVAS, *names], possible, *body])


def _points(given: dict[str, Record], names: Iterable[str]) -> list[str]:
    """Points by assignment; an empty field, which both systems leave alone, where nothing was handed in."""
    return [speak.figure(given[name].points) if name in given else "" for name in names]


def _total(given: dict[str, Record]) -> str:
    return speak.figure(sum(record.points for record in given.values()))


def _csv(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([_plain(field) for field in row] for row in rows)
    return out.getvalue()


def _plain(field: str) -> str:
    """A field that no spreadsheet takes for a formula."""
    return f"'{field}" if field.startswith(_FORMULA) else field
