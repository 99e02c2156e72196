"""The operation tf.nn.batch_normalization does the arithmetic with the statistics of the rows."""

import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, batch_input_shape):
        features = batch_input_shape[-1:]
        self.alpha = self.add_weight(features, initializer="ones", name="alpha")
        self.beta = self.add_weight(features, initializer="zeros", name="beta")

    def call(self, inputs):
        mean, variance = tf.nn.moments(inputs, axes=-1, keepdims=True)
        return tf.nn.batch_normalization(inputs, mean, variance, self.beta, self.alpha, self.eps)
