"""Features first: after a transposition the statistics broadcast without keepdims."""

import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, batch_input_shape):
        self.alpha = self.add_weight(name="alpha", shape=batch_input_shape[-1:], initializer="ones")
        self.beta = self.add_weight(name="beta", shape=batch_input_shape[-1:], initializer="zeros")

    def call(self, inputs):
        mean = tf.reduce_mean(inputs, axis=-1)
        deviation = tf.math.reduce_std(inputs, axis=-1)
        normalized = tf.transpose((tf.transpose(inputs) - tf.transpose(mean)) / (tf.transpose(deviation) + self.eps))
        return normalized * self.alpha + self.beta
