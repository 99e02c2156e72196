"""Like answers: they are found, named in the comment, and scored by one decision that a person took."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from autograde import cli
from autograde.classroom import Classroom
from tests import made_up_class as made

ALIKE = {"ada": "All inputs get one scale.", "bob": "all inputs get one scale", "cleo": "ALL inputs get one  scale!"}
OTHER = {"dan": "没有别的话可说。"}


@pytest.fixture
def room(class_room: Classroom, monkeypatch: pytest.MonkeyPatch) -> Classroom:
    """A class in which three of four answers are alike, graded."""
    made.use_fake_engine(monkeypatch)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for student, answer in (ALIKE | OTHER).items():
        made.hand_in(class_room, student, made.book({"r01": answer}))
    made.grade(class_room)
    return class_room


def score(room: Classroom, student: str, points: float, comment: str | None = None) -> None:
    """What formgrader enters when a person scores an answer."""
    with Gradebook(room.coursedir.db_url) as book:
        grade = book.find_grade("r01", "made_up", "made_up", student)
        grade.manual_score, grade.needs_manual_grade = points, False
        book.find_comment("r01", "made_up", "made_up", student).manual_comment = comment
        book.db.commit()


def entered(room: Classroom) -> dict[str, tuple[Any, ...]]:
    """Score by hand, comment by hand and whether a person is asked for, by student."""
    with Gradebook(room.coursedir.db_url) as book:
        found = {}
        for student in ALIKE | OTHER:
            grade = book.find_grade("r01", "made_up", "made_up", student)
            comment = book.find_comment("r01", "made_up", "made_up", student)
            found[student] = grade.manual_score, comment.manual_comment, grade.needs_manual_grade
        return found


def offered(room: Classroom, student: str) -> str:
    with Gradebook(room.coursedir.db_url) as book:
        return str(book.find_comment("r01", "made_up", "made_up", student).auto_comment)


def test_the_offered_comment_names_the_group_and_its_size(room: Classroom) -> None:
    assert "Group A: 3 like answers" in offered(room, "bob")
    assert "Group" not in offered(room, "dan")


def test_grading_again_says_it_once_and_knows_who_is_new(room: Classroom) -> None:
    made.hand_in(room, "eve", made.book({"r01": ALIKE["ada"]}))
    made.grade(room)
    made.grade(room, regrade=True)
    assert offered(room, "bob").count("Group A") == 1
    assert "Group A: 4 like answers" in offered(room, "bob")


def test_groups_are_listed_with_who_waits(room: Classroom, capsys: pytest.CaptureFixture[str]) -> None:
    score(room, "bob", 1.0)
    assert cli.main(["groups", str(room.root)]) == cli.DONE
    out, err = capsys.readouterr()
    assert "made_up/r01, group A: 3 like answers, 1 of them scored by hand" in out
    assert "ada, bob, cleo" in out
    assert "dan" not in out
    assert "--apply" in err


def test_one_decision_serves_the_group_and_nobody_else(room: Classroom) -> None:
    score(room, "bob", 1.0, "Which inputs?")
    assert cli.main(["groups", str(room.root), "--apply"]) == cli.DONE
    assert entered(room) == {
        **dict.fromkeys(ALIKE, (1.0, "Which inputs?", False)),
        "dan": (None, None, True),
    }


def test_the_feedback_page_follows(room: Classroom) -> None:
    score(room, "bob", 1.0, "Which inputs?")
    cli.main(["groups", str(room.root), "--apply"])
    made.grade(room)
    page: Path = room.folder("feedback", "ada", "made_up") / "made_up.html"
    assert "Which inputs?" in page.read_text("utf-8")


def test_what_a_person_entered_stays(room: Classroom) -> None:
    with Gradebook(room.coursedir.db_url) as book:
        book.find_comment("r01", "made_up", "made_up", "ada").manual_comment = "Seen."
        book.db.commit()
    score(room, "bob", 1.0, "Which inputs?")
    score(room, "cleo", 1.0)
    cli.main(["groups", str(room.root), "--apply"])
    assert entered(room)["ada"] == (1.0, "Seen.", False)
    assert entered(room)["cleo"] == (1.0, None, False)


def test_different_decisions_in_a_group_are_said_and_left_alone(
    room: Classroom, capsys: pytest.CaptureFixture[str]
) -> None:
    score(room, "bob", 1.0)
    score(room, "cleo", 0.0)
    cli.main(["groups", str(room.root), "--apply"])
    assert "Scored differently by hand" in capsys.readouterr().err
    assert entered(room)["ada"] == (None, None, True)


def test_without_like_answers_it_says_so(class_room: Classroom, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["groups", str(class_room.root)]) == cli.DONE
    assert "No two written answers are alike" in capsys.readouterr().err
