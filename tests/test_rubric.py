"""Suggestions for short answers: what is seen, what is not, and what a person would say."""

from __future__ import annotations

import importlib
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from pathlib import Path
from textwrap import fill
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograde import catalog, rubric
from autograde.catalog import AuthorError
from autograde.rubric import agreement, patterns
from autograde.rubric.plain import normalize, plain
from autograde.rubric.quoting import QUOTE
from autograde.rubric.reading import Answer
from autograde.terms import Question, Suggestion

sre: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
ANSWERS = Path(__file__).parent / "answers"
QUESTIONS = tuple(entry.id for entry in catalog.of_assignment("short_answers"))
LANGUAGES = catalog.LANGUAGES


def made(suggestion: Suggestion) -> set[str]:
    return {point.id for point in suggestion.key_points if point.found}


def seen(question: str, text: str) -> set[str]:
    return made(rubric.suggest(question, text, "en"))


def phrasings(kind: str) -> Iterator[tuple[str, str, str]]:
    """Question, key point and sentence of every line in a file of phrasings."""
    text = catalog.parse_text((ANSWERS / "phrasings" / f"{kind}.md").read_text("utf-8"), "", kind)
    for (question, point), paragraphs in text.sections.items():
        yield from ((question, point, line) for line in "\n".join(paragraphs).splitlines())


def model_answer(question: str, lang: str) -> str:
    return "\n\n".join(catalog.load(question).text[lang].get("model_answer"))


def found(question: str, text: str, point: str) -> bool | None:
    return {one.id: one.found for one in rubric.suggest(question, text, "en").key_points}[point]


# ---- agreement with people


@pytest.mark.parametrize("half", ["tuning", "held_out"])
def test_suggestions_agree_with_people(half: str) -> None:
    rated = list(agreement.rate(ANSWERS / half))
    found = agreement.kappas(rated)
    assert {one.question for one in rated} == set(QUESTIONS)
    assert not agreement.missed(found), found


def test_kappa_is_one_for_equal_ratings_zero_for_chance_and_below_for_opposite_ones() -> None:
    assert agreement.kappa([(0, 0), (2, 2), (4, 4)]) == 1.0
    assert agreement.kappa([(0, 1), (0, 0), (1, 1), (1, 0)]) == 0.0
    assert agreement.kappa([(0, 4), (4, 0)]) == -1.0


def test_kappa_weighs_a_disagreement_by_its_square() -> None:
    # by hand: mean square 2/4; by chance, over all 16 pairs of 0123 with 1123: 28/16
    assert agreement.kappa([(0, 1), (1, 1), (2, 2), (3, 2)]) == pytest.approx(1 - (2 / 4) / (24 / 16))


def test_no_answers_meet_no_goal(tmp_path: Path) -> None:
    assert set(agreement.missed(agreement.kappas(list(agreement.rate(tmp_path))))) == {"all", *LANGUAGES}


# ---- what is found


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_model_answer_makes_every_key_point(question: str, lang: str) -> None:
    suggestion = rubric.suggest(question, model_answer(question, lang), lang)
    assert suggestion.points == suggestion.max_points
    assert suggestion.remark == ""


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_key_point_is_found_in_many_wordings(question: str) -> None:
    missed = [
        (point, line) for one, point, line in phrasings("right") if one == question and point not in seen(one, line)
    ]
    assert not missed


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_false_statement_does_not_make_its_key_point(question: str) -> None:
    taken = [(point, line) for one, point, line in phrasings("wrong") if one == question and point in seen(one, line)]
    assert not taken


@pytest.mark.parametrize(
    ("question", "said", "denied", "point"),
    [
        ("q02", "Tensors are immutable.", "Tensors are *not* immutable.", "immutable"),
        ("q02", "张量是不可变的。", "张量是可变的。", "immutable"),
        ("q03", "The types are not the same.", "The types are the same.", "dtype"),
        ("q03", "两者的类型并不相同。", "两者的类型相同。", "dtype"),
        ("q05", "You need `get_config()`.", "You don't need `get_config()`.", "get_config"),
        ("q05", "还要写 `get_config()`。", "不用写 `get_config()`。", "get_config"),
        ("q09", "Keras 3 no longer has dynamic=True.", "Keras 3 still recommends dynamic=True.", "dynamic_gone"),
        ("q09", "Keras 3 已经没有 `dynamic=True` 了。", "推荐使用 `dynamic=True`。", "dynamic_gone"),
        ("q10", "You cannot create variables on every call.", "Create variables inside on every call.", "variables"),
        ("q11", "Eager mode is slower.", "Eager mode is not slower.", "slower"),
        ("q11", "即时模式会变慢。", "即时模式不会变慢。", "slower"),
        ("q11", "Eager mode is slower.", "Graph mode is slower.", "slower"),
        ("q10", "Python's range gets unrolled.", "tf.range gets unrolled.", "tf_range"),
    ],
)
def test_a_denial_turns_a_statement_around(question: str, said: str, denied: str, point: str) -> None:
    assert point in seen(question, said)
    assert point not in seen(question, denied)


