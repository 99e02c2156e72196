"""The report: what a class folder holds, as one page to show and as files that other systems import."""

from __future__ import annotations

import base64
import csv
import io
import re

import pytest
from nbgrader.api import Gradebook

from autograde import classroom, grader, report
from autograde.report import grades, pictures, similar, statistics
from autograde.report.records import Exercise, Record
from tests import made_up_class as made
from tests.made_up_class import RIGHT, WRONG


def record(
    student: str, points: float, *, outcome: str = "incorrect", mistake: str | None = None, **claims: bool
) -> Record:
    one = Exercise("standardize", points, 4.0, outcome, mistake, f"told {student}", False, claims)
    return Record(student, "made_up", "en", points, 4.0, 1.5, None, (one,))


@pytest.fixture
def graded(class_room, monkeypatch):
    made.use_fake_engine(monkeypatch)
    made.hand_in(class_room, "ada", made.book({"standardize": RIGHT, "r01": "Inputs of one scale train better."}))
    made.hand_in(class_room, "<b>bob", made.book({"standardize": WRONG}))
    made.hand_in(class_room, "cleo", b"{")
    for _ in grader.grade(class_room, grader.Options(), lambda *_, **__: None):
        pass
    return class_room


def test_the_page_carries_everything_itself_and_nothing_active(graded):
    page = report.write(graded.root).read_text("utf-8")
    assert "<script" not in page
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:image/svg\+xml;base64,)""", page)
    assert "<b>bob" not in page
    assert page.count("<img ") == len(re.findall(r'<img [^>]*alt="[^"]{10,}"', page)), "a picture has no words"


def test_the_page_names_the_misconception_and_the_failure_and_no_author_of_an_example(graded):
    page = report.write(graded.root).read_text("utf-8")
    mistakes, failures = page.split("What could not be graded")[0], page.split("What could not be graded")[1]
    assert "variance" in mistakes
    assert "bob" not in mistakes
    assert "cleo" in failures


def test_claims_of_every_answer_are_counted(graded):
    report.write(graded.root)
    found = statistics.claims(report.records.read(graded), "en")
    assert found
    assert all(claim.holds + claim.fails + claim.unseen == 2 for claim in found)
    assert {(claim.holds, claim.fails) for claim in found} >= {(1, 1)}


def test_a_persons_score_counts_in_the_grades(graded):
    with Gradebook(graded.coursedir.db_url, graded.coursedir.course_id) as book:
        book.find_grade("r01", "made_up", "made_up", "ada").manual_score = 1.5
        book.db.commit()
    report.write(graded.root)
    rows = list(csv.DictReader(io.StringIO((graded.root / "report" / "grades.csv").read_text("utf-8"))))
    machine = next(one for one in report.records.read(graded) if one.student == "ada").exercises
    assert float(next(row for row in rows if row["username"] == "ada")["made_up"]) == sum(one.points for one in machine)
    assert sum(one.points for one in machine) == pytest.approx(1.5 + max(one.points for one in machine))


def test_a_class_without_grades_says_what_to_do(class_room):
    with pytest.raises(classroom.ClassroomError) as raised:
        report.write(class_room.root)
    assert raised.value.id == "nothing_graded"


def test_pictures_are_the_same_for_the_same_numbers():
    summary = statistics.Summary("made_up", (1.0, 4.0, 4.0), 4.0)
    first, again = (pictures.Pictures("en").scores(summary) for _ in range(2))
    assert first == again
    assert base64.b64decode(first.source.partition(",")[2]).lstrip().startswith(b"<?xml")
    assert "3.6–4: 2" in first.words


def test_labels_are_english_where_no_font_has_chinese(monkeypatch):
    monkeypatch.setattr(pictures, "_font", lambda: None)
    draw = pictures.Pictures("zh")
    assert draw.labels("report_points") == "points"
    assert draw.words("report_points") == "得分"


def test_canvas_and_moodle_get_their_own_columns_and_empty_fields_for_nothing_handed_in():
    other = Record("bob", "second", "en", 2.0, 5.0, 1.0, None, ())
    files = grades.files([record("ada", 3.5), other])
    moodle = list(csv.reader(io.StringIO(files["grades.csv"])))
    assert moodle[0] == ["username", "made_up", "second", "total", "max_total"]
    assert moodle[1] == ["ada", "3.5", "", "3.5", "9"]
    canvas = list(csv.reader(io.StringIO(files["grades-canvas.csv"])))
    assert tuple(canvas[0][:5]) == grades.CANVAS
    assert canvas[1] == ["    Points Possible", "", "", "", "", "4", "5"]
    assert canvas[2] == ["ada", "", "", "ada", "", "3.5", ""]


def test_a_name_is_no_formula_for_a_spreadsheet():
    rows = list(csv.reader(io.StringIO(grades.files([record("=1+1", 0.0)])["grades.csv"])))
    assert rows[1][0] == "'=1+1"


def test_difficulty_and_discrimination_follow_their_definitions():
    def two(student: str, first: float, second: float) -> Record:
        parts = [
            Exercise(id, points, 4.0, "incorrect", None, "", False, {}) for id, points in (("a", first), ("b", second))
        ]
        return Record(student, "made_up", "en", first + second, 8.0, 1.0, None, tuple(parts))

    pairs = [(0.0, 1.0), (1.0, 2.0), (2.0, 2.0), (3.0, 3.0), (4.0, 4.0)]
    records = [two(str(number), *pair) for number, pair in enumerate(pairs)]
    grouped = statistics._by_exercise(records)["a"]
    assert statistics.correlation([(one.points, given.points - one.points) for given, one in grouped]) == pytest.approx(
        7 / 52**0.5,  # by hand: sum of products 7, sums of squares 10 and 5.2
        abs=1e-6,
    )
    assert statistics.correlation([(1.0, 2.0)] * 9) is None
    assert statistics.correlation([(1.0, 2.0), (2.0, 3.0)]) is None


def test_mistakes_are_ranked_and_quote_the_class_language_first():
    marks = [
        record("a", 0.0, mistake="variance"),
        record("b", 0.0, mistake="variance"),
        record("c", 0.0, mistake="no_mean"),
    ]
    first, second = statistics.mistakes(marks, "en")
    assert (first.id, first.count, second.id) == ("variance", 2, "no_mean")


CODE = """
def standardize(images):
    flat = images.reshape(len(images), -1)
    centred = flat - flat.mean(axis=1, keepdims=True)
    scaled = centred / centred.std(axis=1, keepdims=True)
    return scaled.reshape(images.shape)
