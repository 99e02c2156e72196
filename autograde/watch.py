"""Self-study in a terminal: look at a notebook again on every save, and move on exercise by exercise.

Where a reader stopped is remembered beside the notebooks, in `.autograde-progress.json`:
`{"version": 1, "at": {"training_loops.ipynb": "train_two_optimizers"}}`.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from autograde import catalog, speak
from autograde.terms import Suggestion, Verdict

PLACE = ".autograde-progress.json"
Result = tuple[str, Verdict | Suggestion]
Results = Sequence[Result]
Look = Callable[[Path], Results]
Stamp = tuple[int, int, int]  # time, size and inode of a file
Wait = Callable[[Path, "Stamp | None"], None]


class NotNowError(Exception):
    """A notebook cannot be looked at as it is saved now: a sentence that says why."""


def watch(notebook: Path, run_notebook: Look, *, lang: str, out: TextIO, wait: Wait | None = None) -> int:
    """Look at `notebook`, say the first thing that does not hold, `wait` until it was saved, and so on.

    Returns 0 once everything holds, 1 when the reader stops before (Ctrl-C). An error of `run_notebook` itself, such as
    a file that is being written, is said, and the next save awaited.
    """
    wait = wait or until_saved
    at = recall(notebook)
    if at is not None:
        _line(out, speak.say(lang, "watch_resumed", title=_title(at, lang)))
    try:
        while True:
            stamp = _stamp(notebook)  # before the look: a save during it counts
            before, at = at, _look(notebook, run_notebook, at, lang, out)
            if at is None:
                remember(notebook, None)
                _line(out, speak.say(lang, "watch_all", notebook=notebook.name))
                return 0
            if at != before:
                remember(notebook, at)
            _line(out, speak.say(lang, "watch_waiting", notebook=notebook.name))
            wait(notebook, stamp)
    except KeyboardInterrupt:
        _line(out, "\n" + speak.say(lang, "watch_stopped", file=PLACE))
        return 1


def _look(notebook: Path, run_notebook: Look, before: str | None, lang: str, out: TextIO) -> str | None:
    """Say what has come to hold since `before`, and the first thing that does not hold; its id, None if all holds."""
    try:
        results = run_notebook(notebook)
    except NotNowError as error:
        _line(out, str(error))
        return before or ""
    except Exception as error:  # a reader who saves a broken file corrects it and saves again
        _line(out, speak.say(lang, "watch_failed", notebook=notebook.name, error=f"{type(error).__name__}: {error}"))
        return before or ""
    failing = [(slug, result) for slug, result in results if not holds(result)]
    if before and before not in (slug for slug, _ in failing):
        _line(out, speak.say(lang, "watch_moved_on", title=_title(before, lang)))
    _line(out, speak.say(lang, "watch_count", done=len(results) - len(failing), total=len(results)))
    if not failing:
        return None
    slug, result = next((one for one in failing if one[0] == before), failing[0])
    _line(out, "\n" + describe(slug, result, lang) + "\n")
    return slug


def show(results: Results, *, lang: str, out: TextIO) -> bool:
    """Print the panel of every exercise; whether everything holds."""
    for slug, result in results:
        _line(out, describe(slug, result, lang) + "\n")
    _line(out, speak.say(lang, "watch_count", done=sum(holds(result) for _, result in results), total=len(results)))
    return all(holds(result) for _, result in results)


def holds(result: Verdict | Suggestion) -> bool:
    """Whether one can move on: a verdict is correct, or no key point of a short answer is missing."""
    if isinstance(result, Suggestion):
        return not result.remark and all(point.found is not False for point in result.key_points)
    return result.outcome == "correct"


def describe(slug: str, result: Verdict | Suggestion, lang: str) -> str:
    """The panel of one result as plain text."""
    entry = catalog.load(slug)
    if isinstance(result, Suggestion):
        return speak.question_plain(result, entry, lang)
    return speak.plain(result, entry, lang)


def _title(slug: str, lang: str) -> str:
    return catalog.load(slug).text[lang].title if slug in catalog.slugs() else slug


# ---- the place


def recall(notebook: Path) -> str | None:
    """The exercise at which the reader of `notebook` stopped; None where nothing (readable) is remembered."""
    at = _places(notebook).get(notebook.name)
    return at if at in catalog.slugs() else None


def remember(notebook: Path, at: str | None) -> None:
    """Keep the place for next time. Where the folder cannot be written, nothing is remembered."""
    places = _places(notebook)
    places.pop(notebook.name, None)
    if at:
        places[notebook.name] = at
    path = notebook.with_name(PLACE)
    part = path.with_suffix(".part")
    try:
        part.write_text(json.dumps({"version": 1, "at": places}, indent=1, ensure_ascii=False) + "\n", "utf-8")
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)


def _places(notebook: Path) -> dict[str, str]:
    try:
        places = json.loads(notebook.with_name(PLACE).read_text("utf-8"))["at"]
        return {str(name): at for name, at in places.items() if isinstance(at, str)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


# ---- the terminal


def until_saved(notebook: Path, before: Stamp | None, *, pause: Callable[[float], None] = time.sleep) -> None:
    """Return once `notebook` was saved: it has another stamp than `before`."""
    while (now := _stamp(notebook)) == before or now is None:
        pause(0.5)


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except FileNotFoundError:  # an editor that saves by renaming: for a moment there is no such file
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _line(out: TextIO, text: str) -> None:
    out.write((coloured(text) if wants_colour(out) else text) + "\n")
    out.flush()


def wants_colour(out: TextIO) -> bool:
    """Whether `out` is a terminal that shows colours, and the reader has not turned them off (https://no-color.org)."""
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def coloured(text: str) -> str:
    """`text` with the marks at the beginning of its lines in the terminal's own green, red and yellow."""
    colours = {"✓": 32, "✗": 31, "?": 33}
    return re.sub(r"^[✓✗?](?= )", lambda mark: f"\x1b[{colours[mark[0]]}m{mark[0]}\x1b[0m", text, flags=re.M)
