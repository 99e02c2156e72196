"""What is read off a model and a history after a loop has run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from autograde.display import Display
from autograde.loops.data import FIRST_VALID_ID, N_EPOCHS, TRAIN_BATCHES

REPORTED = ("loss", "accuracy", "val_loss", "val_accuracy")
MISSING, TEXT = "—", '"…"'  # what stands for a list that is not there, and for each text where a number should be


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


def look_at_reports(history: Any, display: Display, n_epochs: int = N_EPOCHS) -> Iterator[tuple[str, Any]]:
    """What a loop of `n_epochs` returned and what it showed. Of the epochs from the third on, in which the weights
    move, `count_<name>` says that they are there.

    The rows that were shown stand once for each of `REPORTED`, as `shown_<name>`. Of validation these are the rows that
    were shown between a validation and the next training batch, if there are any: among the running figures of a whole
    epoch, the accuracy that is wanted may stand by chance.
    """
    for name, count in zip(REPORTED, lengths(history), strict=True):
        yield f"count_{name}", count
    history = history if isinstance(history, Mapping) else {}
    for name in REPORTED:
        figures = reported(history[name]) if name in history else np.array(MISSING)
        yield name, figures[: N_EPOCHS - 1] if figures.shape in ((N_EPOCHS,), (n_epochs,)) else figures
    rows, after_validation = display.rows(), display.rows(lambda moment: not moment.learning)
    for name in REPORTED:
        of_validation = name.startswith("val_") and len(after_validation)
        yield f"shown_{name}", after_validation if of_validation else rows


class Moment(NamedTuple):
    """How many steps were taken, and whether the latest batch was one to train on."""

    steps: tuple[int, ...]
    learning: bool


def clock(diary: Any, *optimizers: Any) -> Callable[[], Moment]:
    """Tells the moment by a diary and by the optimizers' iterations."""
    return lambda: Moment(tuple(int(one.iterations) for one in optimizers), bool(diary.learning))


def lengths(history: Any) -> npt.NDArray[np.int64]:
    """How many numbers the four lists of a history hold; -1 for a list that is not there."""
    history = history if isinstance(history, Mapping) else {}
    return np.array([reported(history[name]).size if name in history else -1 for name in REPORTED], "int64")


def missing(history: Any) -> list[str]:
    """The names that a history lacks."""
    return [name for name in REPORTED if not isinstance(history, Mapping) or name not in history]


def keys(history: Any) -> list[str]:
    """The names that a history has."""
    return [str(name) for name in history] if isinstance(history, Mapping) else []


def reported(values: Any) -> npt.NDArray[Any]:
    """The numbers that a history holds under a name, or `TEXT` for each where there are texts, with which nobody can
    draw or compare; an array without any where there is something else."""
    try:
        array = np.asarray(values)
        if array.dtype.kind in "US" or (array.dtype.kind == "O" and any(isinstance(one, str) for one in array.flat)):
            return np.full(array.shape, TEXT)
        return array.astype("float64")
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
