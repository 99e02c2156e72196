"""Keras's and TensorFlow's global settings as they come: what an answer is asked to do, it is asked under these."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def defaults() -> Iterator[None]:
    """Set Keras to float32 and TensorFlow to compile functions for a while, whatever a notebook has set."""
    import keras
    import tensorflow as tf

    put_back = settings_noted()
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    tf.config.run_functions_eagerly(False)
    try:
        yield
    finally:
        put_back()


def settings_noted() -> Callable[[], None]:
    """Note the settings as they are; what puts back those that have changed."""
    import keras
    import tensorflow as tf

    floatx, policy, eagerly = keras.config.floatx(), keras.config.dtype_policy(), tf.config.functions_run_eagerly()

    def put_back() -> None:
        if keras.config.floatx() != floatx:
            keras.config.set_floatx(floatx)
        if keras.config.dtype_policy() != policy:
            keras.config.set_dtype_policy(policy)
        if tf.config.functions_run_eagerly() != eagerly:
            tf.config.run_functions_eagerly(eagerly)

    return put_back
