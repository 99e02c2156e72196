"""Another of Keras's normalization layers, with all features in one group."""

import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps
        self.group = tf.keras.layers.GroupNormalization(groups=1, epsilon=eps, center=False, scale=False)

    def build(self, batch_input_shape):
        self.size = batch_input_shape[-1]
        self.group.build((None, self.size))
        self.alpha = self.add_weight(name="alpha", shape=(self.size,), initializer="ones")
        self.beta = self.add_weight(name="beta", shape=(self.size,), initializer="zeros")

    def call(self, inputs):
        rows = self.group(tf.reshape(inputs, (-1, self.size)))
        return self.alpha * tf.reshape(rows, tf.shape(inputs)) + self.beta
