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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import numpy as np
import numpy.typing as npt

MAX_NUMBERS = 4_000
MAX_LINE = 100_000  # characters that wait for the end of their line
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
    """While it is entered, collects the numbers that are handed to a display; nothing of them is seen."""

    def __init__(self) -> None:
        self._numbers: list[float] = []
        self._lines: dict[str, str] = {}
        self._stack = ExitStack()
        self._file: Any = None
        self._read = 0
        self._open = False

    def numbers(self) -> npt.NDArray[np.float32]:
        """The numbers handed over so far, shape `(numbers, 1)`: the first `MAX_NUMBERS` of them, in order."""
        return np.array(self._numbers[:MAX_NUMBERS], "float32").reshape(-1, 1)

    def __enter__(self) -> Display:
        with ExitStack() as stack:
            stack.enter_context(self._descriptors())
            stack.enter_context(_replaced(sys, stdout=_Stream(self, "stdout"), stderr=_Stream(self, "stderr")))
            stack.enter_context(self._ipython())
            stack.enter_context(self._tqdm())
            stack.enter_context(self._progbar())
            self._stack = stack.pop_all()
        self._open = True
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        self._stack.close()
        for rest in self._lines.values():
            self._add(numbers_in(rest))
        self._lines.clear()

    # ---- what is handed over

    def write(self, stream: str, text: str) -> None:
        """Take what is written to `stream`; a line counts once it ends (a number may come in pieces)."""
        if not self._open:
            return
        self._drain()
        self._take(stream, text)

    def _take(self, stream: str, text: str) -> None:
        *lines, rest = _ENDS.split(self._lines.get(stream, "") + text)
        if len(rest) > MAX_LINE:
            lines, rest = [*lines, rest], ""
        self._lines[stream] = rest
        for line in lines:
            self._add(numbers_in(line))

    def hand(self, value: Any) -> None:
        """Take one value as it is: a number, something with a number in it (a tensor), or a text."""
        if isinstance(value, str):
            self._add(numbers_in(value))
        elif not isinstance(value, bool | int):
            try:
                array = np.asarray(value)
                self._add(
                    [float(array.item())] if array.dtype.kind == "f" and array.size == 1 else numbers_in(str(value))
                )
            except Exception:  # an object of the student's that is no number: nothing to show
                self._add(())

    def _add(self, numbers: Any) -> None:
        if len(self._numbers) < MAX_NUMBERS:
            self._numbers.extend(numbers)

    # ---- where it is handed over

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
            self._take("descriptor", data.decode("utf-8", "replace"))

    @contextmanager
    def _ipython(self) -> Iterator[None]:
        """IPython's display counts with its plain text, as in a terminal."""
        shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
        if shell is None:
            yield
            return

        def publish(data: Any, *_: Any, **__: Any) -> None:
            self.write("display", f"{data.get('text/plain', '')}\n")

        with _replaced(shell.display_pub, publish=publish, clear_output=lambda *_, **__: None):
            yield

    @contextmanager
    def _tqdm(self) -> Iterator[None]:
        try:
            from tqdm.std import tqdm
        except ImportError:
            yield
            return
        closed: dict[int, Any] = {}
        told: dict[int, tuple[Any, Any]] = {}

        def close(original: Callable[..., Any], bar: Any) -> Any:
            original(bar)
            closed[id(bar)] = bar

        def told_now(bar: Any) -> tuple[Any, Any]:
            return getattr(bar, "desc", None), getattr(bar, "postfix", None)

        def setter(original: Callable[..., Any], bar: Any, *args: Any, **kwargs: Any) -> Any:
            if id(bar) not in closed and self._open:
                for value in (*args[:1], *(kwargs[key] for key in sorted(kwargs) if key != "refresh")):
                    for one in value.values() if hasattr(value, "values") else [value]:
                        self.hand(one)
            kwargs["refresh"] = False
            original(bar, *args[:1], **kwargs)
            told[id(bar)] = told_now(bar)

        def display(original: Callable[..., Any], bar: Any, *_: Any, **__: Any) -> bool:
            """A bar is not painted; what was set on it by other ways than the setters counts."""
            if id(bar) not in closed and told.setdefault(id(bar), (None, None)) != told_now(bar):
                told[id(bar)] = told_now(bar)
                self.write("tqdm", f"{bar.desc or ''} {bar.postfix or ''}\n")
            return True

        setters = dict.fromkeys(("set_postfix", "set_postfix_str", "set_description", "set_description_str"), setter)
        with _wrapped(tqdm, close=close, display=display, **setters):
            yield

    @contextmanager
    def _progbar(self) -> Iterator[None]:
        """`Progbar` shows the mean of what it is given, or the value itself where a metric is stateful: both count."""
        if "keras" not in sys.modules:
            yield
            return
        from keras.utils import Progbar

        bars: dict[int, tuple[Any, dict[str, list[float]], list[int]]] = {}

        def update(
            original: Callable[..., Any], bar: Any, current: int, values: Any = None, finalize: Any = None
        ) -> Any:
            _, sums, seen = bars.setdefault(id(bar), (bar, {}, [0]))
            values = list(values or [])
            for name, value in values:
                self.hand(value)
                with suppress(TypeError, ValueError):
                    entry = sums.setdefault(name, [0.0, 0.0])
                    steps = max(int(current) - seen[0], 1)
                    entry[:] = [entry[0] + float(value) * steps, entry[1] + steps]
                    self.hand(entry[0] / entry[1])
            seen[0] = int(current)
            verbose, bar.verbose = bar.verbose, 0
            try:
                return original(bar, current, values, finalize)
            finally:
                bar.verbose = verbose

        with _wrapped(Progbar, update=update):
            yield


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


@contextmanager
def _replaced(owner: Any, **attributes: Any) -> Iterator[None]:
    """Set attributes of `owner` for a while; one that it did not have itself is taken away again."""
    own = vars(owner)
    before = {name: own[name] for name in attributes if name in own}
    for name, value in attributes.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name in attributes:
            if name in before:
                setattr(owner, name, before[name])
            else:
                delattr(owner, name)


@contextmanager
def _wrapped(owner: type, **wrappers: Callable[..., Any]) -> Iterator[None]:
    """Put `wrapper(original, self, ...)` in the place of methods for a while."""

    def bound(wrapper: Callable[..., Any], original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, *args, **kwargs: wrapper(original, self, *args, **kwargs)

    with _replaced(owner, **{name: bound(wrapper, getattr(owner, name)) for name, wrapper in wrappers.items()}):
        yield
