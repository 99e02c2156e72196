"""Looks at the right and the known wrong answers of an exercise: what a student's observation is compared with."""

from __future__ import annotations

import linecache
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import count, starmap
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from autograde import catalog, compare
from autograde.build import source
from autograde.catalog import AuthorError
from autograde.observe import Cases, observe
from autograde.quiet import quiet
from autograde.terms import Exercise, Expected, Observation

if TYPE_CHECKING:
    from autograde.sandbox import Findings, Task

Run = Callable[["Task"], "Findings"]
Look = Callable[[Sequence[str]], Observation]
Found = TypeVar("Found")
_numbers = count(1)


@dataclass(frozen=True)
class Gallery:
    """The observations of an exercise's reference, stub and samples on the same inputs.

    The reference is None where nobody asked for it and samples define what is right.
    """

    exercise: Exercise
    reference: Observation | None
    stub: Observation
    samples: Mapping[Path, Observation]

    def of(self, kind: str) -> dict[Path, Observation]:
        """The samples of a kind: accept, alt or wrong."""
        return {path: seen for path, seen in self.samples.items() if path.stem.startswith(f"{kind}_")}

    @property
    def expected(self) -> Expected:
        """Right are the `accept_*` samples or, where there are none, the reference."""
        right = tuple(defined(self.exercise, _bare(seen)) for seen in self.of("accept").values())
        if not right and self.reference is not None:
            right = (_bare(self.reference),)
        wrong: dict[str, tuple[Observation, ...]] = {}
        for path, seen in self.of("wrong").items():
            mistake = source.misconception_of(path)
            wrong[mistake] = (*wrong.get(mistake, ()), only_wrong(self.exercise, seen, right))
        return Expected(right, wrong, _bare(self.stub))


def expected(
    slug: str,
    seed: int,
    run: Run | None = None,
    solutions: Path | None = None,
    cases: Cases | None = None,
) -> Expected:
    """What right answers, known wrong answers and the stub look like on `seed`, or on the `cases` given."""
    return gallery(slug, seed, ("accept", "wrong"), run, solutions, cases).expected


def gallery(
    slug: str,
    seed: int,
    kinds: Sequence[str] = ("accept", "alt", "wrong"),
    run: Run | None = None,
    solutions: Path | None = None,
    cases: Cases | None = None,
    *,
    reference: bool = True,
) -> Gallery:
    """Look at the reference, the stub and the samples of `kinds` on `seed`, or on the `cases` given.

    Without `reference`, it is looked at only where no sample says what is right.

    `run` looks at them in a sandbox, as it does at students' answers, several at a time; by default they run in this
    process, as the solutions are trusted. Raises `AuthorError` where an answer that is to be right raises.
    """
    about = code_exercise(slug)
    setup = source.setup_source(about.assignment, solutions)
    look = looker(slug, catalog.load(slug).cases(seed) if cases is None else cases, run)
    paths = [path for kind in kinds for path in source.samples(slug, kind, solutions)]
    texts = [[path.read_text("utf-8")] for path in paths]
    texts.append([setup, source.stub(slug, solutions)])
    if reference or not source.samples(slug, "accept", solutions):
        texts.append([setup, source.reference(slug, solutions)])
    if run is None:
        looks = list(map(look, texts))
    else:  # as many at a time as there are workers behind `run`
        with ThreadPoolExecutor(len(texts)) as threads:
            looks = list(threads.map(look, texts))
    samples = {path: looks.pop(0) for path in paths}
    found = Gallery(about, stub=looks[0], reference=looks[1] if looks[1:] else None, samples=samples)
    if found.reference is not None:
        _insist_right("the reference", slug, found.reference)
    for path, seen in found.of("accept").items():
        _insist_right(path.name, slug, seen)
    return found


def side_by_side(look: Callable[[str, int], Found], units: Sequence[tuple[str, int]], jobs: int = 0) -> Iterator[Found]:
    """`look(slug, seed)` for each of the units, in fresh processes (default: one a core); a single one is done here."""
    if len(units) < 2:
        yield from starmap(look, units)
        return
    fresh = multiprocessing.get_context("spawn")  # a fork after TensorFlow's first operation hangs
    with ProcessPoolExecutor(min(len(units), jobs or os.cpu_count() or 1), mp_context=fresh) as pool:
        yield from pool.map(look, *zip(*units, strict=True))


