"""The folder that a child may write to: made and deleted by the trusted side."""

from __future__ import annotations

import itertools
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new empty folder, deleted afterwards whatever was left in it."""
    folder = Path(tempfile.mkdtemp(prefix=f"autograde-{os.getpid()}-"))
    try:
        yield folder
    finally:
        delete(folder)


def delete(folder: Path) -> None:
    """Delete `folder`, however deep its folders are nested and whatever their modes; follows no link.

    Folders inside are first moved up to the top, so that no path grows long and no recursion deep.
    """
    numbers = (f".{number}" for number in itertools.count())
    if not folder.is_dir():
        return
    folder.chmod(stat.S_IRWXU)
    while entries := list(os.scandir(folder)):
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
                continue
            os.chmod(entry.path, stat.S_IRWXU)
            for inner in list(os.scandir(entry.path)):
                if inner.is_dir(follow_symlinks=False):
                    os.chmod(inner.path, stat.S_IRWXU)
                    os.rename(inner.path, _free(folder, numbers))
                else:
                    os.unlink(inner.path)
            os.rmdir(entry.path)
    folder.rmdir()


def _free(folder: Path, names: Iterator[str]) -> Path:
    return next(path for path in (folder / name for name in names) if not path.is_symlink() and not path.exists())
