"""A student's way through the course in JupyterLab, as `make lab` opens it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from autograde import build, catalog, speak
from tests.e2e.pages import SLOW, Notebook, expect_said, menu, open_notebook, panel
from tests.e2e.servers import Server, jupyter

pytestmark = pytest.mark.e2e
Visit = Callable[..., Page]
Shot = Callable[..., Path]
LANGS = catalog.LANGUAGES
MISTAKES = {
    "layer_normalization": "variance_for_deviation",
    "train": "training_mode_missing",
    "train_two_optimizers": "upper_layers_frozen",
}


def sample(slug: str) -> str:
    return (build.solutions_dir() / "samples" / slug / f"wrong_{MISTAKES[slug]}.py").read_text("utf-8")


def points(lang: str, of: float, got: float) -> str:
    return speak.say(lang, "points", points=speak.figure(got), max_points=speak.figure(of))


def test_make_lab_opens_the_course_with_nbgraders_extensions(lab: Server, tab: Page, shot: Shot) -> None:
    tab.goto(f"{lab.url}lab?reset")
    for lang in LANGS:
        expect(tab.locator(".jp-DirListing-itemText", has_text=lang)).to_be_visible()
    tab.locator("#jp-MainMenu .lm-MenuBar-item", has_text="Nbgrader").click()
    for entry in ("Assignment List", "Course List", "Formgrader"):
        expect(tab.get_by_role("menuitem", name=entry, exact=True)).to_be_visible()
    expect(tab.locator(".Toastify__toast")).to_have_count(0)  # no question about news
    shot(tab, "lab")


@pytest.mark.parametrize("lang", LANGS)
def test_a_wrong_layer_is_recognised_helped_and_corrected(lab: Server, tab: Page, shot: Shot, lang: str) -> None:
    book = open_notebook(tab, lab, f"{lang}/layer_normalization/layer_normalization.ipynb")
    shot(tab, f"layer-{lang}-top")
    book.run("setup_1")
    correct(book, "layer_normalization", lang, shot)


@pytest.mark.parametrize("lang", LANGS)
def test_wrong_loops_are_recognised_helped_and_corrected(lab: Server, tab: Page, shot: Shot, lang: str) -> None:
    book = open_notebook(tab, lab, f"{lang}/training_loops/training_loops.ipynb")
    book.run("setup_1")
    book.run("setup_2")
    correct(book, "train", lang, shot)
    correct(book, "train_two_optimizers", lang, shot)
    if lang == "en":
        watch_a_training(book, shot)
    book.save()
    book.run(book.length - 1)  # progress(), at the end
    found = panel(book.cell(book.length - 1))
    expect_said(found, speak.say(lang, "progress_title"), speak.say(lang, "progress_done", done=2, total=2))
    book.look_at(found)
    shot(tab, f"progress-{lang}")


def watch_a_training(book: Notebook, shot: Shot) -> None:
    """While a cell trains its bars move; afterwards they stand there full, and the curves below them."""
    book.run("setup_3")
    place = book.find("history = train(")
    cell = book.start(place)
    bars = cell.locator(".widget-hprogress")
    expect(bars.first).to_be_visible()
    expect(cell).to_contain_text(re.compile(r"Epoch\s1/5.*loss=\d\.\d{4},\s+accuracy=0\.\d{4}", re.S))
    expect(cell.locator(".jp-InputArea-prompt").first).to_have_text("[*]:")
    shot(book.page, "training-live")
    book.wait_for(cell)
    expect(bars).to_have_count(5)
    expect(cell).to_contain_text(re.compile(r"Epoch\s5/5.*val_loss=\d\.\d{4},\s+val_accuracy=0\.\d{4}", re.S))
    curves = cell.locator("img")
    book.look_at(curves)
    expect(curves).to_be_in_viewport()
    shot(book.page, "training-curves")


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
def test_a_written_answer_is_read_as_last_saved(lab: Server, tab: Page, shot: Shot, lang: str) -> None:
    book = open_notebook(tab, lab, f"{lang}/short_answers/short_answers.ipynb")
    text = catalog.load("q03").text[lang]
    book.run("setup_1")
    check = book.index("q03") + 1
    expect_said(panel(book.run(check)), text.title, speak.outcome(lang, "untouched"))

    book.write("q03", text.get("model_answer")[0])
    expect_said(panel(book.run(check)), speak.outcome(lang, "untouched"))  # not saved yet
    book.save()
    found = panel(book.run(check))
    expect_said(found, text.title, text.get("key_point", "dtype")[0], speak.say(lang, "think_about"))
    expect_said(found, speak.say(lang, "saved_at", notebook="short_answers.ipynb", time="{time}"))
    expect(found).to_contain_text(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"))
    book.look_at(found)
    shot(tab, f"short-answer-{lang}")


def test_validate_tells_an_unfinished_notebook_from_a_finished_one(lab: Server, tab: Page, shot: Shot) -> None:
    book = open_notebook(tab, lab, "zh/layer_normalization/layer_normalization.ipynb")
    for source, says in (
        (build.stub("layer_normalization"), "The following cell failed"),
        (build.reference("layer_normalization"), "Success! Your notebook passes all the tests"),
    ):
        book.write("layer_normalization", source)
        book.save()
        tab.get_by_role("button", name="Validate").click()
        dialog = tab.locator(".jp-Dialog-content")
        expect(dialog).to_contain_text(says, timeout=SLOW)
        shot(tab, f"validate-{says.split()[0].strip('!').lower()}")
        dialog.get_by_role("button", name="Ok").click()


def test_an_assignment_is_fetched_and_handed_in(lab: Server, course: Path, tab: Page, shot: Shot) -> None:
    tab.goto(f"{lab.url}lab?reset")
    menu(tab, "Nbgrader", "Assignment List")
    released, fetched, submitted = (
        tab.locator(f"#{step}_assignments_list") for step in ("released", "fetched", "submitted")
    )
    expect(released).to_contain_text("layer_normalization")
    released.get_by_role("button", name="Fetch").click()
    expect(fetched).to_contain_text("layer_normalization")
    expect(tab.locator(".jp-DirListing-itemText", has_text="layer_normalization")).to_be_visible()
    fetched.get_by_role("button", name="Submit").click()
    expect(submitted).to_contain_text("layer_normalization")
    expect(fetched.get_by_role("button", name="Submit")).to_be_enabled()
    shot(tab, "assignments")
    (handed_in,) = (course.parent / "exchange" / "demo" / "inbound").glob("*/layer_normalization.ipynb")
    assert handed_in.read_bytes() == (course / "layer_normalization" / "layer_normalization.ipynb").read_bytes()


def test_the_plain_notebook_shows_the_same(course: Path, visit: Visit, shot: Shot) -> None:
    with jupyter(course, course.parent / "home", ("jupyter", "notebook")) as server:
        book = open_notebook(
            visit("about:blank"), server, "zh/layer_normalization/layer_normalization.ipynb", "notebooks"
        )
        book.run("setup_1")
        book.write("layer_normalization", sample("layer_normalization"))
        book.run("layer_normalization")
        found = panel(book.run("check_layer_normalization"))
        text = catalog.load("layer_normalization").text["zh"]
        expect_said(found, text.title, *text.get("misconception", MISTAKES["layer_normalization"]))
        book.look_at(found)
        shot(book.page, "notebook-7")
