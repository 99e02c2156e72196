"""Verdict x language -> sentences, as plain text and as a small HTML panel. No sentence stands here, only in text.*.md.

Facts that a sentence quotes may come from a student's code. They lose control characters and line breaks before they
enter a sentence, and the finished sentence is escaped before it becomes HTML, so none of them can break out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from autograde import panel
from autograde.catalog import Entry, Text, common
from autograde.panel import Panel, Row
from autograde.terms import ClaimVerdict, KeyPointSeen, Raised, Suggestion, Verdict


class Sentence(str):
    """Words of a text file whose facts are already clean: put into another sentence as they are."""

    __slots__ = ()


MAX_FACT = 200
MAX_LINES = 4
UNKNOWN = "…"  # a fact that this observation does not have
_PLACE = re.compile(r"\{(\w+)\}")
_HAN = re.compile(r"[\u4e00-\u9fff]")


# ---- common sentences


def say(lang: str, id: str, **facts: object) -> str:
    """The common sentence `## message <id>`, its placeholders filled with `facts`."""
    return "\n".join(_fill(part, facts) for part in _common(lang, "message", id))


def outcome(lang: str, id: str) -> str:
    """A word or two for an outcome or an error's kind, such as "not begun": `## outcome <id>`, first paragraph."""
    return _common(lang, "outcome", id)[0]


def explain(lang: str, id: str, **facts: object) -> str:
    """What an outcome or an error's kind means for a student: `## outcome <id>`, second paragraph."""
    return _fill(_common(lang, "outcome", id)[1], facts)


def figure(points: float) -> str:
    """Points as people write them: 20, 11.5."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _common(lang: str, kind: str, id: str) -> tuple[str, ...]:
    found = common(lang).get(kind, id)
    if not found:
        raise KeyError(f"text.{lang}.md has no section '## {kind} {id}'")
    return found


def _fill(template: str, facts: Mapping[str, object]) -> Sentence:
    comma = "、" if _HAN.search(template) else ", "

    def fact(found: re.Match[str]) -> str:
        quote, value = found[1], facts.get(found[2], UNKNOWN)
        values = value if isinstance(value, tuple) else (value,)  # several names have backticks of their own each
        words = (one if isinstance(one, Sentence) else clean(one) for one in values or (UNKNOWN,))
        return comma.join(f"{quote}{one}{quote}" for one in words)

    return Sentence(re.sub(r"(`?)\{(\w+)\}\1", fact, template))


def clean(fact: object, limit: int = MAX_FACT) -> str:
    """`fact` as one harmless line: no control or direction characters, no terminal colours, no backticks, capped."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", str(fact)).replace("`", "'")
    text = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


# ---- a verdict


def message(verdict: Verdict, about: Entry | Text, lang: str) -> str:
    """At most four lines of plain text: seen, wanted, likely cause, next step."""
    lines, step = _story(verdict, _text(about, lang), lang)
    if step:
        lines = (*lines[: MAX_LINES - 1], panel.joined(say(lang, "next_step"), step))
    return "\n".join(lines[:MAX_LINES])


def plain(verdict: Verdict, about: Entry | Text, lang: str) -> str:
    """The whole panel as plain text."""
    return panel.plain(_verdict_panel(verdict, _text(about, lang), lang))


def html(verdict: Verdict, about: Entry | Text, lang: str) -> str:
    """The panel as HTML: everything escaped, inline style only, nothing to click."""
    return panel.html(_verdict_panel(verdict, _text(about, lang), lang), lang)


def _text(about: Entry | Text, lang: str) -> Text:
    return about.text[lang] if isinstance(about, Entry) else about


def _verdict_panel(verdict: Verdict, text: Text, lang: str) -> Panel:
    lines, step = _story(verdict, text, lang)
    if verdict.outcome == "untouched":
        return Panel(text.title, outcome(lang, "untouched"), lines=lines)
    known = verdict.misconception is not None
    details = {
        claim.id: "\n".join(line for line in _claim_lines(claim, verdict, text) if line != step)
        for claim in (() if known else verdict.claims)
    }
    rows = tuple(_claim_row(claim, verdict, text, lang, details.get(claim.id, "")) for claim in verdict.claims)
    if verdict.outcome == "incorrect" and not (known or verdict.raised) and any(row.detail for row in rows):
        lines = ()  # what they say stands below the claims
    for other in verdict.also:
        first = _section(text, "misconception", other, _facts(verdict, text, named=other))[0]
        lines += (panel.joined(say(lang, "also"), first),)
    if all(row.mark == "unseen" for row in rows):  # a list of what nobody could look at tells nothing
        rows = ()
    score = say(lang, "points", points=figure(verdict.points), max_points=figure(verdict.max_points))
    return Panel(text.title, score, rows, lines, say(lang, "next_step"), step)