@pytest.mark.parametrize(
    ("question", "text", "point"),
    [
        ("q05", "Don't forget custom_objects when loading.", "load"),
        ("q05", "加载时 custom_objects 不能少。", "load"),
        ("q03", "类型不一致会报错，不能相加。", "mixing"),
    ],
)
def test_a_denial_of_a_lack_denies_nothing(question: str, text: str, point: str) -> None:
    assert point in seen(question, text)


@pytest.mark.parametrize(
    ("question", "text", "point"),
    [("q02", "张量不是不可变的。", "immutable"), ("q03", "两者的 dtype 没有区别。", "dtype")],
)
def test_words_that_hold_a_small_denial_can_be_denied_themselves(question: str, text: str, point: str) -> None:
    assert point not in seen(question, text)


@pytest.mark.parametrize(
    ("question", "text", "point"),
    [
        ("q01", "PyTorch runs on GPUs.", "accelerators"),
        ("q02", "NumPy arrays are immutable.", "immutable"),
        ("q02", "NumPy 不会自动转换类型。", "behaviour"),
        ("q03", "tf.range(10) is int64 and tf.constant(np.arange(10)) is int32.", "dtype"),
        ("q03", "NumPy 默认用 int32，TensorFlow 默认用 int64。", "defaults"),
        ("q04", "A ragged tensor holds mostly zeros, a sparse tensor rows of different lengths.", "sparse"),
        ("q04", "稀疏张量的各行长度不同，不规则张量大部分是零。", "ragged"),
        ("q05", "Write a function when there are hyperparameters and a class when there are none.", "subclass"),
        ("q06", "Precision takes a function, the mean over the batches a class.", "subclass"),
        ("q07", "A model is a reusable part of a layer.", "layer"),
        ("q07", "层是用来训练的整体。", "model"),
    ],
)
def test_what_is_said_of_the_wrong_side_is_not_granted(question: str, text: str, point: str) -> None:
    assert point not in seen(question, text)


@pytest.mark.parametrize(
    ("question", "text", "point"),
    [
        ("q01", "Like PyTorch, it runs on GPUs.", "accelerators"),
        ("q02", "Unlike NumPy arrays, tensors are immutable.", "immutable"),
        ("q02", "和 NumPy 数组不同，张量不可变。", "immutable"),
        ("q03", "int32 for tf.range, int64 for the other one.", "dtype"),
        ("q05", "有超参数的时候，要写成子类，不要写成函数。", "subclass"),
        ("q07", "Layer: a part of a model, used several times.", "layer"),
        ("q07", "层是模型内部可以重复使用的零件。", "layer"),
        ("q07", "要在别的模型里复用的，写成层。", "layer"),
    ],
)
def test_a_rival_that_is_only_compared_or_is_the_place_takes_nothing_away(question: str, text: str, point: str) -> None:
    assert point in seen(question, text)


@pytest.mark.parametrize(
    ("question", "text", "point"),
    [
        ("q02", "Tensors are not mutable.", "immutable"),
        ("q02", "张量不是可变的。", "immutable"),
        ("q01", "It is not without GPU support.", "accelerators"),
        ("q01", "它并不是不能用 GPU。", "accelerators"),
        ("q09", "Code (no NumPy) must be traceable, or use compile(run_eagerly=True).", "run_eagerly"),
    ],
)
def test_a_denial_ends_with_its_bracket_and_two_are_none(question: str, text: str, point: str) -> None:
    assert point in seen(question, text)


def test_a_denial_in_a_gap_is_no_slip_of_the_student() -> None:
    assert rubric.suggest("q02", "TensorFlow 不会自动转换类型，整数加浮点数会报错。", "zh").remark == ""


