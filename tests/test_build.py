"""Notebooks and expected arrays are made from `solutions/`, the same each time; authors are told what they forgot."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pytest
from traitlets.config import Config

from autograde import build, catalog
from autograde.build import fingerprints, lint, new, source, stale, validate
from autograde.catalog import CODE_STUB, TEXT_STUB, AuthorError
from autograde.judge import judge
from autograde.rubric import patterns
from autograde.terms import Claim, Exercise, Observation

Change = Callable[[str, str, str], None]


@pytest.fixture
def course(made_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the made-up course that a test may damage; gives the folder above exercises/ and solutions/."""
    for name in ("exercises", "solutions", "notebooks"):
        shutil.copytree(made_up.parent / name, tmp_path / name)
    monkeypatch.setattr(catalog, "EXERCISES", tmp_path / "exercises")
    return tmp_path


@pytest.fixture
def change(course: Path) -> Change:
    """Replaces text in a file of the course, which must be there."""

    def replace(name: str, old: str, new: str) -> None:
        text = (course / name).read_text("utf-8")
        assert old in text
        (course / name).write_text(text.replace(old, new, 1), "utf-8")

    return replace


# ---- notebooks


def test_a_release_has_the_stub_in_place_of_the_solution(made_up: Path) -> None:
    cells = {cell.id: cell for cell in build.notebook("made_up", "en", release=True, solutions=made_up).cells}
    assert cells["standardize"].source.endswith(f'deviation 1."""\n    {CODE_STUB}')
    assert cells["standardize"].source == build.stub("standardize", made_up)
    assert cells["r01"].source == TEXT_STUB
    assert cells["check_standardize"].source == 'check("standardize")'


def test_a_source_has_the_reference_and_the_model_answer_in_its_language(made_up: Path) -> None:
    cells = {cell.id: cell for cell in build.notebook("made_up", "zh", release=False, solutions=made_up).cells}
    assert cells["standardize"].source == build.reference("standardize", made_up)
    assert "学习率" in cells["r01"].source


def test_the_check_stands_right_after_its_answer_and_is_worth_the_points(made_up: Path) -> None:
    cells = build.notebook("made_up", "en", release=True, solutions=made_up).cells
    at = [cell.id for cell in cells].index("standardize")
    assert cells[at + 1].metadata.nbgrader.grade_id == "check_standardize"
    graded = {
        cell.id: cell.metadata.nbgrader.points for cell in cells if cell.metadata.get("nbgrader", {}).get("grade")
    }
    assert graded == {"check_standardize": 20, "r01": 2}


def test_both_languages_have_the_same_code_ids_and_grades(made_up: Path) -> None:
    en, zh = (build.notebook("made_up", lang, release=True, solutions=made_up) for lang in ("en", "zh"))
    assert (en.metadata.autograde.lang, zh.metadata.autograde.lang) == ("en", "zh")
    assert [(cell.id, cell.metadata) for cell in en.cells] == [(cell.id, cell.metadata) for cell in zh.cells]
    code = [[cell.source for cell in book.cells if cell.cell_type == "code"] for book in (en, zh)]
    assert code[0] == code[1]
    assert en.cells[0].source.startswith("# Standardize")
    assert zh.cells[0].source.startswith("# 标准化")


def test_students_edit_answers_and_try_cells_only(made_up: Path) -> None:
    for cell in build.notebook("made_up", "en", release=True, solutions=made_up).cells:
        role = cell.metadata.autograde.role
        assert cell.metadata.get("editable", True) == (role in ("answer", "try")), cell.id
        assert cell.metadata.get("deletable", True) == (role == "try"), cell.id


def test_nbgrader_knows_nothing_of_prose(made_up: Path) -> None:
    """It restores its locked cells from a gradebook that knows one language."""
    cells = build.notebook("made_up", "zh", release=True, solutions=made_up).cells
    assert {cell.metadata.autograde.role for cell in cells if "nbgrader" not in cell.metadata} == {"prose", "try"}


