"""What the browser tests share: one Chromium, pages that may not leave this machine, and screenshots to look at."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect, sync_playwright

from tests.e2e.pages import shut_down
from tests.e2e.servers import ROOT, Server, environment, jupyter

SCREENSHOTS = ROOT / "screenshots"  # git ignores it; `make screenshots` takes the README's pictures from it
SIZE = {"width": 1200, "height": 800}
TIMEOUT = 60_000  # milliseconds until a condition counts as not met: the machine may be busy
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
)
Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, one for all tests."""
    expect.set_options(timeout=TIMEOUT)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A new browser profile from which every request to another host is refused, and fails the test."""
    left: list[str] = []

    def keep_inside(route: Route) -> None:
        if re.match(r"(https?|wss?)://(127\.0\.0\.1|localhost)[:/]", route.request.url):
            route.continue_()
        else:
            left.append(route.request.url)
            route.abort()

    profile = browser.new_context(viewport=SIZE, locale="en-US", reduced_motion="reduce")  # type: ignore[arg-type]
    profile.set_default_timeout(TIMEOUT)
    profile.route(re.compile(r"^(?!data:|blob:)"), keep_inside)
    yield profile
    profile.close()
    assert not left, f"The page asked another host: {left}"


@pytest.fixture
def visit(context: BrowserContext) -> Visit:
    """Open an address in a new tab."""

    def go(url: str, **options: Any) -> Page:
        page = context.new_page()
        page.goto(url, **options)
        return page

    return go


@pytest.fixture
def shot(request: pytest.FixtureRequest) -> Callable[[Page | Locator, str], Path]:
    """Keep a picture of what a page or a part of it shows, to be looked at: `screenshots/<file>/<name>.png`."""
    folder = SCREENSHOTS / request.path.stem.removeprefix("test_")
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page | Locator, name: str, **options: Any) -> Path:
        path = folder / f"{name}.png"
        page.screenshot(path=path, animations="disabled", caret="hide", **options)
        return path

    return take


# ---- the student's side


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the notebooks in both languages, with an exchange in which a class has released an assignment."""
    base = tmp_path_factory.mktemp("student")
    shutil.copytree(ROOT / "notebooks", base / "course")
    (base / "exchange").mkdir()
    config = f'c = get_config()\nc.Exchange.root = {str(base / "exchange")!r}\nc.CourseDirectory.course_id = "demo"\n'
    (base / "course" / "nbgrader_config.py").write_text(config)
    (base / "teacher").mkdir()
    (base / "teacher" / "nbgrader_config.py").write_text(config)
    shutil.copytree(ROOT / "notebooks" / "en", base / "teacher" / "release")
    release = ["nbgrader", "release_assignment", "layer_normalization"]
    subprocess.run(release, cwd=base / "teacher", env=environment(base / "teachers-home"), check=True)
    return base / "course"


@pytest.fixture(scope="session")
def lab(course: Path) -> Iterator[Server]:
    """`make lab`, on the copy, with the environment that runs this test: nothing is installed anew."""
    make = ["make", "-C", str(ROOT), "-o", f"{sys.prefix}/.installed", "lab", f"VENV={sys.prefix}", f"COURSE={course}"]
    with jupyter(course, course.parent / "home", make) as server:
        yield server


@pytest.fixture
def tab(visit: Visit) -> Iterator[Page]:
    """A tab for `lab`. Its kernels end with the test: the next one needs the memory."""
    page = visit("about:blank")
    yield page
    shut_down(page)
