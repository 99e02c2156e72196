"""Keras's and TensorFlow's global settings as they come: what an answer is asked to do, it is asked under these."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def defaults() -> Iterator[None]:
    """Set Keras to float32 and TensorFlow to compile functions for a while, whatever a notebook has set."""
    import keras
    import tensorflow as tf

    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    eagerly = tf.config.functions_run_eagerly()
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    tf.config.run_functions_eagerly(False)
    try:
        yield
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)
        tf.config.run_functions_eagerly(eagerly)
