"""An exercise's folder is read as it is laid out, and an author's mistake says what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograde import catalog
from autograde.catalog import AuthorError, expected_from_bytes, expected_to_bytes, parse_text
from autograde.terms import Exercise, Expected, Observation, Question, Raised

words = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
arrays = hnp.arrays(st.sampled_from(["float32", "float64", "int64", "bool"]), hnp.array_shapes(max_dims=2, max_side=3))
observations = st.builds(
    Observation,
    st.dictionaries(st.tuples(words, words).map("/".join), arrays, max_size=3),
    st.dictionaries(words, st.builds(Raised, words, st.text(max_size=20)), max_size=2),
)


@pytest.fixture
def folder(made_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the made-up exercise that a test may damage."""
    shutil.copytree(catalog.EXERCISES, tmp_path / "exercises")
    monkeypatch.setattr(catalog, "EXERCISES", tmp_path / "exercises")
    return tmp_path / "exercises" / "standardize"


def test_the_made_up_course_is_found(made_up: Path) -> None:
    assert catalog.slugs() == ("r01", "standardize")
    assert catalog.assignments() == ("made_up",)
    assert [type(entry.about) for entry in catalog.of_assignment("made_up")] == [Question, Exercise]
    assert catalog.load("standardize").about.id == "standardize"


def test_the_same_seed_draws_the_same_cases_and_another_seed_others(made_up: Path) -> None:
    entry = catalog.load("standardize")
    once, again, other = (entry.cases(seed)["one_image"]["images"] for seed in (7, 7, 8))
    np.testing.assert_array_equal(once, again)
    assert (once != other).any()


@pytest.mark.parametrize("slug", ["nowhere", "../standardize", "", "standardize/", "a b"])
def test_what_is_no_exercise_is_a_key_error(made_up: Path, slug: str) -> None:
    with pytest.raises(KeyError):
        catalog.load(slug)


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("exercise.py", "", "defines neither EXERCISE nor QUESTION"),
        ("exercise.py", "from autograde.terms import *\nEXERCISE = Exercise('a', ('b',), ())", "has no function cases"),
        ("text.zh.md", None, "text.zh.md is missing"),
        ("text.en.md", "## hint\na\n## claim c\nb\n## claim c\nd\n", "stands twice"),
        ("expected.npz", None, "run `autograde build`"),
    ],
)
def test_an_authors_mistake_says_what_to_do(folder: Path, file: str, content: str | None, says: str) -> None:
    (folder / file).unlink() if content is None else (folder / file).write_text(content)
    with pytest.raises(AuthorError, match=says):
        catalog.load("standardize").expected()


def test_a_text_is_read_into_sections_of_paragraphs() -> None:
    text = parse_text(
        "# Title\n\n## hint\nfirst\n\n## claim a b\none\ntwo\n\n \nthree\n## hint\n\nsecond\n### still\n", "en", "x"
    )
    assert text.title == "Title"
    assert text.sections == {
        ("hint", "1"): ("first",),
        ("claim", "a b"): ("one\ntwo", "three"),
        ("hint", "2"): ("second\n### still",),
    }
    assert text.get("claim", "elsewhere") == ()
    assert text.ids("hint") == ("1", "2")


def test_a_comment_in_a_code_block_is_no_heading() -> None:
    text = parse_text("## model_answer\n```python\n# a comment\nx = 1\n```\n", "en", "x")
    assert text.title == ""
    assert text.get("model_answer") == ("```python\n# a comment\nx = 1\n```",)


@given(
    st.builds(
        Expected,
        st.lists(observations, max_size=3).map(tuple),
        st.dictionaries(words, st.lists(observations, min_size=1, max_size=2).map(tuple), max_size=3),
        st.none() | observations,
    )
)
def test_expected_arrays_come_back_from_their_file(expected: Expected) -> None:
    data = expected_to_bytes(expected)
    back = expected_from_bytes(data)
    assert expected_to_bytes(back) == data, "the same records give the same bytes"
    assert len(back.right) == len(expected.right)
    assert back.wrong.keys() == expected.wrong.keys()
    for seen, was in zip(back.right, expected.right, strict=True):
        assert seen.raised == was.raised
        assert seen.arrays.keys() == was.arrays.keys()
        for key, array in was.arrays.items():
            np.testing.assert_array_equal(seen.arrays[key], array)


@pytest.mark.parametrize("lang", catalog.LANGUAGES)
def test_the_common_sentences_are_there_in_each_language(lang: str) -> None:
    assert catalog.common(lang).sections.keys() == catalog.common("en").sections.keys() != set()
