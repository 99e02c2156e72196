"""How far the verdicts can be trusted: every sample of every exercise, on many seeds, and as the grader sees it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tqdm import tqdm

from autograde import catalog, store, workers
from autograde.build import source
from autograde.build.fingerprints import code_exercise, gallery, side_by_side, task
from autograde.catalog import LANGUAGES
from autograde.judge import judge
from autograde.sandbox import Limits
from autograde.terms import Exercise, Expected, Verdict
from autograde.verdicts import judge_finding

OWN_NAME = 0.9  # the least share of wrong answers that must be called by their own name
_HEAD = ("exercise", "right: full marks", "wrong: caught", "own name", "another's", "differ by seed", "by --jobs")

Name = str  # of a sample: "alt_eager"
Short = tuple[str, float, tuple[str, ...]]  # outcome, points, misconceptions: what must not change


@dataclass(frozen=True)
class Trust:
    """What was found of one exercise's samples; each field names the samples concerned."""

    slug: str
    right: frozenset[Name]
    wrong: frozenset[Name]
    not_full: frozenset[Name]
    not_caught: frozenset[Name]
    not_named: frozenset[Name]
    misnamed: frozenset[Name]
    by_seed: frozenset[Name]
    by_jobs: frozenset[Name]

    @property
    def holds(self) -> bool:
        """Whether the goals are met: nothing amiss but that some wrong answers may go without a name."""
        amiss = self.not_full | self.not_caught | self.misnamed | self.by_seed | self.by_jobs
        return not amiss and len(self.wrong - self.not_named) >= OWN_NAME * len(self.wrong)

    def row(self) -> tuple[str, ...]:
        def of(part: frozenset[Name], whole: frozenset[Name]) -> str:
            return f"{len(whole) - len(part)} of {len(whole)}"

        named = 1 - len(self.not_named) / max(1, len(self.wrong))
        return (
            self.slug,
            of(self.not_full, self.right),
            of(self.not_caught, self.wrong),
            f"{named:.0%}",
            *(str(len(names)) for names in (self.misnamed, self.by_seed, self.by_jobs)),
        )

    def amiss(self) -> Iterator[str]:
        for what in ("not_full", "not_caught", "not_named", "misnamed", "by_seed", "by_jobs"):
            if names := getattr(self, what):
                yield f"{self.slug}: {what.replace('_', ' ')}: {', '.join(sorted(names))}"


def command(*, seeds: int, jobs: int, slugs: Sequence[str] = ()) -> int:
    """`autograde validate`: prints a table of what holds, then what does not; 1 where a goal is missed.

    `slugs`: these code exercises only; by default all of them and the short answers.
    """
    known = [entry.id for entry in catalog.entries() if isinstance(entry.about, Exercise)]
    if strange := [slug for slug in slugs if slug not in known]:
        print(f"there is no code exercise {strange[0]!r}: there are {', '.join(known)}", file=sys.stderr)
        return 2
    found = list(validate(slugs or known, range(seeds), jobs))
    print(_table([_HEAD, *(trust.row() for trust in found)]))
    print(f"Each sample on {seeds} seeds; as the grader sees it with --jobs 1 and --jobs {max(2, jobs)}.")
    amiss = [line for trust in found for line in trust.amiss()]
    agreed = bool(slugs) or _short_answers(source.solutions_dir().parent / "tests" / "answers")
    print("\n".join(amiss), file=sys.stderr, end="\n" if amiss else "")
    return 0 if agreed and all(trust.holds for trust in found) else 1


def _short_answers(labelled: Path) -> bool:
    """Print how far suggestions agree with people; whether they do so enough on the answers nothing was tuned on."""
    from autograde.rubric import agreement

    rows: list[tuple[str, ...]] = [("short answers", "answers", "kappa", *LANGUAGES)]
    for half in ("tuning", "held_out"):
        rated = list(agreement.rate(labelled / half))
        if not rated:
            print(f"There are no labelled answers in {labelled / half}: how far suggestions agree is unknown.")
            return False
        kappas = agreement.kappas(rated)
        rows.append((half, str(len(rated)), *(f"{value:.2f}" for value in kappas.values())))
    print("", _table(rows), sep="\n")
    print(f"Wanted on the held-out half: {agreement.OVERALL} for all and {agreement.EACH} in each language.")
    return not agreement.missed(kappas)


