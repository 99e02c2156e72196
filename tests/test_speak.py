"""What is said about a verdict: short, in both languages, and never more than text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograde import panel, speak
from autograde.catalog import LANGUAGES, Text, common, parse_text
from autograde.terms import ClaimVerdict, KeyPointSeen, Outcome, Raised, Suggestion, Verdict

TEXT = parse_text(
    """# Two rows & <more>

## case pair
a pair of rows

## claim mean
Each row has mean 0.

With {case}, the mean is {seen}, not {wanted}.

## claim saved
The layer survives saving.

## claim gradient
The gradient is {slope}.

## misconception axis
The mean is taken over {axis}.
It should be {wanted}.
Perhaps `axis=0` was meant otherwise.
Print the shape of the mean.

## misconception scale
The scale is {seen}.

## misconception frozen
Never updated: `{names}`.

## key_point dtype
They differ in dtype.

What are their dtypes?

## key_point mixing
Mixing them raises.

What if you add them?

## error WobbleError
The wobble was too large.

Wobble less.
""",
    "en",
    "text.en.md",
)
FACTS = {"case": "pair", "seen": "0.5", "wanted": "0"}


def verdict(outcome: Outcome = "incorrect", **more: object) -> Verdict:
    claims = (
        ClaimVerdict("mean", False, 0, 4, FACTS),
        ClaimVerdict("saved", True, 2.5, 2.5),
        ClaimVerdict("gradient", None, 0, 1, {"case": "pair"}),
    )
    fields: dict[str, object] = {"claims": claims, "points": 2.5, "max_points": 7.5, "exercise": "rows"}
    fields |= {"named": {"axis": FACTS, "scale": FACTS}} | more
    return Verdict(outcome=outcome, **fields)  # type: ignore[arg-type]


# ---- sentences


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("id", [*get_args(Outcome), "malformed", "unsafe", "internal", "graded", "failed"])
def test_every_outcome_has_a_name_and_a_meaning(lang: str, id: str) -> None:
    assert speak.outcome(lang, id)
    assert len(speak.explain(lang, id)) > len(speak.outcome(lang, id))


def test_the_common_sentences_of_both_languages_have_the_same_ids_paragraphs_and_placeholders() -> None:
    def form(lang: str) -> dict[tuple[str, str], list[set[str]]]:
        sections = common(lang).sections.items()
        return {key: [set(re.findall(r"\{(\w+)\}", part)) for part in parts] for key, parts in sections}

    assert form("en") == form("zh")


def test_an_unknown_sentence_is_an_authors_mistake() -> None:
    with pytest.raises(KeyError, match="message nonsense"):
        speak.say("en", "nonsense")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TEXT, "Never updated: `dense/kernel`, `it's`."),
        (
            parse_text("## misconception frozen\n`{names}` 没有更新。", "zh", "text.zh.md"),
            "`dense/kernel`、`it's` 没有更新。",
        ),
    ],
    ids=["en", "zh"],
)
def test_several_names_have_backticks_of_their_own(text: Text, said: str) -> None:
    facts = {"names": ("dense/kernel", "it`s")}
    verdict = Verdict("demo", "incorrect", 0, 1, misconception="frozen", facts=facts)
    assert speak.message(verdict, text, text.lang).startswith(said)


def test_a_fact_that_was_not_observed_leaves_a_gap_and_no_braces() -> None:
    said = speak.message(verdict(misconception="axis"), TEXT, "en")
    assert said.startswith("The mean is taken over ….")
    assert "{" not in said


def test_a_finished_sentence_keeps_its_code_when_another_quotes_it() -> None:
    assert "`train`" in speak.say("en", "unknown_exercise", exercise="x", names=speak.Sentence("`train`"))


@given(st.text())
def test_a_fact_is_one_line_without_controls_or_backticks(fact: str) -> None:
    cleaned = speak.clean(fact)
    assert len(cleaned) <= speak.MAX_FACT
    assert cleaned.isprintable() or not cleaned
    assert "`" not in cleaned


def test_a_fact_cannot_colour_the_terminal_or_turn_the_writing_direction() -> None:
    assert speak.clean("\x1b[31mred\x1b[0m \u202eabc\nnext") == "red abc next"


# ---- the message: at most four lines


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("id", get_args(Outcome))
@pytest.mark.parametrize("misconception", [None, "axis", "scale"])
@pytest.mark.parametrize("raised", [None, Raised("NameError", "name 'x' is not defined\nand more", 3, "y = x")])
def test_a_message_has_one_to_four_lines(
    lang: str, id: Outcome, misconception: str | None, raised: Raised | None
) -> None:
    lines = speak.message(verdict(id, misconception=misconception, raised=raised), TEXT, lang).split("\n")
    assert 1 <= len(lines) <= 4
    assert all(lines)


def test_a_known_mistake_is_told_with_its_numbers_and_ends_in_the_next_step() -> None:
    said = speak.message(verdict(misconception="axis", facts={"axis": "the batch"}), TEXT, "en").split("\n")
    assert said[0] == "The mean is taken over the batch."
    assert said[1] == "It should be 0."
    assert said[-1] == "Next step: Print the shape of the mean."


def test_an_unknown_mistake_is_told_by_the_first_claim_that_fails_and_offers_a_hint() -> None:
    first, step = speak.message(verdict(), TEXT, "en").split("\n")
    assert first == "With a pair of rows, the mean is 0.5, not 0."
    assert 'hint("rows")' in step


def test_a_claim_may_quote_the_probes_notes() -> None:
    assert "The gradient is 7." in speak.plain(verdict(facts={"slope": "7"}), TEXT, "en")


def test_an_exception_is_told_with_line_code_meaning_and_what_to_do() -> None:
    error = Raised("NameError", "name 'x' is not defined", 3, "y = x")
    said = speak.message(verdict("error", raised=error), TEXT, "en").split("\n")
    assert said[0] == "Line 3, `y = x`, raised `NameError: name 'x' is not defined`."
    assert "does not exist" in said[1]
    assert said[2].startswith("Next step: ")


def test_a_known_mistake_that_raises_is_told_with_its_exception() -> None:
    error = Raised("TypeError", "no", 3, "y = x")
    said = speak.message(verdict("error", raised=error, misconception="scale"), TEXT, "en").split("\n")
    assert "`TypeError: no`" in said[0]
    assert said[1] == "The scale is 0.5."


def test_an_exercise_may_explain_its_own_errors() -> None:
    said = speak.message(verdict("error", raised=Raised("WobbleError", "9", None, "")), TEXT, "en")
    assert said.split("\n") == [
        "The code raised `WobbleError: 9`.",
        "The wobble was too large.",
        "Next step: Wobble less.",
    ]


def test_of_an_error_only_what_concerns_the_student_is_quoted() -> None:
    message = "{{function_node __wrapped__Sub_device_/job:x}} Incompatible shapes: [4,3] vs. [4] [Op:Sub] name: "
    said = speak.message(verdict("error", raised=Raised("InvalidArgumentError", message, 1, "a - b")), TEXT, "en")
    assert "`InvalidArgumentError: Incompatible shapes: [4,3] vs. [4]`" in said


ERRORS = {  # as TensorFlow 2.21, Keras 3.15 and Python word them, and a word of the explanation
    "NameError: name 'tf' is not defined": "import",
    "NameError: name 'lossfn' is not defined": "spelling",
    "UnboundLocalError: cannot access local variable 'y' where it is not associated with a value": "path",
    "AttributeError: 'Mean' object has no attribute 'reset_states'": "reset_state()",
    "OperatorNotAllowedInGraphError: Using a symbolic `tf.Tensor` as a Python `bool` is not allowed.": "graph",
    "OperatorNotAllowedInGraphError: Iterating over a symbolic `tf.Tensor` is not allowed.": "graph",
    "RuntimeError: A non-persistent GradientTape can only be used to compute one set of gradients": "tape",
    "ValueError: No gradients provided for any variable.": "gradient",
    "ValueError: Unknown variable: <Variable path=w>. This optimizer can only be called for": "optimizer",
    "ValueError: tf.function only supports singleton tf.Variables created on the first call.": "variable",
    "TypeError: <tf.Tensor 'mul:0' shape=() dtype=float32> is out of scope and cannot be used here.": "kept",
    "AttributeError: 'SymbolicTensor' object has no attribute 'numpy'": "NumPy",
    "NotImplementedError: Cannot convert a symbolic tf.Tensor (x:0) to a numpy array.": "NumPy",
    "TypeError: 'tensorflow.python.framework.ops.EagerTensor' object does not support item assignment": "in place",
    "ValueError: Arguments `target` and `output` must have the same rank (ndim). Received:": "labels",
    "ValueError: Arguments `target` and `output` must have the same shape up until": "shapes",
    "ValueError: operands could not be broadcast together with shapes (4,6,6) (4,6)": "shapes",
    "InvalidArgumentError: Matrix size-incompatible: In[0]: [4,3], In[1]: [4,3]": "shapes",
    "InvalidArgumentError: cannot compute AddV2 as input #1(zero-based) was expected to be a int32 tensor": "types",
    "TypeError: L2.__init__() got an unexpected keyword argument 'name'": "named argument",
    "TypeError: f() missing 1 required positional argument: 'b'": "number of arguments",
    "TypeError: expected numbers, got NoneType": "`None`",
    "TypeError: cannot unpack non-iterable NoneType object": "`None`",
    "ValueError: Attempt to convert a value (None) with an unsupported type (<class 'NoneType'>)": "`None`",
    "TypeError: expected numbers, got object": "numbers",
    "ValueError: not enough values to unpack (expected 2, got 0)": "number of values",
    "StopIteration": "batch",
    "TypeError: 'int' object is not callable": "function",
    "KeyError: 'loss'": "key",
    "ZeroDivisionError: division by zero": "zero",
    "IndexError: list index out of range": "index",
    "RecursionError: maximum recursion depth exceeded": "itself",
    "SystemExit": "exit()",
    "URLError: <urlopen error [Errno -2] Name or service not known>": "network",
    "FileNotFoundError: [Errno 2] No such file or directory: '/nope/x'": "file",
    "TooLargeError: an array of 128000000 bytes": "larger",
    "AttributeError: 'Dense' object has no attribute 'weight'": "spelling",
}


@pytest.mark.parametrize("error", ERRORS)
def test_a_frequent_error_is_explained(error: str) -> None:
    kind, _, message = error.partition(": ")
    for lang in LANGUAGES:
        said = speak.message(verdict("error", raised=Raised(kind, message, 2, "x")), TEXT, lang).split("\n")
        assert len(said) == 3
        if lang == "en":
            assert ERRORS[error] in said[1]


# ---- the panel


def test_the_plain_panel_has_every_claim_with_its_mark_words_and_points() -> None:
    *lines, step = speak.plain(verdict(), TEXT, "en").split("\n")
    assert lines == [
        "Two rows & <more> · 2.5 of 7.5 points",
        "✗ does not hold: Each row has mean 0. · 0 of 4",
        "    With a pair of rows, the mean is 0.5, not 0.",
        "✓ The layer survives saving. · 2.5 of 2.5",
        "– could not be looked at: The gradient is …. · 0 of 1",
    ]
    assert step == f"Next step: {speak.say('en', 'next_step_hint', exercise='rows')}"


def test_a_panel_has_one_next_step_and_names_a_second_mistake() -> None:
    said = speak.plain(verdict(misconception="axis", also=("scale",)), TEXT, "en")
    assert said.count("Next step:") == 1
    assert "Something else as well: The scale is 0.5." in said


def test_what_was_never_begun_is_not_a_wall_of_red() -> None:
    said = speak.plain(verdict("untouched", points=0.0), TEXT, "en")
    assert not set(panel.MARKS.values()) & set(said)
    assert "not begun" in said


def test_claims_are_left_out_where_none_could_be_looked_at() -> None:
    unseen = (ClaimVerdict("mean", None, 0, 4), ClaimVerdict("saved", None, 0, 2))
    assert "–" not in speak.plain(verdict("timeout", claims=unseen), TEXT, "en")


def test_what_a_limit_stopped_keeps_its_sentence_beside_the_claims() -> None:
    said = speak.plain(verdict("timeout"), TEXT, "en")
    assert speak.explain("en", "timeout") in said
    assert "✗" in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_html_panel_says_what_the_plain_one_says(lang: str) -> None:
    page = Page(speak.html(verdict(misconception="axis"), TEXT, lang))
    for line in speak.message(verdict(misconception="axis"), TEXT, lang).split("\n"):
        assert "".join(line.replace("`", "").split()) in "".join(page.text.split())
    assert page.labels >= {speak.say(lang, "holds"), speak.say(lang, "fails")}
    assert speak.say(lang, "unseen") in page.text
    assert page.lang == lang


# ---- nothing a student controls breaks out


class Page(HTMLParser):
    """The tags, attributes and text of some HTML; fails where tags are not closed in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.labels: set[str] = set()
        self.text = ""
        self.lang = ""
        self.open: list[str] = []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.labels |= {value or "" for name, value in attrs if name == "aria-label"}
        self.lang = self.lang or dict(attrs).get("lang") or ""
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


