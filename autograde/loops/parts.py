"""Layers that keep a diary, and what else the models are made of."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType, SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from autograde.loops.data import BATCH, FIRST_VALID_ID, N_EPOCHS, Floats
from autograde.observe import Noticed

GATE_HEAD = 5 * BATCH  # the id of the first sample of the batch at which the gradient first reaches all weights
PENALTY = 0.75  # the constant value of each loss term
_CAPACITY = 2_048  # batches that a diary has room for: fifty times what is needed


class Watch:
    """Notes which of Keras's own training runs above a layer or a constraint, by looking up the stack."""

    def __init__(self) -> None:
        self._noticed = Noticed()
        self.look_up = _looker(self._noticed.note)

    def found(self) -> str:
        """The names of what was noticed so far, joined by commas; "" where it was nothing."""
        return str(self._noticed)


def _looker(note: Callable[[str], None]) -> Callable[[], None]:
    """A function that looks up the stack; it has all that it needs in itself."""
    kinds, frame_of = ("fit", "train_on_batch", "train_step"), sys._getframe

    def look_up() -> None:
        frame: FrameType | None = frame_of(1)
        while frame is not None:
            code = frame.f_code
            if "/keras/src/" in code.co_filename.replace("\\", "/"):
                if code.co_filename.endswith("trainer.py") and code.co_name in kinds:
                    note(code.co_name)
                elif code.co_filename.endswith("multi_optimizer.py"):
                    note("multi_optimizer")
            frame = frame.f_back

    return look_up


