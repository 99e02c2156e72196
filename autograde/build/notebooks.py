"""From an assignment's source to its notebook in one language, with the metadata that nbgrader and Jupyter read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import nbformat.v4 as v4
from nbformat import NotebookNode

from autograde import catalog
from autograde.build import source
from autograde.build.source import Part
from autograde.catalog import CODE_STUB, TEXT_STUB

LOCKED = {"editable": False, "deletable": False}


def notebook(assignment: str, lang: str, *, release: bool, solutions: Path | None = None) -> NotebookNode:
    """The notebook of an assignment: the instructor's source or, with `release`, what a student receives.

    The release is made by nbgrader's own preprocessors, so it equals what `nbgrader generate_assignment` makes of the
    source. Prose is locked by Jupyter's metadata alone: nbgrader restores its locked cells from the gradebook, which
    knows one language only. Code cells are the same bytes in every language.
    """
    parts = [part for part in source.parts(assignment, solutions) if part.lang in (None, lang)]
    book = v4.new_notebook(
        cells=list(_cells(parts, lang)),
        metadata={
            "autograde": {"lang": lang},
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
    )
    return _released(book) if release else book


def to_text(book: NotebookNode) -> str:
    """A notebook as its file has it: keys sorted and sources split into lines, so that a difference can be read."""
    return f"{v4.writes(book, sort_keys=True)}\n"


def _cells(parts: list[Part], lang: str) -> Iterator[NotebookNode]:
    numbers: Counter[str] = Counter()
    for part in parts:
        if part.exercise is None:
            numbers[part.role] += 1
            yield _cell(part, f"{part.role}_{numbers[part.role]}", part.text)
            continue
        about = catalog.load(part.exercise).about
        if part.markdown:
            answer = "\n\n".join(catalog.load(part.exercise).text[lang].get("model_answer"))
            text = f"{source.BEGIN}\n{answer}\n{source.END}"
            yield _cell(part, part.exercise, text, points=about.max_points)
        else:
            yield _cell(part, part.exercise, part.text)
            yield _check_cell(part.exercise, about.max_points)


def _cell(part: Part, name: str, text: str, points: float | None = None) -> NotebookNode:
    make = v4.new_markdown_cell if part.markdown else v4.new_code_cell
    about = {"role": part.role} | ({"exercise": part.exercise} if part.exercise else {})
    metadata: dict[str, object] = {"autograde": about | ({"shows": list(part.shows)} if part.shows else {})}
    if part.role in ("prose", "setup", "demo"):
        metadata |= LOCKED
    if part.role == "answer":
        metadata |= {"deletable": False}
    if part.role in ("setup", "demo", "answer"):
        kind = "markdown" if part.markdown else "code"
        metadata["nbgrader"] = _nbgrader(name, kind, locked=part.role != "answer", points=points)
    return make(text, id=name, metadata=metadata)


def _check_cell(slug: str, points: float) -> NotebookNode:
    name = f"check_{slug}"
    metadata = {"autograde": {"role": "check", "exercise": slug}, "nbgrader": _nbgrader(name, "code", True, points)}
    return v4.new_code_cell(f'check("{slug}")', id=name, metadata=metadata | LOCKED)


def _nbgrader(name: str, kind: str, locked: bool, points: float | None) -> dict[str, object]:
    """nbgrader's record of a cell: locked set-up, an answer, or a graded check. It adds the checksum itself."""
    return {
        "schema_version": 3,
        "grade_id": name,
        "cell_type": kind,
        "locked": locked,
        "solution": not locked,
        "grade": points is not None,
        "task": False,
    } | ({} if points is None else {"points": int(points) if points == int(points) else points})


def nbgrader_config() -> dict[str, dict[str, object]]:
    """What a class folder's `nbgrader_config.py` must set for `generate_assignment` to make these same notebooks."""
    return {"ClearSolutions": {"code_stub": {"python": CODE_STUB}, "text_stub": TEXT_STUB}}


def _released(book: NotebookNode) -> NotebookNode:
    from nbgrader.preprocessors import ClearOutput, ClearSolutions, ComputeChecksums, LockCells
    from traitlets.config import Config

    config = Config(nbgrader_config())
    resources: dict[str, object] = {}
    for preprocessor in (LockCells, ClearSolutions, ClearOutput, ComputeChecksums):
        book, resources = preprocessor(config=config).preprocess(book, resources)
    return book
