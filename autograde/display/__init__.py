"""Records what a loop hands to a display, in order, and keeps it from the screen.

A display is standard output or error (also where C++ writes to it, as `tf.print` does), the postfix or description of a
`tqdm` bar, `keras.utils.Progbar`, or IPython's display. What counts is that a number was handed over, not that the bar
was painted again just then. A bar that is closed displays nothing any more, so nothing is recorded of it.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from autograde.display import bars
from autograde.display.bars import replaced

MAX_ROWS = 300
WIDTH = 16  # numbers in a row; a line with more of them takes several rows
MAX_LINE = 100_000  # characters that wait for the end of their line
_DESCRIPTOR = "descriptor"  # the stream of what is written past Python
_ENDS = re.compile(r"[\r\n\b]+")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_NUMBER = re.compile(
    r"""(?<![\w.])
    (?P<number> (?:(?<=[\s:=(\[,])-)? (?: \d+\.\d+ (?:e[-+]?\d+)? | \d+e[-+]?\d+ | \d+(?=\s?%) ) )
    (?![\d.]*\.\d) (?P<percent>\s?%)?""",
    re.VERBOSE | re.IGNORECASE,
)


def numbers_in(text: str) -> Iterator[float]:
    """The numbers of a text that have decimals; of one with a percent sign also its hundredth.

    >>> list(numbers_in("Epoch 1/2 - 3/4 - loss: 0.5312 - accuracy: 81.25%"))
    [0.5312, 81.25, 0.8125]
    """
    for found in _NUMBER.finditer(_ANSI.sub("", text)):
        value = float(found["number"])
        if found["percent"]:
            yield from (value, value / 100)
        else:
            yield value


class Display:
    """While it is entered, collects the numbers that are handed to a display; nothing of them is seen.

    `moment` tells one step of a loop from the next: a line that goes on in the next step is another row then. Each row
    keeps the moment at which it was handed over; None where nobody knows it.
    """

    def __init__(self, moment: Callable[[], Any] = lambda: None) -> None:
        self._rows: list[tuple[list[float], Any]] = []
        self._moment = moment
        self._lines: dict[str, tuple[str, Any]] = {}  # what waits for the end of its line, and since when
        self._stack = ExitStack()
        self._file: Any = None
        self._read = 0
        self._open = False

    def rows(self, when: Callable[[Any], bool] = lambda moment: True) -> npt.NDArray[np.float32]:
        """What was handed over so far, shape `(events, WIDTH)`, filled up with NaN: a row for each line, or for each
        call of a bar, that had numbers in it; of the first `MAX_ROWS` those whose moment is unknown or as `when` asks.
        """
        rows = [row for row, moment in self._rows[:MAX_ROWS] if moment is None or when(moment)]
        return np.array([row + [np.nan] * (WIDTH - len(row)) for row in rows], "float32").reshape(-1, WIDTH)

    def __enter__(self) -> Display:
        with ExitStack() as stack:
            stack.enter_context(self._descriptors())
            stack.enter_context(self._earlier(stdout=sys.stdout, stderr=sys.stderr))
            stack.enter_context(replaced(sys, stdout=_Stream(self, "stdout"), stderr=_Stream(self, "stderr")))
            stack.enter_context(self._ipython())
            stack.enter_context(bars.tqdm_told(self))
            stack.enter_context(bars.progbar_told(self))
            self._stack = stack.pop_all()
        self._open = True
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        self._stack.close()
        for stream, (rest, then) in self._lines.items():
            self._add_line(stream, rest, then)
        self._lines.clear()

    # ---- what is handed over

    def write(self, stream: str, text: str) -> None:
        """Take what is written to `stream`; a line counts once it ends (a number may come in pieces)."""
        if not self._open:
            return
        self._drain()
        self._take(stream, text)

    def _take(self, stream: str, text: str) -> None:
        now = self._now()
        before, then = self._lines.get(stream, ("", now))
        if then != now:
            self._add_line(stream, before, then)
            before = ""
        *lines, rest = _ENDS.split(before + text)
        if len(rest) > MAX_LINE:
            lines, rest = [*lines, rest], ""
        self._lines[stream] = rest, now
        for line in lines:
            self._add_line(stream, line, now)

    def _now(self) -> Any:
        with suppress(Exception):  # while a graph is traced, steps have no numbers
            return self._moment()
        return None

    def hand(self, *values: Any) -> None:
        """Take the values of one event as they are: numbers, things with a number in them (tensors), or texts."""
        if self._open:
            self._add([number for value in values for number in _numbers_of(value)], self._now())

    def _add_line(self, stream: str, line: str, moment: Any) -> None:
        """Take a line; what went through a descriptor is read later, nobody knows when it was written."""
        self._add(numbers_in(line), None if stream == _DESCRIPTOR else moment)

    def _add(self, numbers: Iterable[float], moment: Any) -> None:
        if len(self._rows) < MAX_ROWS:
            found = list(numbers)
            self._rows.extend((found[start : start + WIDTH], moment) for start in range(0, len(found), WIDTH))

    # ---- where it is handed over

    @contextmanager
    def _earlier(self, **streams: Any) -> Iterator[None]:
        """What is written to the streams that stood there before counts too: a logging handler or a default argument
        may hold on to one. A `write` that was taken from the sandbox's own stream ends at its recorder: here as well.
        """
        with ExitStack() as stack:
            for name, stream in streams.items():
                write = _Stream(self, name).write
                with suppress(Exception):  # an object without attributes of its own
                    own = {"_recorder": self} if "_recorder" in vars(stream) else {"write": write}
                    stack.enter_context(replaced(stream, **own))
            yield

    @contextmanager
    def _descriptors(self) -> Iterator[None]:
        """Send file descriptors 1 and 2 into a file without a name, read whenever Python writes and at the end."""
        with ExitStack() as stack:
            self._file = stack.enter_context(_nameless_file())
            _flush()
            for descriptor in (1, 2):
                with suppress(OSError):  # a descriptor that is not open shows nothing
                    saved = os.dup(descriptor)
                    stack.callback(os.close, saved)
                    stack.callback(os.dup2, saved, descriptor)
                    os.dup2(self._file.fileno(), descriptor)
            yield
            _flush()
            self._drain()

    def _drain(self) -> None:
        if os.fstat(self._file.fileno()).st_size > self._read:
            data = os.pread(self._file.fileno(), 1 << 20, self._read)
            self._read += len(data)
            self._take(_DESCRIPTOR, data.decode("utf-8", "replace"))

    @contextmanager
    def _ipython(self) -> Iterator[None]:
        """IPython's display counts with its plain text, as in a terminal."""
        shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
        if shell is None:
            yield
            return

        def publish(data: Any, *_: Any, **__: Any) -> None:
            self.write("display", f"{data.get('text/plain', '')}\n")

        with replaced(shell.display_pub, publish=publish, clear_output=lambda *_, **__: None):
            yield


def _numbers_of(value: Any) -> Iterator[float]:
    if isinstance(value, str):
        yield from numbers_in(value)
    elif not isinstance(value, bool | int):
        with suppress(Exception):  # an object of the student's that is no number: nothing to show
            array = np.asarray(value)
            if array.dtype.kind == "f" and array.size == 1:
                yield float(array.item())
            else:
                yield from numbers_in(str(value))


class _Stream(io.TextIOBase):
    """A text stream that hands everything to a `Display`."""

    encoding = "utf-8"

    def __init__(self, display: Display, name: str) -> None:
        self._display = display
        self._name = name

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._display.write(self._name, text)
        return len(text)

    def writable(self) -> bool:
        return True


def _nameless_file() -> Any:
    """A file in memory or, where the system has none, in the temporary folder, unlinked."""
    try:
        return os.fdopen(os.memfd_create("display"), "r+b", buffering=0)
    except (AttributeError, OSError):
        return tempfile.TemporaryFile(buffering=0)


def _flush() -> None:
    for stream in (sys.__stdout__, sys.__stderr__):
        with suppress(Exception):
            stream.flush()  # type: ignore[union-attr]
