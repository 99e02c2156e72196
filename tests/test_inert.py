"""Nothing that a student wrote runs or reaches out where it is shown."""

from __future__ import annotations

import json
import re
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.exporters import HTMLExporter

from autograde import inert

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<IMG SRC=//evil.example/x.png>",
    "![](https://evil.example/x.png)",
    "![x][1]\n\n[1]: https://evil.example/x.png",
    "[click](javascript:alert(1))",
    "[click](&#106;avascript:alert(1))",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "[![](https://evil.example/x.png)](https://evil.example)",
    "`` ` `` <script>alert(1)</script>",
    "```\n``\n```\n<iframe src=https://evil.example></iframe>",
    "<svg/onload=alert(1)>",
    "<!--<img src=x onerror=alert(1)>-->",
    "<style>body{background:url(https://evil.example)}</style>",
    "$\\href{javascript:alert(1)}{x}$",
    '```mermaid\nclick a href "javascript:alert(1)"\n```',
    "<a href='https://evil.example'>x</a>",
    "| a |\n|---|\n| <object data=x> |",
]
# An address that was typed out may become a link: that runs nothing, and loads nothing before someone follows it.
ACTIVE = re.compile(
    r"<(?:script|img|iframe|svg|style|object|video|embed|form|link|meta)\b"
    r"|<a\b(?![^>]*\bhref=\"(?:#|https?://))"
    r"|class=\"mermaid\"",
    re.I,
)


def rendered(cell: Any) -> str:
    """A cell as nbgrader's formgrader renders it."""
    html, _ = HTMLExporter(template_name="basic").from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    body: str = html
    return body


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_is_shown_as_it_was_typed(text: str) -> None:
    assert not ACTIVE.search(rendered(nbformat.v4.new_markdown_cell(inert.markdown(text))))


@pytest.mark.parametrize("text", HOSTILE)
def test_html_loses_what_is_active(text: str) -> None:
    clean = inert.html(text)
    assert not re.search(r"<(script|iframe|svg|style|object|a)\b|\bon\w+=|<img[^>]*src=[^>]*(evil|//)", clean, re.I)


def test_tables_and_pictures_of_its_own_stay() -> None:
    table = '<table><tbody><tr><td colspan="2">1</td></tr></tbody></table><img src="data:image/png;base64,iVBORw0K">'
    assert inert.html(table) == table


def test_an_attached_picture_stays_a_picture() -> None:
    attachments = inert.attachments({"a.png": {"image/png": "iVBO\nRw0K"}, "b": {"text/html": "PHNjcmlwdD4="}})
    assert attachments == {"a.png": {"image/png": "iVBORw0K"}}
    text = inert.markdown("![seen](attachment:a.png) ![not](attachment:b)", attachments)
    assert "![seen](attachment:a.png)" in text
    assert "![not](attachment:b)" not in text


def test_plain_mathematics_and_code_stay_as_they_are() -> None:
    for text in ("$a < b$ and `x[0]`", "1. one\n2. two\n\n**bold** *it*", "√(σ² + ε), x ≤ 3"):
        assert inert.markdown(text) == text


def test_outputs_keep_their_text_and_lose_what_runs() -> None:
    data = {
        "text/html": "<b>1</b><script>x</script>",
        "text/plain": "1",
        "application/javascript": "alert(1)",
        "image/svg+xml": "<svg onload=alert(1)>",
        "application/vnd.jupyter.widget-view+json": {"model_id": "1"},
        "image/png": '"><script>',
    }
    shown = inert.outputs([{"output_type": "execute_result", "data": data, "metadata": {"isolated": True}}])
    bundle = {"text/html": "<b>1</b>", "text/plain": "1"}
    assert shown == [{"output_type": "display_data", "data": bundle, "metadata": {}}]


ANY = st.recursive(
    st.none() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
OUTPUT = st.dictionaries(
    st.sampled_from(["output_type", "name", "text", "data", "metadata", "ename", "evalue", "traceback"]),
    st.sampled_from(["stream", "error", "display_data", "execute_result"]) | ANY,
)


@settings(deadline=None)
@given(st.lists(OUTPUT | ANY, max_size=4))
def test_whatever_stood_there_becomes_outputs_that_nbformat_accepts(given: list[Any]) -> None:
    cell = {"cell_type": "code", "id": "x", "metadata": {}, "source": "", "execution_count": None}
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell | {"outputs": inert.outputs(given)}]}
    nbformat.validate(json.loads(json.dumps(book)))
