"""eps beside the standard deviation, statistics by tf.nn.moments, the last axis named by a list."""

import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, batch_input_shape):
        self.alpha = self.add_weight(name="alpha", shape=batch_input_shape[-1:], initializer="ones")
        self.beta = self.add_weight(name="beta", shape=batch_input_shape[-1:], initializer="zeros")
        super().build(batch_input_shape)

    def call(self, inputs):
        mean, variance = tf.nn.moments(inputs, axes=[-1], keepdims=True)
        deviation = tf.sqrt(variance)
        return self.alpha * (inputs - mean) / (deviation + self.eps) + self.beta

    def get_config(self):
        config = super().get_config()
        config.update({"eps": self.eps})
        return config
