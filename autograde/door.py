"""The student's door: `check`, `hint`, `solution` and `progress`.

They show a panel (HTML in a notebook, plain text elsewhere), write no files, use no network, and never raise for what a
student did. TensorFlow comes in only with the student's own object.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Any

from autograde import catalog, panel, speak, where
from autograde.catalog import Entry
from autograde.judge import judge
from autograde.observe import observe
from autograde.panel import Panel, Row
from autograde.quiet import quiet
from autograde.terms import Exercise

Names = Mapping[str, Any]


@dataclass
class Session:
    """What this kernel remembers: how many hints of an exercise were given, and the points last seen."""

    hints: dict[str, int] = field(default_factory=dict)
    points: dict[str, float] = field(default_factory=dict)


@cache
def session() -> Session:
    """The one session of this process."""
    return Session()


def check(exercise: str, answer: str | None = None, *, namespace: Names | None = None) -> float:
    """Show what holds of an answer and what does not, and return its points.

    A code exercise is looked at in `namespace` (by default the caller's, in a notebook the notebook's). A question's
    answer is read from the notebook as last saved, or is the text `answer`; its points are a suggestion.
    Returns a builtin float: nbgrader gives full marks to a cell that ends in a NumPy one.
    """
    names = sys._getframe(1).f_globals if namespace is None else namespace
    entry, lang = _meet(exercise, names)
    if entry is None:
        return 0.0
    look = _look_at_object if isinstance(entry.about, Exercise) else _look_at_text
    points = look(entry, answer, names, lang)
    if points is None:
        return 0.0
    session().points[entry.id] = points
    return points


def hint(exercise: str) -> None:
    """Show the next hint of an exercise's ladder; after the last, the last again."""
    entry, lang = _meet(exercise, sys._getframe(1).f_globals)
    if entry is None:
        return
    text = entry.text[lang]
    ladder = text.ids("hint")
    if not ladder:
        _show(Panel(text.title, lines=(speak.say(lang, "hint_none"),)), lang)
        return
    number = min(session().hints.get(entry.id, 0) + 1, len(ladder))
    session().hints[entry.id] = number
    left = len(ladder) - number
    note = speak.say(lang, "hint_more" if left else "hint_last", left=left)
    score = speak.say(lang, "hint_title", number=number, total=len(ladder))
    _show(Panel(text.title, score, lines=text.get("hint", ladder[number - 1]), note=note), lang)


def solution(exercise: str) -> None:
    """Show a question's model answer, or say where the reference of a code exercise stands; unless that is off."""
    names = sys._getframe(1).f_globals
    entry, lang = _meet(exercise, names)
    if entry is None:
        return
    text = entry.text[lang]
    notebook = where.notebook(names, entry.id)
    if notebook is not None and not notebook.solutions:
        _show(Panel(text.title, lines=(speak.say(lang, "solution_off"),)), lang)
    elif isinstance(entry.about, Exercise):
        line = speak.say(lang, "solution_code", assignment=entry.about.assignment)
        _show(Panel(text.title, lines=(line,)), lang)
    elif answer := text.get("model_answer"):
        heading = f"**{text.title}** · {speak.say(lang, 'solution_title')}"
        _publish("text/markdown", "\n\n".join([heading, *answer]), "\n\n".join([heading.replace("**", ""), *answer]))
    else:
        _show(Panel(text.title, lines=(speak.say(lang, "solution_none"),)), lang)


def progress() -> None:
    """Show what of this notebook is done and what is open: points as last seen here, written answers as last saved."""
    names = sys._getframe(1).f_globals
    if _graded_elsewhere():
        return
    lang = where.language(names)
    notebook = where.notebook(names)
    entries = _entries_of(notebook)
    rows = tuple(_progress_row(entry, notebook, lang) for entry in entries)
    open_ = [row.statement for row in rows if row.mark == "open"]
    score = speak.say(lang, "progress_done", done=len(rows) - len(open_), total=len(rows))
    line = speak.say(lang, "progress_next", title=open_[0]) if open_ else speak.say(lang, "progress_all")
    written = notebook is not None and not all(isinstance(entry.about, Exercise) for entry in entries)
    note = _read_when(notebook, lang) if notebook is not None and written else ""
    _show(Panel(speak.say(lang, "progress_title"), score, rows, (line,), note=note), lang)


# ---- finding out what is meant


def _graded_elsewhere() -> bool:
    """In a grader's child the judge sits in another process: here is nothing to say, and nobody to say it to."""
    return bool(os.environ.get("AUTOGRADE_SANDBOX"))


