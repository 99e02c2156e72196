"""What a class folder says about every submission that was graded: results of the machine, points of the gradebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograde.classroom import Classroom
from autograde.ledger import Ledger, Standing
from autograde.results import grade_id


@dataclass(frozen=True)
class Exercise:
    """One exercise of one submission; `claims` says for each claim whether it holds (None: not looked at)."""

    id: str
    points: float
    max_points: float
    outcome: str
    misconception: str | None
    message: str
    waits: bool
    claims: Mapping[str, bool | None]


@dataclass(frozen=True)
class Record:
    """One submission. `points` are the gradebook's, a person's where one gave any, less what lateness took off."""

    student: str
    assignment: str
    lang: str
    points: float
    max_points: float
    seconds: float
    error: Mapping[str, str] | None
    exercises: tuple[Exercise, ...]


def read(room: Classroom) -> tuple[Record, ...]:
    """Every graded submission, by student and assignment."""
    records = []
    with Ledger(room) as ledger:
        for found in room.handed_in():
            kept = room.store.result(found.student_id, found.assignment)
            standing = ledger.standing(found.student_id, found.assignment)
            if kept is not None and standing is not None:
                records.append(_record(kept, standing))
    return tuple(records)


def _record(kept: Mapping[str, Any], standing: Standing) -> Record:
    result, claims = kept["result"], kept.get("claims", {})
    exercises = tuple(_exercise(one, standing, claims.get(one["id"], {})) for one in result["exercises"])
    points = sum(cell.points for cell in standing.cells.values()) - standing.penalty
    return Record(
        result["student"],
        result["assignment"],
        result["lang"],
        max(round(points, 2), 0.0),
        sum(cell.max_points for cell in standing.cells.values()),
        result["seconds"],
        result["error"],
        exercises,
    )


def _exercise(one: Mapping[str, Any], standing: Standing, claims: Mapping[str, bool | None]) -> Exercise:
    cell = standing.cells[grade_id(one["id"])]
    return Exercise(
        one["id"],
        cell.points,
        cell.max_points,
        one["outcome"],
        one["misconception"],
        one["message"],
        cell.needs_manual_grade,
        claims,
    )
