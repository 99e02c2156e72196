"""From a folder of submissions to gradebook, notebooks, feedback and results, whatever happens on the way."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from autograde import cli, grader, results, rights, store, workers
from autograde.classroom import Classroom, ClassroomError
from autograde.ledger import GradebookError
from autograde.sandbox import Engine, Findings, Limits, Task, Unsafe
from tests import made_up_class as made
from tests.made_up_class import RIGHT, WRONG

ANSWER = "Because inputs of one scale train better."


@pytest.fixture
def room(class_room: Classroom) -> Classroom:
    return class_room


@pytest.fixture(autouse=True)
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Task]:
    """What the workers ran for students; samples of `solutions/` are not counted."""
    return made.use_fake_engine(monkeypatch)


def code_of(student: str, code: str = RIGHT) -> str:
    return f"# by {student}\n{code}"


@pytest.fixture
def handed_in(room: Classroom) -> Classroom:
    made.hand_in(room, "ada", made.book({"standardize": code_of("ada"), "r01": ANSWER}))
    made.hand_in(room, "bob", made.book({"standardize": code_of("bob", WRONG)}, "zh"))
    made.hand_in(room, "cleo", b"{")
    made.hand_in(room, "dora", made.book({}))
    (room.submitted / "emil" / "made_up").mkdir(parents=True)
    return room


def state(room: Classroom) -> dict[str, Any]:
    """Everything that a grading leaves behind, without the gradebook's random ids."""
    files = {
        str(path.relative_to(room.root)): path.read_bytes()
        for step in ("autograded", "feedback", ".autograde/results", ".autograde/findings", ".autograde/expected")
        for path in sorted((room.root / step).rglob("*"))
        if path.is_file()
    }
    with Gradebook(room.coursedir.db_url, room.coursedir.course_id) as book:
        grades = {
            (submission.student.id, grade.name): (grade.auto_score, grade.manual_score, grade.needs_manual_grade)
            for submission in book.assignment_submissions("made_up")
            for notebook in submission.notebooks
            for grade in notebook.grades
        }
    return {"files": files, "grades": grades}


