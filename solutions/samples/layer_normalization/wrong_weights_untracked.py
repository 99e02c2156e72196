"""A tf.Variable as an attribute: Keras 3 does not list it among the layer's weights."""

import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, batch_input_shape):
        self.alpha = tf.Variable(tf.ones(batch_input_shape[-1:]), trainable=True)
        self.beta = tf.Variable(tf.zeros(batch_input_shape[-1:]), trainable=True)

    def call(self, inputs):
        mean, variance = tf.nn.moments(inputs, axes=-1, keepdims=True)
        return self.alpha * (inputs - mean) / tf.sqrt(variance + self.eps) + self.beta
