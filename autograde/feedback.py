"""The page that a student gets back: one self-contained HTML file in the student's language, nothing in it active."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from markdown_it import MarkdownIt

from autograde import catalog, inert, pages, speak
from autograde.ledger import Entry, Standing
from autograde.results import Judged, grade_id
from autograde.terms import Exercise


@dataclass(frozen=True)
class Item:
    """One exercise on the page: what was asked, what was answered, and what is said about it."""

    title: str
    question: str
    answer: str
    code: bool
    panel: str  # HTML made by `speak`
    message: str
    entry: Entry


def page(
    lang: str, title: str, student: str, judged: Mapping[str, Judged], standing: Standing, remarks: Sequence[str]
) -> str:
    """The feedback page. `remarks` are sentences about the file as a whole."""
    total = sum(entry.points for entry in standing.cells.values()) - standing.penalty
    return pages.render(
        "feedback.html",
        lang=lang,
        title=title,
        student=student,
        items=[_item(one, standing.cells[grade_id(slug)], lang) for slug, one in judged.items()],
        remarks=remarks,
        score=speak.figure(max(total, 0.0)),
        max_score=speak.figure(sum(entry.max_points for entry in standing.cells.values())),
        penalty=speak.figure(standing.penalty) if standing.penalty else "",
        say=partial(speak.say, lang),
        figure=speak.figure,
        markdown=markdown,
    )


def _item(judged: Judged, entry: Entry, lang: str) -> Item:
    about = catalog.load(judged.verdict.exercise)
    question = "\n\n".join(about.text[lang].get("question"))
    code = isinstance(about.about, Exercise)
    return Item(
        about.text[lang].title, question, judged.answer, code, judged.shown(lang).html, judged.message(lang), entry
    )


def markdown(text: str) -> str:
    """Markdown as HTML: raw HTML shown as text, links and images left out."""
    return inert.html(_markdown().render(text))


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable(["link", "image", "autolink", "reference"])
