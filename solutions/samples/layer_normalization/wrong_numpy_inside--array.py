"""np.array(inputs) in call(): there is nothing to copy in a traced function."""

import numpy as np
import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, batch_input_shape):
        self.alpha = self.add_weight(name="alpha", shape=batch_input_shape[-1:], initializer="ones")
        self.beta = self.add_weight(name="beta", shape=batch_input_shape[-1:], initializer="zeros")

    def call(self, inputs):
        x = np.array(inputs)
        mean = x.mean(axis=-1, keepdims=True)
        deviation = x.std(axis=-1, keepdims=True)
        return self.alpha * (x - mean) / (deviation + self.eps) + self.beta
