"""The rooms of the house: a module imports only from floors below, and nothing heavy before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "autograde"

# The floors of the house, each with its steps: a module imports from lower floors and, on its own floor, from lower
# steps. A new module needs its place here.
FLOORS = (
    (
        ["terms", "standin", "panel", "inert", "display", "pages", "defaults", "interrupts"],
        ["observe", "quiet"],
        ["borrowed", "loops"],
    ),
    (["catalog", "compare"], ["diagnosis", "speak", "where"], ["judge"], ["datasets", "rubric"]),
    (["submission", "sandbox"], ["door", "formgrader", "marked", "store", "verdicts", "workers", "watch", "doctor"]),
    (
        *(["build"], ["classroom"], ["ledger", "rights"], ["results"]),
        *(["feedback", "groups", "report", "study"], ["grader"]),
    ),
    (["progress_line", "nbgrader_engine"], ["cli"], ["__main__"]),
)
PLACES = {
    name: (floor, step) for floor, steps in enumerate(FLOORS) for step, names in enumerate(steps) for name in names
}
HEAVY = {"tensorflow", "keras", "distributed"}
# `autograde/__init__.py` is the student's front door to them all, and exercises have laws of their own.
MODULES = sorted(path for path in ROOT.rglob("*.py") if "exercises" not in path.parts and path != ROOT / "__init__.py")


def room(path: Path) -> str:
    """The module or package of the house that a file belongs to."""
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module of `autograde` that a file names in an import, at whatever depth it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_below(path: Path) -> None:
    here = room(path)
    assert here in PLACES, f"say where autograde/{here} stands: give it a place in FLOORS"
    for name in imports(ast.parse(path.read_text("utf-8"))):
        package, _, rest = name.partition(".")
        there = rest.partition(".")[0]
        if package == "autograde" and there in PLACES and there != here:
            assert PLACES[there] < PLACES[here], f"{here} (floor, step: {PLACES[here]}) imports {there} {PLACES[there]}"


def test_every_place_is_taken() -> None:
    assert PLACES.keys() == {room(path) for path in MODULES}


@pytest.mark.parametrize("path", sorted(ROOT.glob("exercises/*/*.py")), ids=lambda path: path.parent.name)
def test_an_exercise_imports_from_the_ground_floor_only(path: Path) -> None:
    for name in imports(ast.parse(path.read_text("utf-8"))):
        if name.startswith("autograde."):
            assert PLACES[name.split(".")[1]] < PLACES["catalog"], name


def test_no_module_imports_anything_heavy_before_it_is_needed() -> None:
    """The grader's main process, the door and the commands start without TensorFlow; only the warm parent loads it."""
    names = [
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts) for path in MODULES if path.stem != "__main__"
    ]
    code = f"import importlib, sys\nfor name in {names!r}: importlib.import_module(name)\n"
    code += f"print(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("exercises/*/exercise.py")), ids=lambda path: path.parent.name)
def test_an_exercise_imports_nothing_heavy_outside_its_functions(path: Path) -> None:
    tops = {name.split(".")[0] for node in ast.parse(path.read_text("utf-8")).body for name in imports_at(node)}
    assert not tops & HEAVY


def imports_at(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from imports(ast.Module([node], []))
