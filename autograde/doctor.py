"""What this machine can wall off, which images it will use, and which versions of everything it has."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from typing import TextIO

from autograde import datasets
from autograde.sandbox import walls

PACKAGES = ("tensorflow", "keras", "numpy", "nbgrader", "jupyterlab", "distributed")
Say = Callable[..., str]


def examine(lang: str, say: Say, out: TextIO) -> bool:
    """Print the whole examination; whether code of other people can be run here."""
    stands = True
    print(say("doctor_walls"), file=out)
    for wall in walls(lang):
        stands &= wall.available or not _needed(wall.name)
        print(f"  {'✓' if wall.available else '✗'} {wall.name:<11} {wall.stops}", file=out)
        print(f"    {wall.means}{f' ({wall.detail})' if wall.detail else ''}", file=out)
    print(say("doctor_safe" if stands else "doctor_unsafe"), "", say("doctor_data"), sep="\n", file=out)
    found = datasets.source()
    print(f"  {say(f'doctor_data_{found.kind}', folder=found.folder, detail=found.detail)}", file=out)
    print("", say("doctor_versions"), *versions(), sep="\n  ", file=out)
    return stands


def _needed(name: str) -> bool:
    from autograde.sandbox.walls import REQUIRED

    return name in REQUIRED


def versions() -> Iterator[str]:
    """Name and version of what results depend on."""
    yield f"Python {platform.python_version()} ({sys.executable})"
    yield f"{platform.system()} {platform.release()}, {len(os.sched_getaffinity(0))} CPU"
    for name in ("autograde", *PACKAGES):
        try:
            yield f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            yield f"{name} –"
