"""Run something beside a student's session and leave no trace: nothing is shown, and nothing stays changed.

Nothing shown: nbgrader gives no points to a cell that wrote anything to standard error before its result, and
TensorFlow writes there from C++, past `sys.stderr`. Nothing changed: the cells after a check give the same numbers as
without it.
"""

from __future__ import annotations

import logging
import os
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TextIO

import numpy as np

from autograde.defaults import settings_noted
from autograde.display.bars import replaced


@contextmanager
def quiet() -> Iterator[None]:
    """Everything that runs inside is neither seen nor felt afterwards. Ctrl-C passes through."""
    with ExitStack() as stack:
        stack.enter_context(_nothing_shown())
        for note in (_python_numbers, _numpy_numbers, _tensorflow, _figures, _bars):
            with suppress(Exception):  # what a student's code has patched is left as it is
                stack.callback(_calmly, note())
        yield


def _calmly(restore: Callable[[], None]) -> None:
    """What cannot be put back keeps nothing else from being put back."""
    with suppress(Exception):
        restore()


# ---- nothing shown


@contextmanager
def _nothing_shown() -> Iterator[None]:
    with ExitStack() as stack:
        sink = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            with suppress(Exception):
                stream.flush()  # type: ignore[union-attr]
        for descriptor in (1, 2):
            stack.enter_context(_descriptor_to(sink.fileno(), descriptor))
        for name in ("stdout", "stderr"):
            stack.enter_context(_stream_to(sink, name))
        stack.enter_context(_display_kept())
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        for name in ("absl", "keras", "tensorflow"):  # what the student logs is the student's: a display may listen
            stack.enter_context(replaced(logging.getLogger(name), disabled=True))
        yield


@contextmanager
def _stream_to(sink: TextIO, name: str) -> Iterator[None]:
    """Put `sink` in the place of `sys.stdout` or `sys.stderr`. What others still write to the old stream (logging
    handlers hold on to it) goes where the name leads then: into `sink`, or to whoever listens there for a while."""
    old = getattr(sys, name)

    def write(text: str) -> int:
        now = getattr(sys, name)
        return int((sink if now is old else now).write(text))

    with ExitStack() as stack:
        stack.enter_context(replaced(sys, **{name: sink}))
        with suppress(Exception):  # an object without attributes of its own
            stack.enter_context(replaced(old, write=write))
        yield


@contextmanager
def _descriptor_to(sink: int, descriptor: int) -> Iterator[None]:
    """Send what C++ writes to a file descriptor into `sink`, as far as that descriptor is open at all."""
    try:
        saved = os.dup(descriptor)
    except OSError:
        yield
        return
    try:
        os.dup2(sink, descriptor)
        yield
    finally:
        os.dup2(saved, descriptor)
        os.close(saved)


@contextmanager
def _display_kept() -> Iterator[None]:
    """Keep what is handed to IPython's display (figures, `tqdm.notebook`) from the notebook."""
    if "IPython" not in sys.modules:
        yield
        return
    from IPython.utils.capture import capture_output

    with capture_output(stdout=False, stderr=False, display=True):
        yield


# ---- nothing changed: each of these notes a state and returns what puts it back


def _python_numbers() -> Callable[[], None]:
    return partial(random.setstate, random.getstate())


def _numpy_numbers() -> Callable[[], None]:
    return partial(np.random.set_state, np.random.get_state())


def _tensorflow() -> Callable[[], None]:
    if "tensorflow" not in sys.modules or "keras" not in sys.modules:
        return lambda: None
    import tensorflow as tf

    put_back = settings_noted()
    before, _ = tf.compat.v1.random.get_seed(None)

    def restore() -> None:
        put_back()
        seed, _ = tf.compat.v1.random.get_seed(None)
        if seed != before:
            tf.random.set_seed(before)

    return restore


def _figures() -> Callable[[], None]:
    """Close the figures that were opened meanwhile: the inline backend would show them at the end of the cell."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return lambda: None
    before = set(pyplot.get_fignums())

    def restore() -> None:
        for number in set(pyplot.get_fignums()) - before:
            pyplot.close(number)

    return restore


def _bars() -> Callable[[], None]:
    """Close the progress bars that were left open: a later bar would be drawn below them."""
    bars = sys.modules.get("tqdm")
    if bars is None:
        return lambda: None
    before = set(bars.tqdm._instances)

    def restore() -> None:
        for bar in set(bars.tqdm._instances) - before:
            bar.close()

    return restore
