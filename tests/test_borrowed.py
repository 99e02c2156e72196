"""The watch notices what normalizes by its running, and leaves everything else alone."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from autograde.borrowed import Watch

ROWS = np.arange(6, dtype="float32").reshape(2, 3)


def noticed(action: Callable[[], Any]) -> str:
    with Watch(object) as watch:
        action()
        return watch.found()


def test_keras_own_layer_is_noticed_by_its_running() -> None:
    assert noticed(lambda: tf.keras.layers.LayerNormalization()(ROWS)) == "layer_normalization"


def test_the_operation_of_keras_is_noticed() -> None:
    assert "layer_normalization" in noticed(lambda: keras.ops.layer_normalization(ROWS))


def test_other_normalization_layers_are_noticed_by_their_names() -> None:
    layer = tf.keras.layers.GroupNormalization(groups=1)
    assert noticed(lambda: layer(ROWS)) == "group_normalization"


def test_a_layer_at_work_in_another_thread_is_noticed() -> None:
    layer = tf.keras.layers.LayerNormalization()

    def elsewhere() -> None:
        thread = threading.Thread(target=layer, args=(ROWS,))
        thread.start()
        thread.join()

    assert noticed(elsewhere) == "layer_normalization"


def test_a_descendant_of_keras_own_layer_is_noticed_before_it_runs() -> None:
    class Own(tf.keras.layers.LayerNormalization):  # type: ignore[misc]
        pass

    assert Watch(Own).found().startswith("layer_normalization")


@pytest.mark.parametrize("back", [True, False], ids=["and on again", "for good"])
def test_turning_the_watch_off_is_noticed(back: bool) -> None:
    def turn_off() -> None:
        hook = sys.getprofile()
        sys.setprofile(None)
        if back:
            sys.setprofile(hook)

    assert noticed(turn_off) == "sys.setprofile"


def test_building_blocks_and_own_functions_of_that_name_are_fine() -> None:
    def layer_normalization(x: Any) -> Any:
        mean, variance = tf.nn.moments(x, -1, keepdims=True)
        return tf.nn.batch_normalization(x, mean, variance, None, None, 0.001) + keras.ops.mean(x)

    class LayerNormalization(tf.keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return layer_normalization(x)

    assert noticed(lambda: LayerNormalization()(ROWS)) == ""


def test_the_profile_functions_before_it_are_back_afterwards() -> None:
    def mine(frame: Any, event: str, arg: Any) -> None: ...

    before = sys.getprofile(), threading.getprofile()
    sys.setprofile(mine)
    threading.setprofile(mine)
    try:
        noticed(lambda: None)
        after = sys.getprofile(), threading.getprofile()
    finally:
        sys.setprofile(before[0])
        threading.setprofile(before[1])
    assert after == (mine, mine)


def traced(action: Callable[[Any], Any]) -> Any:
    return tf.function(action).get_concrete_function(tf.TensorSpec((2, 3)))


@pytest.mark.parametrize("depth", [1, 2], ids=["itself", "in a function of a function"])
def test_a_graph_traced_before_is_noticed_by_whose_code_made_it(depth: int) -> None:
    layer = tf.keras.layers.LayerNormalization()
    layer.build((2, 3))
    run = layer
    for _ in range(depth):
        run = traced(run)
    assert noticed(lambda: run(tf.constant(ROWS))) == "layer_normalization"


def test_an_own_graph_traced_before_is_fine() -> None:
    def normalize(x: Any) -> Any:
        mean, variance = tf.nn.moments(x, -1, keepdims=True)
        return (x - mean) / tf.sqrt(variance + 0.001)

    run = traced(normalize)
    assert noticed(lambda: run(tf.constant(ROWS))) == ""
