"""Ctrl-C that is not lost.

Python throws `KeyboardInterrupt` wherever the main thread happens to be. Where that is a finalizer or a callback of the
garbage collector, of which a database session has thousands, the exception is printed or dropped, and the program goes
on as if nobody had asked it to stop.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

AGAIN = 0.5  # seconds after which an interruption that nobody heard is thrown again


@contextmanager
def insistent() -> Iterator[None]:
    """Throw `KeyboardInterrupt` for a Ctrl-C again and again, until it has left this context.

    To be put innermost, so that whatever is closed and cleaned up on the way out is not interrupted. Does nothing in
    other threads than the main one, and where Ctrl-C has another meaning or none.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def throw(number: int, frame: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, AGAIN)
        raise KeyboardInterrupt

    rung = signal.signal(signal.SIGALRM, throw)
    signal.signal(signal.SIGINT, throw)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, rung)