def test_both_languages_may_stand_in_one_sentence() -> None:
    text = "两个的 dtype 不一样，first one 是 int32，the other 是 int64，所以 adding them 会 raise error。"
    assert {"dtype", "mixing"} <= seen("q03", text)


def test_traditional_characters_and_full_width_letters_are_read() -> None:
    assert "dtype" in seen("q03", "兩者的資料類型不同：ｉｎｔ３２ 與 ｉｎｔ６４。")


@pytest.mark.parametrize("path", sorted((ANSWERS / "tuning").glob("*.json")), ids=lambda path: path.stem)
def test_what_a_person_finds_is_never_called_missing(path: Path) -> None:
    """Unusual words may leave the rubric unsure; they must not be taken for nothing."""
    called = [
        (label["id"], point.id)
        for label in json.loads(path.read_text("utf-8"))
        for point in rubric.suggest(path.stem, label["text"], label["lang"]).key_points
        if point.id in label["key_points"] and point.found is False
    ]
    assert not called


def test_a_long_answer_in_words_of_its_own_leaves_the_rubric_unsure() -> None:
    text = (
        "Picture an orchestra. Whoever sits at the first desk gets the notes in small print, whoever joined from the "
        "other town brought a folder in large print, and nobody can play from both at the same time without squinting."
    )
    suggestion = rubric.suggest("q03", text, "en")
    assert suggestion.points == 0
    assert suggestion.sure < 0.5
    assert False not in {point.found for point in suggestion.key_points}


# ---- what only looks like an answer


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_question_repeated_is_called_that_and_earns_nothing(question: str, lang: str) -> None:
    asked = " ".join(catalog.load(question).text[lang].get("question"))
    for text in (asked, asked.replace("?", ".").replace("？", "。"), asked.lower()):
        suggestion = rubric.suggest(question, text, lang)
        assert (suggestion.points, suggestion.remark) == (0, "copied")


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_hints_pasted_in_earn_nothing(question: str, lang: str) -> None:
    text = catalog.load(question).text[lang]
    hints = [text.get("hint", id) for id in text.ids("hint")]
    prompts = [text.get("key_point", id)[1:] for id in text.ids("key_point")]
    for pasted in ("\n".join(sum(hints, ())), "\n".join(sum(prompts, ()))):
        assert rubric.suggest(question, pasted.replace("?", ".").replace("？", "。"), lang).points == 0


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("q01", "tensors, GPU, TPU, graph, XLA, autodiff, optimizers, Keras, tf.data, PyTorch, JAX"),
        ("q03", "int32; int64; dtype; tf.cast; 0 to 9"),
        ("q04", "- SparseTensor\n- RaggedTensor\n- TensorArray\n- tf.string\n- tf.queue\n- tf.sets"),
        ("q08", "回调、train_step、GAN、强化学习、两个优化器、调试、更多代码"),
        ("q11", "调试，run_eagerly，慢，导出，dynamic"),
    ],
)
def test_a_list_of_keywords_states_nothing(question: str, text: str) -> None:
    suggestion = rubric.suggest(question, text, "en")
    assert (suggestion.points, suggestion.remark) == (0, "keywords")


@pytest.mark.parametrize(
    ("question", "text", "point"),
    [
        ("q03", "They differ in type: int32 and int64. No, wait, both types are the same.", "dtype"),
        ("q03", "它们的类型不同，一个 int32，一个 int64……不对，其实都是 int64。", "dtype"),
        ("q02", "张量不可变。但是张量可以随便改。", "immutable"),
    ],
)
def test_who_says_both_has_said_neither(question: str, text: str, point: str) -> None:
    suggestion = rubric.suggest(question, text, "en")
    assert suggestion.remark == "contradiction"
    assert {one.id: one.found for one in suggestion.key_points}[point] is None


@pytest.mark.parametrize(
    ("question", "text", "point"),
    [
        ("q10", "Variables are created outside the function, or at every call, I can't remember which.", "variables"),
        ("q10", "Looping over range is unrolled, tf.range is a loop. Or was it the other way round?", "tf_range"),
        ("q10", "range 的循环会被展开，tf.range 不会，也可能反过来。", "tf_range"),
    ],
)
def test_who_leaves_open_which_of_two_is_right_has_said_neither(question: str, text: str, point: str) -> None:
    assert found(question, text, point) is None