def test_nbgrader_makes_the_same_release_of_the_source(
    made_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbgrader.apps import NbGraderAPI

    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # nbgrader runs a bare `alembic`
    (tmp_path / "source" / "made_up").mkdir(parents=True)
    book = build.notebook("made_up", "zh", release=False, solutions=made_up)
    (tmp_path / "source" / "made_up" / "made_up.ipynb").write_text(build.to_text(book), "utf-8")
    settings = {"CourseDirectory": {"root": str(tmp_path), "db_url": f"sqlite:///{tmp_path}/gradebook.db"}}
    result = NbGraderAPI(config=Config(settings | build.nbgrader_config())).generate_assignment("made_up")
    assert result["success"], result.get("error")
    made = (tmp_path / "release" / "made_up" / "made_up.ipynb").read_text("utf-8")
    assert json.loads(made) == json.loads(
        build.to_text(build.notebook("made_up", "zh", release=True, solutions=made_up))
    )


def test_notebooks_are_valid_and_the_same_each_time(made_up: Path) -> None:
    once, again = (build.notebook("made_up", "en", release=True, solutions=made_up) for _ in range(2))
    nbformat.validate(once)
    assert build.to_text(once) == build.to_text(again)


# ---- expected arrays


def test_the_reference_is_right_and_each_mistake_keeps_only_what_it_gets_wrong(made_up: Path) -> None:
    expected = build.expected("standardize", 0, solutions=made_up)
    assert [set(seen.arrays) for seen in expected.right] == [{"four_images/out", "one_image/out"}]
    assert set(expected.wrong) == {"no_mean", "whole_batch", "variance", "two_arguments"}
    assert set(expected.wrong["whole_batch"][0].arrays) == {"four_images/out"}, "one image alone is its whole batch"


def test_accepted_samples_define_what_is_right_instead_of_the_reference(course: Path) -> None:
    samples = course / "solutions" / "samples" / "standardize"
    for name in ("accept_float64", "accept_again"):
        (samples / f"{name}.py").write_text("def standardize(images):\n    return images.astype('float64') * 0\n")
    right = build.expected("standardize", 0, solutions=course / "solutions").right
    assert [float(np.abs(seen.arrays["one_image/out"]).sum()) for seen in right] == [0.0, 0.0]


def test_a_misconception_may_have_variants(course: Path) -> None:
    samples = course / "solutions" / "samples" / "standardize"
    (samples / "wrong_variance--uncentred.py").write_text(
        "def standardize(images):\n    return images / images.var()\n"
    )
    wrong = build.expected("standardize", 0, solutions=course / "solutions").wrong
    assert len(wrong["variance"]) == 2


def test_other_cases_may_be_given(made_up: Path) -> None:
    images = np.ones((1, 2, 2), "float32") * [[[0, 2], [0, 2]]]
    expected = build.expected("standardize", 0, solutions=made_up, cases={"mine": {"images": images}})
    assert expected.right[0].arrays["mine/out"].ravel().tolist() == [-1, 1, -1, 1]


def test_what_ships_holds_no_line_of_a_sample(made_up: Path) -> None:
    expected = build.expected("standardize", 0, solutions=made_up)
    errors = [error for seen in expected.wrong["two_arguments"] for error in seen.raised.values()]
    assert {(error.line, error.code) for error in errors} == {(None, "")}


def test_a_source_has_names_of_its_own_and_its_lines_can_be_found(made_up: Path) -> None:
    seen = build.observe_source(
        "standardize", ["import numpy as np", "def standardize(images):\n    raise ValueError"], 0
    )
    assert seen.raised["one_image"].code == "raise ValueError"
    assert "standardize" not in globals()


def test_a_right_answer_that_raises_is_the_authors_mistake(course: Path, change: Change) -> None:
    change("solutions/made_up.py", "mean = images.mean(", "mean = images.men(")
    with pytest.raises(AuthorError, match="the reference must be right"):
        build.expected("standardize", 0, solutions=course / "solutions")


def test_a_question_has_nothing_to_look_at(made_up: Path) -> None:
    with pytest.raises(AuthorError, match="a question"):
        build.expected("r01", 0, solutions=made_up)


# ---- build and build --check


def test_a_fresh_build_is_up_to_date_and_building_again_writes_nothing(course: Path) -> None:
    solutions = course / "solutions"
    assert stale.command(check=True, solutions=solutions) == 0
    assert list(stale.rebuild(catalog.slugs(), solutions)) == []


def test_check_shows_the_difference_and_changes_nothing(
    course: Path, change: Change, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in course.rglob("*.*") if path.is_file()}
    change("notebooks/zh/made_up/made_up.ipynb", "# 标准化", "# 正规化")
    change("solutions/samples/standardize/wrong_variance.py", ".var(", ".max(")
    (course / "notebooks/en/other").mkdir()
    (course / "notebooks/en/other/other.ipynb").write_text("{}")
    touched = {path: path.read_bytes() for path in course.rglob("*.*") if path.is_file()}
    assert stale.command(check=True, solutions=course / "solutions") == 1
    told = capsys.readouterr().err
    assert '-    "# 正规化\\n"' in told
    assert '+    "# 标准化\\n"' in told
    assert "wrong/variance/0/four_images/out has other values" in told
    assert "other.ipynb is built from nothing" in told
    assert {path: path.read_bytes() for path in course.rglob("*.*") if path.is_file()} == touched != before


def test_building_mends_what_is_stale(course: Path, change: Change) -> None:
    change("solutions/samples/standardize/wrong_variance.py", ".var(", ".max(")
    change("solutions/made_up.py", "standard deviation 1.", "standard deviation one.")
    written = list(stale.rebuild(catalog.slugs(), course / "solutions"))
    assert [Path(line.split(" ")[0]).name for line in written] == ["made_up.ipynb", "expected.npz"]
    assert list(stale.stale(catalog.slugs(), course / "solutions")) == []


def test_arrays_that_differ_in_the_last_digits_are_not_stale(course: Path) -> None:
    """Processors differ: within the tolerance of its own claims an array stays as it is."""
    path = course / "exercises" / "standardize" / "expected.npz"
    expected = catalog.expected_from_bytes(path.read_bytes())
    expected.right[0].arrays["one_image/out"][:] += np.float32(1e-6)
    path.write_bytes(catalog.expected_to_bytes(expected))
    assert list(stale.stale(catalog.slugs(), course / "solutions")) == []
    expected.right[0].arrays["one_image/out"][:] += np.float32(1e-2)
    path.write_bytes(catalog.expected_to_bytes(expected))
    assert [line.partition(": ")[2] for line in stale.stale(catalog.slugs(), course / "solutions")] == [
        "right/0/one_image/out has other values"
    ]


def test_single_exercises_are_built_alone(course: Path, change: Change) -> None:
    change("solutions/samples/standardize/wrong_variance.py", ".var(", ".max(")
    change("notebooks/en/made_up/made_up.ipynb", "Each image", "Some image")
    assert [Path(line.split(" ")[0]).name for line in stale.rebuild(["r01"], course / "solutions")] == ["made_up.ipynb"]


def test_what_is_no_exercise_cannot_be_built(made_up: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stale.command(check=True, slugs=["nowhere"], solutions=made_up) == 2
    assert "the exercises are r01, standardize" in capsys.readouterr().err


# ---- what an author is told

TEXT = "exercises/standardize/text.en.md"
PYTHON = "exercises/standardize/exercise.py"
SOURCE = "solutions/made_up.py"


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (SOURCE, 'role="demo"', 'role="show"', "cell 5: a code cell with role 'show'; give it one of"),
        (SOURCE, '# %% role="demo"', "# %%", "cell 5: a code cell with role None"),
        (SOURCE, 'role="try"', 'role="try" points="3"', "unknown attribute 'points'"),
        (SOURCE, '[markdown] lang="zh"\n# # 标', '[markdown] lang="de"\n# # 标', "prose needs its language"),
        (SOURCE, '# %% [markdown] lang="zh"\n# 训练之前为什么要这样做？\n', "", "has no twin in every language"),
        (SOURCE, 'role="answer" exercise="standardize"', 'role="answer"', "names its exercise"),
        (SOURCE, 'exercise="standardize"', 'exercise="scale"', "no folder autograde/exercises/scale"),
        (SOURCE, '# %% [markdown] role="answer" exercise="r01"', "", "'r01' has no answer cell"),
        (SOURCE, "### BEGIN SOLUTION", "# solution", "needs its reference between"),
        (
            SOURCE,
            '    """Each image, shape (batch, rows, columns), with mean 0 and standard deviation 1."""',
            "",
            "or its stub",
        ),
        (SOURCE, 'exercise="r01"', 'exercise="r01"\n# Because.', "'r01' must be empty"),
        (PYTHON, "points=15", "points=14", "sum to 19; every code exercise is worth 20"),
        (PYTHON, 'Misconception("variance")', 'Misconception("no_mean")', "'no_mean' stands 2 times"),
        (
            PYTHON,
            'Misconception("variance")',
            'Misconception("median")',
            "write solutions/samples/standardize/wrong_median.py",
        ),
        (PYTHON, 'Misconception("variance"),', "", "EXERCISE.misconceptions lacks: add it"),
        (PYTHON, '"one_image": {', '"single": {', "lacks the section `## case single`"),
        (TEXT, "# Standardize", "## hint\nWhich?", "has no title"),
        (TEXT, "## misconception variance", "## misconception median", "lacks the section `## misconception variance`"),
        (
            TEXT,
            "## misconception variance",
            "## misconception median",
            "`## misconception median` that belongs to nothing",
        ),
        (TEXT, "## hint", "## misconception", "has 1 sections `## hint`; a ladder has 2 to 4"),
        (TEXT, "{mean}", "{average}", "placeholder {average}, which nothing fills"),
        (TEXT, "{mean}", "far", "the placeholders of `## misconception no_mean` differ in mean"),
        (TEXT, "\n\nYour result has the shape", " Your result has the shape", "`## claim shape` has 1 paragraphs"),
        (TEXT, "## error TypeError", "## error Type(Error", "is no regular expression"),
        (TEXT, "## error TypeError", "## error NameError", "have different sections `## error`"),
        (TEXT, "The images are divided", "The\nimages\nare\nnot\ndivided", "longer than 4 lines"),
        (
            "exercises/standardize/text.zh.md",
            "哪些轴属于同一张图像？\n\n## hint",
            "Which axes?\n\n## hint",
            "no Chinese",
        ),
        (
            "exercises/r01/text.zh.md",
            "\n\n标准化之后，数值的大小有什么变化？",
            "",
            "`## key_point scale` has 1 paragraphs",
        ),
    ],
)
def test_an_authors_mistake_says_what_to_do(
    course: Path, change: Change, capsys: pytest.CaptureFixture[str], file: str, old: str, new: str, says: str
) -> None:
    change(file, old, new)
    catalog.load.cache_clear()
    assert stale.command(check=False, solutions=course / "solutions") == 1
    assert says in capsys.readouterr().err


