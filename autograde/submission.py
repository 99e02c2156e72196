"""A submitted file -> what is to be graded: the course's own locked cells with the student's answers between them.

Nothing that a student can do to a file raises anything but `DamagedError`. What counts:

- A cell is known by its `grade_id`; where that is lost, by its text (locked cells), by the name that it defines (code
  answers) or by its neighbours (written answers).
- Locked cells are the course's; the student's copy of their source is never used.
- An answer that stands in several cells (copied, split): copies of the stub do not count; the others count together, in
  their order. Written pieces are joined; code pieces run one after another, so that a later definition replaces an
  earlier one, as it does in the student's own kernel.
- A code answer that became Markdown still counts as code, and the other way round.
"""

from __future__ import annotations

import ast
import codecs
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from autograde import catalog
from autograde.terms import Exercise

MAX_BYTES = 64 << 20  # a notebook full of pictures has a few megabytes; parsing takes about ten times its size
MAX_CELLS = 5_000
LONGEST = 100_000  # characters of code that are parsed here: parsing takes hundreds of times as much memory
Kind = Literal["code", "markdown"]
Role = Literal["prose", "setup", "demo", "answer", "check", "try", "own"]
RUNS = ("setup", "answer", "own")
LOCKED = ("setup", "demo", "check")


class DamagedError(Exception):
    """A file that cannot be graded; `id` names the sentence about it, `kind` the error's kind in the results."""

    def __init__(self, id: str, kind: Literal["malformed", "missing"] = "malformed", **facts: object) -> None:
        super().__init__(id)
        self.id, self.kind, self.facts = id, kind, facts


@dataclass(frozen=True)
class Remark:
    """Something about a file that its author should know: the id of a sentence and what it quotes."""

    id: str
    facts: Mapping[str, object]


@dataclass(frozen=True)
class Part:
    """One cell of a notebook as it is graded. `outputs` are what the student's copy showed, unchecked.

    A "try" cell is the course's invitation to try something, not accepted; with a student's words in it, it is "own".
    """

    name: str
    kind: Kind
    role: Role
    source: str
    exercise: str | None = None
    metadata: Mapping[str, Any] | None = None
    outputs: tuple[Any, ...] = ()
    attachments: Mapping[str, Any] | None = None
    ours: bool = False  # the course wrote the source

    @property
    def runs(self) -> bool:
        return self.kind == "code" and self.role in RUNS and bool(self.source.strip())


@dataclass(frozen=True)
class Course:
    """The course's own notebook of an assignment, as released: the stubs stand in its answer cells."""

    assignment: str
    parts: tuple[Part, ...]
    lang: str = catalog.LANGUAGES[0]

    @property
    def known(self) -> dict[str, int]:
        """The place of every cell that has a `grade_id`."""
        named = {place: part for place, part in enumerate(self.parts) if part.role in (*LOCKED, "answer")}
        return {part.name: place for place, part in named.items()}

    @property
    def exercises(self) -> tuple[str, ...]:
        return tuple(part.exercise for part in self.parts if part.role == "answer" and part.exercise)

    def answer(self, exercise: str) -> Part:
        """The answer cell of an exercise, with the stub in it."""
        return next(part for part in self.parts if part.role == "answer" and part.exercise == exercise)


@dataclass(frozen=True)
class Submission:
    """A notebook ready to be graded. `missing` names the exercises of which no cell is left."""

    lang: str
    parts: tuple[Part, ...]
    missing: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def answer(self, exercise: str) -> str:
        """What the student wrote for an exercise, all pieces of it."""
        return "\n\n".join(part.source for part in self.parts if part.role == "answer" and part.exercise == exercise)


# ---- from a folder to bytes