@pytest.mark.parametrize(
    ("question", "text", "point"),
    [
        ("q11", "I think that without a graph training is several times slower.", "slower"),
        ("q10", "Variables are created outside the function or at its first call.", "variables"),
        ("q03", "相加会报错，可能要先用 tf.cast 转换。", "mixing"),
    ],
)
def test_a_hedge_takes_nothing_back(question: str, text: str, point: str) -> None:
    assert found(question, text, point) is True


@pytest.mark.parametrize(
    ("question", "text", "point"),
    [
        ("q04", "SparseTensor, RaggedTensor, TensorArray, queues", "sparse"),
        ("q11", "eager debug run_eagerly dynamic=True slow export SavedModel XLA", "run_eagerly"),
    ],
)
def test_a_keyword_leaves_its_key_point_open(question: str, text: str, point: str) -> None:
    assert found(question, text, point) is None


@pytest.mark.parametrize(
    ("question", "text", "points"),
    [
        ("q03", ">>> tf.range(10).dtype\ntf.int32\n>>> tf.constant(np.arange(10)).dtype\ntf.int64", {"dtype"}),
        ("q04", "- SparseTensor: zeros\n- RaggedTensor: rows of any length\n- queue: first in, first out", {"sparse"}),
        ("q05", "- fn – no params\n- class – params\n- `get_config` – saves the params", {"function", "subclass"}),
        ("q07", "最外面那个拿来训练和预测的，写成模型。", {"model"}),
        (
            "q01",
            "① 数值计算、机器学习 ② GPU、TPU、分布式 ③ 自动求导、各种优化器 ④ 同类的库：PyTorch、JAX",
            {"accelerators"},
        ),
    ],
)
def test_code_notes_and_sentences_are_no_list_of_keywords(question: str, text: str, points: set[str]) -> None:
    assert points <= seen(question, text)


@pytest.mark.parametrize(
    ("question", "text", "remark"),
    [
        ("q02", "NumPy arrays are immutable and tensors can be changed.", "mistaken"),
        ("q03", "两者的类型相同。", "mistaken"),
        ("q04", "I don't know.", "no_idea"),
        ("q05", "I really have no idea, I was ill that week.", "no_idea"),
        ("q09", "这题不太懂，那节课没去。", "no_idea"),
        ("q10", "没有思路，先空着", "no_idea"),
        ("q04", "idk sorry", "no_idea"),
        ("q04", "我不知道", "no_idea"),
        ("q04", "略", "no_idea"),
        ("q04", "忘了。", "no_idea"),
        ("q03", "red, green, blue, banana", "off_topic"),
        ("q03", "香蕉、苹果、梨、桃子", "off_topic"),
        ("q02", "Tensors are not mutable.", ""),
    ],
)
def test_a_remark_fits_the_answer(question: str, text: str, remark: str) -> None:
    assert rubric.suggest(question, text, "en").remark == remark


@pytest.mark.parametrize(
    ("question", "text", "point"),
    [
        ("q02", "Some people say that tensors can be changed. That is wrong: they are immutable.", "immutable"),
        ("q02", "有人说张量可以直接修改，其实张量是不可变的。", "immutable"),
    ],
)
def test_a_mistake_that_is_only_quoted_is_not_the_students(question: str, text: str, point: str) -> None:
    suggestion = rubric.suggest(question, text, "en")
    assert (point in made(suggestion), suggestion.remark) == (True, "")


def test_evidence_is_a_window_of_whole_words() -> None:
    clause = "so the whole thing can be run on the processor and also on one or on several GPUs in any of the machines"
    suggestion = rubric.suggest("q01", f"TensorFlow was written by people at Google {clause} that they own", "en")
    (evidence,) = [one.evidence for one in suggestion.key_points if one.id == "accelerators"]
    assert "several GPUs" in evidence
    assert 60 < len(evidence) <= QUOTE
    assert f" {evidence} " in f" TensorFlow was written by people at Google {clause} that they own "


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_to_another_question_is_next_to_worthless(question: str, lang: str) -> None:
    kin = {"q09": {"q11"}, "q11": {"q09"}}  # what these two ask overlaps
    for other in set(QUESTIONS) - {question} - kin.get(question, set()):
        assert rubric.suggest(question, model_answer(other, lang), lang).points <= 1, other