def test_every_mistake_is_told_at_once(course: Path, change: Change) -> None:
    change(PYTHON, "points=15", "points=14")
    change("exercises/r01/text.en.md", "## model_answer", "## model")
    change(SOURCE, 'role="demo"', 'role="show"')
    catalog.load.cache_clear()
    with pytest.raises(AuthorError) as told:
        lint.insist(catalog.slugs(), course / "solutions")
    assert len(str(told.value).splitlines()) == 4


def test_patterns_are_about_the_key_points_of_their_question(course: Path) -> None:
    path = course / "exercises" / "r01" / "patterns.md"
    path.write_text("## words\nsize: size | 大小\n\n## says scale\nsize\n\n## perhaps weight\nsize\n")
    patterns.of.cache_clear()
    told = lint.problems("r01", course / "solutions")
    path.write_text("## words\nno colon\n")
    patterns.of.cache_clear()
    told += lint.problems("r01", course / "solutions")
    patterns.of.cache_clear()
    assert [re.findall(r"`## .+?`|no colon", one) for one in told] == [
        ["`## says learning`"],
        ["`## perhaps weight`"],
        ["no colon"],
    ]


def test_a_sample_is_named_by_its_verdict(course: Path) -> None:
    (course / "solutions" / "samples" / "standardize" / "maybe_right.py").write_text("")
    assert [
        "one of accept, alt, wrong, hack" in line for line in lint.problems("standardize", course / "solutions")
    ] == [True]


