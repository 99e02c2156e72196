"""What goes into the sandbox and what comes out of it: plain records that pickle, so that a cluster can carry them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from autograde.terms import Observation, Raised

Reason = Literal["timeout", "memory", "crash"]
Output = dict[str, Any]
Outputs = Mapping[str, list[Output]]


@dataclass(frozen=True)
class Cell:
    """One code cell of a submission; `exercise` names the exercise whose answer it is."""

    id: str
    source: str
    exercise: str | None = None


Step = Cell | str  # a cell to run, or the exercise to look at


@dataclass(frozen=True)
class Task:
    """A submission's code cells in their order, and for each exercise the inputs to probe it with afterwards.

    `cases`: exercise -> case -> the inputs of its probe. `env` is added to the environment that the student's code
    sees. `lang` is the language of the sentences that the sandbox itself leaves in a cell's outputs.
    """

    cells: tuple[Cell, ...]
    cases: Mapping[str, Mapping[str, Mapping[str, Any]]]
    env: Mapping[str, str] = field(default_factory=dict)
    lang: str = "en"


@dataclass(frozen=True)
class Limits:
    """What one submission may use. The defaults leave room for TensorFlow, which needs about 300 MiB and 20 threads."""

    seconds: float = 60.0  # wall clock, for each cell and for the probing of each exercise
    total_seconds: float = 600.0  # wall clock, for the whole submission with all its attempts
    cpu_seconds: int = 600  # of all threads together
    memory_mib: int = 2048  # resident and swapped, anonymous and shared: what it takes from other programs
    threads: int = 256
    open_files: int = 512
    file_mib: int = 256  # one file
    disk_mib: int = 512  # all files of its scratch folder
    files: int = 2_000  # and folders: some disks take milliseconds to delete one
    output_kib: int = 1024  # kept of one cell's output; a cell that writes 64 times as much is stopped


@dataclass(frozen=True)
class Finding:
    """What was seen of one exercise: an observation, or the reason why there is none.

    `raised`: the exception with which the answer cell itself ended. `detail` says which limit was met (a name of
    `Limits`), which signal ("SIGSEGV") or exit status ("exit 3") ended the process, or "wire" for damaged results.
    """

    observation: Observation | None = None
    reason: Reason | None = None
    raised: Raised | None = None
    detail: str = ""


@dataclass(frozen=True)
class Findings:
    """What was seen of one submission: a finding for each exercise of the task, nbformat outputs by cell id.

    `error` is None, or the kind and message of what kept the sandbox itself from working ("internal").
    """

    exercises: Mapping[str, Finding]
    outputs: Outputs = field(default_factory=dict)
    seconds: float = 0.0
    error: tuple[str, str] | None = None


@dataclass(frozen=True)
class Attempt:
    """A task as one child does it: without the cells and exercises at which earlier children ended.

    `armed`: what an exercise forbids ends the child when it runs.
    """

    task: Task
    limits: Limits
    skip: frozenset[str]
    probe: tuple[str, ...]
    armed: bool = True

    def steps(self) -> tuple[Step, ...]:
        """What the child does, in order: it runs cells, then it looks at exercises."""
        return (*(cell for cell in self.task.cells if cell.id not in self.skip), *self.probe)