def different(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """What differs between two states, by name."""
    flat = [
        {f"{kind}/{name}": value for kind in state for name, value in state[kind].items()} for state in (one, other)
    ]
    return sorted(name for name in flat[0] | flat[1] if flat[0].get(name) != flat[1].get(name))


# ---- results


def test_results_have_the_form_of_the_contract(handed_in: Classroom, tmp_path: Path) -> None:
    found = made.grade(handed_in, jobs=2)
    cli.write_json(tmp_path / "results.json", found.values())
    written = made.read(tmp_path / "results.json")
    assert list(written) == ["version", "submissions"]
    assert written["version"] == 1
    assert [one["student"] for one in written["submissions"]] == ["ada", "bob", "cleo", "dora", "emil"]
    ada = written["submissions"][0]
    assert ada["seconds"] > 0
    assert ada | {"seconds": 0} == {
        "student": "ada",
        "assignment": "made_up",
        "notebook": "made_up",
        "lang": "en",
        "status": "graded",
        "error": None,
        "score": 20.0,
        "max_score": 22.0,
        "seconds": 0,
        "exercises": [
            {
                "id": "standardize",
                "points": 20.0,
                "max_points": 20.0,
                "outcome": "correct",
                "misconception": None,
                "needs_manual_grade": False,
                "message": "Everything holds.",
            },
            {
                "id": "r01",
                "points": 0.0,
                "max_points": 2.0,
                "outcome": "answered",
                "misconception": None,
                "needs_manual_grade": True,
                "message": ada["exercises"][1]["message"],
                "suggested": ada["exercises"][1]["suggested"],
            },
        ],
    }


def test_a_wrong_answer_is_named_and_said_in_the_language_of_its_edition(handed_in: Classroom) -> None:
    bob = made.grade(handed_in)["bob"]
    assert (bob.lang, bob.score) == ("zh", 5.0)
    assert bob.exercises[0]["misconception"] == "variance"
    assert "方差" in bob.exercises[0]["message"]


def test_an_untouched_answer_needs_nobody(handed_in: Classroom) -> None:
    dora = made.grade(handed_in)["dora"]
    assert [one["outcome"] for one in dora.exercises] == ["untouched", "untouched"]
    assert dora.exercises[1]["suggested"] is None
    assert not any(one["needs_manual_grade"] for one in dora.exercises)


def test_a_blank_answer_is_untouched(room: Classroom) -> None:
    made.hand_in(room, "ada", made.book({"r01": " \n\n "}))
    question = made.grade(room)["ada"].exercises[1]
    assert (question["outcome"], question["needs_manual_grade"]) == ("untouched", False)


@pytest.mark.parametrize(("student", "kind"), [("cleo", "malformed"), ("emil", "missing")])
def test_a_file_that_cannot_be_graded_has_its_line_and_its_sentence(
    student: str, kind: str, handed_in: Classroom
) -> None:
    found = made.grade(handed_in)[student]
    assert found.status == "failed"
    assert found.error is not None
    assert found.error["kind"] == kind
    assert found.faulty
    assert {one["outcome"] for one in found.exercises} == {"missing"}
    page = handed_in.folder("feedback", student, "made_up") / "made_up.html"
    assert found.error["message"][:30] in page.read_text("utf-8")


def test_code_that_hangs_is_graded_and_no_fault(room: Classroom) -> None:
    made.hand_in(room, "ada", made.book({"standardize": "HANG"}))
    found = made.grade(room)["ada"]
    assert found.exercises[0]["outcome"] == "timeout"
    assert not found.faulty


def test_an_assignment_of_which_nothing_could_be_looked_at_has_failed(room: Classroom) -> None:
    book = made.book({"standardize": "HANG"})
    book.cells = [cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "r01"]
    made.hand_in(room, "ada", book)
    found = made.grade(room)["ada"]
    assert (found.status, found.error and found.error["kind"], found.faulty) == ("failed", "timeout", False)


def test_a_lost_answer_cell_costs_only_its_own_exercise(room: Classroom) -> None:
    book = made.book({"r01": ANSWER})
    book.cells = [cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "standardize"]
    made.hand_in(room, "ada", book)
    found = made.grade(room)["ada"]
    assert [one["outcome"] for one in found.exercises] == ["missing", "answered"]
    assert found.status == "graded"


def test_code_that_raises_is_an_error_with_its_line(room: Classroom) -> None:
    made.hand_in(room, "ada", made.book({"standardize": "def standardize(images):\n    return ("}))
    exercise = made.grade(room)["ada"].exercises[0]
    assert exercise["outcome"] == "error"
    assert "SyntaxError" in exercise["message"]


@pytest.mark.parametrize("jobs", [1, 4])
def test_scores_are_the_same_for_any_number_of_jobs(jobs: int, handed_in: Classroom, tmp_path: Path) -> None:
    other = made.copy_class(handed_in, tmp_path / "other")
    assert made.grade(handed_in, jobs=2) == made.grade(other, jobs=jobs)


def test_every_seed_finds_the_same_answers_right_and_wrong(handed_in: Classroom) -> None:
    for seed in (1, 2):
        found = made.grade(handed_in, seed=seed)
        assert (found["ada"].score, found["bob"].score) == (20.0, 5.0)


@pytest.mark.parametrize(
    "name", ["a b", "+a&b", "李雷", "o'neill", 'quo"te', "<script>", "x" * 120, "-rf", "%s{0}", "a\nb", ".hidden", "~"]
)
def test_a_students_name_may_have_any_characters(name: str, room: Classroom) -> None:
    made.hand_in(room, name, made.book({"standardize": RIGHT}))
    assert made.grade(room)[name].score == 20.0
    page = (room.folder("feedback", name, "made_up") / "made_up.html").read_text("utf-8")
    assert "<script>" not in page
    with Gradebook(room.coursedir.db_url) as book:
        assert book.find_submission("made_up", name).score == 20.0


def test_a_name_that_is_no_text_is_graded_too(room: Classroom) -> None:
    made.hand_in(room, os.fsdecode(b"caf\xe9"), made.book({"standardize": RIGHT}))
    assert made.grade(room)["caf\\xe9"].score == 20.0


def test_a_stray_folder_is_named_and_stops_nothing(handed_in: Classroom) -> None:
    (handed_in.submitted / "ada" / "holiday_pictures").mkdir()
    told: list[str] = []
    results = list(grader.grade(handed_in, grader.Options(), lambda id, **facts: told.append(id)))
    assert results[0] == 5
    assert len(results) == 6
    assert "stray_folder" in told


def test_a_notebook_beside_the_folders_of_assignments_is_named_and_left_alone(handed_in: Classroom) -> None:
    strays = [handed_in.submitted / "stray.ipynb", handed_in.submitted / "ada" / "made_up.ipynb"]
    for path in strays:
        path.write_text("{}")
    told: list[object] = []
    results = list(grader.grade(handed_in, grader.Options(), lambda id, **facts: told.append(facts.get("file"))))
    assert len(results) == 6
    assert [file for file in told if file] == strays


@pytest.mark.parametrize("source", ["", "# I give up", "\n  # nothing\n\n"])
def test_an_answer_without_code_is_untouched(room: Classroom, source: str) -> None:
    made.hand_in(room, "eve", made.book({"standardize": source}))
    (one, _) = made.grade(room)["eve"].exercises
    assert (one["outcome"], one["points"]) == ("untouched", 0.0)


def test_a_fault_of_the_judge_is_told_and_the_others_have_their_results(
    handed_in: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge_submission = results.judge_submission

    def faulty(given: object, *rest: object) -> object:
        if given.lang == "zh":  # type: ignore[attr-defined]
            raise ValueError("no such array")
        return judge_submission(given, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(results, "judge_submission", faulty)
    found = made.grade(handed_in)
    assert found["bob"].error is not None
    assert found["bob"].error["kind"] == "internal"
    assert "no such array" in found["bob"].error["message"]
    assert found["ada"].score == 20.0


def test_filters_choose_and_unknown_names_are_refused(handed_in: Classroom) -> None:
    assert set(made.grade(handed_in, student="bob")) == {"bob"}
    assert len(made.grade(handed_in, assignment="made_up")) == 5
    for options in ({"student": "nobody"}, {"assignment": "nothing"}):
        with pytest.raises(ClassroomError):
            made.grade(handed_in, **options)


# ---- what is kept


def test_what_is_done_is_not_done_again(handed_in: Classroom, ran: list[Task]) -> None:
    first = made.grade(handed_in)
    before, count = state(handed_in), len(ran)
    assert made.grade(handed_in) == first
    assert len(ran) == count
    assert state(handed_in) == before


def test_only_what_was_handed_in_anew_runs_again(handed_in: Classroom, ran: list[Task]) -> None:
    made.grade(handed_in)
    count = len(ran)
    made.hand_in(handed_in, "bob", made.book({"standardize": code_of("bob")}))
    assert made.grade(handed_in)["bob"].score == 20.0
    assert len(ran) == count + 1


def test_regrade_after_a_changed_check_judges_what_was_observed(
    handed_in: Classroom, ran: list[Task], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.grade(handed_in)
    count = len(ran)
    with changed_exercise(tmp_path, monkeypatch, "points=15", "points=10"):
        for options in ({}, {"regrade": True}):
            assert made.grade(handed_in, **options)["ada"].exercises[0]["outcome"] == "correct"
            assert made.grade(handed_in, **options)["ada"].exercises[0]["points"] == 15.0
    assert len(ran) == count


def test_a_changed_probe_looks_again(
    handed_in: Classroom, ran: list[Task], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.grade(handed_in)
    count = len(ran)
    with changed_exercise(tmp_path, monkeypatch, "(4, 6, 6)", "(3, 6, 6)"):
        made.grade(handed_in)
    assert len(ran) > count


class changed_exercise:  # noqa: N801 - reads as a word in `with`
    """The made-up exercise with other text in its exercise.py."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
        from autograde import catalog

        shutil.copytree(catalog.EXERCISES, folder / "exercises")
        path = folder / "exercises" / "standardize" / "exercise.py"
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
        monkeypatch.setattr(catalog, "EXERCISES", folder / "exercises")
        self.clear = (catalog.load.cache_clear, rights.looking.cache_clear)

    def __enter__(self) -> None:
        for clear in self.clear:
            clear()

    def __exit__(self, *_: object) -> None:
        for clear in self.clear:
            clear()


def test_a_limit_that_was_met_is_tried_again_under_another_limit(room: Classroom, ran: list[Task]) -> None:
    made.hand_in(room, "ada", made.book({"standardize": "HANG"}))
    made.grade(room)
    count = len(ran)
    made.grade(room)
    assert len(ran) == count
    made.grade(room, limits=Limits(seconds=120))
    assert len(ran) == count + 1


def test_the_hidden_seed_is_drawn_once_and_only_its_owner_reads_it(room: Classroom) -> None:
    seed = room.store.seed()
    assert room.store.seed() == seed
    assert (room.root / ".autograde").stat().st_mode & 0o777 == 0o700
    assert (room.root / ".autograde" / "seed").stat().st_mode & 0o777 == 0o600


# ---- people


def by_hand(room: Classroom, student: str, score: float, comment: str) -> None:
    with Gradebook(room.coursedir.db_url, room.coursedir.course_id) as book:
        grade = book.find_grade("r01", "made_up", "made_up", student)
        grade.manual_score, grade.needs_manual_grade = score, False
        book.find_comment("r01", "made_up", "made_up", student).manual_comment = comment
        book.db.commit()


def test_what_a_person_entered_survives_every_regrade(handed_in: Classroom) -> None:
    made.grade(handed_in)
    by_hand(handed_in, "ada", 1.5, "Say *why*, <b>please</b>.")
    for options in ({}, {"regrade": True}, {"seed": 3}):
        question = made.grade(handed_in, **options)["ada"].exercises[1]
        assert (question["points"], question["needs_manual_grade"]) == (1.5, False)
    page = (handed_in.folder("feedback", "ada", "made_up") / "made_up.html").read_text("utf-8")
    assert "<em>why</em>" in page
    assert "<b>please" not in page


def test_a_persons_score_asks_to_be_looked_at_when_something_else_was_handed_in(handed_in: Classroom) -> None:
    made.grade(handed_in)
    by_hand(handed_in, "ada", 2.0, "")
    made.hand_in(handed_in, "ada", made.book({"standardize": RIGHT, "r01": "Something else."}))
    question = made.grade(handed_in)["ada"].exercises[1]
    assert (question["points"], question["needs_manual_grade"]) == (2.0, True)


# ---- faults


def test_a_machine_without_walls_runs_nothing_and_enters_nothing(
    handed_in: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Any, task: Task) -> Findings:
        raise Unsafe(("files", "network"))

    monkeypatch.setattr(made.FakeEngine, "run", refuse)
    found = made.grade(handed_in)
    assert found["ada"].error is not None
    assert found["ada"].error["kind"] == "unsafe"
    assert "files, network" in found["ada"].error["message"]
    assert found["ada"].faulty
    assert not handed_in.folder("autograded", "ada", "made_up").exists()
    assert found["cleo"].error is not None
    assert found["cleo"].error["kind"] == "malformed"


def test_an_engine_that_breaks_is_an_internal_error_of_that_submission_and_tried_again(
    handed_in: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = made.FakeEngine.run

    def break_for_ada(self: Any, task: Task) -> Findings:
        if "# by ada" in repr(task.cells):
            raise RuntimeError("the worker is gone")
        return sound(self, task)

    monkeypatch.setattr(made.FakeEngine, "run", break_for_ada)
    found = made.grade(handed_in)
    assert found["ada"].error is not None
    assert found["ada"].error["kind"] == "internal"
    assert found["bob"].score == 5.0
    monkeypatch.setattr(made.FakeEngine, "run", sound)
    assert made.grade(handed_in)["ada"].score == 20.0


def test_a_locked_gradebook_stops_with_a_reason_and_nothing_is_lost(
    handed_in: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograde.ledger.PATIENCE", 50)
    other = sqlite3.connect(handed_in.root / "gradebook.db")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(GradebookError, match="locked"):
        made.grade(handed_in)
    other.close()
    assert made.grade(handed_in)["ada"].score == 20.0


def test_a_gradebook_that_is_locked_on_the_way_keeps_what_was_run(
    handed_in: Classroom, ran: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograde.ledger.PATIENCE", 50)
    other = sqlite3.connect(handed_in.root / "gradebook.db")
    grading = grader.grade(handed_in, grader.Options(student="ada"), lambda id, **facts: None)
    assert next(grading) == 1
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(GradebookError, match="locked"):
        next(grading)
    other.close()
    count = len(ran)
    assert made.grade(handed_in, student="ada")["ada"].score == 20.0
    assert len(ran) == count


def test_a_read_only_gradebook_is_an_error_at_once(handed_in: Classroom) -> None:
    url = f"sqlite:///file:{handed_in.root}/gradebook.db?mode=ro&uri=true"
    with (handed_in.root / "nbgrader_config.py").open("a") as config:
        config.write(f"c.CourseDirectory.db_url = {url!r}\n")
    with pytest.raises(GradebookError, match=r"readonly|read-only"):
        made.grade(Classroom(handed_in.root))


def test_a_full_disk_stops_with_a_reason_and_the_next_run_goes_on(
    handed_in: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, calls = store.write, iter(range(100))

    def full(path: Path, data: bytes, mode: int = 0o600) -> None:
        if next(calls) == 6:
            raise OSError(28, "No space left on device", str(path))
        sound(path, data, mode)

    monkeypatch.setattr(store, "write", full)
    with pytest.raises(OSError, match="No space left"):
        made.grade(handed_in)
    monkeypatch.setattr(store, "write", sound)
    assert made.grade(handed_in)["ada"].score == 20.0


@pytest.mark.parametrize("folder", ["findings", "results"])
def test_a_file_of_the_store_that_is_broken_is_made_again(folder: str, handed_in: Classroom) -> None:
    first = made.grade(handed_in)
    for path in (handed_in.root / ".autograde" / folder).iterdir():
        path.write_bytes(b"broken")
    assert made.grade(handed_in, regrade=True) == first


def test_only_one_grading_at_a_time(handed_in: Classroom) -> None:
    with handed_in.store.lock(), pytest.raises(store.BusyError):
        made.grade(handed_in)


# ---- kills


def killed_after(room: Classroom, seconds: float) -> bool:
    """Grade in a process of its own, and kill that unless it is done before."""
    process = multiprocessing.get_context("fork").Process(
        target=made.grade, args=(room,), kwargs={"jobs": 2, "seed": 1}
    )
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_killed_at_any_moment_and_run_again_ends_as_an_undisturbed_run(handed_in: Classroom, tmp_path: Path) -> None:
    undisturbed = made.copy_class(handed_in, tmp_path / "undisturbed")
    started = time.monotonic()
    made.grade(undisturbed, seed=1)
    needed = time.monotonic() - started
    rooms = [made.copy_class(handed_in, tmp_path / f"killed_{share}") for share in range(10)]
    killed = [killed_after(room, needed * share / 10) for share, room in enumerate(rooms)]
    assert sum(killed) >= 5
    for room in rooms:
        made.grade(room, seed=1)
        assert different(state(room), state(undisturbed)) == []
        assert not list((room.root / ".autograde").glob("*/.*"))


# ---- the real engine


def test_the_confined_engine_ends_in_the_same_results(
    handed_in: Classroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.hand_in(handed_in, "hank", made.book({"standardize": "import os\nos._exit(0)"}))
    other = made.copy_class(handed_in, tmp_path / "other")
    fake = made.grade(other, seed=1, student="bob")["bob"]
    monkeypatch.setattr(workers, "Engine", Engine)
    found = made.grade(handed_in, seed=1, jobs=1)
    assert found["bob"].exercises == fake.exercises
    assert found["ada"].score == 20.0
    assert [one["outcome"] for one in found["dora"].exercises] == ["untouched", "untouched"]
    assert found["hank"].exercises[0]["outcome"] == "crash"
