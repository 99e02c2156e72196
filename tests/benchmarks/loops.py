"""How fast the reference loops are: against `fit`, the textbook's eager loop, several steps in a call, and the limit.

    python -m tests.benchmarks.loops [--rounds 4] [--quick]

One run for everything: every design trains the same network on the same batches in the same order, by turns, so that a
busy moment hits all of them. Steps are counted from the second epoch of a turn on: tracing and compiling are left out,
and named in a column of their own. What a design shows goes to a null device. Figures are medians over the turns,
ratios medians of the turns' ratios to `fit`.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from autograde.datasets import load_fashion_mnist
from tests.solutions.references import names_of, reading, reference

LONG = 2_000  # steps from which the references let XLA compile theirs
IMAGES = 9_000
CHUNK = 40  # steps in one call
GOALS = {"train": 1.5, "train_two_optimizers": 1.5}
FASTER = "40 steps per call, XLA"


@dataclass(frozen=True)
class Turn:
    """One run of a design: milliseconds a step, and the seconds that its first epoch took longer than the others."""

    per_step: float
    start: float


@dataclass
class Stopwatch:
    """Takes the time of the training part of each epoch, for `n` steps in one."""

    n: int
    seconds: list[float] = field(default_factory=list)

    @contextlib.contextmanager
    def epoch(self) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds.append(time.perf_counter() - started)

    def bar(self) -> type[Any]:
        """tqdm's bar, with a look at the clock when it opens and when it is full."""
        watch = self

        class Bar(tqdm):  # type: ignore[misc]
            def __enter__(self) -> Any:
                self.opened = time.perf_counter()
                return super().__enter__()

            def update(self, n: int = 1) -> Any:
                painted = super().update(n)
                if self.n == self.total:
                    watch.seconds.append(time.perf_counter() - self.opened)
                return painted

        return Bar

    def callback(self) -> Any:
        """The same for `fit`."""
        watch = self

        class Callback(tf.keras.callbacks.Callback):  # type: ignore[misc]
            def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
                self.began = time.perf_counter()

            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                watch.seconds.append(time.perf_counter() - self.began)

        return Callback()

    def turn(self) -> Turn:
        steady = statistics.median(self.seconds[1:])
        return Turn(1000 * steady / self.n, self.seconds[0] - steady)


