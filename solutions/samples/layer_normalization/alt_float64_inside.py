"""Computes in float64 and casts back to the type of the inputs."""

import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, batch_input_shape):
        self.alpha = self.add_weight(name="alpha", shape=batch_input_shape[-1:], initializer="ones")
        self.beta = self.add_weight(name="beta", shape=batch_input_shape[-1:], initializer="zeros")

    def call(self, inputs):
        x = tf.cast(inputs, "float64")
        x -= tf.reduce_mean(x, -1, keepdims=True)
        x /= tf.math.sqrt(tf.reduce_mean(x * x, -1, keepdims=True) + tf.cast(self.eps, "float64"))
        return self.alpha * tf.cast(x, inputs.dtype) + self.beta
