"""Suggest which key points of its rubric a short answer makes. Offline, deterministic; a person decides.

A key point is found where the answer makes one of the statements in the question's `patterns.md`: a few concepts, in
whichever wording and language, together in a sentence, affirmed or denied as the statement wants it. What repeats the
question or its hints, only asks, only lists words or is taken back makes no statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from autograde import catalog
from autograde.rubric import bareness, patterns
from autograde.rubric.groups import Group, groups
from autograde.rubric.matching import Found, Reader
from autograde.rubric.patterns import Patterns
from autograde.rubric.quoting import evidence, weight
from autograde.rubric.reading import LONGEST, Answer
from autograde.terms import KeyPointSeen, Question, Suggestion

__all__ = ["Group", "group", "suggest"]

MOST = 0.6  # share of the key points of another question that an answer must make if it makes some here
MOSTLY = 0.5  # share of an answer from which on a remark is about all of it
FOREIGN = 2  # key points that an answer makes of another question beyond those of its own
LONG = 150  # Latin letters from which on a text says enough to mean something
DECIDED = {None: 0.3, False: 0.8, True: 0.9}  # how sure a key point is that was seen perhaps, not, or clearly


def suggest(question_id: str, text: str, lang: str) -> Suggestion:
    """Which key points of a question `text` makes, with its own words as evidence.

    `lang` is the edition that the student works in; answers may be in either language or a mixture, so nothing depends
    on it. Raises `KeyError` for an unknown question.
    """
    question = catalog.load(question_id).about
    if not isinstance(question, Question):
        raise KeyError(question_id)
    answer, known = Answer(text[:LONGEST]), patterns.of(question_id)
    if not answer.clauses:
        return _suggestion(question, tuple(KeyPointSeen(point.id, False) for point in question.key_points), 1.0, "")
    if not known.says:
        return _suggestion(question, tuple(KeyPointSeen(point.id, None) for point in question.key_points), 0.0, "")
    return _Look(question, answer, known).suggestion()


def group(question_id: str, answers: Mapping[str, str], lang: str) -> tuple[Group, ...]:
    """Like answers to a question, by whatever keys they are given: one decision may serve all of a group.

    The largest group comes first and is called A. Raises `KeyError` for an unknown question.
    """
    return groups(answers, lambda text: suggest(question_id, text, lang))


def _suggestion(question: Question, seen: tuple[KeyPointSeen, ...], sure: float, remark: str) -> Suggestion:
    worth = {point.id: point.points for point in question.key_points}
    points = sum(worth[one.id] for one in seen if one.found)
    return Suggestion(question.id, points, question.max_points, seen, round(sure, 2), remark)


class _Look:
    """One look at one answer."""

    def __init__(self, question: Question, answer: Answer, known: Patterns) -> None:
        self.question, self.answer, self.known = question, answer, known
        self.copied = bareness.copied(answer, question.id)
        asked = tuple(bareness.asked(answer))
        rest = tuple(part for part in answer.sentences if part not in self.copied and part not in asked)
        self.listed = bareness.keywords(answer, rest)
        self.said = tuple(part for part in rest if part not in self.listed)
        marked = {
            "copied": self.copied,
            "listed": self.listed,
            "retracted": tuple(bareness.retracted(answer)),
            "wavering": tuple(bareness.wavering(answer)),
            "reported": tuple(bareness.reported(answer)),
        }
        mostly = self.copied if _share(self.copied, answer) >= MOSTLY else ()
        self.reader = Reader(answer, known.words, (*mostly, *asked), marked)
        self.contradicted = False
        self.false: set[str] = set()  # key points that are denied
        self.read: set[int] = set()  # sentences that have a part in a statement

    def suggestion(self) -> Suggestion:
        seen = tuple(self._key_point(point.id) for point in self.question.key_points)
        off_topic = self._off_topic(seen)
        remark = self._remark(seen, off_topic)
        if self._strange():
            seen = tuple(replace(one, found=None) if self._open(one) else one for one in seen)
        if off_topic:  # what it shares with another question's answer is hardly meant for this one
            seen = tuple(replace(one, found=None) if one.found else one for one in seen)
        sure = sum(DECIDED[one.found] for one in seen) / max(1, len(seen))
        return _suggestion(self.question, seen, sure, remark)

    def _key_point(self, id: str) -> KeyPointSeen:
        said = list(self.reader.find(self.known.says.get(id, ())))
        kept = [found for found in said if not found.bears("retracted", "wavering")]
        against = self.reader.find(self.known.denies.get(id, ()))
        denied = [found for found in against if not found.bears("retracted", "reported")]
        self.read |= {match.sentence for found in (*said, *denied) for match in found.matches}
        if said and (denied or not kept):
            self.contradicted |= any(found.bears("retracted") for found in said) and not kept
            self.contradicted |= bool(denied) and not any(one.meets(other) for one in kept for other in denied)
            return KeyPointSeen(id, None, self._quote(said[0]))
        if kept:
            return KeyPointSeen(id, True, self._quote(min(kept, key=_length)))
        if denied:
            self.false.add(id)
            return KeyPointSeen(id, False)
        return self._perhaps(id)

    def _perhaps(self, id: str) -> KeyPointSeen:
        statements = (*self.known.says.get(id, ()), *self.known.perhaps.get(id, ()))
        found = next(self.reader.find(statements, strictly=False), None)
        return KeyPointSeen(id, None, self._quote(found)) if found else KeyPointSeen(id, False)

    def _quote(self, found: Found) -> str:
        return evidence(self.answer, found)

    def _strange(self) -> bool:
        """Whether most of the answer is in words that no pattern knows: they may be right all the same."""
        lengths = {part: weight(self.answer.plain[slice(*part)]) for part in self.said}
        unread = sum(lengths[part] for part in self.said if self.answer.sentences.index(part) not in self.read)
        return unread >= max(LONG, MOSTLY * sum(lengths.values()))

    def _open(self, seen: KeyPointSeen) -> bool:
        return seen.found is False and seen.id not in self.false

    def _remark(self, seen: tuple[KeyPointSeen, ...], off_topic: bool) -> str:
        """The id of the sentence about the answer as a whole, if there is one."""
        if _share(self.copied, self.answer) >= MOSTLY:
            return "copied"
        if not any(one.found for one in seen) and bareness.gives_up(self.answer):
            return "no_idea"
        if self.listed and not self.said and any(one.found is None for one in seen):
            return "keywords"
        if off_topic:
            return "off_topic"
        if self.contradicted:
            return "contradiction"
        return "mistaken" if self.false else ""

    def _off_topic(self, seen: tuple[KeyPointSeen, ...]) -> bool:
        """Whether the answer answers another question much better, or has no word of the subject at all."""
        if self._has("twin") and not self._has("topic"):
            return True
        made = sum(1 for one in seen if one.found)
        own = self.known.words.keys() - patterns.common().keys()
        if all(one.found is False for one in seen) and not any(map(self._has, own)):
            return True
        partly = made == 1  # a part of an answer to this question may well touch another one
        return not partly and 2 * made <= len(seen) and any(self._better(id, made) for id in self._others())

    def _has(self, word: str) -> bool:
        return word in self.known.words and any(not one.bears("copied") for one in self.reader.look_up(word))

    def _others(self) -> Iterator[str]:
        """The other questions of the assignment."""
        return (entry.id for entry in catalog.of_assignment(self.question.assignment) if entry.id != self.question.id)

    def _better(self, other: str, made: int) -> bool:
        """Whether the answer makes many more than `made` key points of another question: most, if it made any here."""
        known = patterns.of(other)
        reader = replace(self.reader, words=known.words)  # what is known of common words stays known
        there = sum(any(not found.bears("retracted") for found in reader.find(said)) for said in known.says.values())
        return there - made >= FOREIGN and (not made or there >= MOST * len(known.says))


def _length(found: Found) -> int:
    return found.matches[-1].end - found.matches[0].start


def _share(parts: tuple[tuple[int, int], ...], answer: Answer) -> float:
    total = sum(end - start for start, end in answer.sentences)
    return sum(end - start for start, end in parts) / total if total else 0.0