TAGS = {"div", "span", "strong", "ul", "li", "p", "code", "br"}
ATTRIBUTES = {"style", "role", "aria-label", "aria-hidden", "lang"}
hostile = st.text() | st.sampled_from(
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</div></li>", "<!--", "`</code><b>`", "&lt;b&gt;"]
)


@given(hostile, hostile, st.sampled_from(LANGUAGES), st.sampled_from([None, "axis", "scale"]))
def test_no_fact_of_a_verdict_breaks_out_of_the_panel(one: str, two: str, lang: str, known: str | None) -> None:
    facts = {"case": one, "seen": two, "wanted": one, "axis": two}
    claims = (ClaimVerdict("mean", False, 0, 4, facts), ClaimVerdict("gradient", None, 0, 1, facts))
    for raised in (None, Raised(one, two, 3, one)):
        what = verdict(claims=claims, misconception=known, facts=facts, raised=raised)
        page = Page(speak.html(what, TEXT, lang))
        assert page.tags <= TAGS
        assert page.attributes <= ATTRIBUTES
        clean = verdict(claims=claims, misconception=known, raised=raised and Raised("E", "", 3, "x"))
        assert speak.plain(what, TEXT, lang).count("\n") <= speak.plain(clean, TEXT, lang).count("\n") + 1


