"""Notices when a library's own normalization does the work that an exercise asks for: by what runs, not by the text.

It sees the functions that Python calls, also in threads that start meanwhile, and sees when it is turned off. It does
not see a graph that was traced earlier, nor copied code, and whoever searches this process for it can make it forget.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable
from typing import Any

_LIBRARY = re.compile(r"(?:site|dist)-packages")


class Watch:
    """While it is on, notes which modules of a library's normalization layers run, and from which of them the class
    `made_by` is derived. It takes the place of the thread's profile function and gives that back."""

    _setprofile, _getprofile = staticmethod(sys.setprofile), staticmethod(sys.getprofile)
    _functions = frozenset({"layer_normalization", "layer_norm", "rms_normalization"})

    def __init__(self, made_by: Any) -> None:
        family = (str(one.__module__) for one in getattr(made_by, "__mro__", ()))
        self._seen = {name.rpartition(".")[2] for name in family if ".layers.normalization." in name}
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
            self._seen.add("sys.setprofile")
        return ", ".join(sorted(self._seen))

    def _hook(self) -> Callable[[Any, str, Any], None]:
        """A profile function. It runs at each call of any function, so a look into two tables has to be enough."""
        off, here, functions, seen = self._setprofile, self.found.__code__.co_filename, self._functions, self._seen
        normalizing: dict[str, str] = {}

        def notice(frame: Any, event: str, arg: Any) -> None:
            if event == "call":
                code = frame.f_code
                file = code.co_filename
                if file not in normalizing:
                    normalizing[file] = _normalizing(file)
                if normalizing[file]:
                    seen.add(normalizing[file])
                elif code.co_name in functions and _LIBRARY.search(file):
                    seen.add(code.co_name)
            elif arg is off and event == "c_call" and frame.f_code.co_filename != here:
                seen.add("sys.setprofile")

        return notice


def _normalizing(file: str) -> str:
    """The module's name where `file` belongs to a library's normalization layers, else nothing."""
    found = re.search(r"layers[/\\]normalization[/\\](\w+)\.py$", file) if _LIBRARY.search(file) else None
    return found.group(1) if found else ""
