"""JupyterLab as a person uses it: menus, cells, keys. Waiting is for what a person would see, never for a time."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.servers import Server

RAN = re.compile(r"\[\d+\]:")
SLOW = 240_000  # milliseconds for a cell that trains, on a machine with other work

# JupyterLab binds its keys when it has read all settings, on a busy machine seconds after the notebook is there.
KEYS_WORK = """() => !window.jupyterapp ||
    window.jupyterapp.commands.keyBindings.some(one => one.command === 'notebook:run-cell-and-select-next')"""


class Notebook:
    """A notebook open in JupyterLab (or in Notebook 7), with its cells by grade id."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page, self.file = page, file
        expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(self.length)  # before, there is one empty cell
        expect(page.locator(".jp-Notebook .jp-Cell.jp-mod-active")).to_be_visible()
        expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")).to_be_visible()
        page.wait_for_function(KEYS_WORK)

    def cell(self, place: str | int) -> Locator:
        """The cell with this grade id, or at this position."""
        index = place if isinstance(place, int) else self.index(place)
        return self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{index}"]')

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The cells as the file was last saved."""
        found: list[dict[str, Any]] = json.loads(self.file.read_text("utf-8"))["cells"]
        return found

    @property
    def length(self) -> int:
        return len(self.cells)

    def index(self, grade_id: str) -> int:
        """Where the cell with this grade id stands."""
        return [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in self.cells].index(grade_id)

    def find(self, text: str) -> int:
        """Where the first cell with this text stands."""
        return next(index for index, cell in enumerate(self.cells) if text in "".join(cell["source"]))

    def write(self, place: str | int, text: str) -> None:
        """Replace what stands in a cell, by mouse and keyboard."""
        cell = self.cell(place)
        cell.scroll_into_view_if_needed()
        if (
            "jp-MarkdownCell" in (cell.get_attribute("class") or "")
            and cell.locator(".jp-RenderedMarkdown").is_visible()
        ):
            cell.locator(".jp-RenderedMarkdown").dblclick()
        self.enter(cell)
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(text)

    def enter(self, cell: Locator) -> None:
        """Click into a cell's editor, and wait until keys go there."""
        cell.locator(".cm-line").first.click()
        expect(cell.locator(".cm-editor.cm-focused")).to_be_visible()

    def start(self, place: str | int) -> Locator:
        """Press Shift+Enter in a cell, wait until it runs, and give it back."""
        cell = self.cell(place)
        cell.scroll_into_view_if_needed()
        prompt = cell.locator(".jp-InputArea-prompt").first
        before = prompt.inner_text()
        self.enter(cell)
        self.page.keyboard.press("Shift+Enter")
        expect(prompt).not_to_have_text(before)
        return cell

    def wait_for(self, cell: Locator) -> Locator:
        """Wait until a cell that was started has ended."""
        expect(cell.locator(".jp-InputArea-prompt").first).to_have_text(RAN, timeout=SLOW)
        return cell

    def run(self, place: str | int) -> Locator:
        """Run a cell with Shift+Enter, wait until it ran, and give it back."""
        return self.wait_for(self.start(place))

    def look_at(self, place: Locator) -> None:
        """Scroll so that what stands in `place` is seen with what stands above it."""
        place.evaluate("element => element.scrollIntoView({block: 'center'})")

    def save(self) -> None:
        """Ctrl+S, and wait until the tab no longer says that something is unsaved."""
        self.page.keyboard.press("ControlOrMeta+S")
        expect(self.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab.jp-mod-current.jp-mod-dirty")).to_have_count(0)


def panel(cell: Locator) -> Locator:
    """What a check or a hint shows."""
    return cell.locator(".jp-OutputArea-output div[lang]")


def expect_said(place: Locator, *templates: str) -> None:
    """Every piece of the sentences stands in `place`; placeholders and backticks aside."""
    for template in templates:
        for piece in re.split(r"\{\w+\}|`|\n", template):
            if piece.strip():
                expect(place).to_contain_text(piece.strip())


def decline_news(page: Page) -> None:
    """Answer the question that JupyterLab asks once, on a person's first page."""
    page.locator(".Toastify__toast").get_by_role("button", name="No", exact=True).click()


def menu(page: Page, *path: str) -> None:
    """Choose an entry of JupyterLab's menus, such as `menu(page, "Kernel", "Restart Kernel…")`."""
    bar, *entries = path
    page.locator("#jp-MainMenu .lm-MenuBar-item", has_text=bar).click()
    for entry in entries:
        page.locator(".lm-Menu-item", has=page.locator(f'.lm-Menu-itemLabel:text-is("{entry}")')).click()


def shut_down(page: Page) -> None:
    """End every kernel of the server that `page` shows."""
    page.evaluate(
        """async () => {
            const headers = {'X-XSRFToken': (document.cookie.match(/_xsrf=([^;]*)/) || [])[1]};
            for (const kernel of await (await fetch('/api/kernels')).json())
                await fetch(`/api/kernels/${kernel.id}`, {method: 'DELETE', headers});
        }"""
    )


def open_notebook(page: Page, server: Server, path: str, where: str = "lab/tree") -> Notebook:
    """Open `path` (relative to the server's folder) in an empty JupyterLab workspace; `where`: or in `notebooks`."""
    page.goto(f"{server.url}{where}/{path}?reset")
    return Notebook(page, server.folder / path)
