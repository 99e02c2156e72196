"""Mean and spread in float16; the outputs are float32 again."""

import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, batch_input_shape):
        self.alpha = self.add_weight(name="alpha", shape=batch_input_shape[-1:], initializer="ones")
        self.beta = self.add_weight(name="beta", shape=batch_input_shape[-1:], initializer="zeros")

    def call(self, inputs):
        x = tf.cast(inputs, tf.float16)
        mean, variance = tf.nn.moments(x, axes=-1, keepdims=True)
        normalized = (x - mean) / tf.sqrt(variance + tf.cast(self.eps, tf.float16))
        return self.alpha * tf.cast(normalized, tf.float32) + self.beta
