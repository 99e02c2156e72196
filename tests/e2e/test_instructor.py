"""An instructor's way through a class in JupyterLab and formgrader, among submissions some of which are hostile."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, expect

from autograde import speak
from tests.e2e import instructor_class
from tests.e2e.instructor_class import ACTIVE, HOSTILE, run
from tests.e2e.pages import decline_news, menu
from tests.e2e.servers import Server, jupyter

pytestmark = pytest.mark.e2e
Visit = Callable[..., Page]
Shot = Callable[..., Path]
COMMENT = "Right, but why do the types differ?"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class folder whose submissions are graded and reported."""
    root = instructor_class.make(tmp_path_factory.mktemp("instructor") / "spring")
    instructor_class.hand_in(root)
    run(["autograde", "grade", root, "--jobs", "2"], root)
    run(["autograde", "report", root], root)
    return root


@pytest.fixture(scope="module")
def lab(room: Path) -> Iterator[Server]:
    with jupyter(room, room.parent / "home", ("jupyter", "lab")) as server:
        yield server


@pytest.fixture(scope="module")
def files(room: Path) -> Iterator[str]:
    """The class folder as plain files, which is how a page reaches whom it is sent to."""
    handler = partial(SilentHandler, directory=str(room))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class SilentHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def did(context: BrowserContext) -> Iterator[list[str]]:
    """What a student's text did in the browser: code that ran, addresses that it asked for. It has to stay empty."""
    found = watch(context)
    yield found
    assert found == []


def watch(context: BrowserContext) -> list[str]:
    found: list[str] = []
    context.expose_binding("canary", lambda source, said="": found.append(f"ran: {said}"))
    context.on("dialog", lambda dialog: (found.append("dialog"), dialog.dismiss()))
    context.on("request", lambda request: found.append(request.url) if "leak" in request.url.split("?")[0] else None)
    return found


def row(place: Page | FrameLocator, student: str) -> Locator:
    return place.locator("tbody tr", has=place.get_by_text(student, exact=True))


def submission(page: Page, lab: Server, assignment: str, student: str) -> Page:
    """Formgrader's page of a submission; its list hides the names behind numbers."""
    given = page.request.get(f"{lab.url}formgrader/api/submitted_notebooks/{assignment}/{assignment}").json()
    found = next(one["id"] for one in given if one["student"] == student)
    answer = page.goto(f"{lab.url}formgrader/submissions/{found}/", wait_until="networkidle")
    assert answer is not None
    assert answer.ok
    return page


def test_jupyterlab_opens_formgrader_with_every_submission_and_its_score(
    lab: Server, visit: Visit, shot: Shot, did: list[str]
) -> None:
    page = visit(f"{lab.url}lab?reset")
    decline_news(page)
    menu(page, "Nbgrader", "Formgrader")
    frame = page.frame_locator("iframe")
    frame.locator("tr", has_text="layer_normalization").locator(".num-submissions a").click()
    for student, score in (("student-001", 20), ("student-002", 15), ("student-003", 15), (HOSTILE, 20)):
        expect(row(frame, student)).to_contain_text(f"{score} / 20")
    menu(page, "View", "Appearance", "Show Left Sidebar")
    row(frame, "student-003").scroll_into_view_if_needed()
    shot(page, "formgrader")


def test_the_autograde_button_runs_the_same_engine(room: Path, lab: Server, visit: Visit) -> None:
    instructor_class.hand_in_one(room, "student-005", "en", instructor_class.sample("wrong_variance_for_deviation"))
    page = visit(f"{lab.url}formgrader/manage_submissions/layer_normalization")
    row(page, "student-005").locator(".autograde a").click()
    expect(row(page, "student-005")).to_contain_text("15 / 20", timeout=120_000)
    by_button, by_command = (
        (room / "autograded" / student / "layer_normalization" / "layer_normalization.ipynb").read_bytes()
        for student in ("student-005", "student-002")
    )
    assert by_button == by_command
    said = run(["autograde", "grade", room, "--student", "student-005", "--json", room / "one.json"], room)
    found = json.loads((room / "one.json").read_text("utf-8"))["submissions"][0]["exercises"][0]
    assert (found["points"], found["misconception"]) == (15.0, "variance_for_deviation"), said


def test_a_short_answer_is_scored_with_the_suggestion_beside_it(
    room: Path, lab: Server, visit: Visit, shot: Shot
) -> None:
    page = submission(visit("about:blank"), lab, "short_answers", "student-001")
    comment = page.locator("#q03-comment")
    expect(comment).to_have_attribute("placeholder", re.compile("2 of 4 points suggested"))
    offered = comment.get_attribute("placeholder") or ""
    assert "“Both are one-dimensional and hold the same ten values" in offered
    assert "missing: They cannot be mixed" in offered
    assert "Group A: 3 like answers." in offered
    page.locator("#q03").fill("2")
    with page.expect_response(lambda answer: "/api/comment/" in answer.url and answer.request.method == "PUT"):
        assert comment.evaluate("element => element.scrollHeight <= element.clientHeight + 1"), "a part is hidden"
        shot(page.locator(".panel-primary", has=comment), "suggestion")
        comment.fill(COMMENT)
        comment.press("Escape")
    with Gradebook(f"sqlite:///{room}/gradebook.db") as book:
        grade = book.find_grade("q03", "short_answers", "short_answers", "student-001")
        assert (grade.manual_score, grade.needs_manual_grade) == (2.0, False)


