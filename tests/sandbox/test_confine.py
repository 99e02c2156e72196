"""What a child may read, worked out from where Python and this package lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograde.sandbox import confine
from autograde.sandbox.confine import PACKAGE, make_plan, open_to_all, outermost, outsider, without


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name in ("autograde/exercises/x", "numpy/core", "keras"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "autograde/exercises/x/expected.npz").touch()
    (tmp_path / "six.py").touch()
    return tmp_path


def test_of_a_folder_with_this_package_everything_else_is_readable(site: Path) -> None:
    found = list(without(site, site / "autograde"))
    assert found == [site / "keras", site / "numpy", site / "six.py"]


def test_of_a_folder_without_it_the_folder_is(site: Path) -> None:
    assert list(without(site / "numpy", site / "autograde")) == [site / "numpy"]


def test_nothing_of_the_package_itself_is(site: Path) -> None:
    assert list(without(site / "autograde/exercises", site / "autograde")) == []


def test_a_folder_inside_another_is_named_once(site: Path) -> None:
    assert outermost([site / "numpy/core", site / "numpy", site / "keras", site / "numpy"]) == [
        site / "keras",
        site / "numpy",
    ]


def test_no_plan_holds_the_package_the_home_or_the_root() -> None:
    for path in make_plan().readable:
        for closed in (PACKAGE, PACKAGE.parent / "solutions", Path.home(), Path("/"), Path("/tmp"), Path("/etc")):
            assert not closed.is_relative_to(path), f"{path} opens {closed}"


def test_a_file_is_open_to_all_when_every_folder_above_it_is(site: Path) -> None:
    path = site / "keras" / "open.py"
    path.touch(mode=0o644)
    for folder in path.parents:
        if folder.is_relative_to("/tmp") and folder != Path("/tmp"):
            folder.chmod(0o755)
    assert open_to_all(path)
    site.chmod(0o700)
    assert not open_to_all(path)
    site.chmod(0o755)
    path.chmod(0o600)
    assert not open_to_all(path)


def test_every_parent_has_children_of_another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    first = outsider()
    monkeypatch.setattr(os, "getpid", lambda: 1)
    assert outsider() != first
    assert outsider() == confine.FIRST_UID + 1


def test_where_user_ids_are_few_the_child_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", lambda self: "0 100000 65536\n")
    assert outsider() == confine.NOBODY
