"""Self-study in a terminal: look at a notebook again on every save, and move on exercise by exercise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from autograde.terms import Suggestion, Verdict

Results = Sequence[tuple[str, Verdict | Suggestion]]


def watch(
    notebook: Path,
    run_notebook: Callable[[Path], Results],
    *,
    lang: str,
    out: TextIO,
    wait: Callable[[Path], None] | None = None,
) -> int:
    """Look at `notebook`, say the first thing that does not hold, `wait` until it is saved again, and so on.

    Returns 0 once everything holds, 1 when the reader stops before (Ctrl-C).
    """
    raise NotImplementedError


def show(results: Results, *, lang: str, out: TextIO) -> bool:
    """Print the panel of every exercise; whether everything holds."""
    raise NotImplementedError
