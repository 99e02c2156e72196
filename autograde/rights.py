"""What right and known wrong answers look like at a class's hidden seed: computed when needed, and kept there.

Right answers are looked at first. Of the many known wrong ones only *suspects* are: those that, on the public seed, get
the same entries wrong as the answer in question. Which entries those are is built with the course.
"""

from __future__ import annotations

import ast
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
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
    """Expected arrays and inputs by exercise, for one class folder and one seed. Several threads may ask at once."""

    def __init__(self, room: Classroom, seed: int, submit: Submit, tell: Tell) -> None:
        self.seed = seed
        self._room, self._submit, self._tell = room, submit, tell
        self._lock = threading.Lock()
        self._looks: dict[str, Future[Expected | None]] = {}
        self._keys: dict[str, str] = {}
        self._cases: dict[str, Mapping[str, Mapping[str, Any]]] = {}
        self._told: set[str] = set()

    def cases(self, slug: str) -> Mapping[str, Mapping[str, Any]]:
        """The inputs of every case."""
        if slug not in self._cases:
            self._cases[slug] = catalog.load(slug).cases(self.seed)
        return self._cases[slug]

    def __getitem__(self, slug: str) -> Expected:
        """What right answers look like. Raises `FaultError` where nothing can be run."""
        found = self._kept(self.key(slug), partial(self._right, slug))
        assert found is not None
        return found

    def key(self, slug: str) -> str:
        """What the arrays depend on: the seed, how one looks, and every sample of `solutions/`."""
        if slug not in self._keys:
            folder = self._room.solutions
            assignment = catalog.load(slug).about.assignment
            files = [folder / f"{assignment}.py", *sorted((folder / "samples" / slug).glob("*.py"))]
            texts = [path.name.encode() + b"\0" + path.read_bytes() for path in files if path.exists()]
            self._keys[slug] = f"{slug}-{store.digest(str(self.seed), looking(slug), *texts)}"
        return self._keys[slug]

    def _kept(self, key: str, look: Callable[[], Expected | None]) -> Expected | None:
        """What the class folder keeps under `key`, or what `look` finds, kept from now on. Of all who ask, one looks;
        where it fails, each of the others tries for itself."""
        while True:
            with self._lock:
                first = key not in self._looks
                found = self._looks.setdefault(key, Future())
            if first:
                try:
                    found.set_result(self._recall(key) or self._learn(key, look()))
                except BaseException as error:
                    with self._lock:
                        del self._looks[key]
                    found.set_exception(error)
                    raise
            finished([found])
            if found.exception() is None:
                return found.result()

    def _recall(self, key: str) -> Expected | None:
        data = self._room.store.expected(key)
        return None if data is None else catalog.expected_from_bytes(data)

    def _learn(self, key: str, found: Expected | None) -> Expected | None:
        if found is not None:
            self._room.store.keep_expected(key, catalog.expected_to_bytes(found))
        return found

    def _right(self, slug: str) -> Expected:
        self._say("computing_expected", slug)
        return build.gallery(
            slug, self.seed, ("accept",), self._run, self._room.solutions, self.cases(slug), reference=False
        ).expected

    def _say(self, id: str, slug: str) -> None:
        """Say once what takes time before the first results."""
        with self._lock:
            new = f"{id} {slug}" not in self._told
            self._told.add(f"{id} {slug}")
        if new:
            self._tell(id, exercise=slug)

    def _run(self, task: Task) -> Findings:
        findings = self._submit(task).result()
        if findings.error is not None:
            raise FaultError(*findings.error)
        return findings

    # ---- known wrong answers

    def against(self, slug: str, seen: Observation | None) -> Expected:
        """What to compare an observation with: right answers and, where it is wrong, the mistakes that it may be."""
        about, right = build.code_exercise(slug), self[slug]
        if seen is None or judge.is_stub(about, seen, right):
            return right
        wrong, expected = frozenset(compare.wrong_entries(about, seen, right)), right
        groups = suspects(slug, seen, wrong, self._room.solutions)
        while not wrong <= frozenset().union(*diagnosis.diagnose(about, seen, expected).values()):
            paths = next(groups, ())
            if not paths:
                break
            expected = replace(expected, wrong=self._with(expected.wrong, slug, paths))
        return expected

    def _with(
        self, known: Mapping[str, tuple[Observation, ...]], slug: str, paths: Collection[Path]
    ) -> dict[str, tuple[Observation, ...]]:
        """The mistakes that are known, and what these samples get wrong, looked at side by side."""
        found = dict(known)
        with ThreadPoolExecutor(len(paths), thread_name_prefix="rights") as threads:
            for path, seen in zip(paths, threads.map(partial(self._wrong, slug), paths), strict=True):
                if seen is not None:
                    mistake = build.misconception_of(path)
                    found[mistake] = (*found.get(mistake, ()), seen)
        return found

    def _wrong(self, slug: str, path: Path) -> Observation | None:
        """What a sample gets wrong. One that a limit stopped has nothing, and is tried again in another run."""

        def look() -> Expected | None:
            self._say("computing_mistakes", slug)
            task = build.task(slug, [path.read_text("utf-8")], self.cases(slug))
            seen = self._run(task).exercises[slug].observation
            if seen is None:
                return None
            return Expected((), {slug: (build.only_wrong(build.code_exercise(slug), seen, self[slug].right),)})

        found = self._kept(f"{self.key(slug)}-{store.digest(path.name)}", look)
        return None if found is None else found.wrong[slug][0]


def suspects(slug: str, seen: Observation, wrong: frozenset[str], solutions: Path) -> Iterator[tuple[Path, ...]]:
    """The samples that may explain what is `wrong` in `seen`, in the groups in which to look at them.

    First those that get nearly the same entries wrong on the public seed, one by one: the more values are the same on
    any seed (counts, shapes, names), the earlier. Then, together, those that would explain a part of what is wrong.
    """
    about, public = build.code_exercise(slug), catalog.load(slug).expected()
    places: Counter[str] = Counter()
    likely: list[tuple[int, Path]] = []
    partly: list[Path] = []
    for path in build.samples(slug, "wrong", solutions):
        mistake = build.misconception_of(path)
        variants, place = public.wrong.get(mistake, ()), places[mistake]
        places[mistake] += 1
        if place >= len(variants):  # a sample that the built arrays do not know is suspected always
            likely.append((-1, path))
        elif diagnosis.may_be(about, seen, variants[place]):
            known = diagnosis.marks(variants[place], seen, public)
            # Nearly: an entry may come out right by chance on one seed and not on another.
            if len(known & wrong) >= 0.8 * len(known | wrong):
                likely.append((diagnosis.agreement(about, seen, variants[place]), path))
            elif len(known & wrong) >= 0.8 * len(known):
                partly.append(path)
    yield from ((path,) for _, path in sorted(likely, key=lambda one: -one[0]))
    if partly:
        yield tuple(partly)


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
