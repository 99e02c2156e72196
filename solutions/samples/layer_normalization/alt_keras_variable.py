"""The weights are keras.Variable objects set as attributes, which Keras tracks as well."""

import keras
import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, batch_input_shape):
        self.alpha = keras.Variable(tf.ones(batch_input_shape[-1:]), name="alpha")
        self.beta = keras.Variable(tf.zeros(batch_input_shape[-1:]), name="beta")

    def call(self, inputs):
        mean, variance = tf.nn.moments(inputs, -1, keepdims=True)
        return self.alpha * (inputs - mean) / tf.sqrt(variance + self.eps) + self.beta
