"""The ground: what is installed is the same by every road, and every road is named where people look for it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib  # type: ignore[import-not-found,no-redef]

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def conda_lines() -> tuple[list[str], list[str]]:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    plain = [line for line in environment["dependencies"] if isinstance(line, str)]
    (pip,) = [line["pip"] for line in environment["dependencies"] if isinstance(line, dict)]
    return plain, pip


def pins(name: str) -> list[Requirement]:
    lines = (ROOT / "constraints" / name).read_text("utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.lstrip().startswith("#")]


def test_conda_users_get_the_packages_of_pyproject():
    plain, pip = conda_lines()
    assert f"python{PROJECT['requires-python']}" in plain
    assert "-c constraints/newest.txt" in pip
    assert "-e ." in pip
    listed = {str(Requirement(line)) for line in pip if not line.startswith("-")}
    assert listed == {str(Requirement(line)) for line in PROJECT["dependencies"]}


@pytest.mark.parametrize("name", ["newest.txt", "oldest.txt"])
def test_constraints_are_exact_and_within_what_pyproject_allows(name):
    found = pins(name)
    assert all(len(pin.specifier) == 1 and next(iter(pin.specifier)).operator == "==" for pin in found)
    allowed = {Requirement(line).name: Requirement(line).specifier for line in PROJECT["dependencies"]}
    for pin in found:
        version = next(iter(pin.specifier)).version
        assert pin.name not in allowed or version in allowed[pin.name], (
            f"{pin} in {name} is not allowed by pyproject.toml"
        )


def test_the_newest_constraints_pin_every_dependency_and_every_extra():
    pinned = {re.sub(r"[-_.]+", "-", pin.name).lower() for pin in pins("newest.txt")}
    wanted = [
        *PROJECT["dependencies"],
        *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
    ]
    assert {Requirement(line).name.lower() for line in wanted} <= pinned


def test_each_dependency_has_its_reason_beside_it():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    dependencies = re.findall(r'^    "[\w-]+[^"]*",(.*)$', text.split("[project.scripts]")[0], re.M)
    assert len(dependencies) >= len(PROJECT["dependencies"])
    assert all(re.match(r"\s*# \S", rest) for rest in dependencies)


def test_every_command_of_the_makefile_that_the_readme_names_exists():
    readme = (ROOT / "README.md").read_text("utf-8")
    targets = set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    named = set(re.findall(r"\bmake ([a-z0-9]+)\b(?! sure)", readme))
    assert {"demo", "test", "lab", "bench"} <= named <= targets


def test_ci_runs_the_readmes_test_command():
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text("utf-8"), re.M)
    assert "make test" in (ROOT / "README.md").read_text("utf-8")


def test_make_explains_itself():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search(r"^demo +\S", listed, re.M)
