"""Like answers of a class: which of them form a group, and one person's decision for all of a group.

The comment that formgrader offers says to which group an answer belongs. When a person has scored one of the group by
hand, `apply` gives its score and comment to those whom nobody has scored yet. What a person entered is never changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autograde import catalog, speak
from autograde.classroom import Classroom
from autograde.ledger import Decision, Ledger
from autograde.rubric.groups import groups
from autograde.terms import KeyPointSeen, Question, Suggestion


@dataclass(frozen=True)
class Written:
    """A student's answer to a question, the suggestion for it, and the comment that formgrader offers."""

    student: str
    lang: str
    text: str
    suggestion: Suggestion
    comment: str


@dataclass(frozen=True)
class Group:
    """Two or more like answers to one question, and what a person decided about each that is scored already."""

    assignment: str
    exercise: str
    name: str
    members: tuple[Written, ...]
    decisions: Mapping[str, Decision]

    @property
    def waiting(self) -> tuple[str, ...]:
        """The students whose answer of this group nobody has scored."""
        return tuple(one.student for one in self.members if one.student not in self.decisions)

    @property
    def decision(self) -> Decision | None:
        """What was decided about the group; None where nobody has scored one of it, or scores differ."""
        scores = {decision.score for decision in self.decisions.values()}
        if len(scores) != 1:
            return None
        decided = sorted(self.decisions.values(), key=lambda one: one.comment is None)
        return decided[0]


def find(room: Classroom, ledger: Ledger) -> tuple[Group, ...]:
    """The groups of a class, by assignment and question, the largest of each question first."""
    return tuple(group for assignment in room.courses() for group in _of_assignment(room, ledger, assignment))


def remark(room: Classroom, ledger: Ledger, assignment: str) -> None:
    """Write into every offered comment to which group its answer belongs."""
    written = _written(room, assignment)
    comments = {}
    for exercise, answers in written.items():
        places = {one.student: (name, len(members)) for name, members in _alike(answers) for one in members}
        for one in answers:
            name, count = places.get(one.student, ("", 1))
            line = speak.say(one.lang, "group", name=name, count=count) + "\n" if count > 1 else ""
            comments[one.student, exercise] = line + one.comment
    ledger.remark(assignment, comments)


def apply(ledger: Ledger, group: Group) -> int:
    """Give the group's decision to those of it that wait; how many did."""
    decision = group.decision
    if decision is None or not group.waiting:
        return 0
    return ledger.decide(group.assignment, group.exercise, decision, group.waiting)


def _of_assignment(room: Classroom, ledger: Ledger, assignment: str) -> Iterator[Group]:
    for exercise, answers in _written(room, assignment).items():
        decisions = ledger.decisions(assignment, exercise)
        for name, members in _alike(answers):
            decided = {one.student: decisions[one.student] for one in members if one.student in decisions}
            yield Group(assignment, exercise, name, members, decided)


def _alike(answers: list[Written]) -> Iterator[tuple[str, tuple[Written, ...]]]:
    by_student = {one.student: one for one in answers}
    suggestions = {one.text: one.suggestion for one in answers}
    for group in groups({one.student: one.text for one in answers}, suggestions.__getitem__):
        if len(group.members) > 1:
            yield group.name, tuple(by_student[student] for student in group.members)


def _written(room: Classroom, assignment: str) -> dict[str, list[Written]]:
    """The written answers of an assignment by question, as the last grading read them."""
    questions = [one.id for one in catalog.of_assignment(assignment) if isinstance(one.about, Question)]
    found: dict[str, list[Written]] = {question: [] for question in questions}
    if not questions:
        return {}
    for handed_in in room.handed_in():
        kept = None
        if handed_in.assignment == assignment:
            kept = room.store.result(handed_in.student_id, assignment)
        for question, one in (kept or {}).get("written", {}).items():
            if question in found:
                found[question].append(_read(handed_in.student_id, question, one))
    return found


def _read(student: str, question: str, kept: Mapping[str, Any]) -> Written:
    seen = tuple(KeyPointSeen(**one) for one in kept["suggestion"].pop("key_points"))
    return Written(
        student, kept["lang"], kept["text"], Suggestion(**kept["suggestion"], key_points=seen), kept["comment"]
    )
