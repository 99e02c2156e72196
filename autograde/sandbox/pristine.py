"""Keeps student code from changing what looks at it: the course's modules are put back before each look.

This is no wall: it runs in one process with the student's code. It ends the simple ways.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import FunctionType, ModuleType
from typing import Any


class Pristine:
    """What `modules` and those of `package`, with their classes and functions, are when this is made."""

    def __init__(self, package: str, modules: Iterable[ModuleType] = ()) -> None:
        self._spaces: list[tuple[Any, dict[str, Any]]] = []
        self._functions: list[tuple[FunctionType, Any, Any, Any]] = []
        self._tables: list[tuple[dict[Any, Any], dict[Any, Any]]] = []
        course = [module for name, module in list(sys.modules.items()) if f"{name}.".startswith(f"{package}.")]
        for space in _spaces((*course, *modules)):
            self._spaces.append((space, dict(vars(space))))
            self._tables += [(table, dict(table)) for name, table in vars(space).items() if _is_table(name, table)]
            self._functions += [
                (function, function.__code__, function.__defaults__, function.__kwdefaults__)
                for function in map(_function, vars(space).values())
                if function is not None
            ]

    def restore(self, *, vars: Any = vars, dict: Any = dict, setattr: Any = setattr, delattr: Any = delattr) -> None:
        """Undo what was set, replaced or deleted since; with the builtins of before."""
        for table, entries in self._tables:
            table.clear()
            table.update(entries)
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


def _is_table(name: str, value: Any) -> bool:
    return type(value) is dict and not name.startswith("__")


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
