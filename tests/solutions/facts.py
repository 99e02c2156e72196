"""Facts that run: every experiment of the short answers, and the page that says on which versions its claim held.

`python -m tests.solutions.facts` runs all experiments in this environment, notes the outcome in docs/facts.json beside
those of other environments, and rebuilds docs/facts.md from it. Exit status 1 where a claim did not hold.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import io
import json
import linecache
import platform
import sys
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autograde import catalog
from autograde.build import source
from autograde.terms import Question

ASSIGNMENT = "short_answers"
DOCS = Path(__file__).parents[2] / "docs"
RECORD, PAGE = DOCS / "facts.json", DOCS / "facts.md"

ADVICE = {
    "q01.others": "names other libraries, which need not be installed here",
    "q08.unusual_training": "says for which kinds of training a loop is worth its price",
    "q08.debugging": "says what a reader gains from writing a loop",
}
"""The key points that state no fact of the library, with what they state instead."""


@dataclass(frozen=True)
class Experiment:
    """A locked cell of the notebook that asserts what its key points ("q03.dtype") say. `setup` runs before it."""

    name: str
    shows: tuple[str, ...]
    text: str
    setup: str

    @property
    def digest(self) -> str:
        """Changes with the code: an outcome noted for other code says nothing about this one."""
        return hashlib.sha256((self.setup + self.text).encode()).hexdigest()[:12]

    @property
    def asserts(self) -> int:
        """How many statements of the cell can fail it, not counting those that name nothing."""
        found = (node.test for node in ast.walk(ast.parse(self.text)) if isinstance(node, ast.Assert))
        return sum(any(isinstance(node, ast.Name) for node in ast.walk(test)) for test in found)


def experiments() -> tuple[Experiment, ...]:
    """Every experiment of the notebook in its order, named after its question: "q03, experiment 2"."""
    setup = source.setup_source(ASSIGNMENT)
    found: list[Experiment] = []
    for part in source.parts(ASSIGNMENT):
        if part.shows:
            question = part.shows[0].partition(".")[0]
            number = 1 + sum(one.shows[0].startswith(question) for one in found)
            found.append(Experiment(f"{question}, experiment {number}", part.shows, part.text, setup))
    return tuple(found)


def facts() -> dict[str, str]:
    """The rubric lines of all key points that state a fact of the library, by "question.key_point"."""
    return {key: line for key, line in rubric().items() if key not in ADVICE}


def rubric() -> dict[str, str]:
    """The rubric line of every key point, in English."""
    lines = {}
    for entry in catalog.of_assignment(ASSIGNMENT):
        assert isinstance(entry.about, Question)
        for point in entry.about.key_points:
            lines[f"{entry.id}.{point.id}"] = entry.text["en"].get("key_point", point.id)[0]
    return lines


def run(experiment: Experiment) -> str:
    """Run an experiment as a notebook would, in a fresh namespace after the set-up cell; what it printed.

    Raises whatever the cell raises. A warning that a reader would see is an error, too.
    """
    printed = io.StringIO()
    names: dict[str, Any] = {"__name__": "__main__"}
    with warnings.catch_warnings(), contextlib.redirect_stdout(printed):
        warnings.simplefilter("error")
        for hidden in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", hidden)  # as Python does by default outside of `__main__`
        for text, file in ((experiment.setup, "<set-up>"), (experiment.text, f"<{experiment.name}>")):
            linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)  # AutoGraph reads it there
            exec(compile(text, file, "exec"), names)
    return printed.getvalue()


# ---- the record of outcomes, and the page made from it


def environment() -> dict[str, str]:
    """The versions that an outcome depends on."""
    packages = {name: version(name) for name in ("tensorflow", "keras", "numpy")}
    return packages | {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}


def outcomes() -> dict[str, Any]:
    """Run every experiment here. By experiment: its digest, and the error's last line where it failed."""
    here: dict[str, Any] = {"environment": environment(), "held": {}, "failed": {}}
    for experiment in experiments():
        try:
            run(experiment)
        except Exception:
            last = traceback.format_exc().strip().splitlines()[-1]
            here["failed"][experiment.name] = [experiment.digest, last]
        else:
            here["held"][experiment.name] = experiment.digest
        print(experiment.name, "failed" if experiment.name in here["failed"] else "holds", file=sys.stderr)
    return here