@pytest.mark.parametrize("text", ["My dog is called Bello and he likes the rain.", "今天天气很好，我们去爬山吧。"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_small_talk_is_off_topic(question: str, text: str) -> None:
    suggestion = rubric.suggest(question, text, "en")
    assert (suggestion.points, suggestion.remark) == (0, "off_topic")


def test_a_question_without_patterns_is_left_to_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "of", lambda _: patterns.Patterns())
    suggestion = rubric.suggest("q03", "They are int32 and int64.", "en")
    assert suggestion.sure == 0
    assert {point.found for point in suggestion.key_points} == {None}


def test_there_are_no_suggestions_for_code_or_for_what_does_not_exist() -> None:
    for id in ("train", "q99"):
        with pytest.raises(KeyError):
            rubric.suggest(id, "text", "en")


# ---- what holds for any text

PIECES = [line for _, _, line in [*phrasings("right"), *phrasings("wrong")]]
TEXTS = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join))


@settings(max_examples=150, deadline=None)
@given(question=st.sampled_from(QUESTIONS), text=TEXTS, lang=st.sampled_from(LANGUAGES))
def test_any_text_gets_a_suggestion_that_quotes_it(question: str, text: str, lang: str) -> None:
    about = catalog.load(question).about
    suggestion = rubric.suggest(question, text, lang)
    assert isinstance(about, Question)
    assert [point.id for point in suggestion.key_points] == [point.id for point in about.key_points]
    assert suggestion.points == sum(point.points for point in about.key_points if point.id in made(suggestion))
    assert 0 <= suggestion.sure <= 1
    for point in suggestion.key_points:
        assert bool(point.evidence) >= bool(point.found)
        assert point.found is not False or not point.evidence
        assert all(piece in text and len(piece) <= QUOTE for piece in point.evidence.split(" … ") if "…" not in text)
    assert suggestion == rubric.suggest(question, text, "en" if lang == "zh" else "zh")


@given(blank=st.text(alphabet=" \t\n\r.,;:!?-*。，　…", max_size=20), question=st.sampled_from(QUESTIONS))
@settings(max_examples=50, deadline=None)
def test_a_blank_answer_makes_nothing(blank: str, question: str) -> None:
    suggestion = rubric.suggest(question, blank, "en")
    assert (suggestion.points, suggestion.sure, suggestion.remark) == (0, 1, "")


@given(question=st.sampled_from(QUESTIONS), lang=st.sampled_from(LANGUAGES), text=TEXTS)
@settings(max_examples=100, deadline=None)
def test_repeating_the_question_adds_nothing(question: str, lang: str, text: str) -> None:
    asked = " ".join(catalog.load(question).text[lang].get("question"))
    assert seen(question, f"{asked}\n\n{text}") <= seen(question, text)


@given(data=st.data(), question=st.sampled_from(QUESTIONS))
@settings(max_examples=100, deadline=None)
def test_the_order_of_statements_hardly_matters(data: st.DataObject, question: str) -> None:
    points: dict[str, list[str]] = {}
    for one, point, line in phrasings("right"):
        if one == question:
            points.setdefault(point, []).append(line)
    lines = [data.draw(st.sampled_from(lines)) for lines in points.values()]
    first, second = (seen(question, "\n\n".join(data.draw(st.permutations(lines)))) for _ in range(2))
    assert len(first ^ second) <= 1
    assert len(first) >= len(points) - 1


@given(st.text())
def test_whatever_is_read_has_its_place_in_what_was_written(text: str) -> None:
    answer = Answer(text)
    assert answer.written(0, len(answer.plain)) in text
    assert all(0 <= clause.start < clause.end <= len(answer.plain) for clause in answer.clauses)
    for char, (start, end) in zip(answer.plain, pairwise(plain(text).places), strict=True):
        assert 0 <= start <= end <= len(text)
        assert not char.isalnum() or start < len(text)


def invisible(char: str) -> Callable[[str], str]:
    return lambda text: char.join(text)


