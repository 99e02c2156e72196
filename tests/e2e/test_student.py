"""A student's way through the course in JupyterLab, as `make lab` opens it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from autograde import build, catalog, speak
from tests.e2e.pages import Notebook, menu, open_notebook, shut_down
from tests.e2e.servers import ROOT, Server, environment, jupyter

pytestmark = pytest.mark.e2e
Visit = Callable[..., Page]
Shot = Callable[..., Path]
LANGS = catalog.LANGUAGES
MISTAKES = {
    "layer_normalization": "variance_for_deviation",
    "train": "training_mode_missing",
    "train_two_optimizers": "upper_layers_frozen",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the notebooks in both languages, with an exchange in which a class has released an assignment."""
    base = tmp_path_factory.mktemp("student")
    shutil.copytree(ROOT / "notebooks", base / "course")
    (base / "exchange").mkdir()
    (base / "course" / "nbgrader_config.py").write_text(
        f'c = get_config()\nc.Exchange.root = {str(base / "exchange")!r}\nc.CourseDirectory.course_id = "demo"\n'
    )
    return base / "course"


@pytest.fixture(scope="module")
def lab(course: Path) -> Iterator[Server]:
    """`make lab`, on the copy."""
    make = ["make", "-C", str(ROOT), "-o", ".venv/.installed", "lab", f"COURSE={course}", f"VENV={ROOT / '.venv'}"]
    with jupyter(course, course.parent / "home", make) as server:
        yield server


@pytest.fixture
def page(visit: Visit) -> Iterator[Page]:
    """A tab whose kernel ends with the test: the next one needs the memory."""
    page = visit("about:blank")
    yield page
    shut_down(page)


def sample(slug: str) -> str:
    return (build.solutions_dir() / "samples" / slug / f"wrong_{MISTAKES[slug]}.py").read_text("utf-8")


def panel(cell: Locator) -> Locator:
    """What a check or a hint shows."""
    return cell.locator(".jp-OutputArea-output div[lang]")


def expect_said(place: Locator, *templates: str) -> None:
    """Every piece of the sentences stands in `place`; placeholders and backticks aside."""
    for template in templates:
        for piece in re.split(r"\{\w+\}|`|\n", template):
            if piece.strip():
                expect(place).to_contain_text(piece.strip())


def points(lang: str, of: float, got: float) -> str:
    return speak.say(lang, "points", points=speak.figure(got), max_points=speak.figure(of))


def test_make_lab_opens_the_course_with_nbgraders_extensions(lab: Server, page: Page, shot: Shot) -> None:
    page.goto(f"{lab.url}lab?reset")
    for lang in LANGS:
        expect(page.locator(".jp-DirListing-itemText", has_text=lang)).to_be_visible()
    page.locator("#jp-MainMenu .lm-MenuBar-item", has_text="Nbgrader").click()
    for entry in ("Assignment List", "Course List", "Formgrader"):
        expect(page.get_by_role("menuitem", name=entry, exact=True)).to_be_visible()
    expect(page.locator(".Toastify__toast")).to_have_count(0)  # no question about news
    shot(page, "lab")


@pytest.mark.parametrize("lang", LANGS)
def test_a_wrong_layer_is_recognised_helped_and_corrected(lab: Server, page: Page, shot: Shot, lang: str) -> None:
    book = open_notebook(page, lab, f"{lang}/layer_normalization/layer_normalization.ipynb")
    shot(page, f"layer-{lang}-top")
    book.run("setup_1")
    correct(book, "layer_normalization", lang, shot)


@pytest.mark.parametrize("lang", LANGS)
def test_wrong_loops_are_recognised_helped_and_corrected(lab: Server, page: Page, shot: Shot, lang: str) -> None:
    book = open_notebook(page, lab, f"{lang}/training_loops/training_loops.ipynb")
    book.run("setup_1")
    correct(book, "train", lang, shot)
    correct(book, "train_two_optimizers", lang, shot)


def correct(book: Notebook, slug: str, lang: str, shot: Shot) -> None:
    """The stub, a known mistake, a hint, the right answer: each is told what it is."""
    text, of = catalog.load(slug).text[lang], catalog.load(slug).about.max_points
    check = f"check_{slug}"
    book.run(slug)
    expect_said(panel(book.run(check)), text.title, speak.outcome(lang, "untouched"))

    book.write(slug, sample(slug))
    book.run(slug)
    found = panel(book.run(check))
    expect_said(found, text.title, *text.get("misconception", MISTAKES[slug]), speak.say(lang, "next_step"))
    expect(found).not_to_contain_text(points(lang, of, of))
    book.look_at(found)
    shot(book.page, f"{slug}-{lang}-wrong")

    free = book.index(check) + 1
    book.write(free, f'hint("{slug}")')
    expect_said(panel(book.run(free)), *text.get("hint", "1"))
    expect_said(panel(book.run(free)), *text.get("hint", "2"))
    shot(book.page, f"{slug}-{lang}-hint")

    book.write(slug, build.reference(slug))
    book.run(slug)
    found = panel(book.run(check))
    expect_said(found, points(lang, of, of), speak.say(lang, "all_holds"))
    book.look_at(found)
    shot(book.page, f"{slug}-{lang}-right")


@pytest.mark.parametrize("lang", LANGS)
def test_a_written_answer_is_read_as_last_saved(lab: Server, page: Page, shot: Shot, lang: str) -> None:
    book = open_notebook(page, lab, f"{lang}/short_answers/short_answers.ipynb")
    text, of = catalog.load("q03").text[lang], catalog.load("q03").about.max_points
    answer = text.get("model_answer")[0]
    book.run("setup_1")
    check = book.index("q03") + 1
    expect_said(panel(book.run(check)), text.title, speak.outcome(lang, "untouched"))

    book.write("q03", answer)
    expect_said(panel(book.run(check)), speak.outcome(lang, "untouched"))  # not saved yet
    book.save()
    found = panel(book.run(check))
    saved = speak.say(lang, "saved_at", notebook="short_answers.ipynb", time="{time}")
    expect_said(found, saved, speak.say(lang, "found") if False else text.title)
    expect(found).to_contain_text(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"))
    book.look_at(found)
    shot(page, f"short-answer-{lang}")
    assert of > 0


def test_the_validate_button_tells_a_finished_notebook_from_an_unfinished_one(
    lab: Server, page: Page, shot: Shot
) -> None:
    book = open_notebook(page, lab, "en/layer_normalization/layer_normalization.ipynb")
    for source, says in ((sample("layer_normalization"), "failed"), (build.reference("layer_normalization"), "passes")):
        book.write("layer_normalization", source)
        book.save()
        page.get_by_role("button", name="Validate").click()
        dialog = page.locator(".jp-Dialog-content")
        expect(dialog).to_be_visible(timeout=240_000)
        shot(page, f"validate-{says}")
        expect(dialog).to_contain_text(says)
        dialog.get_by_role("button").last.click()
