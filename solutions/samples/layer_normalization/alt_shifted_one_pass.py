"""The variance in one pass over inputs from which the first feature was subtracted, so that no digits cancel."""

import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, batch_input_shape):
        self.alpha = self.add_weight(name="alpha", shape=batch_input_shape[-1:], initializer="ones")
        self.beta = self.add_weight(name="beta", shape=batch_input_shape[-1:], initializer="zeros")

    def call(self, inputs):
        shifted = inputs - inputs[..., :1]
        mean = tf.reduce_mean(shifted, axis=-1, keepdims=True)
        mean_square = tf.reduce_mean(shifted**2, axis=-1, keepdims=True)
        variance = tf.nn.relu(mean_square - mean**2)
        return self.alpha * (shifted - mean) * tf.math.rsqrt(variance + self.eps) + self.beta
