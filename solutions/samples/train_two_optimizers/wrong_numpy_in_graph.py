"""Calls .numpy() inside a tf.function."""

import tensorflow as tf


def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}

    @tf.function
    def step(X, y):
        with tf.GradientTape() as tape:
            y_pred = upper_layers(lower_layers(X, training=True), training=True)
            loss = tf.add_n([loss_fn(y, y_pred), *lower_layers.losses, *upper_layers.losses])
        parts = [lower_layers.trainable_variables, upper_layers.trainable_variables]
        lower_gradients, upper_gradients = tape.gradient(loss, parts)
        lower_optimizer.apply(lower_gradients, parts[0])
        upper_optimizer.apply(upper_gradients, parts[1])
        return loss.numpy()

    for epoch in range(n_epochs):
        losses = [step(X, y) for X, y in train_set]
        print(f"loss {sum(losses) / len(losses):.4f}")
    return history