def choose(folder: Path, assignment: str) -> tuple[Path, tuple[Remark, ...]]:
    """The notebook of a submission: the one that is named as it should be, else the only one, else the first.

    A folder that is a link is refused, as a file is that leads out of its folder: it could be somebody else's work.
    """
    for path in (folder, folder.parent):
        if path.is_symlink():
            raise DamagedError("link_outside", name=path.name)
    paths = sorted(folder.glob("*"), key=lambda path: path.name)
    found = [path for path in paths if path.suffix.lower() == ".ipynb"]
    named = [path for path in found if path.stem == assignment]
    usable = [path for path in found if path.is_file()]
    if not found:
        others = [
            path.name for path in paths if path.suffix and path.suffix != ".txt" and not path.name.startswith(".")
        ]
        there = {"names": ", ".join(others[:3])} if others else {}
        raise DamagedError("other_files" if there else "no_notebook", "missing", wanted=f"{assignment}.ipynb", **there)
    chosen = (named or usable or found)[0]
    remarks = []
    if len(found) > 1:
        remarks.append(Remark("several_notebooks", {"count": len(found), "name": chosen.name}))
    elif not named:
        remarks.append(Remark("other_name", {"name": chosen.name, "wanted": f"{assignment}.ipynb"}))
    return chosen, tuple(remarks)


def read_bytes(path: Path) -> bytes:
    """The bytes of a submitted file. A link that leads out of its folder is refused: it could name any file here."""
    folder = path.parent.resolve()
    try:
        if folder not in path.resolve().parents:
            raise DamagedError("link_outside", name=path.name)
        handle = os.open(path.resolve(), os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode):
                raise DamagedError("not_a_file", name=path.name)
            if about.st_size > MAX_BYTES:
                raise DamagedError("too_large", name=path.name, mebibytes=about.st_size >> 20, limit=MAX_BYTES >> 20)
            return file.read(MAX_BYTES + 1)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        if isinstance(error, IsADirectoryError):
            raise DamagedError("not_a_file", name=path.name) from None
        raise DamagedError("unreadable", name=path.name) from None


# ---- from bytes to cells


def decode(data: bytes) -> str:
    """The text of a file in whatever encoding an editor saved it."""
    for mark, encoding in ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8-sig" if data.startswith(codecs.BOM_UTF8) else json.detect_encoding(data))
    except UnicodeDecodeError:
        return data.decode(_national(data), "replace")


def _national(data: bytes) -> str:
    """Chinese text in its national encoding has its high bytes side by side; Western text has them one by one."""
    runs = re.findall(rb"[\x80-\xff]+", data)
    return "gb18030" if sum(len(run) > 1 for run in runs) * 2 > len(runs) else "cp1252"


def parse(data: bytes) -> dict[str, Any]:
    """The notebook in a file's bytes, as JSON gives it; all that is sure is that it has a list of cells, `cells`."""
    if not data.strip(b"\x00 \t\r\n"):
        raise DamagedError("empty_file")
    try:
        book = json.loads(decode(data).strip("\x00 \t\r\n\ufeff"))
    except (ValueError, RecursionError):
        raise DamagedError("not_json") from None
    if isinstance(book, dict) and isinstance(book.get("worksheets"), list):  # nbformat 3
        sheets = [sheet.get("cells") for sheet in book["worksheets"] if isinstance(sheet, dict)]
        book["cells"] = [cell for cells in sheets if isinstance(cells, list) for cell in cells]
    if not isinstance(book, dict) or not isinstance(book.get("cells"), list):
        raise DamagedError("not_a_notebook")
    if len(book["cells"]) > MAX_CELLS:
        raise DamagedError("too_many_cells", count=len(book["cells"]), limit=MAX_CELLS)
    return book


def language(book: Mapping[str, Any], otherwise: str = catalog.LANGUAGES[0]) -> str:
    """The edition of a notebook, or `otherwise` where it does not say."""
    found = _dict(_dict(book.get("metadata")).get("autograde")).get("lang")
    return found if isinstance(found, str) and found in catalog.LANGUAGES else otherwise


def course(assignment: str, book: Mapping[str, Any]) -> Course:
    """The course's notebook as `Part`s. Its metadata say what each cell is for."""
    parts = []
    for cell in _cells(book["cells"]):
        about = _dict((cell.metadata or {}).get("autograde"))
        role, exercise = about.get("role", cell.role), about.get("exercise")
        exercise = exercise if exercise in catalog.slugs() else None
        parts.append(replace(cell, role=role, exercise=exercise, outputs=(), ours=role != "answer"))
    return Course(assignment, tuple(parts), language(book))


