"""What must hold of every exercise. Exercises and samples are discovered: adding one adds no code here."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from pathlib import Path

import nbformat
import pytest

from autograde import build, catalog, classroom, speak
from autograde.build import fingerprints, lint, source, stale
from autograde.build.fingerprints import Gallery
from autograde.catalog import LANGUAGES, PUBLIC_SEED
from autograde.classroom import Classroom
from autograde.judge import judge
from autograde.rights import Rights
from autograde.sandbox import Engine, Finding, Findings, Limits, Task
from autograde.terms import Exercise, Expected, Verdict
from autograde.verdicts import judge_finding

ROOT = Path(__file__).parent.parent
EXERCISES = tuple(entry.id for entry in catalog.entries() if isinstance(entry.about, Exercise))
HIDDEN_SEED = 71_993
SEEDS = (PUBLIC_SEED, 1, 2, 3, HIDDEN_SEED)


@cache
def processes() -> ProcessPoolExecutor:
    """Where samples are looked at: fresh processes, as many as there are cores, up to two."""
    return ProcessPoolExecutor(min(2, os.cpu_count() or 1), multiprocessing.get_context("spawn"))


@cache
def galleries(slug: str) -> dict[int, Future[Gallery]]:
    """The samples of an exercise on every seed: the wrong ones on the public and the hidden seed only."""
    right = ("accept", "alt")
    kinds = {seed: (*right, "wrong") if seed in (PUBLIC_SEED, HIDDEN_SEED) else right for seed in SEEDS}
    return {seed: processes().submit(fingerprints.gallery, slug, seed, kinds[seed]) for seed in SEEDS}


@cache
def gallery(slug: str, seed: int) -> Gallery:
    return galleries(slug)[seed].result()


@cache
def expected(slug: str, seed: int) -> Expected:
    return gallery(slug, seed).expected


def verdict(slug: str, seed: int, sample: Path) -> Verdict:
    found = gallery(slug, seed)
    return judge(found.exercise, found.samples[sample], expected(slug, seed))


def all_samples(*kinds: str) -> list[object]:
    """A pytest parameter (slug, path) for each sample of the kinds."""
    return [
        pytest.param(slug, path, id=f"{slug}/{path.stem}")
        for slug in EXERCISES
        for kind in kinds
        for path in source.samples(slug, kind)
    ]


# ---- 1: right answers


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("slug", EXERCISES)
def test_the_reference_earns_full_marks(slug: str, seed: int) -> None:
    found = gallery(slug, seed)
    assert found.reference is not None
    earned = judge(found.exercise, found.reference, expected(slug, seed))
    assert [claim.id for claim in earned.claims if not claim.holds] == []
    assert (earned.outcome, earned.points, earned.misconception) == ("correct", lint.POINTS, None)


@pytest.mark.parametrize(("slug", "sample"), all_samples("accept", "alt"))
def test_every_other_right_answer_earns_full_marks(slug: str, sample: Path) -> None:
    for seed in SEEDS:
        earned = verdict(slug, seed, sample)
        assert [claim.id for claim in earned.claims if not claim.holds] == [], f"on seed {seed}"
        assert (earned.outcome, earned.points, earned.misconception) == ("correct", lint.POINTS, None)


# ---- 2: the stub


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("slug", EXERCISES)
def test_the_stub_is_untouched_and_earns_nothing(slug: str, seed: int) -> None:
    found = gallery(slug, seed)
    earned = judge(found.exercise, found.stub, expected(slug, seed))
    assert (earned.outcome, earned.points, earned.misconception) == ("untouched", 0, None)


# ---- 3: known mistakes


@pytest.mark.parametrize(("slug", "sample"), all_samples("wrong"))
def test_every_known_mistake_costs_points_and_is_called_by_its_name(slug: str, sample: Path) -> None:
    costs = set()
    for seed in (PUBLIC_SEED, HIDDEN_SEED):
        earned = verdict(slug, seed, sample)
        assert earned.points < lint.POINTS, f"on seed {seed}"
        assert (earned.misconception, earned.also) == (source.misconception_of(sample), ()), f"on seed {seed}"
        costs.add((earned.outcome, earned.points))
    assert len(costs) == 1, "the same answer costs the same on every seed"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    return classroom.init(tmp_path_factory.mktemp("class"))


@pytest.mark.parametrize("slug", EXERCISES)
def test_the_grader_looks_at_few_suspects_and_says_what_it_would_say_after_all(slug: str, room: Classroom) -> None:
    found, about = gallery(slug, HIDDEN_SEED), fingerprints.code_exercise(slug)
    seen = {path.read_text("utf-8"): one for path, one in found.samples.items()}
    looked: list[Task] = []

    def submit(task: Task) -> Future[Findings]:
        looked.append(task)
        done: Future[Findings] = Future()
        done.set_result(Findings({slug: Finding(seen.get(task.cells[-1].source, found.stub))}))
        return done

    alone = 0
    for path, one in found.of("wrong").items():
        rights = Rights(room, HIDDEN_SEED, submit, lambda *_, **__: None)
        assert judge(about, one, rights.against(slug, one)) == verdict(slug, HIDDEN_SEED, path), path.stem
        shutil.rmtree(room.root / ".autograde" / "expected")
        alone += len(looked)
        looked.clear()
    assert alone < 8 * len(found.of("wrong"))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("slug", "sample"), all_samples("wrong"))
def test_every_known_mistake_has_its_sentence(slug: str, sample: Path, lang: str) -> None:
    entry = catalog.load(slug)
    said = speak.message(verdict(slug, PUBLIC_SEED, sample), entry, lang)
    section = entry.text[lang].get("misconception", source.misconception_of(sample))
    lines = [line for paragraph in section for line in paragraph.splitlines()]
    for line in (lines[0], lines[-1]):  # what was seen, and the next step; a raised error may take the place of others
        pattern = "(.+?)".join(map(re.escape, re.split(r"\{\w+\}", line)))
        found = re.search(pattern, said)
        assert found, (line, said)
        assert speak.UNKNOWN not in found.groups(), f"nothing filled a placeholder: {said}"
    assert len(said.strip().splitlines()) <= lint.MOST_LINES


# ---- 4: attempts to cheat


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """The grader's own sandbox. A sample that hangs is stopped after a few seconds."""
    with Engine(Limits(seconds=15, total_seconds=40)) as engine:
        yield engine


