"""The reading matter computes what the reference loops compute: one subject, told four ways."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.solutions import references
from tests.solutions.references import data, joined, parts, reading, record, reference, weights

EPOCHS = 2


@pytest.fixture(autouse=True)
def _double_precision() -> Iterator[None]:
    yield from references.double_precision()


def network() -> tuple[Any, Any]:
    """Two parts with dropout, batch normalization, a regularizer and a constraint."""
    layers = tf.keras.layers
    return parts(
        extra=lambda: [layers.Dropout(0.3, seed=3), layers.BatchNormalization()],
        lower={"kernel_regularizer": "l2"},
        kernel_constraint=tf.keras.constraints.MaxNorm(1.0),
    )


def optimizers() -> tuple[Any, Any]:
    return tf.keras.optimizers.SGD(0.1, momentum=0.9), tf.keras.optimizers.Adam(0.01)


def loss_fn() -> Any:
    return tf.keras.losses.SparseCategoricalCrossentropy()


def same_weights(one: list[Any], other: list[Any]) -> None:
    for seen, wanted in zip(one, other, strict=True):
        np.testing.assert_allclose(seen, wanted, rtol=1e-9, atol=1e-12)


def by_reference() -> tuple[list[Any], dict[str, list[float]]]:
    """Weights and history of the reference with two optimizers."""
    models = network()
    train = reference("train_two_optimizers")
    history = train(*models, *optimizers(), loss_fn(), data(), data(7, seed=1), EPOCHS)
    return weights(*models), history


def fit(model: Any) -> dict[str, list[float]]:
    history: dict[str, list[float]] = model.fit(
        data(), validation_data=data(7, seed=1), epochs=EPOCHS, shuffle=False, verbose=0
    ).history
    return history


def same_history(seen: dict[str, list[float]], wanted: dict[str, list[float]]) -> None:
    for name, values in wanted.items():
        np.testing.assert_allclose(seen[name], values, rtol=1e-6, err_msg=name)


# ---- two optimizers in train_step


def test_two_optimizers_in_train_step_train_like_the_reference() -> None:
    models = network()
    model = reading("train_step_two_optimizers").TwoPartModel(*models)
    below, above = optimizers()
    model.compile(lower_optimizer=below, optimizer=above, loss=loss_fn(), metrics=["accuracy"])
    history = fit(model)
    wanted, reference_history = by_reference()
    same_weights(weights(*models), wanted)
    same_history(history, reference_history)


def test_each_optimizer_of_train_step_keeps_to_its_part() -> None:
    models = network()
    model = reading("train_step_two_optimizers").TwoPartModel(*models)
    below, above = tf.keras.optimizers.SGD(0.0), tf.keras.optimizers.Adam(0.01)
    model.compile(lower_optimizer=below, optimizer=above, loss=loss_fn())
    before = [part.trainable_weights[0].numpy() for part in models]
    fit(model)
    assert np.array_equal(models[0].trainable_weights[0].numpy(), before[0])
    assert not np.array_equal(models[1].trainable_weights[0].numpy(), before[1])


# ---- two optimizers in one


def test_a_multi_optimizer_trains_like_the_reference_or_says_that_keras_has_none() -> None:
    module = reading("multi_optimizer")
    models = network()
    if not module.available():
        with pytest.raises(NotImplementedError, match="no MultiOptimizer"):
            module.two_part_optimizer(models[0], *optimizers())
        return
    model = module.joined(*models)
    model.compile(optimizer=module.two_part_optimizer(models[0], *optimizers()), loss=loss_fn(), metrics=["accuracy"])
    history = fit(model)
    wanted, reference_history = by_reference()
    same_weights(weights(*models), wanted)
    same_history(history, reference_history)


# ---- several steps in one call


@pytest.mark.parametrize("xla", [False, True])
def test_several_steps_in_one_call_train_like_one_step_per_call(xla: bool) -> None:
    """Dropout is left out: XLA draws other random numbers."""
    one, other = (joined(*parts(extra=lambda: [tf.keras.layers.BatchNormalization()])) for _ in range(2))
    train_set = data(22)  # two chunks: four batches; one batch and a shorter one
    single, chunks = record(), record()
    sets = (loss_fn(), train_set, data(7, seed=1), EPOCHS)
    wanted = reference("train", single)(one, tf.keras.optimizers.Adam(0.01), *sets)
    train = reading("going_faster", chunks).train_in_chunks
    history = train(other, tf.keras.optimizers.Adam(0.01), *sets, batch_size=4, steps_per_call=4, xla=xla)
    same_weights(weights(other), weights(one))
    same_history(history, wanted)
    assert [bar.said for bar in chunks.opened] == [bar.said for bar in single.opened]


@pytest.mark.parametrize(("n", "batch_size"), [(8, 4), (3, 4), (9, 4), (16, 4), (17, 4)])
@pytest.mark.parametrize("xla", [False, True])
def test_chunks_of_any_size_give_each_step_once(n: int, batch_size: int, xla: bool) -> None:
    bar = record()
    model = joined(*parts())
    train = reading("going_faster", bar).train_in_chunks
    train_set = data(n, batch_size)
    train(
        model, tf.keras.optimizers.SGD(0.1), loss_fn(), train_set, data(), 1,
        batch_size=batch_size, steps_per_call=2, xla=xla,
    )  # fmt: skip
    steps = -(-n // batch_size)
    assert (bar.opened[0].total, bar.opened[0].n) == (steps, steps)
    assert [number for number, _ in bar.opened[0].said[:-1]] == list(range(1, steps + 1))


def test_a_loss_that_is_no_number_stops_a_chunk_with_a_sentence() -> None:
    X = np.ones((12, 4))
    X[5] = np.nan
    train_set = tf.data.Dataset.from_tensor_slices((X, np.zeros(12, int))).batch(4)
    train = reading("going_faster").train_in_chunks
    with pytest.raises(FloatingPointError, match=r"^The loss is nan at iteration 2 of epoch 1"):
        train(
            joined(*parts()), tf.keras.optimizers.SGD(0.1), loss_fn(), train_set, data(), 1,
            batch_size=4, xla=False,
        )  # fmt: skip


def test_the_examples_in_its_docstrings_hold() -> None:
    assert doctest.testmod(reading("going_faster")) == (0, 1)