def read(data: bytes, course: Course) -> Submission:
    """What a submitted file asks to have graded. Raises `DamagedError` where it holds no notebook at all."""
    book = parse(data)
    lang = language(book, course.lang)
    cells = _recover([replace(cell, metadata=None) for cell in _cells(book["cells"])], course)
    answered = {cell.exercise for cell in cells if cell.role == "answer"}
    missing = tuple(exercise for exercise in course.exercises if exercise not in answered)
    if len(missing) == len(course.exercises):
        raise DamagedError("no_answers", "missing")
    return Submission(lang, tuple(_in_order(_gather(cells, course), course)), missing)


def _cells(cells: Iterable[Any]) -> Iterator[Part]:
    """A file's cells as they stand, the form of every field checked; `name` is the grade id that the file gives."""
    for number, cell in enumerate(cells):
        if not isinstance(cell, dict):
            continue
        kind: Kind = "code" if cell.get("cell_type") == "code" else "markdown"
        source = _text(cell.get("source", cell.get("input", "")))
        if cell.get("cell_type") == "heading":  # nbformat 3
            source = f"# {source}"
        metadata = _dict(cell.get("metadata"))
        name = _dict(metadata.get("nbgrader")).get("grade_id")
        outputs = cell.get("outputs")
        attachments = cell.get("attachments")
        yield Part(
            name if isinstance(name, str) else f"?{number}",
            kind,
            "own" if kind == "code" else "prose",
            source,
            metadata=metadata,
            outputs=tuple(outputs) if isinstance(outputs, list) else (),
            attachments=attachments if isinstance(attachments, dict) else None,
        )


def _text(source: Any) -> str:
    """A cell's source: a string, or a list of lines."""
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    text = source if isinstance(source, str) else ""
    return text.encode("utf-8", "replace").decode("utf-8")  # half of a surrogate pair cannot be written anywhere


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


# ---- which cell is which


def _recover(cells: list[Part], course: Course) -> list[Part]:
    """Give every cell the role that it has in the course, by its id or, where that is lost, by what it says."""
    known = course.known
    by_text = {part.source.strip(): part for part in course.parts if part.role in LOCKED and part.source}
    found = []
    for cell in cells:
        part = course.parts[known[cell.name]] if cell.name in known else by_text.get(cell.source.strip())
        found.append(cell if part is None else replace(cell, name=part.name, role=part.role, exercise=part.exercise))
    for exercise in course.exercises:
        if not any(cell.exercise == exercise and cell.role == "answer" for cell in found):
            place = _lost_answer(found, course, exercise)
            if place is not None:
                found[place] = replace(found[place], name=exercise, role="answer", exercise=exercise)
    return found


def _lost_answer(cells: list[Part], course: Course, exercise: str) -> int | None:
    """The cell that answers an exercise though its id is lost, or that of a locked cell with which it was merged."""
    about = catalog.load(exercise).about
    if isinstance(about, Exercise):
        locked = {course.parts[place].source.strip() for place in course.known.values()}
        free = {at: cell.source for at, cell in enumerate(cells) if cell.role != "answer" and cell.kind == "code"}
        places = [at for at, text in free.items() if text.strip() not in locked and defines(text, about.asks_for)]
        return places[-1] if places else None
    return _between_neighbours(cells, course, exercise)


def defines(source: str, names: Iterable[str]) -> bool:
    """Whether a cell defines any of the names at its top level."""
    return any(re.search(rf"(?m)^(?:class|(?:async +)?def) +{name}\b|^{name} *[=:]", source) for name in names)