DRESSES: dict[str, Callable[[str], str]] = {
    "zero-width spaces": invisible("\u200b"),
    "soft hyphens": invisible("\u00ad"),
    "stray accents": lambda text: re.sub(r"(?<=[a-z]{2})(?=[a-z])", "\u0301", text),
    "decomposed accents": lambda text: unicodedata.normalize("NFD", text),
    "ligatures": lambda text: text.replace("fi", "ﬁ").replace("fl", "ﬂ").replace("ff", "ﬀ"),
    "full width": lambda text: "".join(chr(ord(char) + 0xFEE0) if "A" <= char <= "z" else char for char in text),
    "bold words": lambda text: re.sub(r"\b[a-zA-Z]{3,}\b", r"**\g<0>**", text),
    "bold characters": lambda text: re.sub(r"[一-鿿]{2}", r"**\g<0>**", text),
    "italic words": lambda text: re.sub(r"\b(?<![.*])[a-zA-Z]{3,}\b(?![.*])", r"*\g<0>*", text),
    "paragraphs of HTML": lambda text: f"<p>{text}</p>",
    "a quotation": lambda text: f"> {text}",
    "narrow lines": lambda text: fill(text, 44, break_on_hyphens=False),
    "a heading": lambda text: f"### {text}",
    "a bullet": lambda text: f"* {text}",
    "a number": lambda text: f"1) {text}",
}


@pytest.mark.parametrize("dress", DRESSES)
def test_how_an_answer_is_dressed_does_not_matter(dress: str) -> None:
    changed = [
        (question, line)
        for question, _, line in islice(phrasings("right"), 0, None, 4)
        if seen(question, line) != seen(question, DRESSES[dress](line))
    ]
    assert not changed


def test_taiwans_words_are_read() -> None:
    assert (
        normalize("變數、函式、陣列、迴圈、佇列、型別、預設、匯出、儲存")
        == "变量、函数、数组、循环、队列、类型、默认、导出、保存"
    )


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Tensors cannot be changed once they are\nmade, so one uses a variable instead, and\nassigns.", 1),
        ("张量创建之后就不能再原地修改它的任何一个元素了，需要保存状态的时候就要用\n变量", 1),
        ("Sparse tensor: zeros\nRagged tensor: rows", 2),
        ("Tensors cannot be changed once they are made at all\n- variables can be", 2),
        ("Tensors cannot be changed once they are made at all\n\nVariables can be", 2),
        ("class Huber(Loss):\n    def call(self, y_true, y_pred)", 1),
        ("①张量 ②变量", 2),
        ("1. tensors\n2. variables\n3) sets", 3),
    ],
)
def test_a_broken_line_ends_no_sentence(text: str, sentences: int) -> None:
    assert len(Answer(text).sentences) == sentences


# ---- groups


def test_like_answers_are_grouped_and_the_largest_group_comes_first() -> None:
    answers = {
        "ada": "The types differ: int32 and int64.",
        "bob": "the types differ  (INT32 and int64)",
        "cyd": "The types differ: int32 and int64!",
        "dan": "类型不同，一个是 int32，一个是 int64。",
        "eve": "Both have the values 0 to 9.",
    }
    groups = rubric.group("q03", answers, "en")
    assert [(group.name, group.members) for group in groups] == [
        ("A", ("ada", "bob", "cyd")),
        ("B", ("dan",)),
        ("C", ("eve",)),
    ]
    assert groups[0].key_points == {"dtype"}


def test_much_the_same_words_with_other_key_points_are_another_group() -> None:
    answers = {"ada": "The types of the two are not the same.", "bob": "The types of the two are the same."}
    assert len(rubric.group("q03", answers, "en")) == 2


@given(answers=st.dictionaries(st.text(max_size=3), st.sampled_from(PIECES), max_size=6), data=st.data())
@settings(max_examples=40, deadline=None)
def test_everyone_is_in_one_group_whatever_the_order(answers: dict[str, str], data: st.DataObject) -> None:
    groups = rubric.group("q05", answers, "en")
    assert sorted(key for group in groups for key in group.members) == sorted(answers)
    shuffled = dict(data.draw(st.permutations(list(answers.items()))))
    assert rubric.group("q05", shuffled, "en") == groups


# ---- the patterns themselves


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_key_point_has_patterns_and_no_pattern_is_an_orphan(question: str) -> None:
    known, about = patterns.of(question), catalog.load(question).about
    assert isinstance(about, Question)
    ids = {point.id for point in about.key_points}
    assert set(known.says) == ids
    assert set(known.denies) | set(known.perhaps) <= ids
    used = {
        name
        for kind in (known.says, known.denies, known.perhaps)
        for statements in kind.values()
        for statement in statements
        for term in statement.terms
        for name in term.names
    }
    used |= {
        side for statements in known.says.values() for one in statements for term in one.terms for side in term.sides
    }
    own = set(known.words) - set(patterns.common())
    assert own - used <= {"topic", "twin"}


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("## words\nno colon here", "is no line"),
        ("## words\nopen: (a", "cannot be read"),
        ("## words\na: b\n\n## says x\na unknown", "names no concept"),
        ("## words\na: b\n\n## says x\nsoon: a", "is none of near, anywhere"),
        ("## words\na: b\nc: d\n\n## says x\na@c", "has no line of concepts in `## sides`"),
        ("## words\na: b\nc: d\n\n## sides\nc unknown\n\n## says x\na@c", "has no line of concepts in `## sides`"),
    ],
)
def test_an_authors_slip_is_named(source: str, what: str) -> None:
    with pytest.raises(AuthorError, match=what):
        patterns.parse(source, "q/patterns.md", {})