def _meet(exercise: object, names: Names) -> tuple[Entry | None, str]:
    """The exercise that is meant (an object such as `train` itself will do) and the language to speak.

    Where there is no such exercise, say which there are.
    """
    if _graded_elsewhere():
        return None, ""
    name = exercise if isinstance(exercise, str) else str(getattr(exercise, "__name__", exercise))
    known = catalog.slugs()
    if name in known:
        return catalog.load(name), where.language(names, name)
    lang = where.language(names)
    asked = {object_: entry.id for entry in catalog.entries() for object_ in getattr(entry.about, "asks_for", ())}
    guess = asked.get(name) or next(iter(get_close_matches(name.lower(), known, n=1)), None)
    id = "did_you_mean" if guess else "unknown_exercise"
    listed = speak.Sentence(", ".join(f"`{slug}`" for slug in known))
    sentence = speak.say(lang, id, exercise=name, guess=guess or "", names=listed)
    _show(Panel(lines=(sentence,)), lang)
    return None, lang


def _entries_of(notebook: where.Notebook | None) -> tuple[Entry, ...]:
    """The exercises of the notebook, in its order; where it is not known, of the assignments looked at so far."""
    known = catalog.slugs()
    if notebook is not None and (here := [slug for slug in notebook.answers if slug in known]):
        return tuple(catalog.load(slug) for slug in here)
    looked_at = {catalog.load(slug).about.assignment for slug in session().points}
    return tuple(entry for entry in catalog.entries() if not looked_at or entry.about.assignment in looked_at)


# ---- looking


def _look_at_object(entry: Entry, _: str | None, names: Names, lang: str) -> float | None:
    assert isinstance(entry.about, Exercise)
    missing = [name for name in entry.about.asks_for if name not in names]
    if missing:
        line = speak.say(lang, "not_defined", names=", ".join(missing))
        _show(Panel(entry.text[lang].title, speak.outcome(lang, "untouched"), lines=(line,)), lang)
        return None
    expected = entry.expected()
    with quiet():
        seen = observe(entry.probe, names, entry.about.asks_for, entry.cases(catalog.PUBLIC_SEED))
    verdict = judge(entry.about, seen, expected)
    _publish("text/html", speak.html(verdict, entry, lang), speak.plain(verdict, entry, lang))
    return float(verdict.points)


def _look_at_text(entry: Entry, answer: str | None, names: Names, lang: str) -> float | None:
    note = ""
    if answer is None:
        notebook = where.notebook(names, entry.id)
        if notebook is None or entry.id not in notebook.answers:
            id = "no_notebook" if notebook is None else "no_answer_cell"
            line = speak.say(lang, id, exercise=entry.id, notebook=notebook.name if notebook else "")
            _show(Panel(entry.text[lang].title, lines=(line,)), lang)
            return None
        answer, note = notebook.answers[entry.id], _read_when(notebook, lang)
    if not answer.strip():
        title = entry.text[lang].title
        line = speak.say(lang, "untouched_question", title=title)
        _show(Panel(title, speak.outcome(lang, "untouched"), lines=(line,), note=note), lang)
        return None
    from autograde import rubric  # needed for questions only

    suggestion = rubric.suggest(entry.id, answer, lang)
    _publish(
        "text/html",
        speak.question_html(suggestion, entry, lang, note=note),
        speak.question_plain(suggestion, entry, lang, note=note),
    )
    return float(suggestion.points)


def _read_when(notebook: where.Notebook, lang: str) -> str:
    if notebook.saved is None:
        return speak.say(lang, "read_live")
    return speak.say(lang, "saved_at", notebook=notebook.name, time=f"{notebook.saved:%Y-%m-%d %H:%M:%S}")


def _progress_row(entry: Entry, notebook: where.Notebook | None, lang: str) -> Row:
    about, points = entry.about, session().points.get(entry.id)
    written = notebook is not None and bool(notebook.answers.get(entry.id))
    full = points is not None and points >= about.max_points
    done = full if isinstance(about, Exercise) else written or points is not None
    state = _state(about, points, done)
    worth = {"points": speak.figure(points or 0.0), "max_points": speak.figure(about.max_points)}
    mark = "done" if done else "open"
    return Row(mark, speak.say(lang, mark), entry.text[lang].title, speak.say(lang, state, **worth))


def _state(about: object, points: float | None, done: bool) -> str:
    """The id of the sentence about how far an exercise is."""
    if isinstance(about, Exercise):
        return "progress_unchecked" if points is None else "progress_full" if done else "progress_points"
    if points is not None:
        return "progress_suggested"
    return "progress_answered" if done else "progress_open"


# ---- showing


def _show(what: Panel, lang: str) -> None:
    _publish("text/html", panel.html(what, lang), panel.plain(what))


def _publish(kind: str, rich: str, plain: str) -> None:
    """Display `rich` where IPython runs, with `plain` beside it; print `plain` elsewhere."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        ipython.display.display({kind: rich, "text/plain": plain}, raw=True)
        return
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(plain.encode(encoding, "replace").decode(encoding))
