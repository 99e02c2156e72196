"""The one file that knows how an exercise folder is laid out; loads and validates it.

exercises/<slug>/exercise.py     EXERCISE (an `Exercise` with `cases(rng)` and `probe(student, **inputs)`) or QUESTION
exercises/<slug>/text.<lang>.md  every sentence about it: `# title`, then sections `## kind id`
exercises/<slug>/expected.npz    what right and known wrong answers look like on the public seed (built)
"""

from __future__ import annotations

import importlib.util
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from autograde.terms import Array, Exercise, Expected, Observation, Question, Raised

EXERCISES = Path(__file__).with_name("exercises")
LANGUAGES = ("en", "zh")
PUBLIC_SEED = 0
CODE_STUB = "# YOUR CODE HERE"
TEXT_STUB = "*Write your answer here. · 在这里写下你的回答。*"
_HEADING = re.compile(r"^```.*?^```|^(#{1,2}) +([^\n]+?) *$", re.M | re.S)  # a comment in a code block is none
_ONCE = ("title", "question", "model_answer")


class AuthorError(Exception):
    """An exercise folder is not as it should be; the message says what to do."""


@dataclass(frozen=True)
class Text:
    """The sentences about one exercise in one language: sections by (kind, id), each a tuple of paragraphs.

    Hints and other sections without an id are numbered from 1: ("hint", "1").
    """

    lang: str
    title: str
    sections: Mapping[tuple[str, str], tuple[str, ...]]

    def get(self, kind: str, id: str = "") -> tuple[str, ...]:
        return self.sections.get((kind, id), ())

    def ids(self, kind: str) -> tuple[str, ...]:
        return tuple(id for found, id in self.sections if found == kind)


@dataclass(frozen=True)
class Entry:
    """An exercise or question with its text and, for exercises, its probe and cases."""

    about: Exercise | Question
    text: Mapping[str, Text]
    folder: Path
    module: ModuleType

    @property
    def id(self) -> str:
        return self.about.id

    @property
    def probe(self) -> Callable[..., Any]:
        return self.module.probe  # type: ignore[no-any-return]

    def cases(self, seed: int) -> dict[str, dict[str, Any]]:
        """The inputs of every case, drawn from `seed`."""
        return self.module.cases(np.random.default_rng(seed))  # type: ignore[no-any-return]

    def expected(self) -> Expected:
        """What right and known wrong answers look like on the public seed. Raises `AuthorError` before it is built."""
        path = self.folder / "expected.npz"
        if not path.exists():
            raise AuthorError(f"{path.name} of {self.id!r} is missing: run `autograde build`")
        return expected_from_bytes(path.read_bytes())


def slugs() -> tuple[str, ...]:
    """The ids of all exercises and questions, in the order of their names."""
    return tuple(sorted(path.parent.name for path in EXERCISES.glob("*/exercise.py")))


def entries() -> Iterator[Entry]:
    return (load(slug) for slug in slugs())


def of_assignment(assignment: str) -> tuple[Entry, ...]:
    """The exercises of an assignment, in the order of their ids; `EXERCISE.assignment` says where one belongs."""
    return tuple(entry for entry in entries() if entry.about.assignment == assignment)


def assignments() -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry.about.assignment for entry in entries()))


@cache
def load(slug: str) -> Entry:
    """The exercise `slug`. Raises `KeyError` where there is none, `AuthorError` where its folder is not right."""
    folder = EXERCISES / slug
    if not re.fullmatch(r"\w+", slug) or not (folder / "exercise.py").is_file():
        raise KeyError(slug)
    module = _module(slug, folder / "exercise.py")
    about = getattr(module, "EXERCISE", None) or getattr(module, "QUESTION", None)
    if not isinstance(about, Exercise | Question):
        raise AuthorError(f"{slug}/exercise.py defines neither EXERCISE nor QUESTION")
    if isinstance(about, Exercise):
        for name in ("cases", "probe"):
            if not callable(getattr(module, name, None)):
                raise AuthorError(f"{slug}/exercise.py has no function {name}()")
    texts = {lang: _read_text(folder / f"text.{lang}.md", lang) for lang in LANGUAGES}
    return Entry(replace(about, id=slug), texts, folder, module)


