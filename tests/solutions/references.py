"""The references of the loops as functions, and small models and data to try them on."""

from __future__ import annotations

import importlib.util
import linecache
import math
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import tensorflow as tf

from autograde.build import source

READING = source.solutions_dir() / "reading"


class Bar:
    """Stands in for tqdm's bar and remembers what it was told."""

    opened: list[Bar]  # by all bars since `record` made the class
    enough: int | None

    def __init__(self, total: int, desc: str, dynamic_ncols: bool = False) -> None:
        self.total, self.desc, self.postfix, self.n = total, desc, "", 0
        self.said: list[tuple[int, str]] = []
        self.closed = False
        self.opened.append(self)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        assert not self.closed, "a closed bar shows nothing"
        self.postfix = text
        self.said.append((self.n + 1, text))

    def update(self) -> None:
        self.n += 1
        if self.n == self.enough:
            raise Enough


class Enough(Exception):  # noqa: N818  (no error: a test has seen what it wanted)
    """A bar has been told as often as it was to be."""


def record(enough: int | None = None) -> type[Bar]:
    """A bar class with a memory of its own, which raises `Enough` when it is updated that often in one epoch."""
    return type("Bar", (Bar,), {"opened": [], "enough": enough})


def names_of(slug: str, **given: Any) -> dict[str, Any]:
    """What the reference of a code exercise defines, with the imports of its notebook and the names `given`."""
    text, file = source.reference(slug), f"<reference of {slug}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)  # AutoGraph reads the lines
    names: dict[str, Any] = {"__name__": slug, "math": math, "np": np, "tf": tf, **given}
    exec(compile(text, file, "exec"), names)
    return names


def reference(slug: str, bar: type[Any] | None = None) -> Callable[..., dict[str, list[float]]]:
    """The reference of `train` or `train_two_optimizers`; its progress goes to `bar`, by default nowhere."""
    function: Callable[..., dict[str, list[float]]] = names_of(slug, tqdm=bar or record())[slug]
    return function


def reading(name: str, bar: type[Any] | None = None) -> ModuleType:
    """A module of solutions/reading; its progress goes to `bar`, by default nowhere."""
    spec = importlib.util.spec_from_file_location(name, READING / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    vars(module)["tqdm"] = bar or record()
    return module


def double_precision() -> Iterator[None]:
    """Make Keras compute in float64 for a while."""
    before = tf.keras.config.floatx(), tf.keras.config.dtype_policy()
    tf.keras.config.set_floatx("float64")
    tf.keras.config.set_dtype_policy("float64")  # whoever made a layer before has fixed the policy
    yield
    tf.keras.config.set_floatx(before[0])
    tf.keras.config.set_dtype_policy(before[1])
    tf.keras.backend.clear_session()


def data(n: int = 10, batch_size: int = 4, seed: int = 0) -> tf.data.Dataset:
    """`n` instances of 4 features and 3 classes, as (X, y) batches in fixed order."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4)).astype(tf.keras.config.floatx())
    y = rng.integers(0, 3, size=n)
    return tf.data.Dataset.from_tensor_slices((X, y)).batch(batch_size)


def parts(
    *, extra: Callable[[], list[Any]] = list, lower: dict[str, Any] | None = None, **upper: Any
) -> tuple[Any, Any]:
    """Two built models, 4 -> 5 (tanh) and 5 -> 3 (softmax), always with the same first weights.

    `lower` and `upper` are further arguments of their dense layers; `extra()` gives layers that end the lower part.
    """
    keras = tf.keras
    below = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, activation="tanh", **lower or {}), *extra()])
    above = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, activation="softmax", **upper)])
    rng = np.random.default_rng(5)
    for model in (below, above):
        dense = model.layers[0]
        dense.set_weights([rng.normal(size=weight.shape) for weight in dense.weights])
    return below, above


def joined(below: Any, above: Any) -> Any:
    """Both parts as one model."""
    return tf.keras.Sequential([below, above])


def values(variables: list[Any]) -> list[Any]:
    """Copies of the variables' values."""
    return [variable.numpy().copy() for variable in variables]


def weights(*models: Any) -> list[Any]:
    """Copies of all weights of the models, in order."""
    return [value for model in models for value in values(model.weights)]
