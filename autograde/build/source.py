"""Reads `solutions/`: an assignment's source in jupytext's percent format, the references in it, and the samples."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import autograde
from autograde import catalog
from autograde.catalog import CODE_STUB, TEXT_STUB, AuthorError
from autograde.terms import Exercise, Question

Role = Literal["prose", "setup", "demo", "answer", "try"]
ROLES = ("setup", "demo", "answer", "try")
KINDS = ("accept", "alt", "wrong", "hack")
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


@dataclass(frozen=True)
class Part:
    """One cell of an assignment's source.

    `lang` is set for prose only; `exercise` for answers only; `shows` holds the key points ("q03.dtype") that an
    experiment asserts.
    """

    role: Role
    text: str
    markdown: bool = False
    lang: str | None = None
    exercise: str | None = None
    shows: tuple[str, ...] = ()


def solutions_dir() -> Path:
    """The `solutions/` to use: beside the package in a checkout, else in the current folder."""
    beside = Path(autograde.__file__).parent.parent / "solutions"
    for folder in (beside, Path("solutions").absolute()):
        if folder.is_dir():
            return folder
    raise AuthorError(
        "there is no folder solutions/ here: it never ships with the package, so run this in a checkout of the course"
    )


def assignments(solutions: Path | None = None) -> tuple[str, ...]:
    """The assignments that have a source file."""
    return tuple(sorted(path.stem for path in (solutions or solutions_dir()).glob("*.py")))


def parts(assignment: str, solutions: Path | None = None) -> tuple[Part, ...]:
    """The cells of `solutions/<assignment>.py`, validated. Raises `AuthorError` that says what to do."""
    path = (solutions or solutions_dir()) / f"{assignment}.py"
    if not path.is_file():
        raise AuthorError(f"solutions/{path.name} is missing: write the notebook's cells there")
    return _parts(path, path.stat().st_mtime_ns)


@cache
def _parts(path: Path, _version: int) -> tuple[Part, ...]:
    import jupytext  # takes a second, and only authors need it

    cells = [
        cell for cell in jupytext.reads(path.read_text("utf-8"), fmt="py:percent").cells if cell.cell_type != "raw"
    ]
    found = tuple(_part(cell, f"solutions/{path.name}, cell {number}") for number, cell in enumerate(cells, 1))
    _check_twins(found, path.name)
    _check_answers(found, path)
    return found


def _part(cell: object, where: str) -> Part:
    markdown, given, text = cell.cell_type == "markdown", cell.metadata, cell.source.strip("\n")  # type: ignore[attr-defined]
    role, lang = given.get("role", "prose" if markdown else None), given.get("lang")
    known = {"role", "lang", "exercise", "shows", "lines_to_next_cell", "cell_marker", "lines_to_end_of_cell_marker"}
    if unknown := sorted(set(given) - known):
        raise AuthorError(f"{where}: unknown attribute {unknown[0]!r}; a cell takes role, lang, exercise and shows")
    if role == "prose":
        if lang not in catalog.LANGUAGES:
            raise AuthorError(
                f'{where}: prose needs its language, as in `# %% [markdown] lang="{catalog.LANGUAGES[0]}"`'
            )
        return Part("prose", text, True, lang)
    if role not in ROLES or (markdown and role != "answer"):
        kind = "a markdown cell" if markdown else "a code cell"
        wanted = 'role="answer" or lang=' if markdown else "one of role=" + ", ".join(f'"{one}"' for one in ROLES)
        raise AuthorError(f"{where}: {kind} with role {role!r}; give it {wanted}")
    if (role == "answer") != ("exercise" in given):
        raise AuthorError(f'{where}: an answer cell, and no other, names its exercise: role="answer" exercise="..."')
    return Part(role, text, markdown, None, given.get("exercise"), tuple(given.get("shows", "").split()))


def _check_twins(found: tuple[Part, ...], name: str) -> None:
    """Every prose cell has its twins right after it, in the order of `LANGUAGES`."""
    at = 0
    while at < len(found):
        if found[at].role != "prose":
            at += 1
            continue
        group = tuple(part.lang for part in found[at : at + len(catalog.LANGUAGES)])
        if group != catalog.LANGUAGES:
            first = found[at].text.partition("\n")[0][:50]
            raise AuthorError(
                f"solutions/{name}: the prose cell {first!r} has no twin in every language right after it; "
                f"write one cell each for {', then '.join(catalog.LANGUAGES)}"
            )
        at += len(group)


def _check_answers(found: tuple[Part, ...], path: Path) -> None:
    wanted = {entry.id: entry.about for entry in catalog.of_assignment(path.stem)}
    answers = [part for part in found if part.role == "answer"]
    for part in answers:
        about = wanted.pop(part.exercise or "", None)
        if about is None:
            raise AuthorError(
                f"solutions/{path.name}: the answer cell of {part.exercise!r} stands twice or has no folder "
                f"autograde/exercises/{part.exercise} that names the assignment {path.stem!r}"
            )
        _check_answer(part, about, path.name)
    if wanted:
        raise AuthorError(
            f"solutions/{path.name}: the exercise {min(wanted)!r} has no answer cell; "
            f'add one with role="answer" exercise="{min(wanted)}"'
        )


def _check_answer(part: Part, about: Exercise | Question, name: str) -> None:
    where = f"solutions/{name}: the answer cell of {part.exercise!r}"
    if part.markdown != isinstance(about, Question):
        kind = "a markdown cell" if isinstance(about, Question) else "a code cell"
        raise AuthorError(f"{where} must be {kind}")
    if part.markdown:
        if part.text not in ("", TEXT_STUB):
            raise AuthorError(
                f"{where} must be empty: students get {TEXT_STUB!r}, the model answer stands in text.*.md"
            )
        return
    if part.text.count(BEGIN) != 1 or part.text.count(END) != 1 or part.text.index(BEGIN) > part.text.index(END):
        raise AuthorError(f"{where} needs its reference between one line {BEGIN!r} and one line {END!r}")
    try:
        ast.parse(part.text), ast.parse(stubbed(part.text))
    except SyntaxError as error:
        raise AuthorError(
            f"{where} is no Python, or its stub is not ({error}): where all of a body is the solution, "
            "leave a docstring before it"
        ) from None


def stubbed(text: str) -> str:
    """A code answer as a student receives it: the solution replaced by one comment, as nbgrader does."""
    return re.sub(rf"(?ms)^([ \t]*){BEGIN}.*?{END}[^\n]*$", rf"\1{CODE_STUB}", text)


def solution_lines(text: str) -> tuple[str, ...]:
    """The lines between the solution's markers."""
    inside = re.findall(rf"(?ms){BEGIN}[^\n]*\n(.*?)^[ \t]*{END}", text)
    return tuple(line for region in inside for line in region.splitlines())


