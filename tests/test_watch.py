"""A notebook is looked at on every save, one exercise after the other, and the place is remembered."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograde import watch as watching
from autograde.terms import ClaimVerdict, KeyPointSeen, Outcome, Suggestion, Verdict
from autograde.watch import PLACE, Results, Stamp, coloured, recall, remember, show, until_saved, wants_colour, watch

pytestmark = pytest.mark.usefixtures("made_up")


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    path = tmp_path / "made_up.ipynb"
    path.write_text("{}")
    return path


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def code(outcome: Outcome) -> tuple[str, Verdict]:
    holds = outcome == "correct"
    points = 15.0 * holds
    return "standardize", Verdict(
        "standardize", outcome, points, 20, (ClaimVerdict("values", holds, points, 15, {"case": "one_image"}),)
    )


def text(found: bool | None, remark: str = "") -> tuple[str, Suggestion]:
    return "r01", Suggestion("r01", 1, 1, (KeyPointSeen("scale", found),), remark=remark)


def saves(*looks: Results | Exception) -> tuple[Callable[[Path], Results], Callable[[Path, Stamp | None], None]]:
    """What a notebook looks like from save to save, and a wait after the last of which the reader presses Ctrl-C."""
    left: Iterator[Results | Exception] = iter(looks)
    waits = iter(range(len(looks) - 1))

    def look(_: Path) -> Results:
        found = next(left)
        if isinstance(found, Exception):
            raise found
        return found

    def wait(_: Path, __: Stamp | None) -> None:
        if next(waits, None) is None:
            raise KeyboardInterrupt

    return look, wait


def watched(notebook: Path, *looks: Results | Exception, lang: str = "en") -> tuple[int, str]:
    out = io.StringIO()
    look, wait = saves(*looks)
    return watch(notebook, look, lang=lang, out=out, wait=wait), out.getvalue()


def test_it_moves_on_as_things_come_to_hold_and_ends_when_all_do(notebook: Path) -> None:
    status, said = watched(
        notebook,
        [code("incorrect"), text(False)],
        [code("correct"), text(False)],
        [code("correct"), text(True)],
    )
    assert status == 0
    told = [said.index(part) for part in ("0 of 2 hold", "✗ does not hold", "That holds: Standardize", "Think about:")]
    assert told == sorted(told)
    assert said.endswith("Everything in made_up.ipynb holds.\n")
    assert recall(notebook) is None


def test_only_the_first_thing_that_does_not_hold_is_told(notebook: Path) -> None:
    _, said = watched(notebook, [code("incorrect"), text(False)])
    assert "Standardize" in said
    assert "Why standardize?" not in said


def test_where_one_stopped_is_remembered_beside_the_notebook(notebook: Path) -> None:
    status, said = watched(notebook, [code("correct"), text(False)])
    assert status == 1
    assert PLACE in said
    assert json.loads(notebook.with_name(PLACE).read_text()) == {"version": 1, "at": {"made_up.ipynb": "r01"}}
    _, said = watched(notebook, [code("incorrect"), text(False)])
    assert said.startswith("Last time you stopped at: Why standardize?")
    assert "Think about:" in said  # one goes on where one stopped, not at the beginning


def test_a_notebook_that_cannot_be_run_is_said_and_waited_for(notebook: Path) -> None:
    status, said = watched(notebook, ValueError("half a file"), [code("correct")])
    assert status == 0
    assert "made_up.ipynb could not be run: ValueError: half a file" in said


def test_why_a_notebook_cannot_be_looked_at_now_is_said_as_it_is(notebook: Path) -> None:
    _, said = watched(notebook, watching.NotNowError("The file breaks off."), [code("correct")])
    assert said.startswith("The file breaks off.\nWaiting until made_up.ipynb is saved.")


def test_it_speaks_the_language_of_the_edition(notebook: Path) -> None:
    _, said = watched(notebook, [code("untouched")], lang="zh")
    assert "尚未作答" in said
    assert "等待 made_up.ipynb 保存" in said


def test_a_save_during_a_look_is_not_missed(notebook: Path) -> None:
    stamps: list[Stamp | None] = []

    def look(path: Path) -> Results:
        path.write_text("saved meanwhile")
        return [code("incorrect")]

    def wait(path: Path, before: Stamp | None) -> None:
        stamps.append(before)
        until_saved(path, before, pause=lambda _: pytest.fail("it waits for a save that has been"))
        raise KeyboardInterrupt

    watch(notebook, look, lang="en", out=io.StringIO(), wait=wait)
    assert len(stamps) == 1


def test_waiting_ends_with_a_save_and_survives_a_save_by_renaming(notebook: Path) -> None:
    steps: Iterator[Callable[[], object]] = iter([notebook.unlink, lambda: notebook.write_text("new")])
    paused = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        next(steps)()

    until_saved(notebook, watching._stamp(notebook), pause=pause)
    assert len(paused) == 2


@pytest.mark.parametrize(
    "damage", ["", "[]", '{"at": 3}', '{"at": {"made_up.ipynb": 7}}', '{"at": {"made_up.ipynb": "x"}}']
)
def test_a_damaged_memory_is_no_memory(notebook: Path, damage: str) -> None:
    notebook.with_name(PLACE).write_text(damage)
    assert recall(notebook) is None


def test_several_notebooks_of_a_folder_keep_their_own_places(notebook: Path) -> None:
    other = notebook.with_name("other.ipynb")
    remember(notebook, "r01")
    remember(other, "standardize")
    remember(notebook, None)
    assert (recall(notebook), recall(other)) == (None, "standardize")
    assert {path.name for path in notebook.parent.iterdir()} == {notebook.name, PLACE}


def test_a_folder_that_cannot_be_written_keeps_nobody_from_working(tmp_path: Path) -> None:
    remember(tmp_path / "no such folder" / "a.ipynb", "r01")


@pytest.mark.parametrize(
    ("result", "holds"),
    [
        (code("correct"), True),
        (code("untouched"), False),
        (text(True), True),
        (text(None), True),  # unsure is not wrong
        (text(False), False),
        (text(True, remark="keywords"), False),
    ],
)
def test_one_can_move_on(result: tuple[str, Verdict | Suggestion], holds: bool) -> None:
    assert watching.holds(result[1]) is holds


def test_a_single_look_shows_every_exercise(notebook: Path) -> None:
    out = io.StringIO()
    assert not show([code("correct"), text(False)], lang="en", out=out)
    assert "Standardize · 15 of 20 points" in out.getvalue()
    assert out.getvalue().endswith("1 of 2 hold\n")


# ---- colour


def test_colour_is_for_terminals_that_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_colour(Terminal())
    assert not wants_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Terminal())
    monkeypatch.setenv("NO_COLOR", "")
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_colour(Terminal())


def test_only_marks_at_the_beginning_of_a_line_are_coloured() -> None:
    assert coloured("✓ holds ✗\n    ✓ quoted\n✗ no") == "\x1b[32m✓\x1b[0m holds ✗\n    ✓ quoted\n\x1b[31m✗\x1b[0m no"


def test_a_terminal_gets_colour_and_a_pipe_does_not(notebook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"TERM": "xterm"})
    terminal, pipe = Terminal(), io.StringIO()
    for out in (terminal, pipe):
        show([code("correct")], lang="en", out=out)
    assert "\x1b[32m✓" in terminal.getvalue()
    assert "\x1b" not in pipe.getvalue()
