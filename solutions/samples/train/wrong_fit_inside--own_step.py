"""A step of its own, but Keras's fit does the looping."""

import tensorflow as tf


class Stepping(tf.keras.Model):
    def __init__(self, inner, loss_fn):
        super().__init__()
        self.inner, self.loss_fn = inner, loss_fn
        self.mean_loss = tf.keras.metrics.Mean(name="loss")
        self.accuracy = tf.keras.metrics.SparseCategoricalAccuracy(name="accuracy")

    @property
    def metrics(self):
        return [self.mean_loss, self.accuracy]

    def call(self, X, training=False):
        return self.inner(X, training=training)

    def train_step(self, data):
        X, y = data
        with tf.GradientTape() as tape:
            y_pred = self(X, training=True)
            loss = self.loss_fn(y, y_pred) + sum(self.inner.losses)
        variables = self.inner.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        self.mean_loss(loss)
        self.accuracy(y, y_pred)
        return {"loss": self.mean_loss.result(), "accuracy": self.accuracy.result()}

    def test_step(self, data):
        X, y = data
        y_pred = self(X, training=False)
        self.mean_loss(self.loss_fn(y, y_pred), sample_weight=tf.shape(y)[0])
        self.accuracy(y, y_pred)
        return {"loss": self.mean_loss.result(), "accuracy": self.accuracy.result()}


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    stepping = Stepping(model, loss_fn)
    stepping.compile(optimizer=optimizer)
    return stepping.fit(train_set, epochs=n_epochs, validation_data=valid_set).history