def test_one_decision_serves_the_group_and_the_students_read_it(
    room: Path, lab: Server, files: str, visit: Visit, shot: Shot
) -> None:
    listed = run(["autograde", "groups", room], room)
    assert "student-001, student-002, student-004" in listed
    run(["autograde", "groups", room, "--apply"], room)
    run(["autograde", "grade", room, "--assignment", "short_answers"], room)
    page = visit(f"{lab.url}formgrader/manage_submissions/short_answers")
    for student, score in (("student-001", 2), ("student-002", 2), ("student-003", 0), ("student-004", 2)):
        expect(row(page, student)).to_contain_text(f"{score} / 55")
    page.goto(f"{files}feedback/student-004/short_answers/short_answers.html")
    expect(page.get_by_text(COMMENT)).to_be_visible()
    page.get_by_text(COMMENT).scroll_into_view_if_needed()
    shot(page, "feedback")


def test_feedback_comes_back_in_the_students_language(files: str, visit: Visit, shot: Shot) -> None:
    page = visit(f"{files}feedback/student-003/layer_normalization/layer_normalization.html")
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    expect(page.locator("strong.score")).to_have_text(speak.say("zh", "points", points="15", max_points="20"))
    shot(page, "feedback-zh")


def test_the_report_is_a_page_to_project(files: str, visit: Visit, shot: Shot, did: list[str]) -> None:
    page = visit(f"{files}report/index.html")
    expect(page.locator("main img").first).to_be_visible()
    assert all(page.locator("img").evaluate_all("all => all.map(one => one.naturalWidth > 0 && one.alt !== '')"))
    shot(page, "report", full_page=True)


# ---- hostile


def test_the_samples_are_hostile_where_nothing_is_in_their_way(browser: Browser) -> None:
    profile = browser.new_context()
    profile.route("**/*", lambda route: route.abort())
    did = watch(profile)
    page = profile.new_page()
    with page.expect_request("https://leak.example/image"):
        page.set_content(ACTIVE + HOSTILE)
    page.wait_for_function("document.querySelector('details')")
    profile.close()
    assert {"ran: script", "ran: frame", "ran: toggle", "ran: error", "ran: name"} <= set(did)
    assert {"https://leak.example/style", "https://leak.example/link"} <= set(did)


@pytest.mark.parametrize("assignment", ["layer_normalization", "short_answers"])
def test_nothing_of_a_submission_runs_or_reaches_out_in_formgrader(
    assignment: str, lab: Server, visit: Visit, shot: Shot, did: list[str]
) -> None:
    page = submission(visit("about:blank"), lab, assignment, HOSTILE)
    hostile = page.get_by_text("canary('script')").first
    expect(hostile).to_be_visible()
    page.locator(".name-hidden.glyphicon").click()  # the student's name, hidden until one asks for it
    expect(page.locator("a.name-shown")).to_have_text(HOSTILE)
    hostile.scroll_into_view_if_needed()
    shot(page, f"hostile-{assignment}")


@pytest.mark.parametrize(
    "path",
    [
        "manage_students",
        f"manage_students/{quote(HOSTILE)}",
        f"manage_students/{quote(HOSTILE)}/short_answers",
        "manage_submissions/short_answers",
        "gradebook/short_answers/short_answers",
    ],
)
def test_names_stay_text_in_formgraders_lists(path: str, lab: Server, visit: Visit, did: list[str]) -> None:
    page = visit(f"{lab.url}formgrader/{path}", wait_until="networkidle")
    expect(page.locator("tbody tr").first).to_be_visible()


def test_the_graded_notebook_of_a_hostile_student_opens_quietly_in_jupyterlab(
    lab: Server, visit: Visit, did: list[str]
) -> None:
    path = f"autograded/{HOSTILE}/short_answers/short_answers.ipynb"
    page = visit(f"{lab.url}lab/tree/{quote(path)}?reset")
    expect(page.locator(".jp-Notebook .jp-Cell.jp-mod-active")).to_be_visible()
    page.locator(".jp-Notebook").press("End")
    expect(page.locator(".jp-RenderedMarkdown", has_text="canary('script')").first).to_be_attached()


@pytest.mark.parametrize("assignment", ["layer_normalization", "short_answers"])
def test_nothing_runs_or_reaches_out_in_feedback(assignment: str, files: str, visit: Visit, did: list[str]) -> None:
    page = visit(f"{files}feedback/{quote(HOSTILE)}/{assignment}/{assignment}.html", wait_until="networkidle")
    expect(page.locator("body")).to_contain_text(re.compile(r"canary\(.{0,2}script"))