def validate(slugs: Sequence[str], seeds: Iterable[int], jobs: int) -> Iterator[Trust]:
    """Judge every sample on every seed, in `jobs` processes, and on the public one as the grader does.

    That takes an hour and more. What is done of it is kept in `build/`: a run that was interrupted goes on there, as
    long as no line of the package and of the solutions has changed, but for those of other exercises.
    """
    units = [(slug, seed) for slug in slugs for seed in seeds]
    on_terminals = tqdm(side_by_side(kept_or_judged, units, jobs), total=len(units), unit="seed", disable=None)
    judged = dict(zip(units, on_terminals, strict=True))
    for slug in slugs:
        by_seed = [verdicts for (one, _), verdicts in judged.items() if one == slug]
        graded = as_graded(slug, catalog.load(slug).expected(), catalog.PUBLIC_SEED, jobs)
        yield compare(slug, by_seed, graded)


def kept_or_judged(slug: str, seed: int, solutions: Path | None = None) -> dict[Name, Short]:
    """The verdicts on every sample: those that an earlier run kept or, where there are none, new ones."""
    root = solutions or source.solutions_dir()
    path = root.parent / "build" / "validated" / _state(slug, root) / f"{slug}-{seed}.json"
    try:
        kept = json.loads(path.read_text("utf-8"))
        return {name: (outcome, points, tuple(names)) for name, (outcome, points, names) in kept.items()}
    except (OSError, ValueError):
        verdicts = on_seed(slug, seed, solutions)
        store.write(path, json.dumps(verdicts).encode(), 0o644)
        return verdicts


@cache
def _state(slug: str, solutions: Path) -> str:
    """One name for all the code that a verdict on a sample of `slug` depends on."""
    files = [*Path(catalog.__file__).parent.rglob("*.py"), *solutions.rglob("*.py")]
    ours = [path for path in files if path.parts[-3] not in ("exercises", "samples") or path.parts[-2] == slug]
    return store.digest(*(f"{path.name}\0{path.read_text('utf-8')}" for path in sorted(ours)))


def on_seed(slug: str, seed: int, solutions: Path | None = None) -> dict[Name, Short]:
    """The verdict on every sample of an exercise, looked at in this process."""
    found = gallery(slug, seed, solutions=solutions)
    expected = found.expected
    verdicts = {path.stem: short(judge(found.exercise, seen, expected)) for path, seen in found.samples.items()}
    if found.reference is not None:
        verdicts["reference"] = short(judge(found.exercise, found.reference, expected))
    return verdicts


def short(verdict: Verdict) -> Short:
    names = () if verdict.misconception is None else (verdict.misconception, *verdict.also)
    return verdict.outcome, verdict.points, names


def as_graded(
    slug: str, expected: Expected, seed: int, jobs: int, solutions: Path | None = None
) -> list[dict[Name, Short]]:
    """The verdicts on every sample through the grader's sandbox, with one job and with several."""
    exercise, cases = code_exercise(slug), catalog.load(slug).cases(seed)
    sources = {path.stem: [path.read_text("utf-8")] for path in _samples(slug, solutions)}
    sources["reference"] = [source.setup_source(exercise.assignment, solutions), source.reference(slug, solutions)]
    found = []
    for number in (1, max(2, jobs)):
        with workers.pool(number, None, workers.Terms(Limits())) as submit:
            running = {name: submit(task(slug, texts, cases)) for name, texts in sources.items()}
            seen = {name: future.result().exercises[slug] for name, future in running.items()}
        found.append({name: short(judge_finding(exercise, one, expected)) for name, one in seen.items()})
    return found


def _samples(slug: str, solutions: Path | None) -> list[Path]:
    return [path for kind in ("accept", "alt", "wrong") for path in source.samples(slug, kind, solutions)]


def compare(slug: str, by_seed: Sequence[Mapping[Name, Short]], by_jobs: Sequence[Mapping[Name, Short]]) -> Trust:
    full = code_exercise(slug).max_points
    each = {name: [verdicts[name] for verdicts in by_seed] for name in by_seed[0]}
    own = {name: source.misconception_of(Path(name)) for name in each if name.startswith("wrong_")}
    right, wrong = each.keys() - own.keys(), frozenset(own)
    return Trust(
        slug,
        frozenset(right),
        wrong,
        not_full=frozenset(name for name in right if any(points < full for _, points, _ in each[name])),
        not_caught=frozenset(name for name in wrong if any(points >= full for _, points, _ in each[name])),
        not_named=frozenset(name for name in wrong if any(own[name] not in said for _, _, said in each[name])),
        misnamed=frozenset(name for name in wrong if any({*said} - {own[name]} for _, _, said in each[name])),
        by_seed=frozenset(name for name in each if len(set(each[name])) > 1),
        by_jobs=frozenset(name for name in each if {one[name] for one in by_jobs} != {each[name][0]}),
    )


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
