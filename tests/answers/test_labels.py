"""The labelled short answers are a fair sample: enough, in both languages, of every kind, in two separate halves.

`tuning/` may be read while patterns are written; `held_out/` measures agreement and is never tuned on. Answers that
were unseen once and have been read since (`…-unseen-…`) are among those for tuning; answers that were written later and
labelled without a look at the patterns (`…-blind-…`) are among those held out. An answer is
{"id", "lang", "text", "key_points", "kind"}; its key points are those that a person would award by the rubric. Kinds:
full (all points but one at most), partial, wrong (misconceptions), odd (keyword lists, metaphors, copied questions, …).
"""

from __future__ import annotations

import json
from collections import Counter
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from autograde import catalog
from autograde.terms import Question

HALVES = ("tuning", "held_out")
KINDS = {"full", "partial", "wrong", "odd"}
QUESTIONS = [slug for slug in catalog.slugs() if isinstance(catalog.load(slug).about, Question)]

Answer = dict[str, Any]
each_question = pytest.mark.parametrize("slug", QUESTIONS)
each_half = pytest.mark.parametrize("half", HALVES)


def answers(slug: str, *halves: str) -> list[Answer]:
    folder = Path(__file__).parent
    return [answer for half in halves for answer in json.loads((folder / half / f"{slug}.json").read_text("utf-8"))]


def key_points(slug: str) -> list[str]:
    about = catalog.load(slug).about
    assert isinstance(about, Question)
    return [point.id for point in about.key_points]


def cjk_share(text: str) -> float:
    """The share of Chinese characters among the letters of `text`."""
    letters = [char for char in text if char.isalpha()]
    return sum("\u4e00" <= char <= "\u9fff" for char in letters) / len(letters)


def plain(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


@each_half
def test_every_question_has_its_file_and_no_file_lacks_a_question(half: str) -> None:
    files = sorted(path.stem for path in (Path(__file__).parent / half).glob("*.json"))
    assert files == QUESTIONS


@each_question
def test_an_answer_has_the_agreed_fields(slug: str) -> None:
    for answer in answers(slug, *HALVES):
        assert list(answer) == ["id", "lang", "text", "key_points", "kind"]
        assert answer["lang"] in catalog.LANGUAGES
        assert answer["kind"] in KINDS
        assert isinstance(answer["text"], str)
        assert answer["text"].strip()
        assert answer["id"].startswith(f"{answer['lang']}-{answer['kind']}-")


@each_question
def test_labels_are_key_points_of_the_question_in_its_order(slug: str) -> None:
    known = key_points(slug)
    for answer in answers(slug, *HALVES):
        assert answer["key_points"] == [point for point in known if point in answer["key_points"]], answer["id"]


@each_question
def test_a_question_has_twenty_answers_and_half_of_them_in_each_language(slug: str) -> None:
    for half in HALVES:
        by_language = Counter(answer["lang"] for answer in answers(slug, half))
        assert min(by_language.values()) >= 10
        assert abs(by_language["en"] - by_language["zh"]) <= 2


def _drawn_together(answer: Answer) -> bool:
    return not {"unseen", "blind"} & set(answer["id"].split("-"))


@each_question
def test_what_measures_is_mixed_as_what_was_tuned_on(slug: str) -> None:
    tuning, held_out = (
        Counter((answer["lang"], answer["kind"]) for answer in answers(slug, half) if _drawn_together(answer))
        for half in HALVES
    )
    assert tuning == held_out
    assert set(tuning) == {(lang, kind) for lang in catalog.LANGUAGES for kind in KINDS}


@each_question
@each_half
def test_every_key_point_is_awarded_and_withheld_in_each_language(slug: str, half: str) -> None:
    for lang in catalog.LANGUAGES:
        labels = [set(answer["key_points"]) for answer in answers(slug, half) if answer["lang"] == lang]
        for point in key_points(slug):
            assert 0 < sum(point in label for label in labels) < len(labels), (lang, point)


@each_question
def test_the_kind_agrees_with_the_number_of_key_points(slug: str) -> None:
    count = len(key_points(slug))
    allowed = {
        "full": range(count - 1, count + 1),
        "partial": range(1, count),
        "wrong": range(2),
        "odd": range(count),
    }
    for answer in answers(slug, *HALVES):
        assert len(answer["key_points"]) in allowed[answer["kind"]], answer["id"]


@each_question
def test_an_answer_is_written_in_its_language(slug: str) -> None:
    for answer in answers(slug, *HALVES):
        share = cjk_share(answer["text"])
        assert share == 0 if answer["lang"] == "en" else share > 0.03, answer["id"]


@each_question
def test_no_two_answers_are_near_copies_and_no_id_stands_twice(slug: str) -> None:
    every = answers(slug, *HALVES)
    assert len({answer["id"] for answer in every}) == len(every)
    for one, other in combinations(every, 2):
        matcher = SequenceMatcher(None, plain(one["text"]), plain(other["text"]), autojunk=False)
        alike = matcher.quick_ratio() > 0.75 and matcher.ratio() > 0.75
        assert not alike, (one["id"], other["id"])


def test_no_text_serves_two_questions() -> None:
    texts = Counter(plain(answer["text"]) for slug in QUESTIONS for answer in answers(slug, *HALVES))
    assert [text for text, times in texts.items() if times > 1] == []
