"""Where student code runs: a warm parent process, confined children forked from it, inert things handed back."""

from autograde.sandbox.engine import Engine, Unsafe
from autograde.sandbox.job import Cell, Finding, Findings, Limits, Outputs, Reason, Task
from autograde.sandbox.walls import Wall, walls

__all__ = [
    "Cell",
    "Engine",
    "Finding",
    "Findings",
    "Limits",
    "Outputs",
    "Reason",
    "Task",
    "Unsafe",
    "Wall",
    "walls",
]
