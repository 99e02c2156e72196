"""Ones, whatever comes in; no weights."""

import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        return tf.ones_like(inputs)