@dataclass(frozen=True)
class Setting:
    """A network, cut in two, and the batches to train it on."""

    title: str
    batch_size: int
    make_parts: Callable[[], tuple[Any, Any]]
    images: Any
    labels: Any
    faster: float  # the goal of several steps in one call

    @property
    def train_set(self) -> tf.data.Dataset:
        """Shuffled once: every design and every epoch has the same order."""
        images = tf.data.Dataset.from_tensor_slices((self.images, self.labels))
        batches = images.shuffle(len(self.images), seed=42, reshuffle_each_iteration=False).batch(self.batch_size)
        return batches.cache().prefetch(1)

    @property
    def n_steps(self) -> int:
        return -(-len(self.images) // self.batch_size)

    @property
    def long(self) -> int:
        """Epochs that make a long run."""
        return -(-LONG // self.n_steps)

    def model(self) -> Any:
        return tf.keras.Sequential(list(self.make_parts()))


def optimizer() -> Any:
    return tf.keras.optimizers.Nadam(0.001)


def loss_fn() -> Any:
    return tf.keras.losses.SparseCategoricalCrossentropy()


def settings() -> tuple[Setting, ...]:
    (images, labels), _ = load_fashion_mnist()
    data = (images[:IMAGES] / np.float32(255), labels[:IMAGES].astype("int64"))
    return (
        Setting("Flatten, Dense 100, Dense 10; batch 32", 32, two_layers, *data, faster=5.0),
        Setting("Dense 100, the course's LayerNormalization, Dense 10; batch 128", 128, normalized, *data, faster=4.0),
        Setting("three Dense, the hidden ones normalized; batch 128", 128, three_layers, *data, faster=4.0),
    )


def two_layers() -> tuple[Any, Any]:
    layers = tf.keras.layers
    lower = tf.keras.Sequential([tf.keras.Input((28, 28)), layers.Flatten(), layers.Dense(100, "relu")])
    return lower, tf.keras.Sequential([tf.keras.Input((100,)), layers.Dense(10, "softmax")])


def normalized() -> tuple[Any, Any]:
    """Three layers with weights: Dense, the course's LayerNormalization, Dense."""
    layers, normalization = tf.keras.layers, names_of("layer_normalization")["LayerNormalization"]
    below = [layers.Flatten(), layers.Dense(100), normalization(), layers.Activation("relu")]
    return tf.keras.Sequential([tf.keras.Input((28, 28)), *below]), two_layers()[1]


def three_layers() -> tuple[Any, Any]:
    """Three Dense layers, the hidden ones normalized."""
    layers, normalization = tf.keras.layers, names_of("layer_normalization")["LayerNormalization"]
    above = [layers.Dense(100), normalization(), layers.Activation("relu"), layers.Dense(10, "softmax")]
    return normalized()[0], tf.keras.Sequential([tf.keras.Input((100,)), *above])


# ---- the designs: each runs a few epochs under a stopwatch


def textbook(setting: Setting, watch: Stopwatch) -> None:
    """Eager, with metric objects and a bar that is repainted at every step; 50 steps stand for an epoch."""
    model, optimize, loss_of = setting.model(), optimizer(), loss_fn()
    mean_loss, accuracy = tf.keras.metrics.Mean(), tf.keras.metrics.SparseCategoricalAccuracy()
    watch.n = 50
    for _ in range(3):
        with watch.epoch(), tqdm(total=watch.n) as bar:
            for X, y in setting.train_set.take(watch.n):
                with tf.GradientTape() as tape:
                    y_pred = model(X, training=True)
                    loss = tf.add_n([loss_of(y, y_pred), *model.losses])
                gradients = tape.gradient(loss, model.trainable_variables)
                optimize.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
                mean_loss(loss)
                accuracy(y, y_pred)
                bar.set_postfix(loss=float(mean_loss.result()), accuracy=float(accuracy.result()))
                bar.update()


def compiled_printing(setting: Setting, watch: Stopwatch) -> None:
    """A compiled step with metric objects; their results are printed at every step."""
    model, optimize, loss_of = setting.model(), optimizer(), loss_fn()
    mean_loss, accuracy = tf.keras.metrics.Mean(), tf.keras.metrics.SparseCategoricalAccuracy()
    optimize.build(model.trainable_variables)

    def step(X: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            y_pred = model(X, training=True)
            loss = tf.add_n([loss_of(y, y_pred), *model.losses])
        gradients = tape.gradient(loss, model.trainable_variables)
        optimize.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        mean_loss(loss)
        accuracy(y, y_pred)
        return mean_loss.result(), accuracy.result()

    compiled, train_set = tf.function(step), setting.train_set
    for epoch in range(4):
        with watch.epoch():
            for iteration, (X, y) in enumerate(train_set):
                loss, right = compiled(X, y)
                print(f"\r{epoch} {iteration}/{watch.n} loss {float(loss):.4f} accuracy {float(right):.4f}", end="")


def fit(setting: Setting, watch: Stopwatch, epochs: int = 4, **compiling: Any) -> None:
    model = setting.model()
    model.compile(optimizer=optimizer(), loss=loss_fn(), metrics=["accuracy"], **compiling)
    model.fit(setting.train_set, epochs=epochs, shuffle=False, callbacks=[watch.callback()])


def fit_by_32(setting: Setting, watch: Stopwatch) -> None:
    fit(setting, watch, epochs=6, steps_per_execution=32, jit_compile=True)


def train(setting: Setting, watch: Stopwatch) -> None:
    sets = (setting.train_set, setting.train_set.take(1))
    reference("train", watch.bar())(setting.model(), optimizer(), loss_fn(), *sets, setting.long)


def train_two_optimizers(setting: Setting, watch: Stopwatch) -> None:
    sets = (setting.train_set, setting.train_set.take(1))
    loop = reference("train_two_optimizers", watch.bar())
    loop(*setting.make_parts(), optimizer(), optimizer(), loss_fn(), *sets, setting.long)


def train_in_chunks(setting: Setting, watch: Stopwatch, xla: bool = True) -> None:
    sets, sizes = (setting.train_set, setting.train_set.take(1)), {"batch_size": setting.batch_size}
    loop = reading("going_faster", watch.bar()).train_in_chunks
    loop(setting.model(), optimizer(), loss_fn(), *sets, 8, **sizes, steps_per_call=CHUNK, xla=xla)


def limit(setting: Setting, watch: Stopwatch) -> None:
    """A whole epoch in one compiled function over tensors in memory; only its last means come out."""
    model, optimize = setting.model(), optimizer()
    optimize.build(model.trainable_variables)
    chunks = list(setting.train_set.rebatch(len(setting.images)))
    epoch = reading("going_faster").compiled_steps(model, optimize, loss_fn(), setting.batch_size, True)
    for _ in range(8):
        with watch.epoch():
            losses, _ = epoch(*chunks[0])
            float(losses[-1])


DESIGNS: dict[str, Callable[[Setting, Stopwatch], None]] = {
    "textbook: eager, bar at every step": textbook,
    "compiled step, printed at every step": compiled_printing,
    "model.fit": fit,
    "train": train,
    "train_two_optimizers": train_two_optimizers,
    "fit, 32 steps per execution, XLA": fit_by_32,
    "40 steps per call": lambda setting, watch: train_in_chunks(setting, watch, xla=False),
    FASTER: train_in_chunks,
    "limit: an epoch per call, XLA": limit,
}


# ---- where the time of a step goes


def fetching(setting: Setting) -> float:
    """Milliseconds that Python needs to take a batch from the data set."""
    train_set = setting.train_set
    watch = Stopwatch(setting.n_steps)
    for _ in range(6):
        with watch.epoch():
            for _ in train_set:
                pass
    return watch.turn().per_step


def showing(setting: Setting) -> float:
    """Milliseconds that running means and the bar need: the reference's way, with results that are there already."""
    watch = Stopwatch(setting.n_steps)
    loss, hits, y = tf.constant(1.0), tf.constant(1), tf.zeros(setting.batch_size)
    for _ in range(6):
        with watch.epoch(), tqdm(total=watch.n) as bar:
            seen = total = right = 0.0
            for _ in range(watch.n):
                seen, total, right = seen + len(y), total + float(loss) * len(y), right + int(hits)
                bar.set_postfix_str(f"loss={total / seen:.4f}, accuracy={right / seen:.4f}", refresh=False)
                bar.update()
    return watch.turn().per_step


# ---- the table


def measure(setting: Setting, rounds: int) -> dict[str, list[Turn]]:
    """`rounds` turns of every design, one after the other."""
    turns: dict[str, list[Turn]] = {name: [] for name in DESIGNS}
    for number in range(rounds):
        for name, design in DESIGNS.items():
            print(f"\r{setting.title}: round {number + 1}/{rounds}, {name:40}", end="", file=sys.stderr, flush=True)
            watch = Stopwatch(setting.n_steps)
            with silence():
                design(setting, watch)
            turns[name].append(watch.turn())
            tf.keras.backend.clear_session()
    print(f"\r{'':100}\r", end="", file=sys.stderr, flush=True)
    return turns


@contextlib.contextmanager
def silence() -> Iterator[None]:
    with open(os.devnull, "w") as null, contextlib.redirect_stdout(null), contextlib.redirect_stderr(null):
        yield


def ratios(turns: dict[str, list[Turn]], to: str = "model.fit") -> dict[str, float]:
    """How many times as fast as the design `to`: the median over the rounds."""
    return {
        name: statistics.median(base.per_step / turn.per_step for base, turn in zip(turns[to], mine, strict=True))
        for name, mine in turns.items()
    }


def table(turns: dict[str, list[Turn]]) -> str:
    out = io.StringIO()
    print(f"{'design':40}{'ms a step':>10}{'steps/s':>9}{'x fit':>8}{'start, s':>10}", file=out)
    for name, ratio in ratios(turns).items():
        step = statistics.median(turn.per_step for turn in turns[name])
        start = statistics.median(turn.start for turn in turns[name])
        print(f"{name:40}{step:10.3f}{1000 / step:9.0f}{ratio:8.2f}{start:10.1f}", file=out)
    return out.getvalue()


def verdicts(setting: Setting, turns: dict[str, list[Turn]]) -> Iterator[str]:
    """The goals, and whether this run holds them."""
    to_fit, to_eager = ratios(turns), ratios(turns, next(iter(DESIGNS)))
    for name, goal in (GOALS | {FASTER: setting.faster}).items():
        yield f"{name}: {to_fit[name]:.2f} x fit, goal {goal} {held(to_fit[name] >= goal)}"
    slower = min(to_eager[name] for name in GOALS)
    yield f"references: {slower:.1f} x the textbook's eager loop, goal 10 {held(slower >= 10)}"


def held(fact: bool) -> str:
    return "(holds)" if fact else "(does NOT hold in this run)"


def gap(setting: Setting, turns: dict[str, list[Turn]]) -> str:
    """Where a step of `train` spends what a step at the limit does not."""
    whole, least = (statistics.median(turn.per_step for turn in turns[name]) for name in ("train", list(DESIGNS)[-1]))
    with silence():
        fetch, show = fetching(setting), showing(setting)
    rest = whole - least - fetch - show
    return (
        f"a step of `train`: {whole:.2f} ms = {least:.2f} arithmetic (the limit) + {fetch:.2f} fetching a batch + "
        f"{show:.2f} means and bar + {rest:.2f} calling TensorFlow and waking its threads"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--quick", action="store_true", help="one round")
    arguments = parser.parse_args()
    print(f"TensorFlow {tf.__version__}, Keras {tf.keras.__version__}, {os.cpu_count()} cores; Nadam")
    for setting in settings():
        turns = measure(setting, 1 if arguments.quick else arguments.rounds)
        print(f"\n{setting.title} ({len(setting.images)} images, {setting.n_steps} steps an epoch)")
        print(table(turns), *verdicts(setting, turns), gap(setting, turns), sep="\n", flush=True)


if __name__ == "__main__":
    main()
