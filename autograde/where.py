"""Which notebook this kernel belongs to, in which language, and what its cells say as last saved.

A kernel is not told which notebook drives it. What there is instead: JupyterLab and Notebook 7 set `JPY_SESSION_NAME`,
VS Code puts `__vsc_ipynb_file__` into the namespace, Colab answers a message with the notebook itself; under nbclient
and in a terminal there is only the current folder, in which often just one notebook has the cell that is looked for.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from autograde.catalog import LANGUAGES, TEXT_STUB

MAX_BYTES = 64 << 20  # a notebook with more pictures than that is not read on every check


@dataclass(frozen=True)
class Notebook:
    """A notebook as last saved: its cells by grade id, its edition, and when that was (None: as it is right now).

    A written answer that is still the stub, or blank, is "". `solutions`: whether model answers may be shown.
    """

    name: str
    answers: Mapping[str, str] = field(default_factory=dict)
    lang: str | None = None
    solutions: bool = True
    saved: datetime | None = None


def notebook(namespace: Mapping[str, Any], grade_id: str | None = None) -> Notebook | None:
    """The notebook that the kernel belongs to; None where that cannot be told.

    `grade_id` names a cell that it should have. A notebook that is said to be the kernel's comes back without it too,
    if no other fits: the variable that says so may be inherited from another kernel, or the cell may have been deleted.
    """
    told = [found for path in _told(namespace) if (found := read(path)) is not None]
    fitting = [found for found in told if grade_id is None or grade_id in found.answers]
    if fitting:
        return fitting[0]
    if (found := _colab()) is not None:
        return found
    beside = _beside(grade_id)
    return beside[0] if len(beside) == 1 else next(iter(told), None)


def language(namespace: Mapping[str, Any], grade_id: str | None = None) -> str:
    """The language to speak: `AUTOGRADE_LANG`, else the edition of the notebook or notebooks that can be meant."""
    wanted = os.environ.get("AUTOGRADE_LANG", "")
    if wanted in LANGUAGES:
        return wanted
    for path in _told(namespace):
        if (found := read(path)) is not None:
            return found.lang or LANGUAGES[0]
    if (edition := _colab_edition()) is not None:
        return edition
    editions = {found.lang for found in _beside(grade_id)}
    return (editions.pop() if len(editions) == 1 else None) or LANGUAGES[0]


def read(path: Path) -> Notebook | None:
    """The notebook at `path`; None where there is none that can be read."""
    try:
        status = path.stat()
        return _read(path, status.st_mtime_ns) if status.st_size <= MAX_BYTES else None
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=8)
def _read(path: Path, mtime_ns: int) -> Notebook:
    saved = datetime.fromtimestamp(mtime_ns / 1e9)
    return parse(json.loads(path.read_text("utf-8")), path.name, saved)


def parse(content: Any, name: str, saved: datetime | None) -> Notebook:
    """A notebook's JSON (nbformat 4) as a `Notebook`. Raises `ValueError` where it is none."""
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise ValueError(f"{name} is not a notebook")
    metadata = content.get("metadata")
    edition = metadata.get("autograde") if isinstance(metadata, dict) else None
    edition = edition if isinstance(edition, dict) else {}
    lang = edition.get("lang")
    return Notebook(
        name,
        _answers(content["cells"]),
        lang if lang in LANGUAGES else None,
        edition.get("solutions") is not False,
        saved,
    )


def _answers(cells: list[Any]) -> dict[str, str]:
    """The source of every cell that has a grade id; copies of a cell are joined, unless they are still the stub."""
    found: dict[str, list[str]] = {}
    for cell in cells:
        try:
            grade_id, source = cell["metadata"]["nbgrader"]["grade_id"], cell["source"]
        except (KeyError, TypeError):
            continue
        text = "".join(source) if isinstance(source, list) else str(source)
        found.setdefault(str(grade_id), []).append(text.replace(TEXT_STUB, "").strip())
    return {grade_id: "\n\n".join(filter(None, texts)) for grade_id, texts in found.items()}


def _told(namespace: Mapping[str, Any]) -> Iterator[Path]:
    """Where the program around the kernel says that the notebook is, as far as that is a notebook's path."""
    for said in (namespace.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")):
        if isinstance(said, str) and said.endswith(".ipynb"):
            path = Path(said)
            yield path
            if not path.is_absolute():  # relative to the server's root, which a kernel does not know; it runs beside it
                yield Path.cwd() / path.name


def _beside(grade_id: str | None) -> list[Notebook]:
    """The notebooks of the current folder that have the cell `grade_id` (any cell with a grade id, where None)."""
    found = (read(path) for path in sorted(Path.cwd().glob("*.ipynb")))
    return [one for one in found if one is not None and (grade_id in one.answers if grade_id else one.answers)]


@cache
def _colab_edition() -> str | None:
    """An edition does not change while a kernel lives, so Colab is asked once only."""
    found = _colab()
    return found.lang if found else None


def _colab() -> Notebook | None:
    """In Colab, the notebook as the browser holds it now."""
    if "google.colab" not in sys.modules:
        return None
    try:
        from google.colab import _message  # the only way that Colab offers

        reply = _message.blocking_request("get_ipynb", request="", timeout_sec=5)
        return parse(reply["ipynb"], "Colab", None)
    except Exception:  # whatever Colab changes one day, `check` goes on without the notebook
        return None