@pytest.mark.parametrize(("slug", "sample"), all_samples("hack"))
def test_every_attempt_to_cheat_earns_nothing(slug: str, sample: Path, engine: Engine) -> None:
    cases = catalog.load(slug).cases(HIDDEN_SEED)
    found = engine.run(fingerprints.task(slug, [sample.read_text("utf-8")], cases))
    assert found.error is None, "the grader itself must not be harmed"
    earned = judge_finding(fingerprints.code_exercise(slug), found.exercises[slug], expected(slug, HIDDEN_SEED))
    assert (earned.points, earned.outcome == "correct") == (0, False), earned


@pytest.mark.parametrize("slug", EXERCISES)
def test_the_grader_lives_and_sees_right_answers_as_they_are(slug: str, engine: Engine) -> None:
    """After the attempts to cheat, through the same warm parent."""
    sources = [source.setup_source(fingerprints.code_exercise(slug).assignment), source.reference(slug)]
    found = engine.run(fingerprints.task(slug, sources, catalog.load(slug).cases(HIDDEN_SEED)))
    earned = judge_finding(fingerprints.code_exercise(slug), found.exercises[slug], expected(slug, HIDDEN_SEED))
    assert (earned.outcome, earned.points) == ("correct", lint.POINTS)


# ---- 5: texts


@pytest.mark.parametrize("slug", catalog.slugs())
def test_texts_claims_and_samples_fit_together(slug: str) -> None:
    assert lint.problems(slug) == []


@pytest.mark.parametrize("assignment", source.assignments())
def test_the_source_of_an_assignment_can_be_built(assignment: str) -> None:
    assert {part.lang for part in source.parts(assignment)} >= set(LANGUAGES)


# ---- 6: what is built is up to date


def test_the_notebooks_are_as_they_would_be_built() -> None:
    assert list(stale.stale_notebooks(catalog.slugs())) == []