def _module(slug: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"autograde.exercises.{slug}.exercise", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _read_text(path: Path, lang: str) -> Text:
    if not path.is_file():
        raise AuthorError(f"{path.parent.name}/{path.name} is missing: every sentence stands there")
    return parse_text(path.read_text("utf-8"), lang, f"{path.parent.name}/{path.name}")


def parse_text(source: str, lang: str, name: str) -> Text:
    """Read `# title` and `## kind id` sections; a section's paragraphs are parted by blank lines."""
    title = ""
    sections: dict[tuple[str, str], tuple[str, ...]] = {}
    counts: dict[str, int] = {}
    heads = [head for head in _HEADING.finditer(source) if head.group(1)]
    for head, after in zip(heads, [*heads[1:], None], strict=True):
        body = source[head.end() : after.start() if after else len(source)].strip()
        paragraphs = tuple(part.strip() for part in re.split(r"\n\s*\n", body) if part.strip())
        if head.group(1) == "#":
            title = head.group(2)
            continue
        kind, _, id = head.group(2).partition(" ")
        if not id and kind not in _ONCE:
            counts[kind] = counts.get(kind, 0) + 1
            id = str(counts[kind])
        if (kind, id) in sections:
            raise AuthorError(f"{name}: the section '## {head.group(2)}' stands twice; keep one")
        sections[kind, id] = paragraphs
    return Text(lang, title, sections)


@cache
def common(lang: str) -> Text:
    """The sentences that belong to no exercise, from `autograde/text.<lang>.md`."""
    path = Path(__file__).with_name(f"text.{lang}.md")
    return parse_text(path.read_text("utf-8"), lang, path.name)


# ---- expected.npz: right/<n>/<case>/<entry>, wrong/<misconception>/<n>/<case>/<entry>, stub/0/<case>/<entry>

_RAISED = "!raised"


def expected_to_bytes(expected: Expected) -> bytes:
    """`expected` as .npz bytes that `numpy.load` reads; the same records give the same bytes."""
    members: dict[str, Array] = {}
    groups = {"right": expected.right, "stub": () if expected.stub is None else (expected.stub,)}
    groups |= {f"wrong/{name}": variants for name, variants in expected.wrong.items()}
    for group, observations in groups.items():
        for number, observation in enumerate(observations):
            for key, array in observation.arrays.items():
                members[f"{group}/{number}/{key}"] = array
            for case, error in observation.raised.items():
                text = json.dumps([error.type, error.message, error.line, error.code])
                members[f"{group}/{number}/{case}/{_RAISED}"] = np.array(text)
            members.setdefault(f"{group}/{number}/", np.array(True))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in members.items():
            info = zipfile.ZipInfo(name + ".npy")
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w") as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
    return buffer.getvalue()


def expected_from_bytes(data: bytes) -> Expected:
    arrays: dict[str, dict[str, Array]] = {}
    raised: dict[str, dict[str, Raised]] = {}
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        for name in archive.files:
            depth = 3 if name.startswith("wrong/") else 2
            parts = name.split("/", depth)
            group, key = "/".join(parts[:depth]), parts[depth]
            arrays.setdefault(group, {})
            case, _, entry = key.rpartition("/")
            if entry == _RAISED:
                raised.setdefault(group, {})[case] = Raised(*json.loads(str(archive[name])))
            elif key:
                arrays[group][key] = archive[name]
    wrong: dict[str, tuple[Observation, ...]] = {}
    right: tuple[Observation, ...] = ()
    stub = None
    for group, found in arrays.items():
        observation = Observation(found, raised.get(group, {}))
        if group.startswith("right/"):
            right += (observation,)
        elif group.startswith("stub/"):
            stub = observation
        else:
            name = group.split("/")[1]
            wrong[name] = (*wrong.get(name, ()), observation)
    return Expected(right, wrong, stub)
