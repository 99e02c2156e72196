"""The weights are called scale and offset."""

import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, batch_input_shape):
        self.scale = self.add_weight(name="scale", shape=batch_input_shape[-1:], initializer="ones")
        self.offset = self.add_weight(name="offset", shape=batch_input_shape[-1:], initializer="zeros")

    def call(self, inputs):
        mean, variance = tf.nn.moments(inputs, axes=-1, keepdims=True)
        return self.scale * (inputs - mean) / tf.sqrt(variance + self.eps) + self.offset
