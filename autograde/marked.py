"""The graded notebook: the course's cells and the student's, made inert, with the verdicts where nbgrader looks.

nbgrader takes a graded cell's score from its first `execute_result`, and full marks where there is none; so every check
cell here ends in one, a plain float, whatever the student's copy showed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autograde import inert, speak
from autograde.sandbox import Outputs
from autograde.submission import Part, Submission

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Shown:
    """What is shown for one exercise: its points, and the verdict as HTML and as plain text."""

    points: float
    html: str
    plain: str


def notebook(submission: Submission, outputs: Outputs, verdicts: Mapping[str, Shown]) -> dict[str, Any]:
    """The graded notebook, in nbformat 4.5. `outputs`: what the cells that ran showed, by cell name; `verdicts`: by
    exercise.
    """
    count = iter(range(1, len(submission.parts) + 1))
    cells = [_cell(part, submission.lang, outputs, verdicts, count) for part in submission.parts]
    metadata = {"autograde": {"lang": submission.lang}, "kernelspec": KERNEL, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def to_bytes(book: Mapping[str, Any]) -> bytes:
    return (json.dumps(book, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8", "replace")


def _cell(
    part: Part,
    lang: str,
    outputs: Outputs,
    verdicts: Mapping[str, Shown],
    count: Iterator[int],
) -> dict[str, Any]:
    metadata = dict(part.metadata or {})
    cell: dict[str, Any] = {"cell_type": part.kind, "id": _id(part.name), "metadata": metadata, "source": part.source}
    if part.kind == "markdown":
        pictures = inert.attachments(part.attachments)
        if not part.ours:
            cell["source"] = inert.markdown(part.source, pictures)
        return cell | ({"attachments": pictures} if pictures else {})
    if part.role == "check" and part.exercise and part.exercise in verdicts:
        shown = _verdict(verdicts[part.exercise], number := next(count))
    elif part.role == "demo":
        number, shown = None, [_note(speak.say(lang, "not_run_again")), *inert.outputs(part.outputs)]
    else:
        number, shown = next(count) if part.runs else None, inert.outputs(outputs.get(part.name, ()))
    return cell | {"execution_count": number, "outputs": shown}


def _verdict(verdict: Shown, number: int) -> list[dict[str, Any]]:
    data = {"text/html": verdict.html, "text/plain": verdict.plain}
    return [
        {"output_type": "display_data", "data": data, "metadata": {}},
        {
            "output_type": "execute_result",
            "execution_count": number,
            "data": {"text/plain": repr(float(verdict.points))},
            "metadata": {},
        },
    ]


def _note(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text + "\n"}


def _id(name: str) -> str:
    """A cell id as nbformat allows it."""
    return re.sub(r"[^\w-]", "_", name, flags=re.A)[:64] or "_"