@pytest.mark.parametrize("slug", EXERCISES)
def test_the_expected_arrays_are_as_they_would_be_built(slug: str) -> None:
    assert list(stale.stale_arrays(fingerprints.code_exercise(slug), expected(slug, PUBLIC_SEED))) == []


@pytest.mark.parametrize("slug", EXERCISES)
def test_the_expected_arrays_are_small(slug: str) -> None:
    assert (catalog.EXERCISES / slug / "expected.npz").stat().st_size < 300 << 10


# ---- 7: nothing gives a reference away


def telling_lines(slug: str) -> set[str]:
    """The lines of right answers that would give something away.

    Lines of fewer than six names and numbers, such as `return loss` or `with tf.GradientTape() as tape:`, are in every
    program of the field; what stands in the stub or in the set-up cells is known anyway.
    """
    assignment = fingerprints.code_exercise(slug).assignment
    known = {line.strip() for line in (source.stub(slug) + source.setup_source(assignment)).splitlines()}
    texts = [path.read_text("utf-8") for kind in ("accept", "alt") for path in source.samples(slug, kind)]
    lines = {line.strip() for text in texts for line in re.sub(r'(?s)""".*?"""', "", text).splitlines()}
    lines |= {line.strip() for line in source.solution_lines(source.reference(slug))}
    code = {line for line in lines if not line.startswith(("#", "import ", "from ", "def ", "class ", "@"))}
    return {line for line in code - known if len(re.findall(r"\w+", line.partition("#")[0])) >= 6}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The text of every file of the wheel, by its name. It is built in a copy, as building leaves things behind."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "autograde", folder / "autograde", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", "made", "."]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (made,) = (folder / "made").glob("*.whl")
    with zipfile.ZipFile(made) as archive:
        return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}


@pytest.mark.parametrize("slug", EXERCISES)
def test_a_reference_has_lines_worth_hiding(slug: str) -> None:
    assert telling_lines(slug), "otherwise the next two tests would hold of anything"


@pytest.mark.parametrize("slug", EXERCISES)
def test_no_line_of_a_right_answer_stands_in_a_notebook(slug: str) -> None:
    for path in sorted((ROOT / "notebooks").rglob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells)
        assert [line for line in telling_lines(slug) if line in text] == [], path


@pytest.mark.parametrize("slug", EXERCISES)
def test_no_line_of_a_right_answer_stands_in_the_wheel(slug: str, wheel: dict[str, str]) -> None:
    found = {name: [line for line in telling_lines(slug) if line in text] for name, text in wheel.items()}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_the_wheel_holds_what_students_need_and_nothing_of_the_solutions(wheel: dict[str, str]) -> None:
    assert not [name for name in wheel if re.search(r"solutions|samples|tests/|\.ipynb$", name)]
    for slug in catalog.slugs():
        files = {"exercise.py", *(f"text.{lang}.md" for lang in LANGUAGES)}
        files |= {"expected.npz"} if slug in EXERCISES else set()
        assert {f"autograde/exercises/{slug}/{name}" for name in files} <= wheel.keys()


# ---- and the notebooks run


@pytest.mark.parametrize("release", [True, False], ids=["released", "solved"])
@pytest.mark.parametrize("assignment", source.assignments())
def test_a_notebook_runs_from_top_to_bottom(
    assignment: str, release: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Released in one language and solved in the other: code cells are the same bytes in both."""
    from nbclient import NotebookClient

    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    if (shared := ROOT.parent / "shared" / "keras").is_dir():
        monkeypatch.setenv("KERAS_HOME", os.environ.get("KERAS_HOME", str(shared)))
    book = build.notebook(assignment, LANGUAGES[0] if release else LANGUAGES[-1], release=release)
    (tmp_path / f"{assignment}.ipynb").write_text(build.to_text(book), "utf-8")
    NotebookClient(book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    if not release:
        scores = {cell.id: last_result(cell) for cell in book.cells if cell.metadata.autograde.role == "check"}
        assert set(scores.values()) <= {str(float(lint.POINTS))}, scores


def last_result(cell: nbformat.NotebookNode) -> str:
    return next(
        (out.data["text/plain"] for out in reversed(cell.outputs) if out.output_type == "execute_result"), "nothing"
    )
