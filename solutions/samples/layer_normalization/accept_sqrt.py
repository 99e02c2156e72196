"""The definition of a right answer, computed in float64: eps under the root."""

import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, batch_input_shape):
        self.alpha = self.add_weight(name="alpha", shape=batch_input_shape[-1:], initializer="ones")
        self.beta = self.add_weight(name="beta", shape=batch_input_shape[-1:], initializer="zeros")

    def call(self, inputs):
        x = tf.cast(inputs, tf.float64)
        centred = x - tf.reduce_mean(x, axis=-1, keepdims=True)
        variance = tf.reduce_mean(centred**2, axis=-1, keepdims=True)
        normalized = centred / (tf.sqrt(variance + self.eps))
        scaled = tf.cast(self.alpha, tf.float64) * normalized + tf.cast(self.beta, tf.float64)
        return tf.cast(scaled, inputs.dtype)