def _claim_row(claim: ClaimVerdict, verdict: Verdict, text: Text, lang: str, detail: str) -> Row:
    mark = {True: "holds", False: "fails", None: "unseen"}[claim.holds]
    points = {"points": figure(claim.points), "max_points": figure(claim.max_points)}
    worth = say(lang, "claim_points", **points) if claim.max_points else ""
    return Row(mark, say(lang, mark), _statement(claim, verdict, text), worth, detail)


def _statement(claim: ClaimVerdict, verdict: Verdict, text: Text) -> Sentence:
    return _fill((text.get("claim", claim.id) or (claim.id,))[0], _facts(verdict, text, claim))


def _claim_lines(claim: ClaimVerdict, verdict: Verdict, text: Text) -> tuple[str, ...]:
    """The lines for a claim that fails (its second paragraph; of several lines, the last is what to do next) or that
    could not be looked at (its third), if any."""
    if claim.holds:
        return ()
    place = 2 if claim.holds is None else 1
    parts = text.get("claim", claim.id)[place : place + 1]
    facts = _facts(verdict, text, claim)
    if claim.holds is False and any(set(_PLACE.findall(part)) - facts.keys() for part in parts):
        return (say(text.lang, "other_shape", name=facts.get("name", UNKNOWN)),)  # no single number to compare
    return tuple(_fill(line, facts) for part in parts for line in part.splitlines())


def _story(verdict: Verdict, text: Text, lang: str) -> tuple[tuple[str, ...], str]:
    """What is to be said about a verdict as a whole, and the one next step ("" where none is needed)."""
    hint = say(lang, "next_step_hint", exercise=verdict.exercise)
    raised = _raised_lines(verdict.raised, text, lang) if verdict.raised is not None else ()
    if verdict.misconception is not None:
        about = _facts(verdict, text, named=verdict.misconception)
        lines = _section(text, "misconception", verdict.misconception, about)
        story, step = (lines[:-1], lines[-1]) if len(lines) > 1 else (lines, hint)
        return (*raised[:1], *story), step
    if raised:
        return raised[:-1], raised[-1]
    if verdict.outcome == "correct":
        return (say(lang, "all_holds"),), ""
    if verdict.outcome == "incorrect":
        lines = _first_open_claim(verdict, text, lang)
        return (lines[:-1], lines[-1]) if len(lines) > 1 else (lines, hint)
    met = common(lang).get("limit", str(verdict.facts.get("limit")))  # where it has a sentence of its own
    return tuple("\n".join(met or (explain(lang, verdict.outcome, **verdict.facts),)).splitlines()), ""


def _first_open_claim(verdict: Verdict, text: Text, lang: str) -> tuple[str, ...]:
    for holds, id in ((False, "claim_fails"), (None, "claim_unseen")):
        for claim in verdict.claims:
            if claim.holds is holds:
                return _claim_lines(claim, verdict, text) or (
                    say(lang, id, statement=_statement(claim, verdict, text)),
                )
    return (explain(lang, verdict.outcome),)


def _raised_lines(raised: Raised, text: Text, lang: str) -> tuple[str, ...]:
    """The student's line and the exception, what that usually means, and what to do about it (always the last)."""
    place = "raised" if raised.line is not None and raised.code else "raised_somewhere"
    error = str(raised)
    first = say(lang, place, line=raised.line, code=raised.code, error=_short(error))
    meaning = [" ".join(part.split("\n")) for part in _meaning(error, text) or _meaning(error, common(lang))]
    step = meaning[1] if len(meaning) > 1 else say(lang, "next_step_raised")
    return (first, *meaning[:1], step)


def _short(error: str) -> str:
    """The first line of an error without TensorFlow's bookkeeping; of a long one, the first sentence."""
    line = re.sub(r"\{\{function_node .*?\}\} ?| \[Op:\w+\].*", "", error.strip().split("\n")[0])
    return line if len(line) <= 160 else re.split(r"(?<=[^\W\d_]\.) ", line, maxsplit=1)[0]


