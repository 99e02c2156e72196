"""The arithmetic stands in a base class of the student's own; the weights are listed in a loop with beta first."""

import tensorflow as tf


class Standardizes:
    eps: float

    def standardized(self, x, axis=-1):
        mean, variance = tf.nn.moments(x, axis, keepdims=True)
        return tf.math.divide_no_nan(x - mean, tf.sqrt(variance + self.eps))


class LayerNormalization(Standardizes, tf.keras.layers.Layer):
    def __init__(self, eps=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, batch_input_shape):
        self.beta = self.add_weight(name="beta", shape=batch_input_shape[-1:], initializer="zeros")
        self.alpha = self.add_weight(name="alpha", shape=batch_input_shape[-1:], initializer="ones")

    def call(self, inputs):
        return self.standardized(inputs) * self.alpha + self.beta
