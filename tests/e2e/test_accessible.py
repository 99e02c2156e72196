"""The panels for everyone: by keyboard alone, read aloud, in both themes, in fonts that have the characters."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from autograde import catalog, speak
from autograde.panel import MARKS
from tests.e2e.pages import RAN, menu, open_notebook, panel
from tests.e2e.servers import ROOT, Server

pytestmark = pytest.mark.e2e
Shot = Callable[..., Path]
SAMPLE = ROOT / "solutions" / "samples" / "layer_normalization" / "wrong_variance_for_deviation.py"
TEXT, MARK = 4.5, 3.0  # contrast that WCAG 2.2 asks of text, and of graphics (a mark's shape and label say the same)

EVERY_MARK = """
from IPython.display import HTML, display
from autograde import panel, speak
rows = [panel.Row(mark, speak.say("{lang}", mark), "`alpha` 尺寸", "1 / 2", "μ = 0, σ = 1") for mark in panel.MARKS]
what = panel.Panel("标题 Title", "15 / 20", tuple(rows), ("A line. 一行。",), "Next:", "`eps`?", "A note. 一条说明。")
display(HTML(panel.html(what, "{lang}")))
"""

CONTRASTS = """panel => {
    const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
    const over = ([r, g, b, a = 1], under) => [r, g, b].map((one, i) => one * a + under[i] * (1 - a));
    const luminance = rgb => rgb
        .map(one => one / 255).map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
        .reduce((sum, one, i) => sum + one * [0.2126, 0.7152, 0.0722][i], 0);
    const ancestors = node => node ? [node, ...ancestors(node.parentElement)] : [];
    const painted = element => {  // what stands behind an element, and the element's text upon it
        let ground = [255, 255, 255], seen = 1;
        for (const one of ancestors(element).reverse()) {
            const style = getComputedStyle(one);
            seen *= Number(style.opacity);
            const [r, g, b, a = 1] = numbers(style.backgroundColor);
            ground = over([r, g, b, a * seen], ground);
        }
        const [r, g, b, a = 1] = numbers(getComputedStyle(element).color);
        return [over([r, g, b, a * seen], ground), ground];
    };
    return [...panel.querySelectorAll('*')]
        .filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
        .map(one => {
            const [light, dark] = painted(one).map(luminance).sort((a, b) => b - a);
            const mark = one.getAttribute('role') === 'img' || one.getAttribute('aria-hidden') === 'true';
            return {text: one.textContent.slice(0, 40), mark, ratio: (light + 0.05) / (dark + 0.05)};
        });
}"""


@pytest.fixture(scope="module")
def scratch(course: Path) -> str:
    """An empty notebook in the course's folder: its kernel needs no TensorFlow, so it is there at once."""
    cells = [
        {"cell_type": "code", "id": "only", "metadata": {}, "source": [], "outputs": [], "execution_count": None},
        {"cell_type": "markdown", "id": "last", "metadata": {}, "source": []},
    ]
    kernel = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells}
    (course / "scratch.ipynb").write_text(json.dumps(book))
    return "scratch.ipynb"


def test_keys_alone_lead_from_the_answer_to_the_panel(lab: Server, course: Path, tab: Page, shot: Shot) -> None:
    path = "en/layer_normalization/by_keyboard.ipynb"
    shutil.copyfile(ROOT / "notebooks" / "en" / "layer_normalization" / "layer_normalization.ipynb", course / path)
    book, keys = open_notebook(tab, lab, path), tab.keyboard

    def go_down_to(grade_id: str) -> None:
        active = tab.locator(".jp-Notebook .jp-Cell.jp-mod-active")
        place = int(active.get_attribute("data-windowed-list-index") or 0)
        for index in range(place + 1, book.index(grade_id) + 1):
            keys.press("ArrowDown")
            expect(active).to_have_attribute("data-windowed-list-index", str(index))

    expect(book.cell(0)).to_be_focused()
    go_down_to("setup_1")
    keys.press("Shift+Enter")
    expect(book.cell("setup_1").locator(".jp-InputArea-prompt").first).to_have_text(RAN)
    go_down_to("layer_normalization")
    keys.press("Enter")
    expect(book.cell("layer_normalization").locator(".cm-editor.cm-focused")).to_be_visible()
    keys.press("ControlOrMeta+A")
    keys.insert_text(SAMPLE.read_text("utf-8"))
    keys.press("Shift+Enter")
    keys.press("Shift+Enter")
    found = panel(book.cell("check_layer_normalization"))
    expect(found).to_be_in_viewport()

    expect(found).to_have_attribute("lang", "en")
    claims = catalog.load("layer_normalization").about.claims  # type: ignore[union-attr]
    expect(found.get_by_role("list").get_by_role("listitem")).to_have_count(len(claims))
    expect(found.get_by_role("img", name=speak.say("en", "holds"), exact=True).first).to_be_visible()
    expect(found.get_by_role("img", name=speak.say("en", "fails"), exact=True).first).to_be_visible()
    shot(tab, "keyboard")


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])  # the last one stays, for other tests
def test_panels_can_be_read_in_both_themes(lab: Server, scratch: str, tab: Page, shot: Shot, theme: str) -> None:
    book = open_notebook(tab, lab, scratch)
    menu(tab, "Settings", "Theme", theme)
    expect(tab.locator(f'body[data-jp-theme-name="{theme}"]')).to_be_attached()
    book.write(0, EVERY_MARK.replace("{lang}", "zh"))
    found = panel(book.run(0))
    expect(found.get_by_role("listitem")).to_have_count(len(MARKS))
    shot(tab, theme.split()[1].lower())
    measured: list[dict[str, Any]] = found.evaluate(CONTRASTS)
    assert len(measured) > 3 * len(MARKS)
    faint = [one for one in measured if one["ratio"] < (MARK if one["mark"] else TEXT)]
    assert not faint, faint


def test_chinese_is_set_in_a_font_that_has_it(lab: Server, scratch: str, tab: Page) -> None:
    book = open_notebook(tab, lab, scratch)
    book.write(0, EVERY_MARK.replace("{lang}", "zh"))
    expect(panel(book.run(0))).to_be_visible()
    session = tab.context.new_cdp_session(tab)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send(
        "DOM.querySelector", {"nodeId": root, "selector": '.jp-OutputArea-output div[lang="zh"] strong'}
    )
    fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node["nodeId"]})["fonts"]
    assert any("CJK" in font["familyName"] for font in fonts), fonts
