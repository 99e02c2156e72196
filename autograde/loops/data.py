"""The samples that the loops train on, and the weights that the models start from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

N_EPOCHS = 3
BATCH = 8
TRAIN_BATCHES = 10  # per epoch, the last one of 4 samples only
VALID_BATCHES = 3  # the last one of 3 samples only
FIRST_VALID_ID = 1_000  # ids of training samples begin at 0
FEATURES, CLASSES = 4, 3
NEAR = 0.02  # the accuracies of one sample of 76 more or fewer


def draw_data(rng: np.random.Generator, logits: Any) -> dict[str, Any]:
    """Samples and labels of both sets; `logits(features)` are those of the start weights.

    Labels are chosen by what the model predicts at the start, so that running means, figures of single batches and
    validation figures never come near one another: most training samples are classified rightly in the first epoch, in
    numbers that change from batch to batch, and most validation samples are not, in the second epoch fewer than in the
    first. No accuracy is 0 or 1, or the same for all seeds, nor is that of the second epoch near one of validation: who
    lets validation samples into its mean would hardly change it. The validation loss rises in the second epoch, so that
    a loop that then stops by itself is seen.
    """
    lanes = rng.uniform(1, 2, 2).astype("float32") * np.array([1, -1], "float32")
    sizes = [BATCH] * (TRAIN_BATCHES - 1) + [4]
    n_right = rng.integers(5, 8, TRAIN_BATCHES - 1).tolist()
    n_next = [int(rng.integers(1, BATCH + 1 - right)) for right in n_right]
    last = 2 if sum(n_next) % 4 == 3 else 1  # 76 samples: with a multiple of 4, the share could be one of 19
    features = rng.normal(size=(sum(sizes), FEATURES)).astype("float32")
    train = _draw_set(rng, logits, features, sizes, [*n_right, 1], [*n_next, last], 0, lanes[0])
    sizes = [BATCH] * (VALID_BATCHES - 1) + [3]
    n_right = [2, *rng.integers(1, 3, VALID_BATCHES - 1).tolist()]
    if abs((sum(n_next) + last) / len(features) - sum(n_right) / sum(sizes)) < NEAR:
        n_right[-1] = 3 - n_right[-1]
    n_next = [1, int(rng.integers(1, n_right[1] + 1)), 1]
    features = _draw_rising(rng, logits, sum(sizes))
    valid = _draw_set(rng, logits, features, sizes, n_right, n_next, FIRST_VALID_ID, lanes[1])
    return {"train_set": train, "valid_set": valid}


def _draw_rising(rng: np.random.Generator, logits: Any, count: int) -> Floats:
    """Samples whose class before the most likely one is clearly more likely than the one behind it: where that is their
    label, the loss rises when outputs turn by one class."""
    features = rng.normal(size=(100 * count, FEATURES)).astype("float32")
    outputs = logits(features)
    rows, best = np.arange(len(outputs)), outputs.argmax(axis=1)
    rise = outputs[rows, (best + 2) % CLASSES] - outputs[rows, (best + 1) % CLASSES]
    rising: Floats = features[rise > np.quantile(rise, 0.9)][:count]
    return rising


def _draw_set(
    rng: np.random.Generator,
    logits: Any,
    features: Floats,
    sizes: Sequence[int],
    n_right: Sequence[int],
    n_next: Sequence[int],
    first_id: int,
    lane: float,
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Labels by which `n_right` of the samples in each batch are right in the first epoch, `n_next` in the second, and
    all others in the third."""
    count = len(features)
    turns = [
        rng.permutation([0] * right + [1] * after + [2] * (size - right - after))
        for size, right, after in zip(sizes, n_right, n_next, strict=True)
    ]
    labels = (logits(features).argmax(axis=1) + np.concatenate(turns)) % CLASSES
    ids = np.arange(first_id, first_id + count, dtype="float32")
    return np.column_stack([features, ids, np.full(count, lane, "float32")]), labels.astype("int64")


def draw_dense(rng: np.random.Generator, n_in: int, n_out: int, scale: float = 1.0) -> tuple[Floats, Floats]:
    """Kernel and bias of a Dense layer. Kernel columns have length `scale`."""
    kernel = rng.normal(size=(n_in, n_out))
    kernel *= scale / np.linalg.norm(kernel, axis=0)
    return kernel.astype("float32"), rng.uniform(-0.3, 0.3, n_out).astype("float32")


def few(drawn: dict[str, Any]) -> dict[str, Any]:
    """Of samples as `draw_data` returns them, the first: two batches, the second one shorter, to train on, and one."""
    return {
        name: tuple(array[:count] for array in drawn[name])
        for name, count in (("train_set", BATCH + 4), ("valid_set", 5))
    }


def batches(samples: tuple[Floats, npt.NDArray[np.int64]]) -> Any:
    """A `tf.data.Dataset` of batches `(X, y)`, X of shape `(batch, features + 2)`, in a fixed order."""
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(samples).batch(BATCH)
