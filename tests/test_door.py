"""What a student sees on calling `check`, `hint`, `solution` and `progress`."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograde
from autograde import door, observe
from autograde.catalog import TEXT_STUB
from autograde.terms import KeyPointSeen, Suggestion

pytestmark = pytest.mark.usefixtures("made_up", "nowhere")
SAMPLES = Path(__file__).parent / "fixtures" / "solutions" / "samples" / "standardize"


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder and a new session, outside of any notebook."""
    monkeypatch.chdir(tmp_path)
    for name in ("JPY_SESSION_NAME", "AUTOGRADE_LANG", "AUTOGRADE_SANDBOX"):
        monkeypatch.delenv(name, raising=False)
    door.session.cache_clear()
    yield tmp_path
    door.session.cache_clear()


@pytest.fixture
def rubric(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rubric that sees a key point of `r01` where its id stands in the answer."""

    def suggest(question: str, text: str, lang: str) -> Suggestion:
        seen = tuple(KeyPointSeen(id, id in text, id if id in text else "") for id in ("scale", "learning"))
        return Suggestion(question, float(sum(point.found is True for point in seen)), 2, seen)

    fake = SimpleNamespace(suggest=suggest)
    monkeypatch.setitem(sys.modules, "autograde.rubric", fake)
    monkeypatch.setattr(autograde, "rubric", fake, raising=False)


def sample(name: str) -> dict[str, Any]:
    return runpy.run_path(str(SAMPLES / f"{name}.py"))


def answer(function: Callable[..., Any]) -> dict[str, Any]:
    return {"standardize": function}


def right(images: Any) -> Any:
    return (images - images.mean((1, 2), keepdims=True)) / images.std((1, 2), keepdims=True)


def save(path: Path, *, lang: str = "en", solutions: bool = True, **answers: str) -> None:
    cells = [{"metadata": {"nbgrader": {"grade_id": name}}, "source": text} for name, text in answers.items()]
    edition = {"lang": lang, "solutions": solutions}
    path.write_text(json.dumps({"metadata": {"autograde": edition}, "cells": cells}), "utf-8")


# ---- check, of an object


def test_a_right_answer_earns_its_points_as_a_builtin_float(capsys: pytest.CaptureFixture[str]) -> None:
    points = door.check("standardize", namespace=sample("alt_two_steps"))
    assert type(points) is float
    assert points == 20.0
    said = capsys.readouterr().out
    assert said.startswith("Standardize · 20 of 20 points\n✓ ")
    assert said.endswith("Everything holds.\n")


def test_a_known_mistake_is_called_by_its_name_in_the_language_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert door.check("standardize", namespace=sample("wrong_variance")) == 5.0
    assert "divided by their variance" in capsys.readouterr().out
    monkeypatch.setenv("AUTOGRADE_LANG", "zh")
    door.check("standardize", namespace=sample("wrong_variance"))
    assert "下一步：" in capsys.readouterr().out


def test_the_names_of_the_caller_are_looked_at() -> None:
    names = answer(right)
    exec("from autograde import check\npoints = check('standardize')", names)
    assert names["points"] == 20.0


def test_the_object_itself_may_stand_for_its_exercise_or_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    def standardize() -> None: ...

    assert door.check(standardize, namespace=answer(right)) == 20.0  # type: ignore[arg-type]
    capsys.readouterr()
    assert door.check(42) == 0.0  # type: ignore[arg-type]
    assert "`42`" in capsys.readouterr().out


def test_the_stub_is_not_begun(capsys: pytest.CaptureFixture[str]) -> None:
    assert door.check("standardize", namespace=answer(lambda images: None)) == 0.0
    said = capsys.readouterr().out
    assert "not begun" in said
    assert "✗" not in said


def test_a_missing_object_is_said_before_anything_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert door.check("standardize", namespace={}) == 0.0
    assert "`standardize` is not defined yet" in capsys.readouterr().out


@pytest.mark.parametrize("error", [ValueError("oh\x1b[31m"), SystemExit(3), RecursionError(), GeneratorExit()])
def test_whatever_an_answer_raises_is_said_and_not_raised(
    capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    def standardize(images: object) -> None:
        raise error

    assert door.check("standardize", namespace=answer(standardize)) == 0.0
    said = capsys.readouterr()
    assert type(error).__name__ in said.out
    assert "raise error" in said.out
    assert "Traceback" not in said.out
    assert "\x1b" not in said.out
    assert not said.err


def test_ctrl_c_ends_the_check_and_is_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    def standardize(images: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        door.check("standardize", namespace=answer(standardize))
    print("heard")
    assert capsys.readouterr().out == "heard\n"


def test_what_an_answer_prints_is_not_repeated(capfd: pytest.CaptureFixture[str]) -> None:
    def standardize(images: Any) -> Any:
        print("noise")
        os.write(2, b"noise")
        sys.stderr.write("noise")
        return right(images)

    assert door.check("standardize", namespace=answer(standardize)) == 20.0
    said = capfd.readouterr()
    assert "noise" not in said.out
    assert not said.err


def test_a_check_takes_less_than_a_second() -> None:
    began = time.perf_counter()
    door.check("standardize", namespace=answer(right))
    assert time.perf_counter() - began < 1


def test_numbers_drawn_after_a_check_are_those_drawn_without_one() -> None:
    def standardize(images: Any) -> Any:
        np.random.seed(0)
        return right(images)

    np.random.seed(1)
    wanted = np.random.rand()
    np.random.seed(1)
    door.check("standardize", namespace=answer(standardize))
    assert np.random.rand() == wanted


def test_no_file_is_written(nowhere: Path) -> None:
    door.check("standardize", namespace=answer(right))
    assert list(nowhere.iterdir()) == []


@pytest.mark.parametrize(("name", "guess"), [("standardise", "`standardize`"), ("R01", "`r01`")])
def test_a_slip_in_the_name_is_understood(capsys: pytest.CaptureFixture[str], name: str, guess: str) -> None:
    assert door.check(name) == 0.0
    assert f"Did you mean {guess}" in capsys.readouterr().out


def test_an_unknown_name_is_answered_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert door.check("../../etc/passwd") == 0.0
    assert capsys.readouterr().out.rstrip().endswith("There are: `r01`, `standardize`.")


def test_in_a_graders_child_nothing_runs_and_nothing_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOGRADE_SANDBOX", "1")
    monkeypatch.setattr(observe, "observe", None)
    assert door.check("standardize", namespace=answer(right)) == 0.0
    door.hint("standardize")
    door.solution("r01")
    door.progress()
    assert capsys.readouterr() == ("", "")


# ---- check, of a text


@pytest.mark.usefixtures("rubric")
def test_a_text_is_looked_at_as_given(capsys: pytest.CaptureFixture[str]) -> None:
    points = door.check("r01", "the scale")
    assert (type(points), points) == (float, 1.0)
    said = capsys.readouterr().out
    assert "✓ All inputs get the same scale." in said
    assert "Think about: How does the size of the inputs act on the gradient?" in said
    assert "Training is faster" not in said


@pytest.mark.usefixtures("rubric")
def test_an_answer_is_read_from_the_notebook_as_saved_and_the_time_is_said(
    nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(nowhere / "made_up.ipynb", lang="zh", r01="scale and learning")
    assert door.check("r01") == 2.0
    said = capsys.readouterr().out
    saved = time.strftime("%Y-%m-%d %H:%M", time.localtime((nowhere / "made_up.ipynb").stat().st_mtime))
    assert f"made_up.ipynb 在 {saved}" in said


@pytest.mark.parametrize("text", ["", "  \n", TEXT_STUB])
def test_an_empty_answer_is_not_begun(nowhere: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    save(nowhere / "made_up.ipynb", r01=text)
    assert door.check("r01") == 0.0
    assert "still empty" in capsys.readouterr().out


def test_where_the_notebook_is_not_known_it_says_what_to_do(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert door.check("r01") == 0.0
    assert 'check("r01", "my answer")' in capsys.readouterr().out


def test_where_the_cell_was_deleted_it_says_what_to_do(
    nowhere: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    save(nowhere / "made_up.ipynb", other="")
    monkeypatch.setenv("JPY_SESSION_NAME", str(nowhere / "made_up.ipynb"))
    assert door.check("r01") == 0.0
    assert "has no answer cell for r01" in capsys.readouterr().out


# ---- hint, solution, progress


def test_hints_come_one_at_a_time_and_the_last_stays(capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for _ in range(3):
        door.hint("standardize")
        said.append(capsys.readouterr().out)
    assert "Hint 1 of 2\nWhich axes belong to one image?\nMore hints: 1." in said[0]
    assert "Hint 2 of 2" in said[1]
    assert said[1].endswith("That was the last hint.\n")
    assert said[2] == said[1]


def test_a_model_answer_is_shown_only_where_it_is_not_turned_off(
    nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    door.solution("r01")
    assert "one learning rate suits every weight" in capsys.readouterr().out
    save(nowhere / "made_up.ipynb", solutions=False, r01="", standardize="")
    for exercise in ("r01", "standardize"):
        door.solution(exercise)
        said = capsys.readouterr().out
        assert "turned off" in said
        assert "learning rate suits" not in said


def test_the_reference_of_a_code_exercise_is_pointed_to(capsys: pytest.CaptureFixture[str]) -> None:
    door.solution("standardize")
    assert "`solutions/made_up.py`" in capsys.readouterr().out


@pytest.mark.usefixtures("rubric")
def test_progress_says_what_is_done_and_what_is_open(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(nowhere / "made_up.ipynb", standardize="...", r01=TEXT_STUB)
    door.check("standardize", namespace=sample("wrong_variance"))
    capsys.readouterr()
    door.progress()
    assert capsys.readouterr().out.split("\n")[:4] == [
        "Your progress · 0 of 2 done",
        "– Standardize · 5 of 20 points at the last check",
        "– Why standardize? · open",
        "Go on with Standardize.",
    ]
    door.check("standardize", namespace=answer(right))
    save(nowhere / "made_up.ipynb", standardize="...", r01="an answer of my own")
    capsys.readouterr()
    door.progress()
    said = capsys.readouterr().out
    assert "✓ Standardize · done: 20 of 20 points" in said
    assert "✓ Why standardize? · answered" in said
    assert "Nothing is open." in said
    assert "as saved on" in said


def test_progress_without_a_notebook_lists_the_exercises(capsys: pytest.CaptureFixture[str]) -> None:
    door.progress()
    said = capsys.readouterr().out
    assert "– Standardize · not checked in this session" in said
    assert "– Why standardize? · open" in said


# ---- the package's own door


def test_importing_the_package_loads_nothing_heavy_and_checking_needs_no_tensorflow() -> None:
    code = (
        "import sys, autograde\n"
        "assert 'numpy' not in sys.modules\n"
        "from autograde import check, hint, solution, progress\n"
        "assert not {'tensorflow', 'keras', 'IPython', 'nbformat'} & set(sys.modules)\n"
        "assert {'check', 'hint', 'solution', 'progress'} <= set(dir(autograde))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(autograde.__file__).parents[1])


def test_no_module_takes_the_name_of_a_students_function() -> None:
    folder = Path(autograde.__file__).parent
    assert not [name for name in autograde.__all__ if (folder / name).exists() or (folder / f"{name}.py").exists()]


def test_an_unknown_attribute_of_the_package_is_one() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        autograde.nonsense  # noqa: B018


def test_a_terminal_without_unicode_gets_what_it_can_show(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w", encoding="ascii") as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert door.check("standardize", namespace=answer(right)) == 20.0
    assert "20 of 20 points" in (tmp_path / "out").read_text("ascii")


# ---- a real kernel


def test_in_a_kernel_the_panel_is_html_with_plain_text_and_the_float_is_the_result(
    nowhere: Path, made_up: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jupyter_client.manager import start_new_kernel

    save(nowhere / "made_up.ipynb", lang="zh", standardize="", r01="")
    monkeypatch.setenv("PYTHONPATH", str(Path(autograde.__file__).parents[1]))
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(nowhere))
    try:
        replies: list[dict[str, Any]] = []

        def run(code: str) -> list[dict[str, Any]]:
            replies.clear()
            client.execute_interactive(code, output_hook=replies.append, timeout=60)
            return [reply for reply in replies if reply["msg_type"] not in ("status", "execute_input")]

        setup = f"""
            from pathlib import Path
            from autograde import catalog, check, hint
            catalog.EXERCISES = Path({str(made_up.parent / "exercises")!r})
            def standardize(images):
                import os, sys
                os.write(2, b"noise"); print("noise", file=sys.stderr); print("noise")
                display("noise")
                return 0 * images
        """
        assert run("if True:" + setup) == []
        panel, result = run('check("standardize")')
        assert panel["msg_type"] == "display_data"
        assert set(panel["content"]["data"]) == {"text/html", "text/plain"}
        assert 'lang="zh"' in panel["content"]["data"]["text/html"]
        assert panel["content"]["data"]["text/plain"].startswith("标准化")
        assert result["msg_type"] == "execute_result"
        assert result["content"]["data"] == {"text/plain": "5.0"}
        (shown,) = run('hint("standardize")')
        assert "text/html" in shown["content"]["data"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
