"""Backend-independent: keras.ops only."""

import keras
import tensorflow as tf
from keras import ops


class LayerNormalization(keras.layers.Layer):
    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = float(eps)

    def build(self, input_shape):
        self.alpha = self.add_weight(name="alpha", shape=input_shape[-1:], initializer=keras.initializers.Ones())
        self.beta = self.add_weight(name="beta", shape=input_shape[-1:], initializer=keras.initializers.Zeros())

    def call(self, inputs):
        mean = ops.mean(inputs, axis=-1, keepdims=True)
        variance = ops.var(inputs, axis=-1, keepdims=True)
        return self.alpha * (inputs - mean) * ops.rsqrt(variance + self.eps) + self.beta

    def compute_output_shape(self, input_shape):
        return input_shape


assert issubclass(LayerNormalization, tf.keras.layers.Layer)