def test_a_wording_is_whole_words_a_stem_or_has_a_gap() -> None:
    source = "## words\na: graph | optimi[sz]- | data .. pipeline | 不..改 | (?<!of\\s)sets?"
    words = patterns.parse(source, "q", {}).words["a"]
    for text in ("a graph", "graphs", "optimised", "data input pipeline", "data pipeline", "不能再改", "a set"):
        assert words.search(text), text
    for text in ("paragraph", "graphics", "data, pipeline", "data_pipeline", "dataset"):
        assert not words.search(text), text


@pytest.mark.parametrize("gap", ["{0,12}", None])
@pytest.mark.parametrize(
    ("between", "hidden"),
    [(" always ", False), (" does not ", True), (" never ", True), (" doesn't ", True), ("不会", True), ("会", False)],
)
def test_a_gap_hides_no_denial(gap: str | None, between: str, hidden: bool) -> None:
    wording = f"tf.{gap}convert" if gap else "tf..convert"
    words = patterns.parse(f"## words\na: {wording}", "q", {}).words["a"]
    assert (words.search(f"tf{between}convert") is None) == hidden


# The time that a wording takes is bounded by its form: what repeats without end repeats characters of a word, so that
# it ends with the word; what is repeated reads one way only; and few gaps of some width follow each other.
GAPS, NARROW = 3, 3


def wide_gaps(nodes: Any) -> int:
    """The number of wide repeats on the longest path through a parsed expression, checked on the way."""
    found = 0
    for operation, argument in nodes:
        match str(operation):
            case "MAX_REPEAT" | "MIN_REPEAT":
                _, most, repeated = argument
                inside = wide_gaps(repeated)
                endless = most == sre.MAXREPEAT
                assert not endless or len(repeated) == 1, repeated
                assert not endless or ends_with_a_word(repeated[0]), repeated
                found += (most > NARROW and not endless) + inside * min(2, most)
            case "SUBPATTERN":
                found += wide_gaps(argument[3])
            case "BRANCH":
                found += max(map(wide_gaps, argument[1]))
    return found


def ends_with_a_word(node: tuple[Any, Any]) -> bool:
    """Whether what repeats is a class of characters without blanks, or alternatives that read one way only."""
    operation, argument = node
    if str(operation) == "SUBPATTERN":
        return all(map(ends_with_a_word, argument[3])) if len(argument[3]) == 1 else True
    if str(operation) == "BRANCH":
        texts = ["".join(chr(one) for _, one in branch if isinstance(one, int)) for branch in argument[1]]
        joined = re.compile("(?:" + "|".join(map(re.escape, texts)) + "){2,}")
        return not any(joined.fullmatch(text) for text in texts)
    classes = {sre.CATEGORY_SPACE, sre.CATEGORY_NOT_SPACE, sre.CATEGORY_NOT_WORD, sre.CATEGORY_NOT_DIGIT}
    return str(operation) == "IN" and not {one for _, one in argument if not isinstance(one, tuple)} & (classes | {32})


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_wording_can_take_long(question: str) -> None:
    crawling = [name for name, word in patterns.of(question).words.items() if wide_gaps(sre.parse(word.pattern)) > GAPS]
    assert not crawling


@pytest.mark.parametrize("char", [" ", "1", "_", '"', "\n", "-", "　", "不"])
def test_a_long_run_of_one_character_is_read_as_a_short_one(char: str) -> None:
    assert len(normalize("0" + char * 50_000 + "9")) < 20


def test_a_space_among_characters_is_one_of_them() -> None:
    words = patterns.parse("## words\na: 32[- ]?bit", "q", {}).words["a"]
    assert all(map(words.fullmatch, ("32bit", "32-bit", "32 bit")))
    assert not words.search("32--bit")
