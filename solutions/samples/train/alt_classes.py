"""Helpers of its own: a running mean, and a function that goes through a set of batches."""

import sys

import tensorflow as tf


class RunningMean:
    def __init__(self):
        self.total, self.count = 0.0, 0

    def __call__(self, value, weight=1):
        self.total += float(value) * weight
        self.count += weight
        return self.value

    @property
    def value(self):
        return self.total / self.count


def accuracy_of(y, y_pred):
    return tf.reduce_mean(
        tf.cast(tf.keras.ops.equal(tf.keras.ops.argmax(y_pred, axis=-1), tf.cast(y, "int32")), "float32")
    )


def gradient_step(model, optimizer, loss_fn, X, y):
    with tf.GradientTape() as tape:
        y_pred = model(X, training=True)
        loss = tf.reduce_sum([loss_fn(y, y_pred), *model.losses])
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss, y_pred


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    for epoch in range(1, n_epochs + 1):
        mean_loss, mean_accuracy, val_loss, val_accuracy = (RunningMean() for _ in range(4))
        for i, (X, y) in enumerate(train_set, start=1):
            loss, y_pred = gradient_step(model, optimizer, loss_fn, X, y)
            mean_loss(loss, len(y))
            mean_accuracy(accuracy_of(y, y_pred), len(y))
            sys.stderr.write(f"\r[{epoch}:{i}] loss={mean_loss.value:.5f} ")
            sys.stderr.write(f"accuracy={100 * mean_accuracy.value:.2f} %")
        for X, y in valid_set:
            y_pred = model(X, training=False)
            val_loss(loss_fn(y, y_pred), len(y))
            val_accuracy(accuracy_of(y, y_pred), len(y))
        sys.stderr.write(f" val_loss={val_loss.value:.5f} val_accuracy={100 * val_accuracy.value:.2f} %\n")
        for name, mean in zip(history, (mean_loss, mean_accuracy, val_loss, val_accuracy)):
            history[name].append(mean.value)
    return history
