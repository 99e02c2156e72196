"""What right and known wrong answers look like at a class's hidden seed: computed when needed, and kept there.

Right answers are looked at first. Of the many known wrong ones only *suspects* are: those that, on the public seed, get
the same entries wrong as the answer in question. Which entries those are is built with the course.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from autograde import build, catalog, compare, diagnosis, judge, store
from autograde.classroom import Classroom
from autograde.sandbox import Findings, Task
from autograde.terms import Exercise, Expected, Observation
from autograde.workers import Submit, finished

Tell = Callable[..., None]


class FaultError(Exception):
    """The workers cannot run anything: the kind of the fault ("unsafe", "internal"), and what is known of it."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail


class Rights:
    """Expected arrays and inputs by exercise, for one class folder and one seed."""

    def __init__(self, room: Classroom, seed: int, submit: Submit, tell: Tell) -> None:
        self.seed = seed
        self._room, self._submit, self._tell = room, submit, tell
        self._expected: dict[str, Expected] = {}
        self._wrong: dict[str, Observation] = {}
        self._keys: dict[str, str] = {}
        self._cases: dict[str, Mapping[str, Mapping[str, Any]]] = {}

    def cases(self, slug: str) -> Mapping[str, Mapping[str, Any]]:
        """The inputs of every case."""
        if slug not in self._cases:
            self._cases[slug] = catalog.load(slug).cases(self.seed)
        return self._cases[slug]

    def __getitem__(self, slug: str) -> Expected:
        if slug not in self._expected:
            self.prepare([slug])
        return self._expected[slug]

    def key(self, slug: str) -> str:
        """What the arrays depend on: the seed, how one looks, and every sample of `solutions/`."""
        if slug not in self._keys:
            folder = self._room.solutions
            assignment = catalog.load(slug).about.assignment
            files = [folder / f"{assignment}.py", *sorted((folder / "samples" / slug).glob("*.py"))]
            texts = [path.name.encode() + b"\0" + path.read_bytes() for path in files if path.exists()]
            self._keys[slug] = f"{slug}-{store.digest(str(self.seed), looking(slug), *texts)}"
        return self._keys[slug]

    def prepare(self, slugs: Iterable[str]) -> None:
        """Have the arrays of these exercises ready, side by side where there is more than one worker."""
        missing = []
        for slug in slugs:
            if slug not in self._expected and not self._recall(slug):
                missing.append(slug)
        if not missing:
            return
        self._tell("computing_expected", exercises=", ".join(missing))
        threads = ThreadPoolExecutor(len(missing), thread_name_prefix="rights")
        try:
            computing = {threads.submit(self._compute, slug): slug for slug in missing}
            while computing:
                for future in finished(computing):
                    slug, expected = computing.pop(future), future.result()
                    self._room.store.keep_expected(self.key(slug), catalog.expected_to_bytes(expected))
                    self._expected[slug] = expected
        finally:
            threads.shutdown(wait=False, cancel_futures=True)  # whoever interrupts does not wait for the samples

    def _recall(self, slug: str) -> bool:
        data = self._room.store.expected(self.key(slug))
        if data is not None:
            self._expected[slug] = catalog.expected_from_bytes(data)
        return data is not None

    def _compute(self, slug: str) -> Expected:
        return build.gallery(slug, self.seed, ("accept",), self._run, self._room.solutions).expected

    # ---- known wrong answers

    def against(self, slug: str, seen: Observation | None) -> Expected:
        """What to compare an observation with: right answers and, where it is wrong, the mistakes that it may be."""
        about, right = build.code_exercise(slug), self[slug]
        if seen is None or judge.is_stub(about, seen, right):
            return right
        wrong, expected = frozenset(compare.wrong_entries(about, seen, right)), right
        if not wrong:
            return right
        for alike in (same_entries, some_entries):
            expected = replace(
                right, wrong=self._fingerprints(slug, suspects(slug, wrong, alike, self._room.solutions))
            )
            named = diagnosis.diagnose(about, seen, expected)
            if wrong <= frozenset().union(*named.values()):
                break
        return expected

    def _fingerprints(self, slug: str, paths: Iterable[Path]) -> dict[str, tuple[Observation, ...]]:
        """What these samples get wrong, by misconception; those not known yet are looked at side by side."""
        paths = tuple(paths)
        keys = {path: f"{self.key(slug)}-{store.digest(path.name)}" for path in paths}
        unknown = [path for path in paths if keys[path] not in self._wrong and not self._recall_wrong(keys[path])]
        looks = {self._submit(build.task(slug, [path.read_text("utf-8")], self.cases(slug))): path for path in unknown}
        if looks:
            self._tell("computing_mistakes", exercise=slug, count=len(looks))
        while looks:
            for future in finished(looks):
                self._learn(slug, keys[looks.pop(future)], future.result())
        found: dict[str, tuple[Observation, ...]] = {}
        for path in paths:
            if keys[path] in self._wrong:
                mistake = build.misconception_of(path)
                found[mistake] = (*found.get(mistake, ()), self._wrong[keys[path]])
        return found

    def _learn(self, slug: str, key: str, findings: Findings) -> None:
        """Keep what a sample gets wrong. One that a limit stopped has none, and is tried again another time."""
        if findings.error is not None:
            raise FaultError(*findings.error)
        seen = findings.exercises[slug].observation
        if seen is not None:
            self._wrong[key] = build.only_wrong(build.code_exercise(slug), seen, self[slug].right)
            self._room.store.keep_expected(key, catalog.expected_to_bytes(Expected((), {slug: (self._wrong[key],)})))

    def _recall_wrong(self, key: str) -> bool:
        data = self._room.store.expected(key)
        if data is not None:
            ((self._wrong[key],),) = catalog.expected_from_bytes(data).wrong.values()
        return data is not None

    def _run(self, task: Task) -> Findings:
        findings = self._submit(task).result()
        if findings.error is not None:
            raise FaultError(*findings.error)
        return findings


