"""tf.math.reduce_mean and reduce_std, eps beside the standard deviation."""

import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, input_shape):
        self.alpha = self.add_weight(shape=(input_shape[-1],), initializer="ones", trainable=True, name="alpha")
        self.beta = self.add_weight(shape=(input_shape[-1],), initializer="zeros", trainable=True, name="beta")

    def call(self, inputs):
        mu = tf.math.reduce_mean(inputs, axis=-1, keepdims=True)
        sigma = tf.math.reduce_std(inputs, axis=-1, keepdims=True)
        return tf.add(tf.multiply(self.alpha, tf.divide(inputs - mu, sigma + self.eps)), self.beta)