def _meaning(error: str, text: Text) -> tuple[str, ...]:
    return next((text.get("error", pattern) for pattern in text.ids("error") if re.search(pattern, error)), ())


def _section(text: Text, kind: str, id: str, facts: Mapping[str, object]) -> tuple[str, ...]:
    """Every line of a section, filled in; the id itself where the text has no such section."""
    return tuple(_fill(line, facts) for part in text.get(kind, id) for line in part.splitlines()) or (id,)


def _facts(
    verdict: Verdict, text: Text, claim: ClaimVerdict | None = None, *, named: str | None = None
) -> dict[str, object]:
    """What a sentence about `claim` or the misconception `named` can quote: the probe's notes, what was raised, and
    its own facts, with the case as a person calls it.
    """
    facts: dict[str, object] = dict(verdict.facts)
    if verdict.raised is not None:
        facts |= {"line": verdict.raised.line, "code": verdict.raised.code, "error": str(verdict.raised)}
    if claim is not None:
        facts |= claim.facts
    if named is not None:
        facts |= verdict.named.get(named, {})
    if called := text.get("case", str(facts.get("case", ""))):
        facts["case"] = Sentence(called[0])
    return facts


# ---- a suggestion for a short answer


def question_plain(suggestion: Suggestion, about: Entry | Text, lang: str, *, note: str = "") -> str:
    """Which key points an answer makes, with its own words, and a question about one that is missing."""
    return panel.plain(_question_panel(suggestion, _text(about, lang), lang, note))


def for_scoring(suggestion: Suggestion, about: Entry, lang: str) -> str:
    """The same for the person who scores the answer: the missing key points are named too, and how sure it is."""
    text = _text(about, lang)
    rows = tuple(
        Row(
            {True: "found", None: "unsure", False: "fails"}[point.found],
            "" if point.found else say(lang, "missing" if point.found is False else "unsure"),
            " ".join(text.get("key_point", point.id)[:1]) or point.id,
            detail=say(lang, "evidence", evidence=point.evidence) if point.evidence else "",
        )
        for point in suggestion.key_points
    )
    worth = {"points": figure(suggestion.points), "max_points": figure(suggestion.max_points)}
    remark = (say(lang, f"answer_{suggestion.remark}"),) if suggestion.remark else ()
    sure = say(lang, "sure", percent=round(100 * suggestion.sure))
    return panel.plain(Panel(title=say(lang, "suggested", **worth), score=sure, rows=rows, lines=remark))


def question_html(suggestion: Suggestion, about: Entry | Text, lang: str, *, note: str = "") -> str:
    """`question_plain` as an HTML panel."""
    return panel.html(_question_panel(suggestion, _text(about, lang), lang, note), lang)


def _question_panel(suggestion: Suggestion, text: Text, lang: str, note: str) -> Panel:
    """A missing key point's statement is the answer, so it is not shown: only its question, and only one."""
    points = suggestion.key_points
    rows = tuple(_key_point_row(point, text, lang) for point in points if point.found is not False)
    missing = next((point for point in points if point.found is False), None)
    lines: tuple[str, ...] = () if any(point.found for point in points) else (say(lang, "no_key_point"),)
    if suggestion.remark:
        lines += (say(lang, f"answer_{suggestion.remark}"),)
    elif all(point.found for point in points):
        lines += (say(lang, "all_key_points"),)
    step = _asks(missing, text) if missing else ""
    worth = {"points": figure(suggestion.points), "max_points": figure(suggestion.max_points)}
    return Panel(text.title, say(lang, "suggested", **worth), rows, lines, say(lang, "think_about"), step, note)


def _key_point_row(point: KeyPointSeen, text: Text, lang: str) -> Row:
    words = {"evidence": point.evidence}
    if point.found:
        detail = say(lang, "your_words", **words) if point.evidence else ""
        return Row(
            "found", say(lang, "found"), " ".join(text.get("key_point", point.id)[:1]) or point.id, detail=detail
        )
    return Row(
        "unsure",
        say(lang, "unsure"),
        _asks(point, text),
        detail=say(lang, "perhaps", **words) if point.evidence else "",
    )


def _asks(point: KeyPointSeen, text: Text) -> str:
    return " ".join(text.get("key_point", point.id)[1:2]) or point.id
