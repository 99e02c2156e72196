"""What the probes of the training loops share: small models that keep a diary of what a loop does with them.

The models are built so that a mistake in one part of a loop leaves the observations of the other parts as they are:

- Gradients from the outputs are zero until the last epoch, and outputs turn by one class in every epoch (`Gate`). So
  every epoch has figures of its own, and those of the earlier epochs do not depend on how the loop updates weights.
- A loss term (`Slope`) has a constant gradient and a constant value. The weight that it pulls stands aside of the
  outputs: it tells whether `model.losses` are in the gradient, and how many steps were taken, and nothing else.
- `Mode` moves its state in training mode only, towards the number of the samples' lane: one number for the training
  samples, another for the validation samples. It changes no output.
- Each sample carries its id and its lane as its last two features; `Diary` keeps book of them and takes both away.

All of it is TensorFlow operations on variables, so loops may be eager, compiled, or compiled with XLA.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import FrameType, SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from autograde.display import Display

Floats = npt.NDArray[np.float32]

N_EPOCHS = 3
BATCH = 8
TRAIN_BATCHES = 10  # per epoch, the last one of 4 samples only
VALID_BATCHES = 3  # the last one of 3 samples only
N_TRAIN = (TRAIN_BATCHES - 1) * BATCH + 4
N_VALID = (VALID_BATCHES - 1) * BATCH + 3
FIRST_VALID_ID = 1_000
FEATURES, CLASSES = 4, 3
GATE_STEP = (N_EPOCHS - 1) * TRAIN_BATCHES + 5  # the step, from 0, at which the gradient first reaches all weights
PENALTY = 0.75  # the constant value of each loss term
SHOWN = ("shown_loss", "shown_accuracy", "shown_val_loss", "shown_val_accuracy")
REPORTED = ("loss", "accuracy", "val_loss", "val_accuracy")
_CAPACITY = 2_048  # batches that a diary has room for: fifty times what is needed


# ---- data


def draw_data(rng: np.random.Generator, logits: Any) -> dict[str, Any]:
    """Samples and labels of both sets; `logits(features)` are those of the start weights.

    Labels are chosen by what the model predicts at the start, so that running means, figures of single batches and
    validation figures never come near one another: most training samples are classified rightly in the first epoch, in
    numbers that change from batch to batch, and most validation samples are not. No running accuracy is 0 or 1.
    """
    lanes = rng.uniform(1, 2, 2).astype("float32") * np.array([1, -1], "float32")
    n_right = [5, *rng.permutation([5, 5, 6, 6, 6, 7, 7, 7]), 1]
    train = _draw_set(rng, logits, [BATCH] * (TRAIN_BATCHES - 1) + [4], n_right, 0, lanes[0])
    valid = _draw_set(rng, logits, [BATCH] * (VALID_BATCHES - 1) + [3], [2, 1, 1], FIRST_VALID_ID, lanes[1])
    return {"train_set": train, "valid_set": valid}


def _draw_set(
    rng: np.random.Generator, logits: Any, sizes: Sequence[int], n_right: Sequence[int], first_id: int, lane: float
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Samples of which `n_right` in each batch are right in the first epoch, and one or more in the second."""
    count = sum(sizes)
    features = rng.normal(size=(count, FEATURES)).astype("float32")
    turns = [
        rng.permutation([0] * right + [1] + [*rng.integers(1, 3, size - right - 1)])
        for size, right in zip(sizes, n_right, strict=True)
    ]
    labels = (logits(features).argmax(axis=1) + np.concatenate(turns)) % CLASSES
    ids = np.arange(first_id, first_id + count, dtype="float32")
    return np.column_stack([features, ids, np.full(count, lane, "float32")]), labels.astype("int64")


def draw_dense(rng: np.random.Generator, n_in: int, n_out: int, scale: float = 1.0) -> tuple[Floats, Floats]:
    """Kernel and bias of a Dense layer. Kernel columns have length `scale`."""
    kernel = rng.normal(size=(n_in, n_out))
    kernel *= scale / np.linalg.norm(kernel, axis=0)
    return kernel.astype("float32"), rng.uniform(-0.3, 0.3, n_out).astype("float32")


def batches(samples: tuple[Floats, npt.NDArray[np.int64]]) -> Any:
    """A `tf.data.Dataset` of batches `(X, y)`, X of shape `(batch, features + 2)`, in a fixed order."""
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(samples).batch(BATCH)


# ---- layers that keep a diary


