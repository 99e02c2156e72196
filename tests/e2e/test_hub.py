"""A class on one server, as docs/server.md has it: an instructor and two students, each a user of the system."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO

import nbformat
import pytest
from playwright.sync_api import Page, expect

from autograde import build
from tests.e2e.hub_machine import Machine, machine, obstacle
from tests.e2e.hub_page import Step, steps
from tests.e2e.instructor_class import sample
from tests.e2e.pages import decline_news, menu
from tests.sample_class import submission

pytestmark = pytest.mark.e2e
Visit = Callable[..., Page]
Shot = Callable[..., Path]
ASSIGNMENT = "layer_normalization"
PASSWORD = "let everyone in"
FEWER_MISTAKES = "find spring/.autograde/solutions -name 'wrong_*' ! -name 'wrong_variance_for_deviation.py' -delete"
SPAWNING = 120_000  # milliseconds for a person's server to start


@dataclass(frozen=True)
class Hub:
    """A hub that answers at `url`, on `machine`."""

    machine: Machine
    url: str

    def do(self, section: str, only: Callable[[Step], bool] = lambda step: True) -> list[str]:
        """Follow a section of the page; what the commands printed."""
        return [self.machine.run(step.user, step.text) for step in steps(section) if only(step)]

    def log_in(self, page: Page, user: str) -> Page:
        page.goto(f"{self.url}/hub/login")
        page.get_by_label("Username:").fill(user)
        page.get_by_label("Password:").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#jp-MainMenu")).to_be_visible(timeout=SPAWNING)
        return page


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    """The server as it is when the class folder is made and an assignment is released."""
    if reason := obstacle():
        pytest.skip(reason)
    with machine() as server:
        for step in steps("People"):
            server.run(step.user, step.text)
        server.run("root", "mv /opt/clone /home/teacher/course && chown -R teacher: /home/teacher/course")
        *before, start = steps("Places")
        for step in before:
            if step.file:
                server.write("root", step.file, step.text)
            else:
                server.run(step.user, step.text)
        hub = Hub(server, _start(server, start))
        hub.do("The class")
        server.run("teacher", FEWER_MISTAKES)
        yield hub


def _start(server: Machine, start: Step) -> str:
    """The hub, on ports of its own, and with one password for everyone in place of the system's; its address."""
    public, inner, proxys = _free_ports(3)
    config = "/srv/course/hub/jupyterhub_config.py"
    text = server.run("root", f"cat {config}") + (
        f'c.JupyterHub.bind_url = "http://127.0.0.1:{public}"\n'
        f'c.JupyterHub.hub_bind_url = "http://127.0.0.1:{inner}"\n'
        f'c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxys}"\n'
        'c.JupyterHub.authenticator_class = "dummy"\n'
        f'c.DummyAuthenticator.password = "{PASSWORD}"\n'
    )
    server.write("root", config, text)
    said, lines = "", server.start(start.user, start.text)
    for line in lines:
        said += line
        if "JupyterHub is now running" in line:
            Thread(target=_pass_on, args=(lines,), daemon=True).start()
            return f"http://127.0.0.1:{public}"
    raise AssertionError(f"The hub ended:\n{said}")


def _pass_on(lines: IO[str]) -> None:
    """Print what the hub says from now on, until it ends; pytest shows it with a test that fails."""
    for line in lines:
        print(line, end="")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def write_answer(hub: Hub, user: str, code: str) -> None:
    """What a student does between fetching and handing in."""
    text = nbformat.writes(submission(ASSIGNMENT, "en", {ASSIGNMENT: code}))
    hub.machine.write(user, f"/home/{user}/{ASSIGNMENT}/{ASSIGNMENT}.ipynb", text)


