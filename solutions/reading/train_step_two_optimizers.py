"""Two optimizers without a loop of one's own: a `Model` whose `train_step` applies both, trained by `fit`.

Reading matter for those who have solved `train_two_optimizers`; it never ships to students. `fit` calls `train_step` for
every batch and keeps everything else: progress bar, validation, callbacks, history. So only the step is written here. That
is the better choice wherever the loop itself needs no change.
"""

from __future__ import annotations

import tensorflow as tf


class TwoPartModel(tf.keras.Model):
    """`upper_layers(lower_layers(X))`, each part trained by its own optimizer. Both parts are built models.

    `compile(lower_optimizer=..., optimizer=..., loss=..., metrics=...)`: `optimizer`, Keras's own argument, is that of
    the upper layers.
    """

    def __init__(self, lower_layers, upper_layers, **kwargs):
        super().__init__(**kwargs)
        self.lower_layers = lower_layers
        self.upper_layers = upper_layers

    def compile(self, lower_optimizer, optimizer, **kwargs):
        super().compile(optimizer=optimizer, **kwargs)
        self.lower_optimizer = tf.keras.optimizers.get(lower_optimizer)
        # Built here, each on its part: `fit` would build `optimizer` on all variables.
        self.lower_optimizer.build(self.lower_layers.trainable_variables)
        self.optimizer.build(self.upper_layers.trainable_variables)

    def call(self, inputs, training=None):
        return self.upper_layers(self.lower_layers(inputs, training=training), training=training)

    def train_step(self, data):
        """One step on a batch `(X, y)`. Returns the running values of the metrics, by name."""
        X, y = data
        with tf.GradientTape() as tape:
            y_pred = self(X, training=True)
            loss = self.compute_loss(x=X, y=y, y_pred=y_pred)  # with the losses of all regularizers
        groups = [self.lower_layers.trainable_variables, self.upper_layers.trainable_variables]
        lower_gradients, upper_gradients = tape.gradient(loss, groups)
        self.lower_optimizer.apply(lower_gradients, groups[0])
        self.optimizer.apply(upper_gradients, groups[1])
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=tf.shape(X)[0])  # a mean over instances, as in `fit`
            else:
                metric.update_state(y, y_pred)
        return self.get_metrics_result()
