"""What the trusted side makes of a child's frames: findings by exercise, outputs by cell, and whom to go on without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autograde import catalog, observe
from autograde.sandbox.job import Attempt, Cell, Finding, Limits, Output, Reason, Step, Task
from autograde.sandbox.wire import BadFrameError, Frame, decode, decode_raised
from autograde.terms import Raised

MAX_NOTICED = 100  # names of what ran and must not, of one exercise
MAX_OUTPUTS = 64 << 20  # bytes of outputs kept of one submission
_TIMES = ("seconds", "total_seconds", "cpu_seconds")
_MEMORY = ("memory_mib",)
RANG = "alarm: "  # before the name of what rang, where an alarm ended a child
_LATE = Finding(reason="timeout", detail="seconds")


@dataclass
class Tally:
    """What is known of one task so far. An attempt that ends early has a culprit, and the next goes without it."""

    task: Task
    limits: Limits
    found: dict[str, Finding] = field(default_factory=dict)
    outputs: dict[str, list[Output]] = field(default_factory=dict)
    raised: dict[str, Raised] = field(default_factory=dict)
    noticed: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    error: tuple[str, str] | None = None
    _skip: set[str] = field(default_factory=set)
    _apart: list[str] = field(default_factory=list)  # the exercises to be looked at by themselves, as an alarm rang
    _rang: set[str] = field(default_factory=set)  # those of them for which something ran that they forbid
    _last: Finding = field(default_factory=lambda: Finding(reason="timeout", detail="total_seconds"))
    _kept: int = 0

    def open(self) -> tuple[str, ...]:
        """The exercises of which nothing is known yet."""
        return tuple(slug for slug in self.task.cases if slug not in self.found)

    def next_attempt(self) -> Attempt:
        """What is left to do. An exercise at which an alarm rang is looked at by itself: with its own alarms, as it may
        have been another's, and without once that is sure."""
        apart = [slug for slug in self._apart if slug not in self.found][:1]
        armed = not self._rang.intersection(apart)
        return Attempt(self.task, self.limits, frozenset(self._skip), tuple(apart) or self.open(), armed)

    def settle(self, progress: Progress, ended: str) -> bool:
        """Take in how far an attempt came and what ended it; True when nothing is left to try."""
        culprit = progress.current
        if culprit is None:
            return not self.open()
        self._last = Finding(reason=reason(ended), detail=ended)
        if progress.at < 0:  # it died before its first step
            if self._last.reason == "crash":
                self.error = ("internal", f"the child did not start: {progress.failed or ended}")
            return True
        rang = ended.removeprefix(RANG) if ended.startswith(RANG) else None
        if isinstance(culprit, Cell):
            self._skip.add(culprit.id)
            self.stop_cell(culprit, self._last, [])
        elif rang is not None and culprit not in self._rang:
            self._apart.append(culprit)
            if culprit == next(step for step in progress.steps if isinstance(step, str)):  # nobody else's alarms
                self._rang.add(culprit)
                self.notice(culprit, [next(iter(self.task.cases[culprit])), rang])
        else:
            self.found.setdefault(culprit, self._last)
        return ended == "total_seconds" or not self.open()

    def stop_cell(self, cell: Cell, finding: Finding, outputs: list[Output]) -> None:
        """A cell was stopped: its outputs say so, and the exercise whose answer it is has the finding."""
        text = " ".join(catalog.common(self.task.lang).get("sandbox", f"cell_{finding.reason}"))
        said = {"output_type": "error", "ename": str(finding.reason), "evalue": text, "traceback": [text]}
        self.outputs.setdefault(cell.id, [*outputs, said])
        if cell.exercise in self.task.cases:
            self.found.setdefault(str(cell.exercise), finding)

    def end_cell(self, cell: Cell, header: Mapping[str, Any], body: bytes) -> None:
        outputs = self._admit(body)
        if header.get("late"):
            self.stop_cell(cell, _LATE, outputs)
            return
        self.outputs.setdefault(cell.id, outputs)
        raised = decode_raised(header.get("raised"))
        if raised and cell.exercise:
            self.raised[cell.exercise] = raised

    def notice(self, slug: str, noticed: Any) -> None:
        """Something ran for an answer that must not: a case and a name. Nothing that comes later takes it back."""
        if not isinstance(noticed, list) or len(noticed) != 2 or noticed[0] not in [*self.task.cases[slug]]:
            raise BadFrameError("not a notice")
        names = self.noticed.setdefault(slug, set())
        if len(names) < MAX_NOTICED:
            names.add((noticed[0], str(noticed[1])[: observe.MAX_NAME]))

    def end_probe(self, slug: str, header: Mapping[str, Any], body: bytes) -> None:
        if header.get("late"):
            self.found.setdefault(slug, _LATE)
            return
        try:
            seen = observe.from_bytes(body)
        except ValueError:
            raise BadFrameError("not an observation") from None
        seen = observe.with_told(seen, self.noticed.get(slug, ()))
        self.found.setdefault(slug, Finding(seen, raised=self.raised.get(slug)))

    def close(self) -> Mapping[str, Finding]:
        """All findings: whatever was not looked at has the reason of the last end, or none where the fault is ours."""
        rest = Finding() if self.error else self._last
        return {slug: self.found.get(slug, rest) for slug in self.task.cases}

    def _admit(self, body: bytes) -> list[Output]:
        outputs = decode(body)
        if not isinstance(outputs, list) or self._kept + len(body) > MAX_OUTPUTS:
            return []
        self._kept += len(body)
        return [clean for clean in map(clean_output, outputs) if clean]