Alike = Callable[[frozenset[str], frozenset[str]], bool]


def same_entries(known: frozenset[str], wrong: frozenset[str]) -> bool:
    """Nearly the same entries are wrong: an entry may come out right by chance on one seed and not on another."""
    return len(known & wrong) >= 0.8 * len(known | wrong)


def some_entries(known: frozenset[str], wrong: frozenset[str]) -> bool:
    """The known mistake would explain a part of what is wrong."""
    return len(known & wrong) >= 0.8 * len(known)


def suspects(slug: str, wrong: frozenset[str], alike: Alike, solutions: Path) -> Iterator[Path]:
    """The samples whose wrong entries on the public seed are alike those of an answer."""
    about, public = build.code_exercise(slug), catalog.load(slug).expected()
    places: Counter[str] = Counter()
    for path in build.samples(slug, "wrong", solutions):
        mistake = build.misconception_of(path)
        variants, place = public.wrong.get(mistake, ()), places[mistake]
        places[mistake] += 1
        # A sample that the built arrays do not know is suspected always.
        if place >= len(variants) or alike(diagnosis.marks(about, variants[place], public), wrong):
            yield path


@cache
def looking(slug: str) -> str:
    """How an exercise is looked at: its cases and its probe, without its claims. While this stays the same, what was
    observed of a submission stays good, whatever becomes of the points and the sentences."""
    entry = catalog.load(slug)
    tree = ast.parse((entry.folder / "exercise.py").read_text("utf-8"))
    judged = isinstance(entry.about, Exercise)
    kept = [node for node in tree.body if not (judged and _is_claims(node))]
    return store.digest(ast.dump(ast.Module(kept[1:] if ast.get_docstring(tree) else kept, [])))


def _is_claims(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(one, ast.Name) and one.id == "EXERCISE" for one in node.targets
    )


@cache
def judging() -> str:
    """How verdicts are made: every file of the package that has a part in it."""
    here = Path(__file__).parent
    files = sorted([*here.glob("*.py"), *here.glob("*.md"), *here.glob("rubric/**/*")])
    return store.digest(*(path.read_bytes() for path in files if path.is_file()))


def sentences(slug: str) -> str:
    """An exercise's claims and texts."""
    folder = catalog.load(slug).folder
    return store.digest(*(path.read_bytes() for path in sorted([*folder.glob("*.py"), *folder.glob("*.md")])))
