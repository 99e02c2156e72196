"""Suggest which key points of its rubric a short answer makes. Offline, deterministic; a person decides.

A key point is found where the answer makes one of the statements in the question's `patterns.md`: a few concepts, in
whichever wording and language, together in a sentence, affirmed or denied as the statement wants it. What repeats the
question, only asks, only lists words or is taken back makes no statement.
"""

from __future__ import annotations

from autograde import catalog
from autograde.rubric import bareness, patterns
from autograde.rubric.groups import Group, group
from autograde.rubric.matching import Found, Reader, evidence
from autograde.rubric.patterns import Patterns
from autograde.rubric.reading import LONGEST, Answer
from autograde.terms import KeyPointSeen, Question, Suggestion

__all__ = ["Group", "group", "suggest"]

MOSTLY = 0.5  # share of an answer from which on a remark is about all of it
FOREIGN = 2  # key points of another question that an answer with none of its own makes
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


def _suggestion(question: Question, seen: tuple[KeyPointSeen, ...], sure: float, remark: str) -> Suggestion:
    worth = {point.id: point.points for point in question.key_points}
    points = sum(worth[one.id] for one in seen if one.found)
    return Suggestion(question.id, points, question.max_points, seen, round(sure, 2), remark)


class _Look:
    """One look at one answer."""

    def __init__(self, question: Question, answer: Answer, known: Patterns) -> None:
        self.question, self.answer, self.known = question, answer, known
        self.copied = bareness.copied(answer, question.id)
        asked = bareness.asked(answer)
        rest = tuple(part for part in answer.sentences if part not in self.copied and part not in asked)
        self.listed = bareness.keywords(answer, rest)
        self.said = tuple(part for part in rest if part not in self.listed)
        skipped = (*self.copied, *asked, *self.listed)
        self.reader = Reader(answer, known.words, skipped, tuple(bareness.retracted(answer)))
        self.contradicted = False

    def suggestion(self) -> Suggestion:
        seen = tuple(self._key_point(point.id) for point in self.question.key_points)
        remark = self._remark(seen)
        if remark == "off_topic":
            seen = tuple(KeyPointSeen(one.id, False) for one in seen)
        sure = sum(DECIDED[one.found] for one in seen) / max(1, len(seen))
        return _suggestion(self.question, seen, sure, remark)

    def _key_point(self, id: str) -> KeyPointSeen:
        said = list(self.reader.find(self.known.says.get(id, ())))
        kept = [found for found in said if not found.retracted]
        denied = [found for found in self.reader.find(self.known.denies.get(id, ())) if not found.retracted]
        if said and (denied or not kept):
            self.contradicted = True
            return KeyPointSeen(id, None, self._quote(said[0]))
        if kept:
            return KeyPointSeen(id, True, self._quote(min(kept, key=_length)))
        perhaps = [] if denied else list(self.reader.find(self.known.perhaps.get(id, ())))
        return KeyPointSeen(id, None, self._quote(perhaps[0])) if perhaps else KeyPointSeen(id, False)

    def _quote(self, found: Found) -> str:
        return evidence(self.answer, found)

    def _remark(self, seen: tuple[KeyPointSeen, ...]) -> str:
        """The id of the sentence about the answer as a whole, if there is one."""
        if _share(self.copied, self.answer) >= MOSTLY:
            return "copied"
        if self.listed and not self.said:
            return "keywords"
        if self.contradicted:
            return "contradiction"
        return "off_topic" if self._off_topic(seen) else ""

    def _off_topic(self, seen: tuple[KeyPointSeen, ...]) -> bool:
        """Nothing of the question is in it, and much of another one's answer, or no word of the subject at all."""
        if any(one.found is not False for one in seen):
            return False
        own = set(self.known.words) - set(patterns.common())
        return not any(self.reader.look_up(name) for name in own) or self._elsewhere() >= FOREIGN

    def _elsewhere(self) -> int:
        """The most key points of another question of the assignment that the answer makes."""
        others = (entry.id for entry in catalog.of_assignment(self.question.assignment) if entry.id != self.question.id)
        return max((self._made(patterns.of(id)) for id in others), default=0)

    def _made(self, known: Patterns) -> int:
        reader = Reader(self.answer, known.words, self.reader.skipped)
        return sum(any(True for _ in reader.find(statements)) for statements in known.says.values())


def _length(found: Found) -> int:
    return found.matches[-1].end - found.matches[0].start


def _share(parts: tuple[tuple[int, int], ...], answer: Answer) -> float:
    total = sum(end - start for start, end in answer.sentences)
    return sum(end - start for start, end in parts) / total if total else 0.0
