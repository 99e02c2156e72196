"""Cuts off at three standard deviations, to be on the safe side."""

import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, input_shape):
        self.alpha = self.add_weight(shape=input_shape[-1:], initializer="ones", name="alpha")
        self.beta = self.add_weight(shape=input_shape[-1:], initializer="zeros", name="beta")

    def call(self, inputs):
        mean, variance = tf.nn.moments(inputs, axes=-1, keepdims=True)
        normalized = tf.clip_by_value((inputs - mean) / tf.sqrt(variance + self.eps), -3.0, 3.0)
        return self.alpha * normalized + self.beta
