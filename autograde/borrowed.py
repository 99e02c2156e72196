"""Notices when a library's own normalization does the work that an exercise asks for: by what runs, not by the text.

It sees the functions that Python calls, also in threads that start meanwhile; of a graph that runs it sees by whose
code that was traced, however long ago; it sees when it is turned off. It sees neither copied code nor a graph from a
file.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from autograde.observe import Noticed

_LIBRARY = re.compile(r"(?:site|dist)-packages")


class Watch:
    """While it is on, tells which modules of a library's normalization layers run, and from which of them the class
    `made_by` is derived. It takes the place of the thread's profile function and gives that back."""

    _setprofile, _getprofile = staticmethod(sys.setprofile), staticmethod(sys.getprofile)
    _functions = frozenset({"layer_normalization", "layer_norm", "rms_normalization"})

    def __init__(self, made_by: Any) -> None:
        self._noticed = Noticed()
        for module in (str(one.__module__) for one in getattr(made_by, "__mro__", ())):
            if ".layers.normalization." in module:
                self._noticed.note(module.rpartition(".")[2])
        self._notice = self._hook()

    def __enter__(self) -> Watch:
        self._before, self._before_in_threads = self._getprofile(), threading.getprofile()
        threading.setprofile(self._notice)
        self._setprofile(self._notice)
        return self

    def __exit__(self, *_: object) -> None:
        self._setprofile(self._before)
        threading.setprofile(self._before_in_threads)

    def found(self) -> str:
        """The names of what was noticed so far, joined by commas; "" where it was nothing."""
        if self._getprofile() is not self._notice:
            self._noticed.note("sys.setprofile")
        return str(self._noticed)

    def _hook(self) -> Callable[[Any, str, Any], None]:
        """A profile function. It runs at each call of any function, so a look into two tables has to be enough."""
        off, here = self._setprofile, self.found.__code__.co_filename
        functions, note, normalizing = self._functions, self._noticed.note, _normalizing
        looked_at: dict[int, Any] = {}  # graphs by their ids, kept so that no other takes the id

        def notice(frame: Any, event: str, arg: Any) -> None:
            if event == "call":
                code = frame.f_code
                module = normalizing(code.co_filename)
                if module == _GRAPH:
                    graph = getattr(frame.f_locals.get("self"), "graph", None)
                    if id(graph) not in looked_at:
                        looked_at[id(graph)] = graph
                        for name in set(_traced_by(graph)):
                            note(name)
                elif module:
                    note(module)
                elif code.co_name in functions and _LIBRARY.search(code.co_filename):
                    note(code.co_name)
            elif arg is off and event == "c_call" and frame.f_code.co_filename != here:
                note("sys.setprofile")

        return notice


_GRAPH = "a graph runs"


@cache
def _normalizing(file: str) -> str:
    """The module's name where `file` belongs to a library's normalization layers, `_GRAPH` where it runs TensorFlow's
    graphs, else nothing."""
    if not _LIBRARY.search(file):
        return ""
    if re.search(r"polymorphic_function[/\\]concrete_function\.py$", file):
        return _GRAPH
    found = re.search(r"layers[/\\]normalization[/\\](\w+)\.py$", file)
    return found.group(1) if found else ""


def _traced_by(graph: Any) -> Iterator[str]:
    """The names of the normalization layers whose code made operations of a graph, or of a function that it calls."""
    for operation in graph.get_operations() if graph is not None else ():
        for frame in operation.traceback or ():
            name = _normalizing(frame.filename)
            if name and name != _GRAPH:
                yield name
        for inner in _called_by(operation):
            yield from _traced_by(getattr(inner, "graph", None))


def _called_by(operation: Any) -> Iterator[Any]:
    """The functions that an operation may call: a call's own, the branches of a condition, the body of a loop."""
    for attribute in operation.op_def.attr:
        if attribute.type in ("func", "list(func)"):
            given = operation.get_attr(attribute.name)
            for one in given if isinstance(given, list) else [given]:
                yield operation.graph._get_function(one.name)
