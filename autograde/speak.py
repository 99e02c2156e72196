"""Verdict x language -> sentences, as plain text and as a small HTML panel. No sentence stands here, only in text.*.md."""

from __future__ import annotations

from autograde.catalog import Entry, Text
from autograde.terms import Suggestion, Verdict


def say(lang: str, id: str, **facts: object) -> str:
    """The common sentence `## message <id>`, its placeholders filled with `facts`."""
    raise NotImplementedError


def outcome(lang: str, id: str) -> str:
    """A word or two for an outcome or an error's kind ("not started", "ran out of time"): `## outcome <id>`, first paragraph."""
    raise NotImplementedError


def explain(lang: str, id: str, **facts: object) -> str:
    """What an outcome or an error's kind means for a student: `## outcome <id>`, second paragraph."""
    raise NotImplementedError


def message(verdict: Verdict, about: Entry | Text, lang: str) -> str:
    """At most four lines of plain text: seen, wanted, likely cause, next step."""
    raise NotImplementedError


def plain(verdict: Verdict, about: Entry | Text, lang: str) -> str:
    """The whole panel as plain text."""
    raise NotImplementedError


def html(verdict: Verdict, about: Entry | Text, lang: str) -> str:
    """The panel as HTML: everything escaped, inline style only, nothing to click."""
    raise NotImplementedError


def question_plain(suggestion: Suggestion, about: Entry | Text, lang: str) -> str:
    """Which key points an answer makes, with its own words, and a question about one that is missing."""
    raise NotImplementedError


def question_html(suggestion: Suggestion, about: Entry | Text, lang: str) -> str:
    """`question_plain` as an HTML panel."""
    raise NotImplementedError
