"""Two optimizers in one: `keras.optimizers.MultiOptimizer`, which recent versions of Keras have, with plain `fit`.

Reading matter for those who have solved `train_two_optimizers`; it never ships to students. A `MultiOptimizer` asks a function
of a variable which optimizer that variable belongs to, and passes gradients on accordingly. To `fit` it is one optimizer.
"""

from __future__ import annotations

import tensorflow as tf


def available():
    """Whether this version of Keras has `MultiOptimizer`."""
    return hasattr(tf.keras.optimizers, "MultiOptimizer")


def two_part_optimizer(lower_layers, lower_optimizer, upper_optimizer):
    """An optimizer that updates the variables of `lower_layers` with one and all others with the other.

    It goes by the variables themselves. Their paths ("dense/kernel") would do only where no two layers bear the same name,
    and two models that were made apart may well have a layer "dense" each.
    Raises `NotImplementedError` where Keras has no `MultiOptimizer`; `train_step_two_optimizers.py` works everywhere.
    """
    if not available():
        raise NotImplementedError("this Keras has no MultiOptimizer: override train_step, or write the loop")
    lower = {id(variable) for variable in lower_layers.variables}
    return tf.keras.optimizers.MultiOptimizer(
        lambda variable: lower_optimizer if id(variable) in lower else upper_optimizer
    )


def joined(lower_layers, upper_layers):
    """Both parts, built models, as one model; the layers and their weights stay shared with the parts."""
    return tf.keras.Sequential([lower_layers, upper_layers])