def test_without_solutions_the_message_says_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograde.__file__", str(tmp_path / "installed" / "autograde" / "__init__.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AuthorError, match="in a checkout"):
        build.solutions_dir()
    (tmp_path / "solutions").mkdir()
    assert build.solutions_dir() == tmp_path / "solutions"


def test_the_made_up_samples_are_judged_as_their_names_say(made_up: Path) -> None:
    found = fingerprints.gallery("standardize", 5, solutions=made_up)
    exercise = catalog.load("standardize").about
    assert isinstance(exercise, Exercise)
    verdicts = {path.stem: judge(exercise, seen, found.expected) for path, seen in found.samples.items()}
    assert {name: verdict.misconception for name, verdict in verdicts.items()} == {
        "alt_two_steps": None,
        "wrong_no_mean": "no_mean",
        "wrong_two_arguments": "two_arguments",
        "wrong_variance": "variance",
        "wrong_whole_batch": "whole_batch",
    }
    assert verdicts["alt_two_steps"].points == 20
    assert judge(exercise, found.stub, found.expected).outcome == "untouched"


def test_stubs_keep_the_indentation_and_what_stands_around_the_solution() -> None:
    text = "def f(x):\n    'doc'\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n\ny = 1"
    assert source.stubbed(text) == f"def f(x):\n    'doc'\n    {CODE_STUB}\n\ny = 1"
    assert source.solution_lines(text) == ("    return x",)