class Progress:
    """The steps of one attempt as its frames tell them. Frames out of turn are ignored: they earn nothing."""

    def __init__(self, tally: Tally, steps: tuple[Step, ...]) -> None:
        self.tally = tally
        self.steps = steps
        self.at = -1
        self.over: str | None = None
        self.failed = ""
        self._ended = False

    @property
    def current(self) -> Step | None:
        """The step at which the attempt ended, None when it did all of them."""
        at = self.at + 1 if self._ended else max(self.at, 0)
        return self.steps[at] if at < len(self.steps) else None

    def take(self, frame: Frame) -> bool:
        """Take in a frame; True when a new step begins. Raises `BadFrameError` for what is none of ours."""
        header = frame.header
        if header.get("over") == "output_kib":
            self.over = "output_kib"
        elif "failed" in header:
            self.failed = str(header["failed"])
        elif "begin" in header and header["begin"] == self.at + 1 < len(self.steps):
            self.at, self._ended = self.at + 1, False
            return True
        elif "noticed" in header and self.at >= 0 and not self._ended and isinstance(self.current, str):
            self.tally.notice(self.current, header["noticed"])
        elif "end" in header and header["end"] == self.at >= 0 and not self._ended:
            step = self.steps[self.at]
            if isinstance(step, Cell):
                self.tally.end_cell(step, header, frame.body)
            else:
                self.tally.end_probe(step, header, frame.body)
            self._ended = True  # not before: a damaged end is this step's
        return False


def reason(detail: str) -> Reason:
    """The reason that stands behind a limit's name, a signal or an exit status."""
    return "timeout" if detail in _TIMES else "memory" if detail in _MEMORY else "crash"


def clean_output(output: Any) -> Output | None:
    """`output` rebuilt as an nbformat output that holds text only; None for anything else."""
    if not isinstance(output, dict):
        return None
    kind = output.get("output_type")
    if kind == "stream" and _texts(output.get("text")) and output.get("name") in ("stdout", "stderr"):
        return {"output_type": kind, "name": output["name"], "text": output["text"]}
    lines = output.get("traceback")
    if kind == "error" and isinstance(lines, list) and _texts(output.get("ename"), output.get("evalue"), *lines):
        return {"output_type": kind, "ename": output["ename"], "evalue": output["evalue"], "traceback": lines}
    if kind in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
        data = {mime: part for mime, part in output["data"].items() if _texts(part)}
        clean = {"output_type": kind, "data": data, "metadata": {}}
        count = output.get("execution_count")
        return clean | ({"execution_count": count if type(count) is int else None} if kind == "execute_result" else {})
    return None


def _texts(*values: Any) -> bool:
    return all(isinstance(value, str) for value in values)
