"""What an author forgot: the problems of an exercise's folder, texts and samples, each with what to do about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from autograde import catalog
from autograde.build import source
from autograde.catalog import AuthorError, Entry
from autograde.rubric import patterns
from autograde.terms import Exercise, Question

POINTS = 20
HINTS = range(2, 5)
MOST_LINES = 4
QUOTES = '"'
FACTS = {
    "case",
    "name",
    "seen",
    "wanted",
    "difference",
    "place",
    "share",
    "seen_shape",
    "wanted_shape",
    "line",
    "code",
    "error",
}
_FILLED = ("claim", "misconception", "error")  # the kinds of sections whose placeholders are filled
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def problems(slug: str, solutions: Path | None = None) -> list[str]:
    """Every problem of the exercise: empty when it can be built."""
    entry = catalog.load(slug)
    samples = (solutions or source.solutions_dir()) / "samples" / slug
    files = [path for folder in (entry.folder, samples) for path in folder.glob("*.*") if path.suffix in (".py", ".md")]
    found = [*unwritten(*sorted(files, key=lambda path: path.suffix == ".md"))]
    found += _text_problems(entry)
    if isinstance(entry.about, Exercise):
        found += [*_claim_problems(entry.about), *_sample_problems(entry.about, solutions)]
    else:
        found += _pattern_problems(entry.about)
    return found


def unwritten(*paths: Path) -> Iterator[str]:
    """The lines of a new exercise's skeleton that still say what to write there."""
    for path in paths:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if told := re.search(r"\bWRITE: (.*)", line):
                yield f"{path.parent.name}/{path.name}, line {number}: write {told[1].rstrip(QUOTES)}"


# ---- claims and samples


def _claim_problems(exercise: Exercise) -> Iterator[str]:
    if exercise.max_points != POINTS:
        yield f"the points of its claims sum to {exercise.max_points:g}; every code exercise is worth {POINTS}"
    if not exercise.asks_for:
        yield "`asks_for` is empty: name what the answer cell must define"
    for kind, ids in (
        ("claim", [claim.id for claim in exercise.claims]),
        ("misconception", [mistake.id for mistake in exercise.misconceptions]),
    ):
        for id, times in Counter(ids).items():
            if times > 1:
                yield f"the {kind} {id!r} stands {times} times; give each an id of its own"
            if not re.fullmatch(r"\w+", id):
                yield f"the {kind} id {id!r} must be a plain word, as it names a file and a section"


def _sample_problems(exercise: Exercise, solutions: Path | None) -> Iterator[str]:
    folder = f"solutions/samples/{exercise.id}"
    known = {mistake.id for mistake in exercise.misconceptions}
    shown = {mistake for mistake, _ in source.wrong_samples(exercise.id, solutions)}
    for mistake in sorted(known - shown):
        yield f"no sample makes the mistake {mistake!r}: write {folder}/wrong_{mistake}.py"
    for mistake in sorted(shown - known):
        yield f"{folder}/wrong_{mistake}*.py shows a mistake that EXERCISE.misconceptions lacks: add it there"
    if not source.samples(exercise.id, "alt", solutions):
        yield f"no other right answer is known: write {folder}/alt_<what_differs>.py, so that the checks allow for it"
    everything = ((solutions or source.solutions_dir()) / "samples" / exercise.id).glob("*.py")
    for path in sorted(everything):
        if path.stem.partition("_")[0] not in source.KINDS:
            yield f"{folder}/{path.name}: a sample's name begins with its verdict, one of {', '.join(source.KINDS)}"


def _pattern_problems(question: Question) -> Iterator[str]:
    try:
        known = patterns.of(question.id)
    except AuthorError as error:
        yield str(error)
        return
    points = {point.id for point in question.key_points}
    for id in sorted(points - known.says.keys() if known.says else ()):  # without the file nothing is suggested at all
        yield f"patterns.md lacks the section `## says {id}`: without it that key point is never seen"
    for kind, statements in (("says", known.says), ("denies", known.denies), ("perhaps", known.perhaps)):
        for id in sorted(statements.keys() - points):
            yield f"patterns.md has a section `## {kind} {id}` that belongs to nothing: remove or rename it"


# ---- texts