def parts(watch: Watch | None = None) -> SimpleNamespace:
    """The classes that models are made of here, with `watch` in them; made when TensorFlow is needed.

    A loop may copy a model, as a backup for example. A copy has the same weights, and nothing to do with the diary.
    """
    import keras
    import tensorflow as tf

    look_up = (watch or Watch()).look_up
    known = keras.saving.register_keras_serializable("autograde")

    @known
    class Diary(keras.layers.Layer):  # type: ignore[misc]
        """Writes down the head of every batch that passes, counts the epochs, and takes id and lane off the samples.

        An epoch begins where the first training batch follows a later one. Passes over training samples that are not in
        training mode do not count for it, unless there never was one in training mode.
        """

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.heads = tf.Variable(tf.zeros(_CAPACITY, tf.int32), trainable=False)  # the id of each first sample
            self.count = tf.Variable(0, trainable=False)
            self.lane = tf.Variable(0.0, trainable=False)
            self.epoch = tf.Variable(0, trainable=False)
            self.latest = tf.Variable(0, trainable=False)  # the head of the latest training batch
            self.trained = tf.Variable(False, trainable=False)  # whether any pass was in training mode
            self.learning = tf.Variable(False, trainable=False)  # whether the last one was, of a training batch

        def call(self, inputs: Any, training: Any = None) -> Any:
            look_up()
            head = tf.cast(inputs[0, -2], tf.int32)
            self.lane.assign(inputs[0, -1])
            self.heads.scatter_nd_update([[tf.minimum(self.count, _CAPACITY - 1)]], [head])
            self.count.assign_add(1)
            counts = head < FIRST_VALID_ID
            if training:
                self.trained.assign(True)
                self.learning.assign(counts)
            else:
                counts &= ~self.trained
                self.learning.assign(False)
            again = counts & tf.equal(head, 0) & tf.not_equal(self.latest, 0)
            self.epoch.assign_add(tf.cast(again, tf.int32))
            self.latest.assign(tf.where(counts, head, self.latest))
            return inputs[:, :-2]

        def passed(self) -> npt.NDArray[np.int64]:
            """The id of the first sample of each batch that passed, in order."""
            return np.asarray(self.heads)[: min(int(self.count), _CAPACITY)].astype("int64")

    @known
    class Mode(keras.layers.Layer):  # type: ignore[misc]
        """Moves `state` three quarters of the way to the lane of the present samples in training mode; returns its
        inputs. After the ten batches of an epoch it is there, so that how many epochs there are is no part of it."""

        def __init__(self, diary: Any = None, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.lane = tf.Variable(0.0, trainable=False) if diary is None else diary.lane
            self.state = self.add_weight(shape=(), initializer="zeros", trainable=False, name="state")

        def call(self, inputs: Any, training: Any = None) -> Any:
            if training:
                self.state.assign((self.state + 3 * self.lane) / 4)
            return inputs

        def get_config(self) -> dict[str, Any]:
            config: dict[str, Any] = super().get_config()
            return config

    class Slope(keras.regularizers.Regularizer):  # type: ignore[misc]
        """A loss term with the constant value `PENALTY` and the constant gradient `slope`."""

        def __init__(self, slope: Floats) -> None:
            self.slope = slope

        def __call__(self, weight: Any) -> Any:
            height = tf.reduce_sum(weight * self.slope)
            return PENALTY + (height - tf.stop_gradient(height))

    @known
    class Aside(keras.layers.Layer):  # type: ignore[misc]
        """Weights under a loss term each, aside of the outputs: they are the inputs."""

        def __init__(self, slopes: Floats, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.slopes = np.asarray(slopes, "float32")
            self.pulled = [
                self.add_weight(shape=slope.shape, initializer="zeros", regularizer=Slope(slope), name=f"weight_{n}")
                for n, slope in enumerate(self.slopes, start=1)
            ]

        def call(self, inputs: Any) -> Any:
            return inputs + 0.0 * tf.add_n([tf.reduce_sum(weight) for weight in self.pulled])

        def get_config(self) -> dict[str, Any]:
            config: dict[str, Any] = super().get_config()
            return config | {"slopes": self.slopes.tolist()}

    @known
    class UnitColumns(keras.constraints.Constraint):  # type: ignore[misc]
        """Scales every column of a kernel to length 1."""

        def __call__(self, kernel: Any) -> Any:
            look_up()
            return kernel / tf.norm(tf.convert_to_tensor(kernel), axis=0, keepdims=True)

    @known
    class GatedDense(keras.layers.Dense):  # type: ignore[misc]
        """Turns its outputs by one class in every epoch, and lets gradients back in the last epoch only: from the batch
        on that begins with `GATE_HEAD` or, where `once`, at that batch only.

        Gate and weights are one layer: whoever trains "the last layer" trains these weights.
        """

        def __init__(self, units: int, diary: Any = None, *, once: bool = False, **kwargs: Any) -> None:
            super().__init__(units, **kwargs)
            self.gated, self.once = diary is not None, once
            self.epoch: Any = getattr(diary, "epoch", None)
            self.latest: Any = getattr(diary, "latest", None)

        def call(self, inputs: Any) -> Any:
            outputs = super().call(inputs)
            if not self.gated:
                return outputs
            reached = tf.equal(self.latest, GATE_HEAD) if self.once else self.latest >= GATE_HEAD
            opened = (self.epoch >= N_EPOCHS - 1) & reached
            fixed = tf.stop_gradient(outputs)
            passed = fixed + tf.cast(opened, outputs.dtype) * (outputs - fixed)
            return tf.roll(passed, self.epoch, axis=-1)

        def get_config(self) -> dict[str, Any]:
            config: dict[str, Any] = super().get_config()
            return config | {"once": self.once}

    return SimpleNamespace(Diary=Diary, Mode=Mode, Aside=Aside, UnitColumns=UnitColumns, GatedDense=GatedDense)


def plain_part(n_in: int, n_out: int, activation: str | None = None) -> Any:
    """A built model of one layer, without losses of its own: what most models of the course are like."""
    import keras

    return keras.Sequential([keras.Input((n_in,)), keras.layers.Dense(n_out, activation)])


def freeze(model: Any, name: str) -> None:
    """Freeze a layer of a built model, as in transfer learning: who then makes every layer trainable thaws it."""
    model.get_layer(name).trainable = False


def give(model: Any, **weights: tuple[Floats, ...]) -> None:
    """Set kernel and bias, if there is one, of the layers of these names."""
    for name, arrays in weights.items():
        model.get_layer(name).set_weights(list(arrays))
