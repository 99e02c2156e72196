"""Bars tell what is set on them: `tqdm` and Keras's `Progbar`, patched for a while."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol


class Told(Protocol):
    """Who is told."""

    def hand(self, *values: Any) -> None: ...
    def write(self, stream: str, text: str) -> None: ...


@contextmanager
def tqdm_told(display: Told) -> Iterator[None]:
    """Tell `display` what is set on the bars of `tqdm` until they close; no bar is painted."""
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
        if id(bar) not in closed:
            given = [*args[:1], *(kwargs[key] for key in sorted(kwargs) if key != "refresh")]
            display.hand(*(one for value in given for one in (value.values() if isinstance(value, dict) else [value])))
        kwargs["refresh"] = False
        original(bar, *args[:1], **kwargs)
        told[id(bar)] = told_now(bar)

    def notice(bar: Any) -> None:
        """What was set on a bar by other ways than the setters counts when it moves on or is painted, once."""
        now = told_now(bar)
        if id(bar) not in closed and told.setdefault(id(bar), (None, None)) != now:
            told[id(bar)] = now
            display.write("tqdm", " ".join(str(one) for one in now if one) + "\n")

    def paint(original: Callable[..., Any], bar: Any, *_: Any, **__: Any) -> bool:
        notice(bar)
        return True

    def update(original: Callable[..., Any], bar: Any, *args: Any, **kwargs: Any) -> Any:
        notice(bar)
        return original(bar, *args, **kwargs)

    setters = dict.fromkeys(("set_postfix", "set_postfix_str", "set_description", "set_description_str"), setter)
    with wrapped(tqdm, close=close, display=paint, update=update, **setters):
        yield


@contextmanager
def progbar_told(display: Told) -> Iterator[None]:
    """Tell `display` what `Progbar` shows: the mean of what it is given or, of a stateful metric, the value itself."""
    if "keras" not in sys.modules:
        yield
        return
    from keras.utils import Progbar

    bars: dict[int, tuple[Any, dict[str, list[float]], list[int]]] = {}

    def update(original: Callable[..., Any], bar: Any, current: int, values: Any = None, finalize: Any = None) -> Any:
        _, sums, seen = bars.setdefault(id(bar), (bar, {}, [0]))
        values = list(values or [])
        means = []
        for name, value in values:
            with suppress(TypeError, ValueError):
                entry = sums.setdefault(name, [0.0, 0.0])
                steps = max(int(current) - seen[0], 1)
                entry[:] = [entry[0] + float(value) * steps, entry[1] + steps]
                means.append(entry[0] / entry[1])
        display.hand(*(value for _, value in values), *means)
        seen[0] = int(current)
        verbose, bar.verbose = bar.verbose, 0
        try:
            return original(bar, current, values, finalize)
        finally:
            bar.verbose = verbose

    with wrapped(Progbar, update=update):
        yield


@contextmanager
def replaced(owner: Any, **attributes: Any) -> Iterator[None]:
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
                with suppress(AttributeError):  # taken away already
                    delattr(owner, name)


@contextmanager
def wrapped(owner: type, **wrappers: Callable[..., Any]) -> Iterator[None]:
    """Put `wrapper(original, self, ...)` in the place of methods for a while."""

    def bound(wrapper: Callable[..., Any], original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, *args, **kwargs: wrapper(original, self, *args, **kwargs)

    with replaced(owner, **{name: bound(wrapper, getattr(owner, name)) for name, wrapper in wrappers.items()}):
        yield
