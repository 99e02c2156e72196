"""Everything becomes a matrix of rows, is normalized there, and gets its shape back."""

import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, batch_input_shape):
        self.features = batch_input_shape[-1]
        self.alpha = self.add_weight(name="alpha", shape=[self.features], initializer="ones")
        self.beta = self.add_weight(name="beta", shape=[self.features], initializer="zeros")

    def call(self, inputs):
        rows = tf.reshape(inputs, (-1, self.features))
        rows -= tf.reduce_mean(rows, axis=1, keepdims=True)
        length = tf.norm(rows, axis=1, keepdims=True)
        deviation = length / self.features**0.5
        rows = self.alpha * rows / (deviation + self.eps) + self.beta
        return tf.reshape(rows, tf.shape(inputs))