def _between_neighbours(cells: list[Part], course: Course, exercise: str) -> int | None:
    """The one unknown Markdown cell between the cells that stand before and after the answer in the course."""
    texts = {part.source.strip() for part in course.parts if part.role == "prose"}
    place = next(at for at, part in enumerate(course.parts) if part.exercise == exercise and part.role == "answer")

    def at(offsets: range) -> int | None:
        for offset in offsets:
            part = course.parts[offset]
            for number, cell in enumerate(cells):
                same = cell.source.strip() == part.source.strip() if part.role == "prose" else cell.name == part.name
                if same and part.source.strip():
                    return number
        return None

    before, after = at(range(place - 1, -1, -1)), at(range(place + 1, len(course.parts)))
    between = range(-1 if before is None else before, len(cells) if after is None else after)
    free = [
        number
        for number in between[1:]
        if cells[number].role == "prose" and cells[number].source.strip() and cells[number].source.strip() not in texts
    ]
    return free[0] if len(free) == 1 else None


# ---- the notebook that is graded


def _gather(cells: list[Part], course: Course) -> list[Part]:
    """The student's cells in their order, with the course's locked source and the pieces of answers that count."""
    parts: list[Part] = []
    seen: set[str] = set()
    ours = {(part.kind, part.source.strip()): part for part in course.parts if part.role in ("prose", "try")}
    answers = {at: part for exercise in course.exercises for at, part in _pieces(cells, course, exercise)}
    for number, cell in enumerate(cells):
        if number in answers:
            parts.append(answers[number])
        elif cell.role in LOCKED:
            if cell.name not in seen:
                parts.append(replace(course.parts[course.known[cell.name]], outputs=cell.outputs))
            seen.add(cell.name)
        elif cell.role != "answer":
            unchanged = ours.get((cell.kind, cell.source.strip()))
            parts.append(replace(unchanged or cell, name=f"own_{number}"))
    return parts


def _pieces(cells: list[Part], course: Course, exercise: str) -> list[tuple[int, Part]]:
    """The places and texts of the cells that make up one answer; the last of them bears the exercise's name."""
    ours = course.answer(exercise)
    given = [(at, cell) for at, cell in enumerate(cells) if cell.role == "answer" and cell.exercise == exercise]
    if not given:
        return []
    written = [(at, cell) for at, cell in given if cell.source.strip() not in ("", ours.source.strip())]
    last = {cell.source.strip(): at for at, cell in written}  # of equal copies the last counts
    kept = [(at, cell) for at, cell in written if last[cell.source.strip()] == at] or given[:1]
    if len(kept) > 1 and (ours.kind == "markdown" or _cut_apart([cell.source for _, cell in kept])):
        joined = ("\n\n" if ours.kind == "markdown" else "\n").join(cell.source for _, cell in kept)
        attachments = {name: file for _, cell in kept for name, file in (cell.attachments or {}).items()}
        kept = [(kept[-1][0], replace(kept[-1][1], source=joined, attachments=attachments))]
    pieces = [
        replace(ours, name=f"{exercise}_{number}", source=cell.source, metadata=None, attachments=cell.attachments)
        for number, (_, cell) in enumerate(kept, 1)
    ]
    pieces[-1] = replace(pieces[-1], name=ours.name, metadata=ours.metadata)
    return [(at, piece) for (at, _), piece in zip(kept, pieces, strict=True)]


def _cut_apart(sources: list[str]) -> bool:
    """Whether one piece of code was cut in two: it is Python only when its pieces are put together."""
    return not all(_is_python(source) for source in sources) and _is_python("\n".join(sources))


def _is_python(source: str) -> bool:
    """Whether a cell parses, its lines for IPython left out. What is longer than any answer is not tried."""
    if len(source) > LONGEST:
        return False
    try:
        ast.parse(re.sub(r"(?m)^([ \t]*)[%!].*$", r"\1pass", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _in_order(parts: list[Part], course: Course) -> Iterator[Part]:
    """`parts` with the course's locked cells that are missing put back, and set-up before all that follows it."""
    known, given, out = course.known, {part.name: part for part in parts}, set[str]()

    def due(before: int) -> Iterator[Part]:
        for ours in course.parts[:before]:
            wanted = ours.role == "setup" or (ours.role in ("answer", "check") and ours.name not in given)
            if wanted and ours.name not in out:
                out.add(ours.name)
                yield given.get(ours.name, ours)

    for part in parts:
        yield from due(known.get(part.name, 0))
        if part.name not in out:
            out.add(part.name)
            yield part
    yield from due(len(course.parts))