@given(hostile, st.sampled_from([True, False, None]), st.sampled_from(LANGUAGES))
def test_no_evidence_breaks_out_of_a_suggestion(words: str, found: bool | None, lang: str) -> None:
    suggestion = Suggestion("q", 1, 2, (KeyPointSeen("dtype", found, words), KeyPointSeen("mixing", False)))
    page = Page(speak.question_html(suggestion, TEXT, lang, note=speak.say(lang, "saved_at", notebook=words, time="")))
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES


# ---- short answers


def test_a_suggestion_quotes_the_answers_words_and_asks_about_a_missing_point_without_giving_it_away() -> None:
    points = (KeyPointSeen("dtype", True, "int32 and int64"), KeyPointSeen("mixing", False))
    said = speak.question_plain(Suggestion("q", 1, 2, points), TEXT, "en")
    assert "✓ They differ in dtype.\n    your words: “int32 and int64”" in said
    assert said.endswith("Think about: What if you add them?")
    assert "Mixing them raises" not in said


def test_where_it_is_unsure_it_asks_and_shows_where() -> None:
    said = speak.question_plain(Suggestion("q", 0, 1, (KeyPointSeen("dtype", None, "kind of"),)), TEXT, "en")
    assert "? unsure: What are their dtypes?\n    perhaps here: “kind of”" in said
    assert "They differ" not in said


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("remark", ["copied", "off_topic", "keywords", "contradiction", "mistaken", "no_idea"])
def test_every_remark_about_an_answer_has_its_sentence(lang: str, remark: str) -> None:
    suggestion = Suggestion("q", 0, 1, (KeyPointSeen("dtype", False),), remark=remark)
    assert speak.say(lang, f"answer_{remark}") in speak.question_plain(suggestion, TEXT, lang)


# ---- contrast


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("ground", ["#ffffff", "#111111", "#1e1e1e"])  # light, JupyterLab's dark, VS Code's dark
@pytest.mark.parametrize("colour", sorted(set(panel.COLOURS.values())))
def test_every_mark_stands_out_in_light_and_dark_themes(colour: str, ground: str) -> None:
    lighter, darker = sorted((luminance(colour), luminance(ground)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 3.5