# ---- a new exercise


def test_a_new_exercise_says_line_by_line_what_to_write(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new.skeleton("softmax", solutions=course / "solutions")
    assert stale.command(check=False, solutions=course / "solutions") == 1
    told = capsys.readouterr().err
    assert "softmax/exercise.py, line 1: write what the exercise asks for" in told
    assert "softmax/text.zh.md, line 1: write 标题" in told
    assert "solutions/softmax.py, line 2: write what one learns here" in told
    assert told.count("write") == len(told.splitlines()), "nothing else is amiss"


@pytest.mark.parametrize("assignment", [None, "made_up"])
def test_with_its_lines_written_a_new_exercise_obeys(course: Path, assignment: str | None) -> None:
    solutions = course / "solutions"
    for path in new.skeleton("softmax", assignment, solutions):
        path.write_text(path.read_text("utf-8").replace("WRITE: ", ""), "utf-8")
    assert [Path(line.split(" ")[0]).name for line in stale.rebuild(["softmax"], solutions)][-1] == "expected.npz"
    lint.insist(catalog.slugs(), solutions)
    found = fingerprints.gallery("softmax", 3, solutions=solutions)
    verdicts = {path.stem: judge(found.exercise, seen, found.expected) for path, seen in found.samples.items()}
    assert (verdicts["alt_sum"].points, verdicts["wrong_not_doubled"].misconception) == (20, "not_doubled")
    assert judge(found.exercise, found.stub, found.expected).outcome == "untouched"


@pytest.mark.parametrize(
    ("slug", "says"),
    [("Soft Max", "cannot be a name"), ("../up", "cannot be"), ("standardize", "exists"), ("", "cannot")],
)
def test_a_new_exercise_needs_a_name_that_is_free(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], slug: str, says: str
) -> None:
    monkeypatch.setattr(source, "solutions_dir", lambda: course / "solutions")
    before = sorted(course.rglob("*"))
    assert new.command(slug) == 2
    assert says in capsys.readouterr().err
    assert sorted(course.rglob("*")) == before


# ---- how far verdicts can be trusted


def test_trust_names_every_sample_that_breaks_a_promise(made_up: Path) -> None:
    right, wrong = ("correct", 20.0, ()), ("incorrect", 5.0, ("variance",))
    first: dict[str, validate.Short] = {
        "reference": right,
        "alt_a": right,
        "wrong_variance": wrong,
        "wrong_no_mean": wrong,
    }
    second = first | {"alt_a": ("incorrect", 19.0, ()), "wrong_variance": ("correct", 20.0, ())}
    trust = validate.compare("standardize", [first, second], [first, first | {"reference": ("crash", 0.0, ())}])
    assert trust.not_full == {"alt_a"}
    assert trust.not_caught == {"wrong_variance"}
    assert trust.not_named == {"wrong_variance", "wrong_no_mean"}
    assert trust.misnamed == {"wrong_no_mean"}
    assert trust.by_seed == {"alt_a", "wrong_variance"}
    assert trust.by_jobs == {"reference"}
    assert not trust.holds
    assert trust.row() == ("standardize", "1 of 2", "1 of 2", "0%", "1", "2", "1")
    assert len(list(trust.amiss())) == 6


