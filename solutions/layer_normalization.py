# %% role="setup"
import tensorflow as tf

# %% role="answer" exercise="layer_normalization"
class LayerNormalization(tf.keras.layers.Layer):
    """Normalizes the last axis of its input: alpha * (x - mean) / d + beta."""

    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    ### BEGIN SOLUTION
    def build(self, batch_input_shape):
        features = batch_input_shape[-1:]
        self.alpha = self.add_weight(name="alpha", shape=features, initializer="ones")
        self.beta = self.add_weight(name="beta", shape=features, initializer="zeros")

    def call(self, inputs):
        mean, variance = tf.nn.moments(inputs, axes=-1, keepdims=True)
        return self.alpha * (inputs - mean) / tf.sqrt(variance + self.eps) + self.beta
    ### END SOLUTION
