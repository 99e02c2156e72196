"""Looks at the right and the known wrong answers of an exercise: what a student's observation is compared with."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from autograde import catalog, judge
from autograde.build import source
from autograde.catalog import AuthorError
from autograde.observe import Cases, observe
from autograde.terms import Exercise, Expected, Observation

if TYPE_CHECKING:
    from autograde.sandbox import Findings, Task

Run = Callable[["Task"], "Findings"]
Look = Callable[[str, Sequence[str], Cases], Observation]
_numbers = count(1)


def expected(
    slug: str,
    seed: int,
    run: Run | None = None,
    solutions: Path | None = None,
    cases: Cases | None = None,
) -> Expected:
    """What right answers, known wrong answers and the stub look like on `seed` (or on the `cases` given).

    Right are the `accept_*` samples or, where there are none, the reference. `run` looks at them in a sandbox, as it
    does at students; by default they run in this process: the solutions are trusted.
    """
    entry, exercise = catalog.load(slug), _code_exercise(slug)
    setup = source.setup_source(exercise.assignment, solutions)
    look = look_here if run is None else partial(_look_through, run)
    inputs = entry.cases(seed) if cases is None else cases

    def see(sources: Sequence[str]) -> Observation:
        return _bare(look(slug, sources, inputs))

    accepted = source.samples(slug, "accept", solutions)
    answers = [[path.read_text("utf-8")] for path in accepted] or [[setup, source.reference(slug, solutions)]]
    right = tuple(see(answer) for answer in answers)
    _check_right(slug, right)
    wrong: dict[str, tuple[Observation, ...]] = {}
    for mistake, path in source.wrong_samples(slug, solutions):
        seen = see([path.read_text("utf-8")])
        wrong[mistake] = (*wrong.get(mistake, ()), only_wrong(exercise, seen, right))
    return Expected(right, wrong, see([setup, source.stub(slug, solutions)]))


def _code_exercise(slug: str) -> Exercise:
    about = catalog.load(slug).about
    if not isinstance(about, Exercise):
        raise AuthorError(f"{slug!r} is a question: a person scores it, there is nothing to look at")
    return about


def _check_right(slug: str, right: tuple[Observation, ...]) -> None:
    for number, observation in enumerate(right, 1):
        for case, error in observation.raised.items():
            raise AuthorError(
                f"right answer {number} of {slug!r} raises in the case {case!r}: {error} at {error.code!r}"
            )


def only_wrong(exercise: Exercise, seen: Observation, right: tuple[Observation, ...]) -> Observation:
    """`seen` without the entries that are right and without notes: the fingerprint of a mistake."""
    wrong = judge.wrong_entries(exercise, seen, Expected(right))
    return Observation({key: seen.arrays[key] for key in wrong if key in seen.arrays}, seen.raised)


def _bare(seen: Observation) -> Observation:
    """What is compared, without notes and without the lines of a sample: what is built ships to students."""
    arrays = {key: array for key, array in seen.arrays.items() if not judge.is_note(key)}
    raised = {case: replace(error, line=None, code="") for case, error in seen.raised.items()}
    return Observation(arrays, raised)


def _look_through(run: Run, slug: str, sources: Sequence[str], cases: Cases) -> Observation:
    """The observation of sources that a sandbox runs. Raises `AuthorError` where it had to stop them."""
    from autograde.sandbox import Cell, Task

    last = len(sources) - 1
    cells = [Cell(f"cell_{n}", text, slug if n == last else None) for n, text in enumerate(sources)]
    findings = run(Task(cells=tuple(cells), cases={slug: cases}))
    finding = findings.exercises.get(slug)
    if finding is None or finding.observation is None:
        why = findings.error if finding is None else finding.reason or finding.raised
        raise AuthorError(f"a sample of {slug!r} could not be looked at ({why}): {sources[-1].strip()[:200]}")
    return finding.observation


def observe_source(slug: str, sources: Sequence[str], seed: int) -> Observation:
    """Run trusted sources in this process, in one namespace, and look at what they define."""
    return look_here(slug, sources, catalog.load(slug).cases(seed))


def look_here(slug: str, sources: Sequence[str], cases: Cases) -> Observation:
    """The observation of trusted sources, run in this process."""
    exercise = _code_exercise(slug)
    with _namespace(sources) as names:
        return observe(catalog.load(slug).probe, names, exercise.asks_for, cases)


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
