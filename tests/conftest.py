"""What tests share: the made-up course of tests/fixtures."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograde import build, catalog, classroom
from autograde.classroom import Classroom

FIXTURES = Path(__file__).with_name("fixtures")


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """Also in the background of a shell, which has its jobs ignore it and all that they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The made-up course in place of the real one: a code exercise `standardize` and a question `r01`.

    Gives the folder of its solutions.
    """
    monkeypatch.setattr(catalog, "EXERCISES", FIXTURES / "exercises")
    catalog.load.cache_clear()
    yield FIXTURES / "solutions"
    catalog.load.cache_clear()


@pytest.fixture(scope="session")
def class_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class folder of the made-up course, made once; tests work in copies."""
    root = tmp_path_factory.mktemp("template") / "class"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog, "EXERCISES", FIXTURES / "exercises")
        patch.setattr(build, "solutions_dir", lambda: FIXTURES / "solutions")
        catalog.load.cache_clear()
        classroom.init(root, "en")
    catalog.load.cache_clear()
    return root


@pytest.fixture
def class_room(class_template: Path, tmp_path: Path, made_up: Path) -> Classroom:
    """A class folder of the made-up course, with nothing handed in yet."""
    shutil.copytree(class_template, tmp_path / "class")
    return Classroom(tmp_path / "class")
