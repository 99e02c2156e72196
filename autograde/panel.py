"""A panel: the small, quiet box that a student reads after a check, as plain text and as HTML. It knows no language."""

from __future__ import annotations

import html as _html
import re
import unicodedata
from dataclasses import dataclass

MARKS = {"holds": "✓", "fails": "✗", "unseen": "–", "found": "✓", "unsure": "?", "done": "✓", "open": "–"}
_UNFAMILIAR = ("unseen", "unsure")  # marks that need words beside them
_LABELLED = ("fails", *_UNFAMILIAR)  # in plain text a mark alone would let the statement read as true


@dataclass(frozen=True)
class Row:
    """A line of a panel: a mark and its words, what is said, a figure beside it, and a sentence below it."""

    mark: str
    label: str
    statement: str
    figure: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Panel:
    """What a person is shown: text only. Nothing in it is markup, apart from `code` between backticks."""

    title: str = ""
    score: str = ""
    rows: tuple[Row, ...] = ()
    lines: tuple[str, ...] = ()
    step_label: str = ""
    step: str = ""
    note: str = ""


def plain(panel: Panel) -> str:
    """A panel as lines of text."""
    head = " · ".join(part for part in (panel.title, panel.score) if part)
    out = [head] if head else []
    for row in panel.rows:
        statement = joined(row.label if row.mark in _LABELLED else "", row.statement)
        out.append(f"{MARKS[row.mark]} " + " · ".join(part for part in (statement, row.figure) if part))
        out += [f"    {line}" for line in row.detail.splitlines()]
    out += panel.lines
    if panel.step:
        out.append(joined(panel.step_label, panel.step))
    return "\n".join([*out, panel.note] if panel.note else out)


def joined(label: str, sentence: str) -> str:
    """Label and sentence, with a space between them where the label's script has spaces."""
    if not label or sentence.startswith(label):
        return sentence
    return label + gap(label) + sentence


def gap(label: str) -> str:
    """What stands between a label and its sentence: nothing after a full-width colon."""
    return "" if unicodedata.east_asian_width(label[-1]) in "WF" else " "


def html(panel: Panel, lang: str) -> str:
    """A panel as HTML. Colours are the theme's own; the marks' are legible on light and dark alike."""
    score = f'<span style="{_FIGURE}">{inline(panel.score)}</span>' if panel.score else ""
    parts = [f'<div style="{_HEAD}"><strong>{inline(panel.title)}</strong>{score}</div>'] if panel.title else []
    if panel.rows:
        parts.append(f'<ul role="list" style="{_LIST}">{"".join(_row_html(row) for row in panel.rows)}</ul>')
    if panel.lines:
        parts.append(f'<p style="{_PARAGRAPH}">{inline(chr(10).join(panel.lines))}</p>')
    if panel.step:
        step = joined(panel.step_label, panel.step).removeprefix(panel.step_label)
        parts.append(f'<p style="{_PARAGRAPH}"><strong>{inline(panel.step_label)}</strong>{inline(step)}</p>')
    if panel.note:
        parts.append(f'<p style="{_PARAGRAPH};{_QUIET}">{inline(panel.note)}</p>')
    return f'<div lang="{_html.escape(lang)}" style="{_BOX}">{"".join(parts)}</div>'


def _row_html(row: Row) -> str:
    style = f"{_MARK};color:{COLOURS.get(row.mark, 'inherit')}"
    mark = f'<span role="img" aria-label="{_html.escape(row.label)}" style="{style}">{MARKS[row.mark]}</span>'
    label = ""
    if row.mark in _UNFAMILIAR:  # said in words, so the mark need not be read out
        mark = f'<span aria-hidden="true" style="{style}">{MARKS[row.mark]}</span>'
        label = f'<span style="{_QUIET}">{inline(row.label)}</span>{gap(row.label)}'
    figure = f'<span style="{_FIGURE};{_QUIET}">{inline(row.figure)}</span>' if row.figure else ""
    detail = f'<div style="{_QUIET}">{inline(row.detail)}</div>' if row.detail else ""
    said = f'<div style="flex:1;min-width:0">{label}{inline(row.statement)}{detail}</div>'
    return f'<li style="{_ROW}">{mark}{said}{figure}</li>'


def inline(text: str) -> str:
    """Escaped text in which `backticks` are code and line breaks are kept."""
    escaped = _html.escape(text, quote=True).replace("\n", "<br>")
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)


_BOX = (
    "max-width:46em;margin:.3em 0;padding:.5em 0 .5em 1em;line-height:1.5;color:inherit;"
    "border-left:3px solid var(--jp-border-color1,rgba(128,128,128,.5))"
)
_HEAD = "display:flex;gap:1em;justify-content:space-between;align-items:baseline"
_LIST = "list-style:none;margin:.4em 0;padding:0"
_ROW = "display:flex;gap:.6em;align-items:baseline;margin:.15em 0;padding:0"
_MARK = "flex:none;width:1.1em;text-align:center;font-weight:bold"
_FIGURE = "flex:none;white-space:nowrap;font-variant-numeric:tabular-nums"
_QUIET = "opacity:.8"
_PARAGRAPH = "margin:.4em 0 0"
# At least 3:1 against white, #111 and VS Code's #1e1e1e (a test measures it); the mark's shape says the same.
COLOURS = {"holds": "#2e8b57", "found": "#2e8b57", "done": "#2e8b57", "fails": "#d1495b", "unsure": "#a8751a"}