class Watch:
    """Notes which of Keras's own training runs above a layer or a constraint, by looking up the stack."""

    KINDS = ("fit", "train_on_batch", "train_step", "multi_optimizer")

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def look_up(self) -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            code = frame.f_code
            if "/keras/src/" in code.co_filename.replace("\\", "/"):
                if code.co_filename.endswith("trainer.py") and code.co_name in self.KINDS:
                    self.seen.add(code.co_name)
                elif code.co_filename.endswith("multi_optimizer.py"):
                    self.seen.add("multi_optimizer")
            frame = frame.f_back

    def flags(self) -> npt.NDArray[np.int64]:
        """For each of `KINDS` whether it was seen."""
        return np.array([kind in self.seen for kind in self.KINDS], "int64")


@cache
def parts() -> SimpleNamespace:
    """The classes that models are made of here; made when TensorFlow is needed."""
    import keras
    import tensorflow as tf

    class Diary(keras.layers.Layer):  # type: ignore[misc]
        """Writes down the head of every batch that passes, counts the epochs, and takes id and lane off the samples.

        An epoch begins where the first training batch follows a later one. Passes over training samples that are not in
        training mode do not count for it, unless there never was one in training mode.
        """

        def __init__(self, watch: Watch, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.look_up = watch.look_up
            self.heads = tf.Variable(tf.zeros(_CAPACITY, tf.int32), trainable=False)  # the id of each first sample
            self.count = tf.Variable(0, trainable=False)
            self.lane = tf.Variable(0.0, trainable=False)
            self.epoch = tf.Variable(0, trainable=False)
            self.latest = tf.Variable(0, trainable=False)  # the head of the latest training batch
            self.trained = tf.Variable(False, trainable=False)  # whether any pass was in training mode

        def call(self, inputs: Any, training: Any = None) -> Any:
            self.look_up()
            head = tf.cast(inputs[0, -2], tf.int32)
            self.lane.assign(inputs[0, -1])
            self.heads.scatter_nd_update([[tf.minimum(self.count, _CAPACITY - 1)]], [head])
            self.count.assign_add(1)
            counts = head < FIRST_VALID_ID
            if training:
                self.trained.assign(True)
            else:
                counts &= ~self.trained
            again = counts & tf.equal(head, 0) & tf.not_equal(self.latest, 0)
            self.epoch.assign_add(tf.cast(again, tf.int32))
            self.latest.assign(tf.where(counts, head, self.latest))
            return inputs[:, :-2]

        def passed(self) -> npt.NDArray[np.int64]:
            """The id of the first sample of each batch that passed, in order."""
            return np.asarray(self.heads)[: min(int(self.count), _CAPACITY)].astype("int64")

    class Mode(keras.layers.Layer):  # type: ignore[misc]
        """Moves `state` halfway to the lane of the present samples in training mode; returns its inputs."""

        def __init__(self, diary: Any, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.lane = diary.lane
            self.state = self.add_weight(shape=(), initializer="zeros", trainable=False, name="state")

        def call(self, inputs: Any, training: Any = None) -> Any:
            if training:
                self.state.assign((self.state + self.lane) / 2)
            return inputs

    class Slope(keras.regularizers.Regularizer):  # type: ignore[misc]
        """A loss term with the constant value `PENALTY` and the constant gradient `slope`."""

        def __init__(self, slope: Floats) -> None:
            self.slope = slope

        def __call__(self, weight: Any) -> Any:
            height = tf.reduce_sum(weight * self.slope)
            return PENALTY + (height - tf.stop_gradient(height))

    class Aside(keras.layers.Layer):  # type: ignore[misc]
        """A weight under a loss term, aside of the outputs: they are the inputs."""

        def __init__(self, slope: Floats, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.weight = self.add_weight(
                shape=slope.shape, initializer="zeros", regularizer=Slope(slope), name="weight"
            )

        def call(self, inputs: Any) -> Any:
            return inputs + 0.0 * tf.reduce_sum(self.weight)

    class UnitColumns(keras.constraints.Constraint):  # type: ignore[misc]
        """Scales every column of a kernel to length 1."""

        def __init__(self, watch: Watch) -> None:
            self.watch = watch

        def __call__(self, kernel: Any) -> Any:
            self.watch.look_up()
            return kernel / tf.norm(tf.convert_to_tensor(kernel), axis=0, keepdims=True)

    class Gate(keras.layers.Layer):  # type: ignore[misc]
        """Turns its inputs by one class in every epoch, and lets gradients back in the last epoch only: from step
        `GATE_STEP` on or, where `once`, at that step only. Steps are those of the optimizer that is further."""

        def __init__(self, diary: Any, optimizers: Sequence[Any], *, once: bool, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            epoch, iterations = diary.epoch, [optimizer.iterations for optimizer in optimizers]

            def opened() -> Any:
                step = tf.reduce_max([tf.cast(tf.convert_to_tensor(one), tf.int32) for one in iterations])
                reached = tf.equal(step, GATE_STEP) if once else step >= GATE_STEP
                return (epoch >= N_EPOCHS - 1) & reached

            self.opened, self.epoch = opened, epoch

        def call(self, inputs: Any) -> Any:
            fixed = tf.stop_gradient(inputs)
            passed = fixed + tf.cast(self.opened(), inputs.dtype) * (inputs - fixed)
            return tf.roll(passed, self.epoch, axis=-1)

    return SimpleNamespace(Diary=Diary, Mode=Mode, Aside=Aside, UnitColumns=UnitColumns, Gate=Gate)


def give(model: Any, **weights: tuple[Floats, Floats]) -> None:
    """Set kernel and bias of the layers of these names."""
    for name, arrays in weights.items():
        model.get_layer(name).set_weights(list(arrays))


# ---- looking


def look_at_weights(model: Any, *names: str) -> Iterator[tuple[str, Any]]:
    """`<layer>_<variable>` for every variable of the layers of these names."""
    for name in names:
        for variable in model.get_layer(name).variables:
            yield f"{name}_{variable.name}", np.array(variable)


def unmoved(models: Sequence[Any], start: Mapping[str, Any]) -> list[str]:
    """The trainable variables that still have their start values, as "layer/variable"."""
    now = values_of(*models)
    paths = [path for path in now if path in start and np.array_equal(now[path], start[path])]
    return ["/".join(path.split("/")[-2:]) for path in paths]


def values_of(*models: Any) -> dict[str, Any]:
    """The values of all trainable variables by their paths."""
    return {variable.path: np.array(variable) for model in models for variable in model.trainable_variables}


def look_at_reports(history: Any, display: Display) -> Iterator[tuple[str, Any]]:
    """What the loop returned (of the last epoch, in which the weights move, only that it is there) and what it showed.

    A right answer that defines what is to be shown (`accept_*`) returns it beside the history, under the names of
    `SHOWN`: such arrays have rank 1, and count as wanted only, never as seen.
    """
    yield "returned", lengths(history)
    history = history if isinstance(history, Mapping) else {}
    for name in REPORTED:
        if name in history:
            numbers = reported(history[name])
            yield name, numbers[:-1] if numbers.shape == (N_EPOCHS,) else numbers
    for name in SHOWN:
        yield name, np.ravel(history[name]).astype("float64") if name in history else display.numbers()


def lengths(history: Any) -> npt.NDArray[np.int64]:
    """How many numbers the four lists of a history hold; -1 for a list that is not there."""
    history = history if isinstance(history, Mapping) else {}
    return np.array([reported(history[name]).size if name in history else -1 for name in REPORTED], "int64")


def reported(values: Any) -> npt.NDArray[np.float64]:
    """The numbers that a history holds under a name; an array without any where there is something else."""
    try:
        return np.asarray(values).astype("float64")
    except (TypeError, ValueError):
        return np.empty(0)


def look_at_diary(diary: Any) -> dict[str, npt.NDArray[np.int64]]:
    """Which batches passed, and when validation took place.

    `order`: the ids at the heads of the training batches that passed, in order. `passes`: how often a batch passed in a
    row, and how often per epoch. `moments`: how many epochs' batches had passed before each validation.
    """
    heads = diary.passed()
    in_training = heads < FIRST_VALID_ID
    order = heads[in_training]
    first = in_training.copy()  # the first of several passes of the same batch in a row
    first[in_training] = np.diff(order, prepend=-1) != 0
    passes = [len(order) / max(first.sum(), 1), len(order) / (TRAIN_BATCHES * N_EPOCHS)]
    starts = np.flatnonzero(~in_training & np.concatenate([[True], in_training[:-1]]))[:100]
    moments = [first[:start].sum() / TRAIN_BATCHES for start in starts]
    return {
        "passes": np.array([round(one) for one in passes], "int64"),
        "moments": np.array([round(one) for one in moments], "int64"),
        "order": order,
    }
