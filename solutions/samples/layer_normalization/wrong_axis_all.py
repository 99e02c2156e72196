"""One mean and one deviation for the whole batch: the axis was left out."""

import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, batch_input_shape):
        self.alpha = self.add_weight(name="alpha", shape=batch_input_shape[-1:], initializer="ones")
        self.beta = self.add_weight(name="beta", shape=batch_input_shape[-1:], initializer="zeros")

    def call(self, inputs):
        mean = tf.reduce_mean(inputs)
        deviation = tf.math.reduce_std(inputs)
        return self.alpha * (inputs - mean) / (deviation + self.eps) + self.beta
