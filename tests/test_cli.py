"""The commands as they are typed: what they print, and their exit status."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from autograde import catalog, cli, grader, rights, speak, store, workers
from autograde.classroom import Classroom
from autograde.results import Result
from autograde.sandbox import Findings, Task, Unsafe
from tests import made_up_class as made
from tests.made_up_class import RIGHT, WRONG


@pytest.fixture
def room(class_room: Classroom, monkeypatch: pytest.MonkeyPatch) -> Classroom:
    made.use_fake_engine(monkeypatch)
    made.hand_in(class_room, "ada", made.book({"standardize": RIGHT}))
    return class_room


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def run(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments])


def test_grading_is_done_whatever_the_scores(
    room: Classroom, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made.hand_in(room, "bob", made.book({"standardize": WRONG}))
    made.hand_in(room, "cleo", made.book({"standardize": "HANG"}))
    assert run("grade", room.root, "--jobs", 2, "--seed", 3, "--json", tmp_path / "r.json") == cli.DONE
    assert [one["score"] for one in made.read(tmp_path / "r.json")["submissions"]] == [20.0, 5.0, 0.0]
    assert "3 submissions" in capsys.readouterr().err


def test_a_damaged_submission_is_said_and_is_the_exit_status(
    room: Classroom, capsys: pytest.CaptureFixture[str]
) -> None:
    made.hand_in(room, "da\x1b[31mve", b"{")
    assert run("grade", room.root) == cli.FAULTY
    err = capsys.readouterr().err
    assert "ve/made_up: The file is damaged" in err
    assert "\x1b" not in err


def test_the_class_folder_is_the_current_one_unless_another_is_named(
    room: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(room.root)
    assert run("grade") == cli.DONE


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["grade", "nowhere"], "no folder"),
        (["grade", "."], "not a class folder"),
        (["grade", "class", "--assignment", "x"], "no assignment x. There are: made_up"),
        (["grade", "class", "--student", "x"], "no folder of a student x"),
    ],
)
def test_what_is_wrong_with_the_folder_is_said(
    arguments: list[str], words: str, room: Classroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == cli.WRONG
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["grade", "--jobs", "0"],
        ["grade", "--jobs", "x"],
        ["grade", "--json", "."],
        ["grade", "--json", "no/such/r.json"],
        ["init", ""],
        ["frob"],
        ["init"],
        ["init", "x", "--lang", "fr"],
    ],
)
def test_a_wrong_command_line_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(*arguments)
    assert caught.value.code == cli.WRONG


def test_the_terminals_language_is_spoken(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert run("grade", "/nowhere") == cli.WRONG
    assert "找不到文件夹" in capsys.readouterr().err


def test_a_folder_that_is_being_graded_is_left_alone(room: Classroom, capsys: Any) -> None:
    with room.store.lock():
        assert run("grade", room.root) == cli.WRONG
    assert "another process" in capsys.readouterr().err


def test_a_full_disk_says_how_to_go_on(room: Classroom, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def full(path: Path, data: bytes, mode: int = 0) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(store, "write", full)
    assert run("grade", room.root, "--jobs", 1) == cli.WRONG
    err = capsys.readouterr().err
    assert "No space left on device" in err
    assert f"run again: autograde grade {room.root} --jobs 1" in err


def test_a_gradebook_that_is_none_says_so(room: Classroom, capsys: Any) -> None:
    (room.root / "gradebook.db").write_bytes(b"x" * 5000)
    assert run("grade", room.root) == cli.WRONG
    assert "not a database" in capsys.readouterr().err


def test_a_machine_without_walls_is_said(room: Classroom, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def refuse(self: Any, task: Task) -> Findings:
        raise Unsafe(("network",))

    monkeypatch.setattr(made.FakeEngine, "run", refuse)
    assert run("grade", room.root) == cli.FAULTY
    assert "network" in capsys.readouterr().err


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Workers that come to no end before they are closed; set when they are."""
    closed = threading.Event()

    def hang(self: Any, task: Task) -> Findings:
        closed.wait(30)
        return Findings({}, error=("internal", "closed"))

    monkeypatch.setattr(made.FakeEngine, "run", hang)
    monkeypatch.setattr(made.FakeEngine, "close", lambda self: closed.set())
    return closed


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_stops_and_says_how_to_go_on(
    room: Classroom, hanging: threading.Event, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_hanging = made.FakeEngine.run
    pressed = threading.Lock()

    def run_and_press(self: Any, task: Task) -> Findings:
        if pressed.acquire(blocking=False):
            press_ctrl_c()
        return run_hanging(self, task)

    monkeypatch.setattr(made.FakeEngine, "run", run_and_press)
    assert run("grade", room.root) == cli.INTERRUPTED
    assert hanging.is_set()
    assert f"run again: autograde grade {room.root}" in capsys.readouterr().err


def test_ctrl_c_is_heard_also_where_python_drops_its_exception(
    room: Classroom, hanging: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda lost: dropped.append(lost.exc_type))
    finished = workers.finished

    class Finalized:
        def __del__(self) -> None:
            press_ctrl_c()

    def drop_and_wait(futures: Any) -> Any:
        if not dropped:
            Finalized()
        return finished(futures)

    monkeypatch.setattr(workers, "finished", drop_and_wait)
    monkeypatch.setattr(rights, "finished", drop_and_wait)
    assert run("grade", room.root) == cli.INTERRUPTED
    assert dropped == [KeyboardInterrupt]
    assert hanging.is_set()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


class Terminal(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_line_says_how_far_it_is(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    made.hand_in(room, "bob", b"{")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    run("grade", room.root)
    assert "2/2" in terminal.getvalue()
    assert "not graded: 1" in terminal.getvalue()


# ---- self-study


@pytest.fixture
def own_notebook(room: Classroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A notebook of one's own, with the fake engine and the public seed's arrays in place."""
    from autograde import build, sandbox

    class Studio(made.FakeEngine):
        def __enter__(self) -> Studio:
            return self

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(sandbox, "Engine", Studio)
    expected = build.expected("standardize", catalog.PUBLIC_SEED, solutions=made.FIXTURES / "solutions")
    monkeypatch.setattr(catalog.Entry, "expected", lambda self: expected)
    return made.hand_in(room, "own", made.book({"standardize": WRONG}))


def test_check_says_what_does_not_hold(own_notebook: Path, tmp_path: Path, capsys: Any) -> None:
    assert run("check", own_notebook, "--json", tmp_path / "r.json") == cli.FAULTY
    assert "✗" in capsys.readouterr().out
    (record,) = made.read(tmp_path / "r.json")["submissions"]
    assert (record["score"], record["exercises"][0]["misconception"]) == (5.0, "variance")


@pytest.mark.parametrize(("data", "words"), [(b"{", "damaged"), (b'{"cells": []}', "none of the course's notebooks")])
def test_check_says_when_it_is_no_notebook_of_the_course(
    data: bytes, words: str, own_notebook: Path, capsys: Any
) -> None:
    own_notebook.write_bytes(data)
    assert run("check", own_notebook) == cli.FAULTY
    assert words in capsys.readouterr().err


def test_a_notebook_that_is_not_there_is_not_waited_for(tmp_path: Path, capsys: Any) -> None:
    assert run("check", tmp_path / "mistyped.ipynb", "--watch") == cli.WRONG
    assert "No such file" in capsys.readouterr().err


# ---- sentences


def test_every_sentence_of_a_command_exists_in_every_language() -> None:
    package = Path(cli.__file__).parent
    sources = "".join(path.read_text("utf-8") for path in package.glob("*.py"))
    ids = set(re.findall(r'(?:ClassroomError|self\._tell|tell|\bsay|\bsentence|_sentence)\(\s*"(\w+)"', sources))
    common = {lang: set(catalog.common(lang).ids("message")) for lang in catalog.LANGUAGES}
    commands = {id for id in ids if f"command_{id}" in common["en"] | common["zh"]}
    assert len(commands) > 20
    for lang in catalog.LANGUAGES:
        assert {f"command_{id}" for id in commands} <= common[lang]


def test_an_error_of_the_classroom_always_has_its_sentence() -> None:
    source = Path(grader.__file__).read_text("utf-8") + Path(made.classroom.__file__).read_text("utf-8")
    for id in re.findall(r'ClassroomError\(\s*"(\w+)"', source):
        assert speak.say("en", f"command_{id}")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from autograde import cli\ntry: cli.main(['--help'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"nbgrader", "tensorflow", "tqdm", "jinja2", "jupytext"} & set(done.stdout.splitlines()[-1].split())


def test_results_are_sorted_whoever_was_done_first(tmp_path: Path) -> None:
    found = [Result(name, "a", "a", "en", "graded", None, 0.0, 1.0, 0.1, []) for name in ("b", "a", "é")]
    cli.write_json(tmp_path / "r.json", found)
    assert [one["student"] for one in made.read(tmp_path / "r.json")["submissions"]] == ["a", "b", "é"]
