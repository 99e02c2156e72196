"""What is made of findings: a judgement of every exercise, its marks for the gradebook, and the result for `--json`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from autograde import catalog, inert, rubric, speak
from autograde.ledger import Entry, Mark, Standing
from autograde.marked import Shown
from autograde.sandbox import Finding, Findings
from autograde.submission import LONGEST, Course, DamagedError, Submission
from autograde.terms import Exercise, Expected, Suggestion, Verdict
from autograde.verdicts import judge_finding, without_claims

Place = tuple[str, str]  # student id, assignment
FAULTS = ("malformed", "missing", "unsafe", "internal")  # error kinds that are not student code's doing


@dataclass(frozen=True)
class Judged:
    """One exercise of a submission with its verdict and, for an answered question, a suggestion."""

    verdict: Verdict
    answer: str = ""
    suggestion: Suggestion | None = None

    def mark(self, lang: str) -> Mark:
        """What the gradebook is told: None as score where a person has to give it."""
        return Mark(None if self.verdict.outcome == "answered" else self.verdict.points, self.comment(lang))

    def message(self, lang: str) -> str:
        return speak.message(self.verdict, catalog.load(self.verdict.exercise), lang)

    def comment(self, lang: str) -> str | None:
        """The comment that formgrader offers: the suggestion with its evidence, or why there is nothing to score."""
        if self.suggestion is not None:
            return inert.markdown(speak.for_scoring(self.suggestion, catalog.load(self.verdict.exercise), lang))
        return speak.outcome(lang, self.verdict.outcome) if self.verdict.outcome in ("untouched", "missing") else None

    def shown(self, lang: str) -> Shown:
        entry = catalog.load(self.verdict.exercise)
        about = self.verdict, entry, lang
        return Shown(self.verdict.points, speak.html(*about), speak.plain(*about))


@dataclass(frozen=True)
class Result:
    """One line of the results: the contract's record of a submission."""

    student: str
    assignment: str
    notebook: str
    lang: str
    status: str
    error: dict[str, str] | None
    score: float
    max_score: float
    seconds: float
    exercises: list[dict[str, Any]]

    @property
    def faulty(self) -> bool:
        return self.error is not None and self.error["kind"] in FAULTS

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def grade_id(slug: str) -> str:
    """The id of the cell that bears an exercise's score."""
    return f"check_{slug}" if isinstance(catalog.load(slug).about, Exercise) else slug


# ---- judging


def judge_submission(
    given: Submission, course: Course, findings: Findings, expected: Mapping[str, Expected]
) -> dict[str, Judged]:
    """Every exercise of the course, in its order."""
    judged = {}
    for slug in course.exercises:
        about, answer = catalog.load(slug).about, given.answer(slug)
        if slug in given.missing:
            judged[slug] = Judged(without_claims(slug, "missing"))
        elif isinstance(about, Exercise):
            verdict = judge_finding(about, findings.exercises.get(slug, Finding()), expected[slug])
            if verdict.outcome == "error" and _blank(answer):
                verdict = without_claims(slug, "untouched")
            judged[slug] = Judged(verdict, answer)
        elif answer.strip() in ("", course.answer(slug).source.strip()):
            judged[slug] = Judged(without_claims(slug, "untouched"))
        else:
            suggestion = rubric.suggest(slug, answer, given.lang)
            judged[slug] = Judged(without_claims(slug, "answered"), answer, suggestion)
    return judged


def _blank(source: str) -> bool:
    """Whether a code cell holds nothing but comments."""
    try:
        return len(source) <= LONGEST and not ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


# ---- results


def result(place: Place, lang: str, judged: Mapping[str, Judged], standing: Standing, seconds: float) -> Result:
    """The result of a submission that was judged. Points are those of the gradebook: a person's where one gave any."""
    outcomes = {one.verdict.outcome for one in judged.values()}
    stopped = outcomes & {"timeout", "memory", "crash"}
    failed = bool(outcomes) and outcomes <= {"timeout", "memory", "crash", "missing"}
    kind = next((one for one in ("timeout", "memory", "crash") if one in stopped), "missing")
    error = {"kind": kind, "message": speak.explain(lang, kind)} if failed else None
    exercises = [_exercise(one, standing.cells[grade_id(slug)], one.message(lang)) for slug, one in judged.items()]
    return _result(place, lang, error, exercises, seconds)


def damaged(place: Place, lang: str, course: Course, error: DamagedError, standing: Standing) -> Result:
    """The result of a file that cannot be graded: every exercise is missing, and the reason is said."""
    message = sentence(error, lang)
    exercises = [
        _exercise(Judged(without_claims(slug, "missing")), standing.cells[grade_id(slug)], message)
        for slug in course.exercises
    ]
    return _result(place, lang, {"kind": error.kind, "message": message}, exercises, 0.0)


def sentence(error: DamagedError, lang: str) -> str:
    """What is wrong with a file, and what to do about it."""
    return speak.say(lang, f"file_{error.id}", **error.facts)


def fault(place: Place, lang: str, course: Course, kind: str, detail: str) -> Result:
    """The result of a submission that could not be graded for no fault of its own. Nothing is entered anywhere."""
    message = " ".join(part for part in (speak.explain(lang, kind), detail and f"({detail})") if part)
    total = sum(catalog.load(slug).about.max_points for slug in course.exercises)
    return replace(_result(place, lang, {"kind": kind, "message": message}, [], 0.0), max_score=float(total))


def _result(
    place: Place,
    lang: str,
    error: dict[str, str] | None,
    exercises: list[dict[str, Any]],
    seconds: float,
) -> Result:
    score, max_score = (round(sum(one[key] for one in exercises), 2) for key in ("points", "max_points"))
    status = "failed" if error else "graded"
    points = float(score), float(max_score)
    return Result(*place, place[1], lang, status, error, *points, round(seconds, 3), exercises)


def _exercise(judged: Judged, entry: Entry, message: str) -> dict[str, Any]:
    verdict = judged.verdict
    record = {
        "id": verdict.exercise,
        "points": round(float(entry.points), 2),
        "max_points": float(entry.max_points),
        "outcome": verdict.outcome,
        "misconception": verdict.misconception,
        "needs_manual_grade": entry.needs_manual_grade,
        "message": message,
    }
    if not isinstance(catalog.load(verdict.exercise).about, Exercise):
        record["suggested"] = _suggested(judged.suggestion)
    return record


def _suggested(suggestion: Suggestion | None) -> dict[str, Any] | None:
    if suggestion is None:
        return None
    points = [
        {"id": point.id, "found": point.found is True, "evidence": point.evidence} for point in suggestion.key_points
    ]
    return {"points": suggestion.points, "key_points": points}
