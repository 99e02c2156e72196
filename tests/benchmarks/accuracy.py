"""The README's table of accuracies: what each loop reaches on validation images after five epochs, over five seeds.

    python -m tests.benchmarks.accuracy [--seeds 5] [--epochs 5]

Every loop trains the same network from the same first weights on the same batches; a seed draws both. The table is
printed as Markdown, with the data that it was made from.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

from autograde import datasets
from tests.benchmarks.loops import loss_fn, silence, three_layers, two_layers
from tests.solutions.references import reference

OFFICIAL = 60_000  # training images of the published data set
BATCH = 32


@dataclass(frozen=True)
class Data:
    """Images between 0 and 1 and labels; the first tenth is for validation, as in the notebook."""

    images: Any
    labels: Any
    name: str

    @property
    def n_valid(self) -> int:
        return len(self.images) // 10

    def sets(self, seed: int) -> tuple[Any, Any]:
        """A training set in an order drawn by `seed`, a new one each epoch, and a validation set."""
        first, rest = slice(None, self.n_valid), slice(self.n_valid, None)
        train_set = tf.data.Dataset.from_tensor_slices((self.images[rest], self.labels[rest]))
        train_set = train_set.cache().shuffle(len(self.images), seed=seed).batch(BATCH).prefetch(1)
        valid_set = tf.data.Dataset.from_tensor_slices((self.images[first], self.labels[first]))
        return train_set, valid_set.batch(BATCH).cache()

    def __str__(self) -> str:
        train, valid = len(self.images) - self.n_valid, self.n_valid
        part = "" if len(self.images) == OFFICIAL else f" (the published training set has {OFFICIAL:,} images)"
        return f"{self.name}: {train:,} images to train on, {valid:,} to validate{part}"


def load() -> Data:
    (images, labels), _ = datasets.load_fashion_mnist()
    real = datasets.source().kind == "cache"  # a download has become one
    name = "Fashion MNIST" if real else "The drawn stand-in for Fashion MNIST, not the real images"
    return Data(images.astype("float32") / 255, labels.astype("int64"), name)


# ---- the loops: each gives the validation accuracy after the last epoch


def nadam() -> Any:
    return tf.keras.optimizers.Nadam(0.001)


def momentum() -> Any:
    return tf.keras.optimizers.SGD(0.02, momentum=0.9)


def one_optimizer(parts: tuple[Any, Any], sets: tuple[Any, Any], epochs: int) -> float:
    return reference("train")(joined(parts), nadam(), loss_fn(), *sets, epochs)["val_accuracy"][-1]


def with_fit(parts: tuple[Any, Any], sets: tuple[Any, Any], epochs: int) -> float:
    model = joined(parts)
    model.compile(optimizer=nadam(), loss=loss_fn(), metrics=["accuracy"])
    history = model.fit(sets[0], validation_data=sets[1], epochs=epochs, shuffle=False, verbose=0).history
    return float(history["val_accuracy"][-1])


def two_optimizers(parts: tuple[Any, Any], sets: tuple[Any, Any], epochs: int) -> float:
    train = reference("train_two_optimizers")
    return train(*parts, momentum(), nadam(), loss_fn(), *sets, epochs)["val_accuracy"][-1]


def published_step(parts: tuple[Any, Any], sets: tuple[Any, Any], epochs: int) -> float:
    """Two optimizers on layers [0], [2] and [-1] of the eight: [0] flattens, so only [2] and [-1] ever change.

    Freezing the others does the same.
    """
    layers = [layer for part in parts for layer in part.layers]
    assert len(layers) == 8, "the published positions are those of a model of eight layers"
    for place, layer in enumerate(layers):
        layer.trainable = place in (0, 2, 7)
    return two_optimizers(parts, sets, epochs)


def joined(parts: tuple[Any, Any]) -> Any:
    return tf.keras.Sequential(list(parts))


Loop = Callable[[tuple[Any, Any], tuple[Any, Any], int], float]
ROWS: tuple[tuple[str, Callable[[], tuple[Any, Any]], Loop], ...] = (
    ("`train`, one optimizer", three_layers, one_optimizer),
    ("`model.fit`, one optimizer", three_layers, with_fit),
    ("`train_two_optimizers`", three_layers, two_optimizers),
    ("a published step for two optimizers, most layers frozen", three_layers, published_step),
    ("`train` on the notebook's smaller network", two_layers, one_optimizer),
)


# ---- the table


def accuracies(data: Data, seeds: int, epochs: int) -> dict[str, list[float]]:
    """For each row the validation accuracies, one for each seed."""
    found: dict[str, list[float]] = {name: [] for name, _, _ in ROWS}
    for seed in range(seeds):
        for name, make_parts, loop in ROWS:
            print(f"\rseed {seed + 1}/{seeds}: {name:60}", end="", file=sys.stderr, flush=True)
            tf.keras.utils.set_random_seed(seed)
            with silence():
                found[name].append(loop(make_parts(), data.sets(seed), epochs))
            tf.keras.backend.clear_session()
    print(f"\r{'':80}\r", end="", file=sys.stderr, flush=True)
    return found


def table(found: dict[str, list[float]]) -> str:
    """A Markdown table: mean, standard deviation, and the range over the seeds."""
    lines = ["| loop | mean | spread | lowest to highest |", "|---|---|---|---|"]
    for name, values in found.items():
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        lines.append(
            f"| {name} | {statistics.mean(values):.3f} | ±{spread:.3f} | {min(values):.3f} to {max(values):.3f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5)
    arguments = parser.parse_args()
    with contextlib.redirect_stdout(sys.stderr):  # what the loader has to say is not part of the table
        data = load()
    found = accuracies(data, arguments.seeds, arguments.epochs)
    print(f"Validation accuracy after {arguments.epochs} epochs, {arguments.seeds} seeds, batch {BATCH}. {data}.")
    print(f"TensorFlow {tf.__version__}, Keras {tf.keras.__version__}.\n")
    print(table(found))


if __name__ == "__main__":
    main()
