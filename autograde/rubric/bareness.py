"""What of an answer says nothing of its own: the question repeated, questions, bare keywords, what is taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from autograde import catalog
from autograde.catalog import Text
from autograde.rubric.patterns import common
from autograde.rubric.plain import normalize
from autograde.rubric.reading import Answer

Range = tuple[int, int]
COPIED = 0.8  # share of a sentence's runs of characters that also stand in the question
SHORT = 20  # words in an answer that is none
FEWEST = 4  # items from which on a list without a statement is one of keywords
SPOKEN = 2.5  # words a bullet from which on bullets are notes, not keywords
_TOKEN = re.compile(r"[a-z0-9_.]*[a-z0-9_]|[一-鿿]")
_ITEM = re.compile(r"[,、;。/+|\n]|\s-\s")
_NAME = re.compile(r"[a-z0-9_]*[_.=][a-z0-9_][a-z0-9_.=]*")  # get_config says no more than "config"
_CODE = re.compile(
    r"^(?:- )?(?:def|class|with|import|from|for|if|return|@)\b.*[:(]"
    r"|[\w)\]] ?=(?!=) ?(?!(?:true|false)\b)[\w(\[]|[a-z0-9_]\([^()]*\w"
)
_LABEL = re.compile(r"\s*- [^:\n]{1,40}?(?::| ?[–—=] ?| ?(?:->|=>|→)| - )\s*\S")
_LETTER = re.compile(r"[a-z一-鿿]")  # "0, 1, 2" lists no words
_RUN = 3  # tokens


def copied(answer: Answer, question: str) -> tuple[Range, ...]:
    """The sentences that repeat the question or what its hints ask, in whichever language."""
    known = _question_runs(question)
    return tuple(part for part in answer.sentences if _share(answer.plain[slice(*part)], known) >= COPIED)


def _share(text: str, known: frozenset[tuple[str, ...]]) -> float:
    runs = _runs(text)
    return len(runs & known) / len(runs) if runs else 0.0


@cache
def _question_runs(question: str) -> frozenset[tuple[str, ...]]:
    texts = catalog.load(question).text.values()
    return frozenset().union(*(_runs(normalize(paragraph)) for text in texts for paragraph in _given(text)))


def _given(text: Text) -> Iterator[str]:
    """What a student has been told: the question, the hints and, of a key point, all but what it wants to be said."""
    yield " ".join(text.get("question"))
    for id in text.ids("hint"):
        yield from text.get("hint", id)
    for id in text.ids("key_point"):
        yield from text.get("key_point", id)[1:]


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    tokens = _TOKEN.findall(text)
    return frozenset(zip(*(tokens[number:] for number in range(_RUN)), strict=False))


def asked(answer: Answer) -> Iterator[Range]:
    """The sentences that ask: they claim nothing, unless they only hedge ("I think …?", "… ??")."""
    for start, end in answer.sentences:
        sentence, rest = answer.plain[start:end].rstrip(' "'), answer.plain[end : end + 1]
        if sentence.endswith("?") and rest != "?" and not common()["hedge"].search(sentence):
            yield start, end


def keywords(answer: Answer, parts: tuple[Range, ...]) -> tuple[Range, ...]:
    """All `parts` where together they are a list of keywords, else those sentences that are one of their own.

    Notes are none: lines of code, bullets that say what they are about, bullets of some words each; nor are sentences.
    """
    texts = {part: answer.plain[slice(*part)] for part in parts}
    bare = tuple(part for part in parts if not _LABEL.match(texts[part]))
    if _notes(list(texts.values())) or 2 * len(bare) < len(parts):
        return ()
    sentences = sum(_is_sentence(texts[part]) for part in bare)
    if sentences <= 1 and _is_list("\n".join(texts[part] for part in bare)):
        return bare
    return tuple(part for part in bare if ":" not in texts[part] and _is_list(texts[part], most=0.0))


def _notes(lines: list[str]) -> bool:
    bullets = [line for line in lines if line.lstrip().startswith("- ")]
    spoken = len(bullets) >= FEWEST and sum(map(_length, bullets)) >= SPOKEN * len(bullets)
    return spoken or sum(1 for line in lines if _CODE.search(line.strip())) > 1


def _is_sentence(text: str) -> bool:
    """Whether a text ends as a sentence does and has the words of one, not cut into more than two items."""
    items = [item for item in _ITEM.split(text) if _LETTER.search(item)]
    return text.rstrip(' "')[-1:] in ".!。" and len(items) < FEWEST - 1 and _length(text) >= FEWEST - 1


def _is_list(text: str, most: float = 0.16) -> bool:
    """Whether a text only lists: short items, and next to no word that makes a statement of them."""
    text = _NAME.sub("x", text)
    items = [item for item in _ITEM.split(text) if _LETTER.search(item)]
    words = [_length(item) for item in items]
    if len(items) < FEWEST:
        tokens = text.split()
        return len(items) == 1 and len(tokens) > FEWEST and not common()["linking"].search(text)
    linking = sum(1 for _ in common()["linking"].finditer(text))
    return linking <= most * sum(words) and sum(words) <= 3.2 * len(items) and max(words) <= 8


def _length(item: str) -> float:
    """Words of an item; two Chinese characters make one."""
    tokens = _TOKEN.findall(item)
    return sum(0.5 if "一" <= token <= "鿿" else 1.0 for token in tokens)


def retracted(answer: Answer) -> Iterator[Range]:
    """What is taken back: the sentence so far before a "no, wait", or the sentence before one that begins with it."""
    known = common()
    first = {clause.sentence: clause.start for clause in reversed(answer.clauses)}
    for clause in answer.clauses:
        words = answer.plain[clause.start : clause.end].strip(" \n,.;:!。…—-")
        begins = first[clause.sentence] == clause.start
        if not begins and (known["retraction"].fullmatch(words) or known["retraction_inside"].fullmatch(words)):
            yield first[clause.sentence], clause.start
        elif begins and clause.sentence and known["retraction"].fullmatch(words):
            yield first[clause.sentence - 1], clause.start


def wavering(answer: Answer) -> Iterator[Range]:
    """The sentences that leave open which of two things is right ("maybe …, maybe not", "可能…也可能…"), and the one
    before where such a sentence is about it ("One of the two.")."""
    for number, (start, end) in enumerate(answer.sentences):
        if common()["wavering"].search(answer.plain, start, end):
            yield start, end
        elif number and common()["wavering_before"].match(answer.plain[start:end].lstrip()):
            yield answer.sentences[number - 1]


def reported(answer: Answer) -> Iterator[Range]:
    """What others are said to claim: an answer that quotes a mistake does not make it."""
    for clause in answer.clauses:
        if common()["hearsay"].search(answer.plain, clause.start, clause.end):
            yield clause.start, answer.sentences[clause.sentence][1]


def gives_up(answer: Answer) -> bool:
    """Whether an answer only says that there is none, and perhaps why."""
    if len(_TOKEN.findall(answer.plain)) > SHORT:
        return False
    around = " \n,.;:!?。…~-"
    sentences = (answer.plain[slice(*part)].strip(around) for part in answer.sentences)
    clauses = (answer.plain[clause.start : clause.end].strip(around) for clause in answer.clauses)
    return all(map(common()["no_idea"].fullmatch, sentences)) or any(map(common()["clueless"].match, clauses))