def _text_problems(entry: Entry) -> Iterator[str]:
    wanted = set(_wanted_sections(entry))
    for lang, text in entry.text.items():
        name = f"text.{lang}.md"
        if not text.title:
            yield f"{name} has no title: begin it with a line `# Title`"
        has = set(text.sections)
        for kind, id in sorted(wanted - has):
            yield f"{name} lacks the section `## {f'{kind} {id}'.strip()}`: write it"
        for kind, id in sorted(has - wanted):
            if kind not in ("hint", "error"):
                yield f"{name} has a section `## {f'{kind} {id}'.strip()}` that belongs to nothing: remove or rename it"
        if len(text.ids("hint")) not in HINTS:
            yield f"{name} has {len(text.ids('hint'))} sections `## hint`; a ladder has {HINTS[0]} to {HINTS[-1]}"
        for (kind, id), paragraphs in text.sections.items():
            yield from _section_problems(f"{name}, `## {f'{kind} {id}'.strip()}`", kind, id, paragraphs)
            if lang == "zh" and kind != "case" and paragraphs and not _HAN.search("".join(paragraphs)):
                yield f"{name}, `## {f'{kind} {id}'.strip()}`: there is no Chinese in it; translate it"
    yield from _differences(entry)


def _wanted_sections(entry: Entry) -> Iterator[tuple[str, str]]:
    """The (kind, id) of every section that each language must have; hints and errors are counted apart."""
    about = entry.about
    if isinstance(about, Question):
        yield from (("question", ""), ("model_answer", ""))
        yield from (("key_point", point.id) for point in about.key_points)
        return
    yield from (("case", case) for case in entry.cases(catalog.PUBLIC_SEED))
    yield from (("claim", claim.id) for claim in about.claims)
    yield from (("misconception", mistake.id) for mistake in about.misconceptions)


def _section_problems(where: str, kind: str, id: str, paragraphs: tuple[str, ...]) -> Iterator[str]:
    if not paragraphs:
        yield f"{where} is empty: write its sentence"
    if kind == "claim" and len(paragraphs) not in (2, 3):
        yield f"{where} has {len(paragraphs)} paragraphs; wanted: what holds, what is said when it fails[, when unseen]"
    if kind == "key_point" and len(paragraphs) != 2:
        yield f"{where} has {len(paragraphs)} paragraphs; wanted: the rubric's line, the question when it is missing"
    if kind == "misconception" and sum(len(one.splitlines()) for one in paragraphs) > MOST_LINES:
        yield f"{where} is longer than {MOST_LINES} lines: say seen, wanted, likely cause, next step"
    if kind == "error":
        try:
            re.compile(id)
        except re.error as error:
            yield f"{where} is no regular expression: {error}"


def _differences(entry: Entry) -> Iterator[str]:
    """What the languages do not agree on: the number of hints, the errors, the placeholders."""
    first, *others = entry.text.values()
    known = FACTS | set(re.findall(r"note_(\w+)", (entry.folder / "exercise.py").read_text("utf-8")))
    for (kind, id), paragraphs in first.sections.items():
        for name in sorted(_placeholders(kind, paragraphs) - known):
            yield (
                f"`## {kind} {id}` has the placeholder {{{name}}}, which nothing fills: "
                f"yield it from the probe as note_{name}, or use one of {', '.join(sorted(FACTS))}"
            )
    for other in others:
        both = f"text.{first.lang}.md and text.{other.lang}.md"
        for kind in ("hint", "error"):
            if apart := set(first.ids(kind)) ^ set(other.ids(kind)):
                yield f"{both} have different sections `## {kind}`: {', '.join(sorted(apart))}"
        for (kind, id), paragraphs in first.sections.items():
            apart = _placeholders(kind, paragraphs) ^ _placeholders(kind, other.get(kind, id))
            if apart and other.get(kind, id):
                yield f"{both}: the placeholders of `## {kind} {id}` differ in {', '.join(sorted(apart))}"


def _placeholders(kind: str, paragraphs: tuple[str, ...]) -> set[str]:
    return set(_PLACEHOLDER.findall("\n".join(paragraphs))) if kind in _FILLED else set()


def insist(slugs: Collection[str], solutions: Path | None = None) -> None:
    """Raise `AuthorError` with every problem of these exercises and of the source files that they stand in."""
    found = [f"{slug}: {problem}" for slug in slugs for problem in problems(slug, solutions)]
    for assignment in dict.fromkeys(catalog.load(slug).about.assignment for slug in slugs):
        found += unwritten(*(solutions or source.solutions_dir()).glob(f"{assignment}.py"))
        try:
            source.parts(assignment, solutions)
        except AuthorError as error:
            found.append(str(error))
    if found:
        raise AuthorError("\n".join(found))
