"""The page that a student gets back: in the student's language, with nothing in it that runs or reaches out."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from autograde import feedback
from autograde.ledger import Entry, Standing
from autograde.results import Judged
from autograde.terms import ClaimVerdict, Verdict
from tests.test_inert import HOSTILE


class Page(HTMLParser):
    """What a browser would see: tags with their attributes, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def page(lang: str = "en", answer: str = "x", comment: str = "", student: str = "ada", **entry: Any) -> str:
    claims = (ClaimVerdict("shape", True, 5.0, 5.0), ClaimVerdict("values", False, 0.0, 15.0))
    judged = {
        "standardize": Judged(Verdict("standardize", "incorrect", 5.0, 20.0, claims), answer),
        "r01": Judged(Verdict("r01", "answered", 0.0, 2.0), answer),
    }
    question = Entry(**({"points": 0.0, "max_points": 2.0, "needs_manual_grade": True, "comment": comment} | entry))
    standing = Standing({"check_standardize": Entry(5.0, 20.0, False), "r01": question})
    return feedback.page(lang, "Made up", student, judged, standing, [])


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_anybody_wrote_runs_or_loads(text: str, made_up: Path) -> None:
    plain, hostile = Page(page()), Page(page(answer=text, comment=text, student=text))
    allowed = {"h1", "h2", "h3", "p", "em", "strong", "code", "pre", "ul", "ol", "li", "div", "table", "thead", "tbody"}
    assert {tag for tag, _ in hostile.tags} <= {tag for tag, _ in plain.tags} | allowed | {"tr", "th", "td", "br"}
    for _, attributes in hostile.tags:
        assert not {"src", "href", "srcset", "action", "data"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]


def test_the_page_loads_nothing_and_lets_nothing_run(made_up: Path) -> None:
    html = page()
    assert "default-src 'none'" in html
    assert not re.search(r"<(script|link|img|iframe)\b|https?://", html)


@pytest.mark.parametrize(("lang", "words"), [("en", "waits to be scored"), ("zh", "等待老师评分")])
def test_it_speaks_the_language_of_the_edition(lang: str, words: str, made_up: Path) -> None:
    html = page(lang)
    assert f'<html lang="{lang}">' in html
    assert words in html


def test_a_persons_score_and_comment_stand_on_it(made_up: Path) -> None:
    html = Page(page(comment="Why *two*?", points=1.5, by_hand=True, needs_manual_grade=False))
    assert "6.5 of 22 points" in html.text
    assert "Scored by a person: 1.5 of 2 points" in html.text
    assert ("em", {}) in html.tags