def reference(slug: str, solutions: Path | None = None) -> str:
    """The answer cell of `slug` with the reference in it."""
    return _answer(slug, solutions).text


def stub(slug: str, solutions: Path | None = None) -> str:
    """The answer cell of `slug` as a student receives it."""
    return stubbed(_answer(slug, solutions).text)


def _answer(slug: str, solutions: Path | None) -> Part:
    assignment = catalog.load(slug).about.assignment
    return next(part for part in parts(assignment, solutions) if part.exercise == slug)


def setup_source(assignment: str, solutions: Path | None = None) -> str:
    """The code that a notebook runs before any answer: its set-up cells, joined."""
    return "\n\n".join(part.text for part in parts(assignment, solutions) if part.role == "setup")


def samples(slug: str, kind: str, solutions: Path | None = None) -> tuple[Path, ...]:
    """The sample answers of a kind: accept (they define what is right), alt, wrong or hack."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is none of {KINDS}")
    return tuple(sorted(((solutions or solutions_dir()) / "samples" / slug).glob(f"{kind}_*.py")))


def misconception_of(sample: Path) -> str:
    """The mistake that `wrong_<misconception>[--variant].py` makes."""
    return sample.stem.removeprefix("wrong_").partition("--")[0]


def wrong_samples(slug: str, solutions: Path | None = None) -> Iterator[tuple[str, Path]]:
    """Every known wrong answer with its misconception."""
    return ((misconception_of(path), path) for path in samples(slug, "wrong", solutions))
