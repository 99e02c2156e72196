from __future__ import annotations

import os
from pathlib import Path

from autograde.sandbox.scratch import delete, scratch_folder


def test_a_scratch_folder_is_gone_afterwards_whatever_is_in_it(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine")
    with scratch_folder() as folder:
        (folder / "file").touch()
        (folder / "link").symlink_to(tmp_path)
        (folder / "locked").mkdir()
        (folder / "locked" / "inner").mkdir(mode=0)
        (folder / "locked" / "link").symlink_to(kept)
        (folder / ".0").symlink_to("nowhere")
        (folder / ".1").mkdir()
        (folder / "locked").chmod(0)
    assert not folder.exists()
    assert kept.read_text() == "mine"


def test_folders_nested_deeper_than_any_path_is_long_are_deleted(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    here = os.open(top, os.O_RDONLY)
    for _ in range(40):
        os.mkdir("d" * 200, dir_fd=here)
        inner = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    delete(top)
    assert not top.exists()


def test_what_is_not_there_needs_no_deleting(tmp_path: Path) -> None:
    delete(tmp_path / "nothing")
