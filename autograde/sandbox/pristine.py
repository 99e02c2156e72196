"""Keeps student code from changing what looks at it: the course's modules are put back, a search for them is noticed.

This is no wall: it runs in one process with the student's code. It ends the simple ways, and what is noticed has left
the process before the student's code goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import FunctionType, ModuleType
from typing import Any

from autograde.observe import teller

_SEARCHES = frozenset({"gc.get_objects", "gc.get_referrers", "gc.get_referents"})


class Pristine:
    """What `modules` and those of `package`, with their classes and functions, are when this is made."""

    def __init__(self, package: str, modules: Iterable[ModuleType] = ()) -> None:
        self._spaces: list[tuple[Any, dict[str, Any]]] = []
        self._functions: list[tuple[FunctionType, Any, Any, Any]] = []
        course = [module for name, module in list(sys.modules.items()) if f"{name}.".startswith(f"{package}.")]
        for space in _spaces((*course, *modules)):
            self._spaces.append((space, dict(vars(space))))
            self._functions += [
                (function, function.__code__, function.__defaults__, function.__kwdefaults__)
                for function in map(_function, vars(space).values())
                if function is not None
            ]

    def restore(self) -> None:
        """Undo what was set, replaced or deleted since."""
        for space, before in self._spaces:
            now = dict(vars(space))
            for name in now.keys() - before.keys():
                delattr(space, name)
            for name, value in before.items():
                if now.get(name, self) is not value:
                    setattr(space, name, value)
        for function, code, defaults, kwdefaults in self._functions:
            if function.__code__ is not code:
                function.__code__ = code
            function.__defaults__, function.__kwdefaults__ = defaults, kwdefaults


def _spaces(modules: Iterable[ModuleType]) -> Iterator[Any]:
    """The modules, and the classes that are made in them."""
    for module in modules:
        yield module
        for value in list(vars(module).values()):
            if isinstance(value, type) and value.__module__ == module.__name__:
                yield value


def _function(value: Any) -> FunctionType | None:
    value = getattr(value, "fget", None) or getattr(value, "__func__", None) or value
    return value if isinstance(value, FunctionType) else None


def report_searches() -> None:
    """From now on tell (see `observe.teller`) when, while a probe runs, the objects of this process are searched or a
    function is given other code. Nothing turns an audit hook off."""
    of_case, searches = teller, _SEARCHES

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in searches:
            of_case()(event)
        elif event == "object.__setattr__" and args[1] == "__code__":
            of_case()("__code__")

    sys.addaudithook(hook)