def code_exercise(slug: str) -> Exercise:
    about = catalog.load(slug).about
    if not isinstance(about, Exercise):
        raise AuthorError(f"{slug!r} is a question: a person scores it, there is nothing to look at")
    return about


def _insist_right(name: str, slug: str, seen: Observation) -> None:
    for case, error in seen.raised.items():
        raise AuthorError(f"{slug}: {name} must be right, but raises in the case {case!r}: {error} at {error.code!r}")


def only_wrong(exercise: Exercise, seen: Observation, right: tuple[Observation, ...]) -> Observation:
    """`seen` without the entries that are right: the fingerprint of a mistake."""
    seen = _bare(seen)
    wrong = compare.wrong_entries(exercise, seen, Expected(right))
    return Observation({key: seen.arrays[key] for key in wrong if key in seen.arrays}, seen.raised)


def defined(exercise: Exercise, right: Observation) -> Observation:
    """`right`, which defines what is right, with the values that each "shown" entry is about in the place of all rows.

    Its rows hold one number for each of these entries, in the order of the claims; where some rows are longer than
    others, as those after a validation are, a number counts in the shortest rows that reach to it.
    """
    claims = [claim for claim in exercise.claims if claim.how == "shown"]
    patterns = [pattern for claim in claims for pattern in claim.patterns]
    arrays = dict(right.arrays)
    for key, rows in right.arrays.items():
        column = next((number for number, pattern in enumerate(patterns) if fnmatchcase(key, pattern)), None)
        if column is not None and rows.ndim == 2:
            lengths = np.isfinite(rows.astype("float64")).sum(axis=1)
            shortest = min(lengths[lengths > column], default=0)
            arrays[key] = rows[lengths == shortest, column]
    return replace(right, arrays=arrays)


def _bare(seen: Observation) -> Observation:
    """What is compared, without notes and without the lines of a sample: what is built ships to students."""
    arrays = {key: array for key, array in seen.arrays.items() if not compare.is_note(key)}
    raised = {case: replace(error, line=None, code="") for case, error in seen.raised.items()}
    return Observation(arrays, raised)


# ---- looking


def observe_source(slug: str, sources: Sequence[str], seed: int) -> Observation:
    """Run trusted sources in this process, in one namespace, and look at what they define."""
    return looker(slug, catalog.load(slug).cases(seed))(sources)


def looker(slug: str, cases: Cases, run: Run | None = None) -> Look:
    """A function that looks at what sources define, in this process or through the sandbox `run`."""
    exercise, probe = code_exercise(slug), catalog.load(slug).probe

    def look_here(sources: Sequence[str]) -> Observation:
        from autograde.sandbox.child import seed_everything

        with quiet(), _namespace(sources) as names:
            seed_everything()  # as in the sandbox: a sample that shuffles is to be known there by its order
            return observe(probe, names, exercise.asks_for, cases)

    return look_here if run is None else lambda sources: _look_through(run, slug, sources, cases)


def _look_through(run: Run, slug: str, sources: Sequence[str], cases: Cases) -> Observation:
    """The observation of sources that a sandbox runs. Raises `AuthorError` where it had to stop them."""
    finding = run(task(slug, sources, cases)).exercises[slug]
    if finding.observation is None:
        why = finding.reason or finding.raised
        raise AuthorError(f"a sample of {slug!r} could not be looked at ({why}): {sources[-1].strip()[:200]}")
    return finding.observation


def task(slug: str, sources: Sequence[str], cases: Cases) -> Task:
    """A submission with one code cell for each of the sources, the last of which is the answer."""
    from autograde.sandbox import Cell, Task

    last = len(sources) - 1
    cells = (Cell(f"cell_{n}", text, slug if n == last else None) for n, text in enumerate(sources))
    return Task(tuple(cells), {slug: cases})


@contextmanager
def _namespace(sources: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The names that the sources define, as those of a module of its own whose lines AutoGraph and tracebacks find."""
    module = ModuleType(f"answer_{next(_numbers)}")
    files = [f"<{module.__name__}, cell {number}>" for number in range(1, len(sources) + 1)]
    sys.modules[module.__name__] = module
    try:
        for file, text in zip(files, sources, strict=True):
            linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
            exec(compile(text, file, "exec"), module.__dict__)
        yield module.__dict__
    finally:
        del sys.modules[module.__name__]
        for file in files:
            linecache.cache.pop(file, None)
