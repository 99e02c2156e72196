"""Alarms in a library's own functions: what must not run for an answer ends the child's process when it runs.

A function is given other code before any student code runs: code that tells the interpreter's audit hooks (PEP 578)
that it runs, and then does what the function did. What it calls for this stands in the constants of that code, so no
name that could be patched is looked up; it rings in whatever thread, under whatever trace or profile function, for
whoever calls or copies the function. Nothing takes an audit hook back, and nothing outlives the end of its process.

What rang is told by the exit status. The trusted side then has the exercise looked at once more without alarms, so that
the rest of the verdict can be given, and keeps in mind what rang.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from autograde.terms import Forbidden

RECODED = "__code__"  # a function is given other code
ALWAYS = ("gc.get_objects", "gc.get_referrers", "gc.get_referents", RECODED)  # a search for what looks at the answer
FIRST_STATUS = 80  # of what a process may exit with; those below have meanings of their own (sysexits.h)
_RAN, _ARM = "autograde.ran", "autograde.arm"
_SOURCE = """
def alarm(*args, **kwargs):
    "tell"("event", "name")
    return "original"(*args, **kwargs)
"""


class Alarms:
    """The alarms of a process and of those that are forked from it. Made once, before any student code runs."""

    def __init__(self, forbidden: Iterable[Forbidden]) -> None:
        wired = tuple(forbidden)
        for one in wired:
            for function in functions(one.where, one.what):
                _wire(function, one.name)
        names = (*ALWAYS, *sorted({one.name for one in wired}))
        self._status = {name: FIRST_STATUS + number for number, name in enumerate(names)}
        self._name = {status: name for name, status in self._status.items()}
        self._tell = sys.audit
        sys.addaudithook(_hook())

    def arm(self, forbidden: Iterable[Forbidden]) -> None:
        """From now on, end this process when any of these runs; nothing takes that back."""
        self._tell(_ARM, [(name, self._status[name]) for name in (*ALWAYS, *(one.name for one in forbidden))])

    def what_rang(self, status: int) -> str | None:
        """The name of what rang in a process that ended with this wait status; None where no alarm ended it."""
        return self._name.get(os.WEXITSTATUS(status)) if os.WIFEXITED(status) else None


def _hook() -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook that has all it needs in itself."""
    end, armed, searches = os._exit, dict[str, int](), frozenset(ALWAYS)
    ran, arm, recoded = _RAN, _ARM, RECODED

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == ran:
            name = args[0]
        elif event in searches:
            name = event
        elif event == "object.__setattr__" and args[1] == recoded:
            name = recoded
        elif event == arm:
            for name, status in args[0]:
                armed.setdefault(name, status)
            return
        else:
            return
        if name in armed:
            end(armed[name])

    return hook


def functions(where: str, what: str) -> Iterator[FunctionType]:
    """The functions whose qualified names match `what`, in the modules that define what stands in the public module or
    the class `where`. Their private helpers are among them, so that nobody goes in by the back door."""
    holder = _public(where)
    offered = holder.__mro__ if isinstance(holder, type) else vars(holder).values()
    packages = where.partition(".")[0]
    modules = dict.fromkeys(str(getattr(one, "__module__", "")) for one in offered)
    for name in modules:
        if name.partition(".")[0] == packages and isinstance(module := sys.modules.get(name), ModuleType):
            found = (_unwrapped(value) for value in _members(module))
            yield from dict.fromkeys(
                one for one in found if isinstance(one, FunctionType) and re.search(what, one.__qualname__)
            )


def _public(where: str) -> Any:
    module, _, name = where.rpartition(".")
    try:
        return importlib.import_module(where)
    except ModuleNotFoundError:
        return getattr(importlib.import_module(module), name)


def _members(module: ModuleType) -> Iterator[Any]:
    for value in list(vars(module).values()):
        if getattr(value, "__module__", None) == module.__name__:
            yield value
            if isinstance(value, type):
                yield from vars(value).values()


def _unwrapped(value: Any) -> Any:
    value = getattr(value, "fget", None) or getattr(value, "__func__", None) or value
    return inspect.unwrap(value) if callable(value) else value


def _wire(function: FunctionType, name: str) -> None:
    """Let the interpreter know of every run of `function`, by `name`; it stays the same in all else."""
    code = function.__code__
    original = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    original.__kwdefaults__ = function.__kwdefaults__
    signature = inspect.signature(function)
    constants = {"tell": sys.audit, "event": _RAN, "name": name, "original": original}
    function.__code__ = _with_constants(constants).replace(
        co_name=code.co_name,
        co_filename=code.co_filename,
        co_firstlineno=code.co_firstlineno,
        co_freevars=code.co_freevars,
    )
    function.__defaults__ = function.__kwdefaults__ = None
    function.__signature__ = signature  # type: ignore[attr-defined]


def _with_constants(constants: Mapping[str, Any]) -> Any:
    """The code of `alarm`, with these objects in the place of the texts that name them."""
    code = _compiled()
    put = (constants.get(one, one) if isinstance(one, str) else one for one in code.co_consts)
    return code.replace(co_consts=tuple(put))


@functools.cache
def _compiled() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # texts that are called: objects will stand there
        whole = compile(_SOURCE, __file__, "exec")
    return next(one for one in whole.co_consts if hasattr(one, "co_code"))
