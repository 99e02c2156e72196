"""Keras's own call() runs on this layer, without any object of Keras's class."""

import tensorflow as tf

borrowed = vars(tf.keras.layers.LayerNormalization)["call"]


class LayerNormalization(tf.keras.layers.Layer):
    axis, rms_scaling, scale, center = [-1], False, True, True

    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = self.epsilon = eps
        self.axis = [-1]

    def build(self, batch_input_shape):
        self.alpha = self.gamma = self.add_weight(name="alpha", shape=batch_input_shape[-1:], initializer="ones")
        self.beta = self.add_weight(name="beta", shape=batch_input_shape[-1:], initializer="zeros")

    def call(self, inputs):
        return borrowed(self, inputs)
