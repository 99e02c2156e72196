"""Writes what is built from `solutions/`, or says what of it is stale."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path

from autograde import catalog, judge
from autograde.build import lint, source
from autograde.build.fingerprints import expected
from autograde.build.notebooks import notebook, to_text
from autograde.catalog import PUBLIC_SEED, AuthorError
from autograde.terms import Exercise, Expected, Observation

DIFF_LINES = 40


def command(*, check: bool, slugs: Collection[str] = (), solutions: Path | None = None) -> int:
    """`autograde build [--check]`: prints what was written, what is wrong on standard error; gives the exit status.

    `slugs`: the only exercises whose arrays are computed, which takes the time; all of them where there are none.
    """
    try:
        lint.insist_on_all(solutions)
        found = list(stale(solutions, slugs) if check else rebuild(solutions, slugs))
    except AuthorError as error:
        print(error, file=sys.stderr)
        return 1
    if check and found:
        print("\n".join(found), "Run `autograde build` and commit what it writes.", sep="\n", file=sys.stderr)
        return 1
    print("\n".join(found) if found else "everything is up to date")
    return 0


def rebuild(solutions: Path | None = None, slugs: Collection[str] = ()) -> Iterator[str]:
    """Write every notebook and every expected array that is stale; gives the paths written.

    Arrays that still agree stay as they are: processors differ in the last digits.
    """
    for path, text in _notebooks(solutions):
        if not path.is_file() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            yield str(path)
    for exercise, built in _arrays(solutions, slugs):
        path = _npz(exercise)
        if next(stale_arrays(exercise, built), None):
            path.write_bytes(catalog.expected_to_bytes(built))
            yield f"{path} ({path.stat().st_size / 1024:.0f} KiB)"


def stale(solutions: Path | None = None, slugs: Collection[str] = ()) -> Iterator[str]:
    """What differs between the files and what would be built, as readable diffs."""
    yield from stale_notebooks(solutions)
    for exercise, built in _arrays(solutions, slugs):
        yield from stale_arrays(exercise, built)


def stale_notebooks(solutions: Path | None = None) -> Iterator[str]:
    """How the notebooks differ from what would be built."""
    wanted = dict(_notebooks(solutions))
    for path, text in wanted.items():
        if not path.is_file():
            yield f"{path} is missing"
            continue
        was, now = path.read_text("utf-8").splitlines(), text.splitlines()
        yield from islice(difflib.unified_diff(was, now, str(path), "as built now", n=1, lineterm=""), DIFF_LINES)
    for path in sorted(_root(solutions).glob("*/*/*.ipynb")):
        if path not in wanted:
            yield f"{path} is built from nothing: remove it"


def _root(solutions: Path | None) -> Path:
    return (solutions or source.solutions_dir()).parent / "notebooks"


def _notebooks(solutions: Path | None) -> Iterator[tuple[Path, str]]:
    for assignment in catalog.assignments():
        for lang in catalog.LANGUAGES:
            path = _root(solutions) / lang / assignment / f"{assignment}.ipynb"
            yield path, to_text(notebook(assignment, lang, release=True, solutions=solutions))


def _arrays(solutions: Path | None, slugs: Collection[str]) -> Iterator[tuple[Exercise, Expected]]:
    for entry in map(catalog.load, slugs or catalog.slugs()):
        if isinstance(entry.about, Exercise):
            yield entry.about, expected(entry.id, PUBLIC_SEED, solutions=solutions)


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
            if not judge.alike(exercise, key, before.arrays[key], after.arrays[key]):
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