def merged(record: list[dict[str, Any]], here: dict[str, Any]) -> list[dict[str, Any]]:
    """The record with the outcomes of one environment put in the place of its earlier ones, oldest version first."""
    others = [one for one in record if one["environment"] != here["environment"]]
    return sorted(
        [*others, here], key=lambda one: [_numbers(one["environment"][key]) for key in ("tensorflow", "keras")]
    )


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(".") if part.isdigit()]


def held(record: list[dict[str, Any]], experiment: Experiment) -> list[dict[str, str]]:
    """The environments in which this very experiment, as it stands now, passed."""
    return [one["environment"] for one in record if one["held"].get(experiment.name) == experiment.digest]


def failed(record: list[dict[str, Any]], experiment: Experiment) -> list[dict[str, str]]:
    """The environments in which it did not."""
    return [one["environment"] for one in record if one["failed"].get(experiment.name, [None])[0] == experiment.digest]


def page(record: list[dict[str, Any]]) -> str:
    """docs/facts.md: a table for each question, and what is advice."""
    return "\n".join(_page(record)) + "\n"


def _page(record: list[dict[str, Any]]) -> Iterator[str]:
    yield "# Facts that run"
    yield ""
    yield "Every key point of the short answers that states a fact of TensorFlow or Keras is asserted by an experiment"
    yield "in the notebook. Built by `make facts`, which runs them all and adds the versions at hand; do not edit."
    yield ""
    yield "| environment | TensorFlow | Keras | NumPy | Python | system |"
    yield "|---|---|---|---|---|---|"
    for number, one in enumerate(record):
        about = one["environment"]
        cells = [about[key] for key in ("tensorflow", "keras", "numpy", "python", "system")]
        yield f"| {_letter(number)} | " + " | ".join(cells) + " |"
    lines, found = rubric(), experiments()
    for entry in catalog.of_assignment(ASSIGNMENT):
        yield from [
            "",
            f"## {entry.id} · {entry.text['en'].title}",
            "",
            "| claim | experiment | held on |",
            "|---|---|---|",
        ]
        for key in (key for key in lines if key.startswith(entry.id) and key not in ADVICE):
            for experiment in (one for one in found if key in one.shows):
                claim = lines[key].replace("|", "\\|")
                yield f"| {claim} | {experiment.name} | {_versions(record, experiment)} |"
    yield from ["", "## Advice, not facts", "", "| key point | why it has no experiment |", "|---|---|"]
    for key, why in ADVICE.items():
        yield f"| {key}: {lines[key]} | it {why} |"


def _versions(record: list[dict[str, Any]], experiment: Experiment) -> str:
    places = [one["environment"] for one in record]
    words = [_letter(places.index(one)) for one in held(record, experiment)]
    words += [f"**not on {_letter(places.index(one))}**" for one in failed(record, experiment)]
    return ", ".join(words) or "not run yet"


def _letter(number: int) -> str:
    return chr(ord("A") + number)


def recorded() -> list[dict[str, Any]]:
    """The outcomes noted so far."""
    return list(json.loads(RECORD.read_text("utf-8"))) if RECORD.exists() else []


def main() -> int:
    here = outcomes()
    record = merged(recorded(), here)
    DOCS.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", "utf-8")
    PAGE.write_text(page(record), "utf-8")
    for name, (_, why) in here["failed"].items():
        print(f"{name} does not hold here: {why}", file=sys.stderr)
    return 1 if here["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
