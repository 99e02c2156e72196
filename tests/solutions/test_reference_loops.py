"""The references of both loops do what a hand computation does, in float64, and keep their promises around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.solutions import by_hand, references
from tests.solutions.references import data, joined, parts, record, reference, values, weights

LOOPS = ("train", "train_two_optimizers")
# Shares are fractions that float32 holds exactly, as Keras passes some of them through float32.
OPTIMIZERS: dict[str, tuple[Callable[[], Any], Callable[[], by_hand.Rule]]] = {
    "sgd": (lambda: tf.keras.optimizers.SGD(0.1), lambda: by_hand.sgd(0.1)),
    "momentum": (lambda: tf.keras.optimizers.SGD(0.1, momentum=0.875), lambda: by_hand.momentum(0.1, 0.875)),
    "rmsprop": (lambda: tf.keras.optimizers.RMSprop(0.01, rho=0.875), lambda: by_hand.rmsprop(0.01, 0.875)),
    "adam": (lambda: tf.keras.optimizers.Adam(0.01, 0.875, 0.96875), lambda: by_hand.adam(0.01, 0.875, 0.96875)),
    "nadam": (lambda: tf.keras.optimizers.Nadam(0.01, 0.875, 0.96875), lambda: by_hand.nadam(0.01, 0.875, 0.96875)),
}


@pytest.fixture(autouse=True)
def _double_precision() -> Iterator[None]:
    yield from references.double_precision()


def run(
    loop: str,
    models: tuple[Any, ...],
    train_set: Any = None,
    *,
    below: Any = "sgd",
    above: Any = "sgd",
    n_epochs: int = 1,
    bar: Any = None,
    valid_set: Any = None,
) -> dict[str, list[float]]:
    """Train the two parts by the reference `loop`; `train` takes them as one model and `above` for all of it."""
    train_set = data() if train_set is None else train_set
    loss_fn = tf.keras.losses.SparseCategoricalCrossentropy()
    sets = (loss_fn, train_set, data(7, seed=1) if valid_set is None else valid_set, n_epochs)
    lower_optimizer, upper_optimizer = (OPTIMIZERS[one][0]() if isinstance(one, str) else one for one in (below, above))
    if loop == "train":
        return reference(loop, bar)(joined(*models), upper_optimizer, *sets)
    return reference(loop, bar)(*models, lower_optimizer, upper_optimizer, *sets)


def rules(loop: str, below: str = "sgd", above: str = "sgd") -> list[by_hand.Rule]:
    """The rules by which W1, b1, W2, b2 are updated: each variable has a memory of its own."""
    lower = above if loop == "train" else below
    return [OPTIMIZERS[name][1]() for name in (lower, lower, above, above)]


def follow(network: by_hand.Network, train_set: Any, masks: Any = None) -> tuple[float, float]:
    """Take the steps of one epoch by hand; the mean loss and accuracy over its instances."""
    seen = total = right = 0.0
    for X, y in train_set.as_numpy_iterator():
        mask = 1.0 if masks is None else next(masks)[: len(X)]
        loss, hits = network.loss(X, y, mask)
        seen, total, right = seen + len(y), total + loss * len(y), right + hits
        network.step(X, y, mask)
    return total / seen, right / seen


def same(seen: Any, wanted: Any) -> None:
    np.testing.assert_allclose(seen, wanted, rtol=1e-11, atol=1e-13)


def all_same(seen: list[Any], wanted: list[Any]) -> None:
    assert len(seen) == len(wanted)
    for one, other in zip(seen, wanted, strict=True):
        same(one, other)


# ---- steps by hand


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loop", LOOPS)
def test_an_epoch_with_a_short_last_batch_equals_the_steps_by_hand(loop: str, optimizer: str) -> None:
    models = parts()
    network = by_hand.Network(weights(*models), rules(loop, "momentum", optimizer))
    history = run(loop, models, below="momentum", above=optimizer)
    loss, accuracy = follow(network, data())
    all_same(weights(*models), network.weights)
    same(history["loss"], [loss])
    same(history["accuracy"], [accuracy])


@pytest.mark.parametrize("loop", LOOPS)
def test_one_single_step_equals_the_step_by_hand(loop: str) -> None:
    models = parts()
    network = by_hand.Network(weights(*models), rules(loop, "adam", "adam"))
    run(loop, models, data(4), below="adam", above="adam")
    follow(network, data(4))
    all_same(weights(*models), network.weights)


@pytest.mark.parametrize("loop", LOOPS)
def test_regularizers_take_part_in_the_gradient_and_in_the_loss_shown(loop: str) -> None:
    models = parts(lower={"kernel_regularizer": tf.keras.regularizers.L2(0.0625)})
    network = by_hand.Network(weights(*models), rules(loop), l2=0.0625)
    history = run(loop, models)
    loss, _ = follow(network, data())
    all_same(weights(*models), network.weights)
    same(history["loss"], [loss])


@pytest.mark.parametrize("loop", LOOPS)
def test_constraints_hold_after_each_update(loop: str) -> None:
    models = parts(kernel_constraint=tf.keras.constraints.NonNeg())
    network = by_hand.Network(weights(*models), rules(loop), constraint=lambda weight: np.maximum(weight, 0))
    run(loop, models)
    follow(network, data())
    all_same(weights(*models), network.weights)
    assert (weights(models[1])[0] == 0).any(), "the constraint should have had something to do"


@pytest.mark.parametrize("loop", LOOPS)
def test_dropout_acts_in_training_with_the_mask_of_its_seed_and_not_in_validation(loop: str) -> None:
    models = parts(extra=lambda: [tf.keras.layers.Dropout(0.4, seed=7)])
    network = by_hand.Network(weights(*models), rules(loop))
    history = run(loop, models, data(12))
    follow(network, data(12), masks=masks(tf.keras.layers.Dropout(0.4, seed=7), (4, 5)))
    all_same(weights(*models), network.weights)
    X, y = next(data(7, 7, seed=1).as_numpy_iterator())
    same(history["val_loss"], [network.loss(X, y)[0]])


def masks(dropout: Any, shape: tuple[int, int]) -> Iterator[Any]:
    """What a dropout layer multiplies with at each call."""
    while True:
        yield dropout(tf.ones(shape, "float64"), training=True).numpy()


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("loop", LOOPS)
def test_frozen_layers_stay_and_the_others_learn(loop: str, place: int) -> None:
    models = parts(extra=lambda: [tf.keras.layers.Dense(5)])
    dense, further = models[0].layers
    [dense, further][place].trainable = False
    frozen = models[0].non_trainable_variables
    moving = models[0].trainable_variables + models[1].trainable_variables
    before, start = values(frozen), values(moving)
    run(loop, models, below="adam", above="adam")
    assert len(frozen) == 2
    all_same(values(frozen), before)
    assert all(not np.allclose(now, then) for now, then in zip(values(moving), start, strict=True))


# ---- once, in the right mode, in order


def counting(base: type[Any]) -> type[Any]:
    """An optimizer that also counts its updates of each variable, in the graph as well."""

    class Counting(base):  # type: ignore[misc]
        def build(self, variables: list[Any]) -> None:
            super().build(variables)
            self.places = [id(variable.value) for variable in variables]  # `update_step` gets TensorFlow's variables
            self.counts = tf.Variable([0] * len(variables))

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            self.counts.scatter_nd_add([[self.places.index(id(variable))]], [1])
            super().update_step(gradient, variable, learning_rate)

    return Counting


@pytest.mark.parametrize("loop", LOOPS)
def test_each_trainable_variable_is_updated_exactly_once_a_step(loop: str) -> None:
    models = parts(extra=lambda: [tf.keras.layers.BatchNormalization()])
    below, above = (counting(tf.keras.optimizers.SGD)(0.1) for _ in range(2))
    run(loop, models, below=below, above=above, n_epochs=2)
    used = (above,) if loop == "train" else (below, above)
    trained = [model.trainable_variables for model in ((joined(*models),) if loop == "train" else models)]
    for optimizer, variables in zip(used, trained, strict=True):
        assert optimizer.places == [id(variable.value) for variable in variables]
        assert optimizer.counts.numpy().tolist() == [6] * len(variables)
        assert int(optimizer.iterations) == 6


@pytest.mark.parametrize("loop", LOOPS)
def test_moving_averages_change_in_training_only(loop: str) -> None:
    models = parts(extra=lambda: [tf.keras.layers.BatchNormalization(momentum=0.5)])
    dense, normalization = models[0].layers
    means = np.zeros(5)
    frozen = tf.keras.optimizers.SGD(0.0)
    for X, _ in data():
        means = 0.5 * means + 0.5 * dense(X).numpy().mean(axis=0)
    run(loop, models, below=frozen, above=tf.keras.optimizers.SGD(0.0))
    same(normalization.moving_mean.numpy(), means)


@pytest.mark.parametrize("loop", LOOPS)
def test_validation_figures_are_means_over_instances(loop: str) -> None:
    models = parts()
    history = run(loop, models, n_epochs=2)
    model = joined(*models)
    X, y = next(data(7, 7, seed=1).as_numpy_iterator())
    likely = model(X).numpy()
    same(history["val_loss"][-1], -np.log(likely[np.arange(7), y]).mean())
    same(history["val_accuracy"][-1], (likely.argmax(axis=1) == y).mean())
    assert [len(values) for values in history.values()] == [2, 2, 2, 2]
    assert all(isinstance(value, float) for values in history.values() for value in values)


# ---- shown


@pytest.mark.parametrize("loop", LOOPS)
def test_every_iteration_shows_the_running_means_and_every_epoch_its_validation(loop: str) -> None:
    models, bar = parts(), record()
    network = by_hand.Network(weights(*models), rules(loop))
    history = run(loop, models, bar=bar, n_epochs=2)
    assert [one.desc for one in bar.opened] == ["Epoch 1/2", "Epoch 2/2"]
    for epoch, one in enumerate(bar.opened):
        assert (one.total, one.n, one.closed) == (3, 3, True)
        seen = total = right = 0.0
        for iteration, (X, y) in enumerate(data().as_numpy_iterator(), start=1):
            loss, hits = network.loss(X, y)
            seen, total, right = seen + len(y), total + loss * len(y), right + hits
            network.step(X, y)
            number, text = one.said[iteration - 1]
            assert number == iteration
            assert numbers(text) == pytest.approx([total / seen, right / seen], abs=1e-4)
        _, last = one.said[-1]
        names = ("loss", "accuracy", "val_loss", "val_accuracy")
        assert numbers(last) == pytest.approx([history[name][epoch] for name in names], abs=1e-4)


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+\.\d+", text)]


@pytest.mark.parametrize("loop", LOOPS)
def test_a_loss_that_is_no_number_stops_with_a_sentence(loop: str) -> None:
    X = np.ones((12, 4))
    X[5] = np.nan
    train_set = tf.data.Dataset.from_tensor_slices((X, np.zeros(12, int))).batch(4)
    sentence = (
        r"^The loss is nan at iteration 2 of epoch 1: try a smaller learning rate, or look for NaN in the data\.$"
    )
    with pytest.raises(FloatingPointError, match=sentence):
        run(loop, parts(), train_set)


# ---- however it is run


def demanding_parts() -> tuple[Any, Any]:
    """Dropout, batch normalization, a regularizer, a constraint and a frozen layer in one network."""
    layers = tf.keras.layers
    models = parts(
        extra=lambda: [layers.Dropout(0.3, seed=3), layers.BatchNormalization(), layers.Dense(5, trainable=False)],
        lower={"kernel_regularizer": "l2"},
        kernel_constraint=tf.keras.constraints.MaxNorm(1.0),
    )
    models[0].layers[-1].set_weights([np.eye(5), np.zeros(5)])
    return models


@pytest.mark.parametrize("loop", LOOPS)
def test_eager_and_compiled_agree(loop: str) -> None:
    compiled, eager = demanding_parts(), demanding_parts()
    history = run(loop, compiled, below="adam", above="nadam", n_epochs=2)
    tf.config.run_functions_eagerly(True)
    try:
        again = run(loop, eager, below="adam", above="nadam", n_epochs=2)
    finally:
        tf.config.run_functions_eagerly(False)
    all_same(weights(*compiled), weights(*eager))
    for name, figures in history.items():
        same(again[name], figures)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_long_run_is_compiled_by_xla_and_computes_the_same(loop: str) -> None:
    """A run of 2000 steps is long; both are stopped after 20."""
    long, short = parts(), parts()
    for models, n_epochs in ((long, 100), (short, 99)):
        with pytest.raises(references.Enough):
            run(loop, models, data(40, 2), below="momentum", above="adam", n_epochs=n_epochs, bar=record(20))
    for one, other in zip(weights(*long), weights(*short), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


class Python(tf.keras.layers.Layer):  # type: ignore[misc]
    """Returns its input by way of Python, where XLA cannot follow."""

    def call(self, inputs: Any) -> Any:
        return tf.ensure_shape(tf.py_function(lambda x: x, [inputs], inputs.dtype), inputs.shape)


@pytest.mark.parametrize("supported", [True, False])
@pytest.mark.parametrize("loop", LOOPS)
def test_a_layer_that_says_xla_cannot_compile_it_is_trained_without(loop: str, supported: bool) -> None:
    models = parts(extra=lambda: [Python()])
    models[0].layers[-1].supports_jit = supported
    with pytest.raises(tf.errors.InvalidArgumentError if supported else references.Enough):
        run(loop, models, n_epochs=2000, bar=record(1))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own, while saving
@pytest.mark.parametrize("loop", LOOPS)
def test_training_goes_on_from_saved_models_and_optimizers_as_if_never_interrupted(loop: str, tmp_path: Any) -> None:
    """Two things Keras does not save: the running product of Nadam's momenta (so Adam here), and the state of a layer's
    random numbers (so it is carried over)."""
    through, half = demanding_parts(), demanding_parts()
    run(loop, through, below="momentum", above="adam", n_epochs=4)

    optimizers = [OPTIMIZERS[name][0]() for name in ("momentum", "adam")]
    run(loop, half, below=optimizers[0], above=optimizers[1], n_epochs=2)
    saved: list[Any] = [joined(*half)] if loop == "train" else [*half]
    optimizers = optimizers[-len(saved) :]
    paths = [tmp_path / f"{number}.keras" for number in range(len(saved))]
    for model, optimizer, path in zip(saved, optimizers, paths, strict=True):
        model.compile(optimizer=optimizer)  # a model is saved with the optimizer that it was compiled with
        model.save(path)

    again = [tf.keras.models.load_model(path) for path in paths]
    for model, loaded in zip(saved, again, strict=True):
        for old, new in zip(model.variables, loaded.variables, strict=True):
            if "seed_generator" in old.path:
                new.assign(old)
    models = tuple(again[0].layers if loop == "train" else again)
    run(loop, models, below=again[0].optimizer, above=again[-1].optimizer, n_epochs=2)
    all_same(weights(*models), weights(*through))
