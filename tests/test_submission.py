"""What students do to files: every one is read for what it is worth, or refused with a reason."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograde import catalog, speak, submission
from autograde.submission import Course, DamagedError, Submission
from tests import made_up_class as made

RIGHT = "def standardize(images):\n    return images"
ANSWER = "Inputs of one scale."


@pytest.fixture
def course(made_up: Path) -> Course:
    return submission.course("made_up", made.book({}))


def book(**answers: str) -> Any:
    return made.book({"standardize": RIGHT, "r01": ANSWER} | answers)


def read(given: Any, course: Course) -> Submission:
    return submission.read(given if isinstance(given, bytes) else json.dumps(given).encode(), course)


def place(given: Any, grade_id: str) -> int:
    return next(at for at, cell in enumerate(given["cells"]) if _grade_id(cell) == grade_id)


def _grade_id(cell: Any) -> Any:
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


def names(found: Submission) -> list[str]:
    return [part.name for part in found.parts if part.runs]


# ---- files


def damage(given: bytes, course: Course) -> str:
    with pytest.raises(DamagedError) as caught:
        submission.read(given, course)
    return caught.value.id


@pytest.mark.parametrize(
    ("data", "id"),
    [
        (b"", "empty_file"),
        (b"\x00" * 50, "empty_file"),
        (b'{"cells": [{"cell_ty', "not_json"),
        (b"PK\x03\x04 a zip file", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"[1, 2]", "not_a_notebook"),
        (b'{"cells": 3}', "not_a_notebook"),
        (b'{"cells": []}', "no_answers"),
        (b'{"cells": [1, null, {"cell_type": "code"}]}', "no_answers"),
    ],
)
def test_a_damaged_file_is_refused_with_its_reason(data: bytes, id: str, course: Course) -> None:
    assert damage(data, course) == id


def test_every_half_of_a_notebook_is_damaged_and_says_so(course: Course) -> None:
    data = json.dumps(book()).encode()
    for share in range(1, 10):
        assert damage(data[: len(data) * share // 10], course) == "not_json"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"])
def test_chinese_text_is_read_in_every_encoding_an_editor_saves(encoding: str, course: Course) -> None:
    text = json.dumps(book(r01="所有输入的尺度相同，训练更稳定。"), ensure_ascii=False)
    assert read(text.encode(encoding), course).answer("r01") == "所有输入的尺度相同，训练更稳定。"


def test_western_text_is_read_in_its_old_encoding(course: Course) -> None:
    made_up = json.dumps(book(r01="déjà vu: même échelle"), ensure_ascii=False).replace("·", "-")
    ascii_only = "".join(one if ord(one) < 256 else "?" for one in made_up)
    assert read(ascii_only.encode("latin-1"), course).answer("r01") == "déjà vu: même échelle"


def test_bytes_that_are_no_text_at_all_cost_only_themselves(course: Course) -> None:
    data = json.dumps(book(r01="fine MARK fine")).encode().replace(b"MARK", b"\xff\xfe\x81")
    assert read(data, course).answer("standardize") == RIGHT


def test_a_notebook_of_nbformat_3_is_read(course: Course) -> None:
    given = json.loads(json.dumps(book()))
    for cell in given["cells"]:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": given["cells"]}]}
    found = read(old, course)
    assert (found.answer("standardize"), found.answer("r01")) == (RIGHT, ANSWER)


@pytest.mark.parametrize("version", [(4, 99), (5, 0), (99, 1), ("four", None)])
def test_a_notebook_of_another_version_is_read_if_it_has_cells(version: tuple[Any, Any], course: Course) -> None:
    given = book() | {"nbformat": version[0], "nbformat_minor": version[1]}
    assert read(given, course).answer("standardize") == RIGHT


def test_the_kernel_does_not_matter(course: Course) -> None:
    given = book()
    given["metadata"]["kernelspec"] = {"name": "ir", "language": "R", "display_name": "R"}
    assert read(given, course).answer("standardize") == RIGHT


@pytest.mark.parametrize(
    ("metadata", "lang"),
    [
        ({"autograde": {"lang": "zh"}}, "zh"),
        ({"autograde": {"lang": ["zh"]}}, "en"),
        ({"autograde": 3}, "en"),
        (None, "en"),
    ],
)
def test_the_edition_is_in_the_metadata_and_that_of_the_class_without(metadata: Any, lang: str, course: Course) -> None:
    given = book() | {"metadata": metadata}
    assert read(given, course).lang == lang
    assert read(given, replace(course, lang="zh")).lang == "zh"


# ---- folders


def test_the_notebook_with_the_right_name_counts(tmp_path: Path) -> None:
    for name in ("a.ipynb", "made_up.ipynb"):
        (tmp_path / name).write_text("{}")
    path, remarks = submission.choose(tmp_path, "made_up")
    assert path.name == "made_up.ipynb"
    assert [remark.id for remark in remarks] == ["several_notebooks"]


def test_a_notebook_with_another_name_counts_when_it_is_the_only_one(tmp_path: Path) -> None:
    (tmp_path / "homework (1).ipynb").write_text("{}")
    path, remarks = submission.choose(tmp_path, "made_up")
    assert path.name == "homework (1).ipynb"
    assert [remark.id for remark in remarks] == ["other_name"]


def test_the_end_of_a_name_may_be_in_capitals(tmp_path: Path) -> None:
    (tmp_path / "MADE_UP.IPYNB").write_text("{}")
    assert submission.choose(tmp_path, "made_up")[0].name == "MADE_UP.IPYNB"


@pytest.mark.parametrize(
    ("others", "id", "names"),
    [
        ((), "no_notebook", None),
        (("timestamp.txt", ".DS_Store", ".ipynb"), "no_notebook", None),
        (("made_up.zip", "made_up.py", "timestamp.txt"), "other_files", "made_up.py, made_up.zip"),
        ([f"{n}.html" for n in range(5)], "other_files", "0.html, 1.html, 2.html"),
    ],
)
def test_a_folder_without_a_notebook_is_missing_one_and_what_is_there_is_named(
    others: Sequence[str], id: str, names: str | None, tmp_path: Path
) -> None:
    for name in others:
        (tmp_path / name).write_text("")
    with pytest.raises(DamagedError) as caught:
        submission.choose(tmp_path, "made_up")
    assert (caught.value.id, caught.value.kind, caught.value.facts.get("names")) == (id, "missing", names)


def a_folder(path: Path) -> None:
    path.mkdir()


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_link_outside(path: Path) -> None:
    (path.parent.parent / "secret").write_text("the seed")
    path.symlink_to("../secret")


def a_link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def a_link_to_nothing(path: Path) -> None:
    path.symlink_to("nowhere.ipynb")


def something_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(submission.MAX_BYTES + 1)


@pytest.mark.parametrize(
    ("make", "id"),
    [
        (a_folder, "not_a_file"),
        (a_pipe, "not_a_file"),
        (a_link_outside, "link_outside"),
        (a_link_to_itself, "unreadable"),
        (a_link_to_nothing, "unreadable"),
        (something_huge, "too_large"),
    ],
)
def test_what_is_no_plain_file_is_refused(make: Callable[[Path], None], id: str, tmp_path: Path) -> None:
    folder = tmp_path / "made_up"
    folder.mkdir()
    make(folder / "made_up.ipynb")
    path, _ = submission.choose(folder, "made_up")
    with pytest.raises(DamagedError) as caught:
        submission.read_bytes(path)
    assert caught.value.id == id


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("x")
    (tmp_path / "made_up.ipynb").symlink_to("real.txt")
    assert submission.read_bytes(tmp_path / "made_up.ipynb") == b"x"


def test_every_reason_has_its_sentence_in_every_language() -> None:
    source = Path(submission.__file__).read_text("utf-8")
    ids = set(re.findall(r'(?:DamagedError|Remark)\(\s*"(\w+)"', source))
    assert len(ids) >= 9
    for lang in catalog.LANGUAGES:
        for id in ids:
            assert speak.say(lang, f"file_{id}", name="x", wanted="y", count=2, mebibytes=80, limit=64)


# ---- cells


def test_locked_cells_are_the_courses_whatever_the_copy_says(course: Course) -> None:
    given = book()
    for grade_id in ("setup_1", "check_standardize", "demo_1"):
        given["cells"][place(given, grade_id)]["source"] = "raise SystemExit"
    found = read(given, course)
    assert "raise SystemExit" not in {part.source for part in found.parts}
    assert names(found) == ["setup_1", "standardize"]


def test_a_demonstration_keeps_what_the_student_saw(course: Course) -> None:
    given = book()
    shown = {"output_type": "stream", "name": "stdout", "text": "0.0"}
    given["cells"][place(given, "demo_1")]["outputs"] = [shown]
    demo = next(part for part in read(given, course).parts if part.role == "demo")
    assert demo.outputs == (shown,)
    assert not demo.runs


def test_deleted_set_up_is_put_back_before_the_answer_that_needs_it(course: Course) -> None:
    given = book()
    del given["cells"][place(given, "setup_1")]
    del given["cells"][place(given, "check_standardize")]
    found = read(given, course)
    assert names(found) == ["setup_1", "standardize"]
    assert "check_standardize" in {part.name for part in found.parts}


def test_set_up_that_was_moved_to_the_end_still_runs_first(course: Course) -> None:
    given = book()
    given["cells"].append(given["cells"].pop(place(given, "setup_1")))
    assert names(read(given, course)) == ["setup_1", "standardize"]


def test_an_answer_that_was_moved_is_found(course: Course) -> None:
    given = book()
    given["cells"].insert(0, given["cells"].pop(place(given, "standardize")))
    found = read(given, course)
    assert found.answer("standardize") == RIGHT
    assert names(found) == ["setup_1", "standardize"]


def test_a_deleted_answer_is_missing_and_the_rest_counts(course: Course) -> None:
    given = book()
    del given["cells"][place(given, "r01")]
    found = read(given, course)
    assert found.missing == ("r01",)
    assert found.answer("standardize") == RIGHT


def test_of_a_copied_answer_the_stub_does_not_count(course: Course) -> None:
    given, stub = book(), made.book({})
    given["cells"].append(stub["cells"][place(stub, "standardize")])
    given["cells"].insert(0, stub["cells"][place(stub, "r01")])
    found = read(given, course)
    assert (found.answer("standardize"), found.answer("r01")) == (RIGHT, ANSWER)


def test_a_copied_answer_counts_once(course: Course) -> None:
    given = book()
    given["cells"] += [given["cells"][place(given, "standardize")], given["cells"][place(given, "r01")]]
    found = read(given, course)
    assert (found.answer("standardize"), found.answer("r01")) == (RIGHT, ANSWER)


def test_of_two_different_answers_the_later_definition_wins_as_in_a_kernel(course: Course) -> None:
    given = book()
    later = json.loads(json.dumps(given["cells"][place(given, "standardize")]))
    later["source"] = "def standardize(images):\n    return None"
    given["cells"].append(later)
    found = read(given, course)
    runs = [part for part in found.parts if part.runs and part.exercise == "standardize"]
    assert [part.source for part in runs] == [RIGHT, later["source"]]
    assert runs[-1].name == "standardize"


def split(given: Any, grade_id: str, first: str, second: str) -> None:
    at = place(given, grade_id)
    halves = [json.loads(json.dumps(given["cells"][at])) | {"source": text} for text in (first, second)]
    given["cells"][at : at + 1] = halves


def test_a_split_answer_of_whole_pieces_runs_piece_by_piece(course: Course) -> None:
    given = book()
    split(given, "standardize", "def helper(x):\n    return x", "def standardize(images):\n    return helper(images)")
    assert names(read(given, course)) == ["setup_1", "standardize_1", "standardize"]


def test_an_answer_cut_in_the_middle_of_a_function_is_put_together(course: Course) -> None:
    given = book()
    split(given, "standardize", "def standardize(images):", "    return images")
    found = read(given, course)
    assert found.answer("standardize") == RIGHT
    assert names(found) == ["setup_1", "standardize"]


def test_a_split_written_answer_is_one_answer(course: Course) -> None:
    given = book()
    split(given, "r01", "First half.", "Second half.")
    assert read(given, course).answer("r01") == "First half.\n\nSecond half."


@pytest.mark.parametrize("kind", ["markdown", "raw", "unknown", None])
def test_code_that_was_retyped_is_still_code(kind: str | None, course: Course) -> None:
    given = book()
    given["cells"][place(given, "standardize")]["cell_type"] = kind
    found = read(given, course)
    assert found.answer("standardize") == RIGHT
    assert names(found) == ["setup_1", "standardize"]


def test_a_written_answer_that_became_code_is_still_an_answer_and_does_not_run(course: Course) -> None:
    given = book()
    given["cells"][place(given, "r01")]["cell_type"] = "code"
    found = read(given, course)
    assert found.answer("r01") == ANSWER
    assert names(found) == ["setup_1", "standardize"]


def test_answers_are_found_when_all_metadata_is_lost(course: Course) -> None:
    given = book()
    for cell in given["cells"]:
        cell["metadata"] = {}
    found = read(given, course)
    assert (found.answer("standardize"), found.answer("r01")) == (RIGHT, ANSWER)
    assert names(found) == ["setup_1", "standardize"]


@pytest.mark.parametrize("locked", ["setup_1", "check_standardize"])
def test_an_answer_that_was_merged_with_a_locked_cell_is_found(locked: str, course: Course) -> None:
    given = book()
    merged = given["cells"][place(given, locked)]
    answer = given["cells"].pop(place(given, "standardize"))
    merged["source"] = "\n".join(map(str, (answer["source"], merged["source"])))
    found = read(given, course)
    assert RIGHT in found.answer("standardize")
    assert found.missing == ()
    assert names(found) == ["setup_1", "standardize"]


@pytest.mark.parametrize("metadata", [None, 3, "x", [], {"nbgrader": 1}, {"nbgrader": {"grade_id": ["setup_1"]}}])
def test_foreign_metadata_does_no_harm(metadata: Any, course: Course) -> None:
    given = book()
    given["cells"].insert(0, {"cell_type": "code", "metadata": metadata, "source": "x = 1", "outputs": 5})
    assert read(given, course).answer("standardize") == RIGHT


def test_cells_of_ones_own_run_in_their_place(course: Course) -> None:
    given = book()
    own = {"cell_type": "code", "metadata": {}, "source": ["scale = 2\n", "print(scale)"], "outputs": []}
    given["cells"].insert(place(given, "standardize"), own)
    found = read(given, course)
    assert [part.source for part in found.parts if part.runs][1] == "scale = 2\nprint(scale)"
    assert names(found)[2] == "standardize"


def test_an_invitation_to_try_that_nobody_took_does_not_run(course: Course) -> None:
    assert [part.role for part in read(book(), course).parts if part.kind == "code"][-1] == "try"


# ---- anything at all

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
CELL = st.dictionaries(
    st.sampled_from(["cell_type", "metadata", "source", "outputs", "attachments", "id"]),
    st.sampled_from(["code", "markdown", "standardize", {"nbgrader": {"grade_id": "standardize"}}]) | JSON,
)
FOREVER = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@FOREVER
@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes, course: Course) -> None:
    with pytest.raises(DamagedError):
        submission.read(data, course)


@FOREVER
@given(cells=st.lists(CELL | JSON, max_size=6), at=st.integers(0, 7))
def test_any_cells_beside_the_answers_leave_them_what_they_are(cells: list[Any], at: int, course: Course) -> None:
    given = json.loads(json.dumps(book()))
    given["cells"][at:at] = cells
    found = read(given, course)
    assert RIGHT in found.answer("standardize")
    assert {part.name for part in course.parts if part.role in ("setup", "check")} <= {
        part.name for part in found.parts
    }
    assert len({part.name for part in found.parts}) == len(found.parts)


@FOREVER
@given(order=st.permutations(range(8)), dropped=st.sets(st.integers(0, 7), max_size=6))
def test_in_any_order_and_with_anything_deleted_set_up_comes_first_and_once(
    order: list[int], dropped: set[int], course: Course
) -> None:
    cells = json.loads(json.dumps(book()))["cells"]
    given = {"cells": [cells[at] for at in order if at not in dropped]}
    if not {"standardize", "r01"} & {_grade_id(cell) for cell in given["cells"]}:
        assert damage(json.dumps(given).encode(), course) == "no_answers"
        return
    found = read(given, course)
    runs = names(found)
    assert runs.count("setup_1") == 1
    if "standardize" not in found.missing:
        assert runs.index("setup_1") < runs.index("standardize")