def test_a_student_fetches_and_hands_in_in_the_browser(hub: Hub, visit: Visit, shot: Shot) -> None:
    page = hub.log_in(visit("about:blank"), "ada")
    decline_news(page)
    menu(page, "Nbgrader", "Assignment List")
    released, fetched, submitted = (
        page.locator(f"#{step}_assignments_list") for step in ("released", "fetched", "submitted")
    )
    expect(released).to_contain_text(ASSIGNMENT)
    released.get_by_role("button", name="Fetch").click()
    expect(fetched).to_contain_text(ASSIGNMENT)
    write_answer(hub, "ada", build.reference(ASSIGNMENT))
    fetched.get_by_role("button", name="Submit").click()
    expect(submitted).to_contain_text(ASSIGNMENT)
    shot(page, "assignments")


def test_a_student_fetches_and_hands_in_by_commands(hub: Hub) -> None:
    *before, hand_in = [step for step in steps("Working and handing in") if not step.file]
    said = [hub.machine.run(step.user, step.text) for step in before]
    assert ASSIGNMENT in said[0]
    write_answer(hub, "ben", sample("wrong_variance_for_deviation"))
    hub.machine.run(hand_in.user, hand_in.text)


def test_the_teacher_collects_grades_and_gives_feedback_back(hub: Hub) -> None:
    hub.do("Grading and feedback")
    hub.machine.run("teacher", "cd spring && autograde grade --json ~/results.json")
    found = json.loads(hub.machine.run("teacher", "cat results.json"))
    assert {one["student"]: one["score"] for one in found["submissions"]} == {"ada": 20.0, "ben": 15.0}
    pages = hub.machine.run("ben", f"cat {ASSIGNMENT}/feedback/*/{ASSIGNMENT}.html")
    assert "15 of 20 points" in pages


def test_the_teacher_sees_it_in_formgrader(hub: Hub, visit: Visit, shot: Shot) -> None:
    page = hub.log_in(visit("about:blank"), "teacher")
    page.goto(f"{hub.url}/user/teacher/formgrader/manage_submissions/{ASSIGNMENT}")
    for student, score in (("ada", 20), ("ben", 15)):
        row = page.locator("tbody tr", has=page.get_by_text(student, exact=True))
        expect(row).to_contain_text(f"{score} / 20")
    shot(page, "formgrader")
    page.goto(f"{hub.url}/user/teacher/formgrader/gradebook/{ASSIGNMENT}/{ASSIGNMENT}")
    page.locator("tbody a", has_text="Submission #1").click()
    expect(page.locator(".MathJax").first).to_be_visible()  # formulas, from this server


@pytest.mark.parametrize(
    "look",
    [
        "ls /home/ada",
        "ls /home/teacher/course/solutions",
        "cat /home/teacher/spring/gradebook.db",
        "cat /home/teacher/spring/.autograde/seed",
        "ls /srv/course/exchange/spring/inbound",
        "ls /srv/course/hub",
    ],
)
def test_a_student_is_refused(hub: Hub, look: str) -> None:
    refused = hub.machine.attempt("ben", look)
    assert refused.returncode != 0
    assert "Permission denied" in refused.stderr


def test_no_file_that_a_student_can_read_holds_anothers_work_or_a_solution(hub: Hub) -> None:
    mine = "/home/ben/*"
    listed = (
        "find / -xdev -path /proc -prune -o -type f -readable -print 2> /dev/null; find /home /srv -type f -readable"
    )
    readable = hub.machine.attempt("ben", f"({listed}) | sort -u").stdout.splitlines()
    assert any(path.startswith("/srv/course/exchange/spring/outbound/") for path in readable)
    others = [path for path in readable if path.startswith(("/home/", "/srv/")) and not path.startswith("/home/ben/")]
    assert [path for path in others if "/outbound/" not in path and not path.startswith("/srv/course/etc/")] == []
    assert "### BEGIN SOLUTION" not in hub.machine.run(
        "ben", f"cat /srv/course/exchange/spring/outbound/*/*.ipynb {mine}/*.ipynb"
    )


def test_formgrader_is_the_teachers(hub: Hub, visit: Visit) -> None:
    page = hub.log_in(visit("about:blank"), "ada")
    for path in ("/user/ada/formgrader", "/user/teacher/formgrader"):
        answer = page.goto(f"{hub.url}{path}")
        assert answer is not None
        assert answer.status in (403, 404)
