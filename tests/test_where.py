"""Which notebook a kernel belongs to, wherever it runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from autograde import where
from autograde.catalog import TEXT_STUB


def content(lang: str | None = "en", solutions: bool | None = None, **answers: str) -> dict[str, Any]:
    edition: dict[str, Any] = {} if lang is None else {"lang": lang}
    if solutions is not None:
        edition["solutions"] = solutions
    cells = [
        {"cell_type": "markdown", "metadata": {"nbgrader": {"grade_id": name}}, "source": [source]}
        for name, source in answers.items()
    ]
    return {"metadata": {"autograde": edition}, "cells": [{"cell_type": "code", "metadata": {}, "source": ""}, *cells]}


def save(path: Path, **more: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content(**more)), "utf-8")
    return path


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and no program around the kernel that says anything."""
    monkeypatch.chdir(tmp_path)
    for name in ("JPY_SESSION_NAME", "AUTOGRADE_LANG"):
        monkeypatch.delenv(name, raising=False)
    where._colab_edition.cache_clear()
    return tmp_path


def test_jupyterlab_says_where_the_notebook_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "elsewhere" / "a.ipynb", lang="zh", q03="int32")
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    found = where.notebook({}, "q03")
    assert found is not None
    assert (found.name, found.answers["q03"], found.lang) == ("a.ipynb", "int32", "zh")
    assert found.saved is not None
    assert where.language({}, "q03") == "zh"


def test_a_path_below_the_servers_root_is_found_beside_the_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "a.ipynb", q03="yes")
    save(tmp_path / "b.ipynb", q03="no")
    monkeypatch.setenv("JPY_SESSION_NAME", "class/week1/a.ipynb")
    found = where.notebook({}, "q03")
    assert found is not None
    assert found.answers == {"q03": "yes"}


def test_vs_code_says_where_the_notebook_is(tmp_path: Path) -> None:
    path = save(tmp_path / "elsewhere" / "a.ipynb", lang="zh")
    assert where.language({"__vsc_ipynb_file__": str(path)}) == "zh"


@pytest.mark.parametrize("said", ["console-1-5e0c", "", "gone.ipynb"])
def test_without_a_word_about_it_the_only_notebook_with_the_cell_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", said)
    save(tmp_path / "questions.ipynb", lang="zh", q03="text")
    save(tmp_path / "loops.ipynb", train="code")
    found = where.notebook({}, "q03")
    assert found is not None
    assert found.name == "questions.ipynb"
    assert where.language({}, "q03") == "zh"


def test_of_two_notebooks_with_the_cell_none_is_guessed(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", lang="zh", q03="one")
    save(tmp_path / "b.ipynb", lang="zh", q03="two")
    assert where.notebook({}, "q03") is None
    assert where.language({}, "q03") == "zh"  # whichever it is


def test_editions_side_by_side_leave_the_language_open(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", lang="zh", q03="one")
    save(tmp_path / "b.ipynb", lang="en", q03="two")
    assert where.language({}, "q03") == "en"


def test_a_variable_inherited_from_another_kernel_does_not_mislead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = save(tmp_path / "elsewhere" / "other.ipynb", unrelated="")
    monkeypatch.setenv("JPY_SESSION_NAME", str(other))
    save(tmp_path / "mine.ipynb", q03="text")
    found = where.notebook({}, "q03")
    assert found is not None
    assert found.name == "mine.ipynb"


def test_a_notebook_whose_cell_was_deleted_is_still_the_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(save(tmp_path / "a.ipynb", q01="")))
    found = where.notebook({}, "q03")
    assert found is not None
    assert "q03" not in found.answers


def test_colab_hands_over_the_notebook_itself_and_is_asked_for_its_language_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def blocking_request(name: str, **_: object) -> dict[str, Any]:
        asked.append(name)
        return {"ipynb": content("zh", q03="live")}

    colab = ModuleType("google.colab")
    colab._message = SimpleNamespace(blocking_request=blocking_request)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "google", ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    assert [where.language({}), where.language({})] == ["zh", "zh"]
    assert asked == ["get_ipynb"]
    found = where.notebook({}, "q03")
    assert found is not None
    assert (found.answers["q03"], found.saved) == ("live", None)


def test_colab_that_does_not_answer_is_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google", ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    assert where.notebook({}) is None
    assert where.language({}) == "en"


def test_the_environment_overrides_the_edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "a.ipynb", lang="zh")
    monkeypatch.setenv("AUTOGRADE_LANG", "en")
    assert where.language({}) == "en"
    monkeypatch.setenv("AUTOGRADE_LANG", "tlh")  # not a language of the course: as if it were not set
    save(tmp_path / "a.ipynb", lang="zh", q01="")
    assert where.language({}) == "zh"


@pytest.mark.parametrize("lang", [None, "tlh"])
def test_a_notebook_without_a_known_edition_is_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str | None
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(save(tmp_path / "a.ipynb", lang=lang, q03="")))
    assert where.language({}) == "en"


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"cells": {}}', "\x00\x01", '{"cells": [], "metadata": 3}'])
def test_a_damaged_notebook_is_none_or_empty_and_raises_nothing(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(damage, "utf-8")
    found = where.read(path)
    assert found is None or not found.answers
    assert where.notebook({}, "q03") is None


def test_cells_with_foreign_metadata_are_passed_over() -> None:
    cells = [{"source": "x"}, {"metadata": None, "source": "x"}, {"metadata": {"nbgrader": 1}, "source": "x"}, "text"]
    assert where.parse({"cells": cells}, "a", None).answers == {}


def test_a_save_is_noticed(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ipynb", q03="before")
    first = where.read(path)
    save(path, q03="after and longer")
    second = where.read(path)
    assert first is not None
    assert second is not None
    assert (first.answers["q03"], second.answers["q03"]) == ("before", "after and longer")


def test_the_stub_is_no_answer_and_copies_of_a_cell_count_together() -> None:
    cells = [
        {"metadata": {"nbgrader": {"grade_id": "q03"}}, "source": source}
        for source in (TEXT_STUB, "first", ["sec", "ond"], "  ")
    ]
    assert where.parse({"cells": cells}, "a", None).answers == {"q03": "first\n\nsecond"}
    assert where.parse({"cells": cells[:1]}, "a", None).answers == {"q03": ""}


@pytest.mark.parametrize(("setting", "shown"), [(None, True), (True, True), (False, False)])
def test_model_answers_may_be_shown_unless_the_notebook_says_otherwise(setting: bool | None, shown: bool) -> None:
    assert where.parse(content(solutions=setting), "a", None).solutions is shown
