"""Writes what is built from `solutions/`, or says what of it is stale."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Collection, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from autograde import catalog, compare
from autograde.build import lint, source
from autograde.build.fingerprints import expected, side_by_side
from autograde.build.notebooks import notebook, to_text
from autograde.catalog import LANGUAGES, PUBLIC_SEED, AuthorError
from autograde.terms import Exercise, Expected, Observation

DIFF_LINES = 40


def command(*, check: bool, slugs: Collection[str] = (), solutions: Path | None = None) -> int:
    """`autograde build [--check]`: prints what was written, what is wrong on standard error; gives the exit status.

    `slugs`: these exercises and their notebooks only; by default everything.
    """
    try:
        for slug in slugs:
            catalog.load(slug)
    except KeyError as error:
        print(f"there is no exercise {error}: the exercises are {', '.join(catalog.slugs())}", file=sys.stderr)
        return 2
    slugs = slugs or catalog.slugs()
    try:
        lint.insist(slugs, solutions)
        clean = True
        for line in stale(slugs, solutions) if check else rebuild(slugs, solutions):
            print(line, file=sys.stderr if check else sys.stdout, flush=True)
            clean = False
    except AuthorError as error:
        print(error, file=sys.stderr)
        return 1
    if clean:
        print("everything is up to date")
    elif check:
        print("Run `autograde build` and commit what it writes.", file=sys.stderr)
    return 1 if check and not clean else 0


def rebuild(slugs: Collection[str], solutions: Path | None = None) -> Iterator[str]:
    """Write every notebook and every expected array that is stale; gives the paths written.

    Arrays that still agree stay as they are: processors differ in the last digits.
    """
    for path, text in _notebooks(slugs, solutions):
        if not path.is_file() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            yield str(path)
    for exercise, built in _arrays(slugs, solutions):
        path = _npz(exercise)
        if next(stale_arrays(exercise, built), None):
            path.write_bytes(catalog.expected_to_bytes(built))
            yield f"{path} ({path.stat().st_size / 1024:.0f} KiB)"


def stale(slugs: Collection[str], solutions: Path | None = None) -> Iterator[str]:
    """What differs between the files and what would be built, as readable diffs."""
    yield from stale_notebooks(slugs, solutions)
    for exercise, built in _arrays(slugs, solutions):
        yield from stale_arrays(exercise, built)


def stale_notebooks(slugs: Collection[str], solutions: Path | None = None) -> Iterator[str]:
    """How the notebooks of these exercises differ from what would be built, and which are built from nothing."""
    for path, text in _notebooks(slugs, solutions):
        if not path.is_file():
            yield f"{path} is missing"
            continue
        was, now = path.read_text("utf-8").splitlines(), text.splitlines()
        yield from islice(difflib.unified_diff(was, now, str(path), "as built now", n=1, lineterm=""), DIFF_LINES)
    known = {_notebook_path(assignment, lang, solutions) for assignment in catalog.assignments() for lang in LANGUAGES}
    for path in sorted((_root(solutions) / "notebooks").glob("*/*/*.ipynb")):
        if path not in known:
            yield f"{path} is built from nothing: remove it"


def _root(solutions: Path | None) -> Path:
    return (solutions or source.solutions_dir()).parent


def _notebook_path(assignment: str, lang: str, solutions: Path | None) -> Path:
    return _root(solutions) / "notebooks" / lang / assignment / f"{assignment}.ipynb"


def _notebooks(slugs: Collection[str], solutions: Path | None) -> Iterator[tuple[Path, str]]:
    for assignment in dict.fromkeys(catalog.load(slug).about.assignment for slug in slugs):
        for lang in LANGUAGES:
            text = to_text(notebook(assignment, lang, release=True, solutions=solutions))
            yield _notebook_path(assignment, lang, solutions), text


def _arrays(slugs: Collection[str], solutions: Path | None) -> Iterator[tuple[Exercise, Expected]]:
    exercises = [about for about in (catalog.load(slug).about for slug in slugs) if isinstance(about, Exercise)]
    built = side_by_side(partial(expected, solutions=solutions), [(one.id, PUBLIC_SEED) for one in exercises])
    yield from zip(exercises, built, strict=True)


def _npz(exercise: Exercise) -> Path:
    return catalog.load(exercise.id).folder / "expected.npz"


def stale_arrays(exercise: Exercise, built: Expected) -> Iterator[str]:
    """How the expected arrays differ from those built now, by more than the exercise's own claims allow for."""
    path = _npz(exercise)
    if not path.is_file():
        yield f"{path} is missing"
        return
    was, now = _by_name(catalog.expected_from_bytes(path.read_bytes())), _by_name(built)
    for name in sorted(was.keys() ^ now.keys()):
        yield f"{path}: {name} is {'new' if name in now else 'gone'}"
    for name in (name for name in was if name in now):
        before, after = was[name], now[name]
        for key in sorted(before.arrays.keys() ^ after.arrays.keys()):
            yield f"{path}: {name}/{key} is {'new' if key in after.arrays else 'gone'}"
        for key in before.arrays.keys() & after.arrays.keys():
            if not compare.alike(exercise, key, before.arrays[key], after.arrays[key]):
                yield f"{path}: {name}/{key} has other values"
        if {case: error.fingerprint for case, error in before.raised.items()} != {
            case: error.fingerprint for case, error in after.raised.items()
        }:
            yield f"{path}: {name} raises other errors"


def _by_name(expected: Expected) -> dict[str, Observation]:
    named = {f"right/{number}": seen for number, seen in enumerate(expected.right)}
    for mistake, variants in expected.wrong.items():
        named |= {f"wrong/{mistake}/{number}": seen for number, seen in enumerate(variants)}
    return named if expected.stub is None else named | {"stub": expected.stub}