def test_a_few_wrong_answers_may_go_without_a_name(made_up: Path) -> None:
    def verdicts(unnamed: int) -> dict[str, validate.Short]:
        names = ["variance"] * (20 - unnamed) + [""] * unnamed
        return {f"wrong_variance--{n}": ("incorrect", 5.0, (name,) if name else ()) for n, name in enumerate(names)}

    assert validate.compare("standardize", [verdicts(2)], [verdicts(2)]).holds
    assert not validate.compare("standardize", [verdicts(3)], [verdicts(3)]).holds


def test_the_graders_sandbox_gives_the_same_verdicts_as_this_process(made_up: Path) -> None:
    verdicts = validate.on_seed("standardize", 5, made_up)
    expected = build.expected("standardize", 5, solutions=made_up)
    assert validate.as_graded("standardize", expected, 5, jobs=1, solutions=made_up) == [verdicts, verdicts]


def test_an_interrupted_validation_goes_on_while_nothing_has_changed(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    solutions = course / "solutions"
    first = validate.kept_or_judged("standardize", 5, solutions)
    assert first == validate.on_seed("standardize", 5, solutions)
    (kept,) = (course / "build" / "validated").rglob("*.json")
    looked: list[int] = []

    def look_again(slug: str, seed: int, solutions: Path | None = None) -> dict[str, validate.Short]:
        looked.append(seed)
        return first

    monkeypatch.setattr(validate, "on_seed", look_again)
    assert validate.kept_or_judged("standardize", 5, solutions) == first
    assert looked == []
    kept.write_text("{")
    assert validate.kept_or_judged("standardize", 5, solutions) == first
    assert looked == [5]
    (solutions / "samples" / "standardize" / "wrong_variance--again.py").write_text("standardize = None\n")
    validate._state.cache_clear()
    assert validate.kept_or_judged("standardize", 5, solutions) == first
    assert looked == [5, 5]
    (solutions / "samples" / "another").mkdir()
    (solutions / "samples" / "another" / "wrong_sum.py").write_text("another = None\n")
    validate._state.cache_clear()
    assert validate.kept_or_judged("standardize", 5, solutions) == first
    assert looked == [5, 5], "a sample of another exercise changes nothing here"


# ---- what right answers define


def test_what_is_shown_is_defined_by_the_columns_of_a_right_answer() -> None:
    claims = (
        Claim("loss", of="shown_loss", how="shown"),
        Claim("validation", of=("shown_val_loss", "shown_val_accuracy"), how="shown"),
        Claim("values", of="out"),
    )
    nan = float("nan")
    rows = np.array([[3.0, nan, nan], [2.0, nan, nan], [2.0, 5.0, 0.5], [1.0, nan, nan], [1.0, 4.0, 0.75]])
    names = ("shown_loss", "shown_val_loss", "shown_val_accuracy", "out")
    seen = Observation({f"case/{name}": rows for name in names})
    found = fingerprints.defined(Exercise("loops", ("train",), claims), seen).arrays
    assert {name: found[f"case/{name}"].tolist() for name in names[:3]} == {
        "shown_loss": [3.0, 2.0, 1.0], "shown_val_loss": [5.0, 4.0], "shown_val_accuracy": [0.5, 0.75],
    }  # fmt: skip
    assert found["case/out"] is rows


def test_a_right_answer_that_shows_nothing_defines_nothing() -> None:
    exercise = Exercise("loops", ("train",), (Claim("loss", of="shown_loss", how="shown"),))
    found = fingerprints.defined(exercise, Observation({"case/shown_loss": np.full((0, 16), np.nan)}))
    assert found.arrays["case/shown_loss"].shape == (0,)
