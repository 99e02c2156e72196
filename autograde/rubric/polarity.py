"""Whether an answer affirms or denies what it names: "is not the same", "没有…", "… isn't", "not without"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autograde.rubric.patterns import common
from autograde.rubric.reading import Answer

LATIN_REACH = (4, 2)  # words that a denial ("not", "without") reaches over
CHINESE_REACH = 6  # characters
DOUBLED = 1  # words or characters between two denials up to which one denies the other
BEFORE, AFTER = 80, 40  # characters in which a denial is looked for
_LATIN, _CHINESE = re.compile(r"[a-z0-9_.()=]+"), re.compile(r"[一-鿿]")
_WORD = re.compile(r"[a-z0-9_.()=']+|[一-鿿]")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


def denied(answer: Answer, clause: int, start: int, end: int) -> bool:
    """Whether a denial before or after reaches the words from `start` to `end`, and none denies it ("not without")."""
    *others, cue = (None, *_cues(answer, clause, start))
    if cue and _reaches(cue) and not (others and _close(others[-1], cue.start())):
        return True
    after = answer.plain[end : max(end, min(answer.clauses[clause].end, end + AFTER))]
    return common()["denial_after"].match(_without_harmless(after)) is not None


def doubled(answer: Answer, clause: int, start: int) -> bool:
    """Whether right before the words at `start`, a denial of their own, there stands another one."""
    *_, cue = (None, *_cues(answer, clause, start))
    return cue is not None and _close(cue, len(cue.string))


def _cues(answer: Answer, clause: int, start: int) -> Iterator[re.Match[str]]:
    """The denials before the words at `start`, in their clause."""
    before = answer.plain[max(answer.clauses[clause].start, start - BEFORE) : start]
    return common()["denial"].finditer(_without_harmless(before))


def _close(cue: re.Match[str] | None, end: int) -> bool:
    return cue is not None and len(_WORD.findall(cue.string, cue.end(), end)) <= DOUBLED


def denies(wording: str) -> bool:
    """Whether words deny something themselves."""
    return common()["denial"].search(_without_harmless(wording)) is not None


def conditional(answer: Answer, clause: int) -> bool:
    """Whether a clause only says what would be if."""
    part = answer.clauses[clause]
    return common()["condition"].search(answer.plain, part.start, part.end) is not None


def _without_harmless(text: str) -> str:
    """The text without the words that only look like denials ("not only", "不同")."""
    return common()["no_denial"].sub(lambda found: "." * len(found[0]), text)


def _reaches(cue: re.Match[str]) -> bool:
    """Whether a denial reaches the end of the text; it does not leave the brackets that it stands in."""
    between = cue.string[cue.end() :]
    near = LATIN_REACH[bool(common()["denial_of_things"].fullmatch(cue[0]))]
    close = len(_LATIN.findall(between)) <= near and len(_CHINESE.findall(between)) <= CHINESE_REACH
    inside = re.search(r"[)\]]", _BRACKETS.sub("", between))
    return close and not inside and not common()["denial_ends"].search(between)
