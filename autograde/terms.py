"""The nouns of the course: every other module speaks in these records.

An *exercise* asks for an object. A *probe* calls that object on the inputs of a few *cases* and returns named arrays,
an *observation*. *Claims* say what must hold of an observation; a *misconception* is a known wrong answer, recognised
by its own observation. Judging gives a *verdict*.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]
Arrays = Mapping[str, Array]
How = Literal["close", "equal", "shape", "shown"]
Outcome = Literal["answered", "correct", "incorrect", "untouched", "error", "timeout", "memory", "crash", "missing"]


@dataclass(frozen=True)
class Claim:
    """A statement about the entries `of` an observation, worth `points` when it holds for every one of them.

    `of` holds `fnmatch` patterns of entries "case/name"; a pattern without "/" means that name in every case.
    `how`: "close" (values within `atol + rtol * |wanted|`), "equal" (same shape and values; integers, text),
    "shape", or "shown" (see `judge.shown`: at least `share` of the wanted values stand, in order, in the seen rows).
    A `gate` is worth no points itself; where it fails, the exercise earns none at all.
    """

    id: str
    of: str | tuple[str, ...]
    points: float = 0.0
    how: How = "close"
    atol: float = 1e-4
    rtol: float = 1e-4
    share: float = 1.0
    gate: bool = False

    @property
    def patterns(self) -> tuple[str, ...]:
        given = (self.of,) if isinstance(self.of, str) else self.of
        return tuple(one if "/" in one else f"*/{one}" for one in given)


@dataclass(frozen=True)
class Misconception:
    """A known wrong answer. It is recognised by its arrays or, where `raises` is given, by the error that it raises:
    a regular expression searched in "ExceptionType: message"."""

    id: str
    raises: str | None = None


@dataclass(frozen=True)
class Forbidden:
    r"""Functions of a library that must not run for an answer, by the `name` that a sentence calls them.

    `what` is searched in the qualified names of the functions, methods among them, in the modules that define what the
    public module or class `where` offers: `Forbidden("fit", "keras.Model", r"Trainer\.fit$")`.
    """

    name: str
    where: str
    what: str


@dataclass(frozen=True)
class Exercise:
    """What a code exercise asks for and how its answer is judged. The id is its folder's name.

    What it `forbids` is watched while an answer is graded; a `check` in a notebook changes no library.
    """

    assignment: str
    asks_for: tuple[str, ...]
    claims: tuple[Claim, ...]
    misconceptions: tuple[Misconception, ...] = ()
    forbids: tuple[Forbidden, ...] = ()
    id: str = ""

    @property
    def max_points(self) -> float:
        return float(sum(claim.points for claim in self.claims))


@dataclass(frozen=True)
class KeyPoint:
    """One point of a short answer's rubric, worth `points`."""

    id: str
    points: float = 1.0


@dataclass(frozen=True)
class Question:
    """A short-answer question: scored by a person, with a suggestion made from its key points."""

    assignment: str
    key_points: tuple[KeyPoint, ...]
    id: str = ""

    @property
    def max_points(self) -> float:
        return float(sum(point.points for point in self.key_points))


@dataclass(frozen=True)
class Raised:
    """An exception of the student's code: its type's name, its message (capped) and the student's line."""

    type: str
    message: str
    line: int | None = None
    code: str = ""

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type

    @property
    def fingerprint(self) -> str:
        """The error without the numbers and addresses that change from run to run."""
        first = (self.message.splitlines() or [""])[0]
        return re.sub(r"0x[0-9a-f]+|\d+", "#", f"{self.type}: {first}")[:100]


@dataclass(frozen=True)
class Observation:
    """What a probe saw: arrays by "case/name", and by case the exception that ended it early."""

    arrays: Arrays = field(default_factory=dict)
    raised: Mapping[str, Raised] = field(default_factory=dict)


@dataclass(frozen=True)
class Expected:
    """What right answers, known wrong answers and the stub look like on one seed.

    `right` holds whole observations: an entry is right when it agrees with any of them. `wrong` keeps, for each
    misconception and each of its variants, only the entries that are not right.
    """

    right: tuple[Observation, ...]
    wrong: Mapping[str, tuple[Observation, ...]] = field(default_factory=dict)
    stub: Observation | None = None


Fact = str | tuple[str, ...]
"""What a sentence can quote: a word or number, or several names."""


@dataclass(frozen=True)
class ClaimVerdict:
    """Whether one claim holds (None: it could not be looked at), and what a sentence about it can quote."""

    id: str
    holds: bool | None
    points: float
    max_points: float
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """The judgement of one exercise. `also` names further misconceptions seen beside the first; `named` holds what a
    sentence about each of them can quote, `facts` what any sentence can."""

    exercise: str
    outcome: Outcome
    points: float
    max_points: float
    claims: tuple[ClaimVerdict, ...] = ()
    misconception: str | None = None
    also: tuple[str, ...] = ()
    raised: Raised | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    named: Mapping[str, Mapping[str, Fact]] = field(default_factory=dict)


@dataclass(frozen=True)
class KeyPointSeen:
    """Whether a short answer makes one key point (None: unsure), and the answer's own words that show it."""

    id: str
    found: bool | None
    evidence: str = ""


@dataclass(frozen=True)
class Suggestion:
    """A suggested score of a short answer; a person decides.

    `sure` runs from 0 (a guess) to 1. `remark` is empty or the id of a common sentence ("message answer_<remark>") on
    the answer as a whole: "copied" from the question, "off_topic", "keywords" without statements, "contradiction",
    "mistaken" where one statement does not hold, "no_idea" where the author says so.
    """

    question: str
    points: float
    max_points: float
    key_points: tuple[KeyPointSeen, ...]
    sure: float = 1.0
    remark: str = ""