"""
OTHER = """
import numpy as np
def standardize(images):
    out = np.empty_like(images)
    for i in range(images.shape[0]):
        mu, sd = np.mean(images[i]), np.std(images[i])
        out[i] = (images[i] - mu) * (1.0 / sd)
    return out
"""


def found(**answers: str) -> list[similar.Pair]:
    return similar.compare("standardize", answers, "def standardize(images):\n    return images\n")


@pytest.mark.usefixtures("made_up")
def test_renaming_and_comments_do_not_hide_a_copy():
    renamed = (
        CODE.replace("flat", "rows")
        .replace("centred", "c")
        .replace("scaled", "s")
        .replace("    return", "    # mine\n    return")
    )
    pairs = found(ada=CODE, bob=renamed, cleo=OTHER)
    assert [(pair.first, pair.second) for pair in pairs] == [("ada", "bob")]
    assert pairs[0].share > 0.95
    assert not pairs[0].same


@pytest.mark.usefixtures("made_up")
def test_starter_code_alone_is_no_similarity():
    starter = CODE * 3
    assert similar.compare("standardize", {"ada": starter, "bob": starter}, starter) == []


@pytest.mark.usefixtures("made_up")
def test_code_that_does_not_parse_is_compared_as_words():
    broken = "def standardize(images:\n" + CODE
    assert found(ada=broken, bob=broken)[0].same
