"""Keras's Progbar, which takes the mean of what it is given, shows the figures."""

import tensorflow as tf


def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    for epoch in range(n_epochs):
        print(f"Epoch {epoch + 1}/{n_epochs}")
        bar = tf.keras.utils.Progbar(len(train_set), stateful_metrics=["accuracy", "val_loss", "val_accuracy"])
        losses, accuracy = tf.keras.metrics.Mean(), tf.keras.metrics.SparseCategoricalAccuracy()
        for X, y in train_set:
            with tf.GradientTape() as tape:
                y_pred = upper_layers(lower_layers(X, training=True), training=True)
                loss = loss_fn(y, y_pred) + sum(lower_layers.losses) + sum(upper_layers.losses)
            lower_variables, upper_variables = lower_layers.trainable_variables, upper_layers.trainable_variables
            lower_gradients, upper_gradients = tape.gradient(loss, [lower_variables, upper_variables])
            lower_optimizer.apply_gradients(zip(lower_gradients, lower_variables))
            upper_optimizer.apply_gradients(zip(upper_gradients, upper_variables))
            losses.update_state(loss)
            accuracy.update_state(y, y_pred)
            bar.add(
                1,
                values=[("loss", float(loss)), ("accuracy", float(accuracy.result()))],
            )
        val_losses, val_accuracy = tf.keras.metrics.Mean(), tf.keras.metrics.SparseCategoricalAccuracy()
        for X, y in valid_set:
            y_pred = upper_layers(lower_layers(X, training=False), training=False)
            val_losses.update_state(loss_fn(y, y_pred), sample_weight=tf.shape(y)[0])
            val_accuracy.update_state(y, y_pred)
        for name, metric in zip(history, (losses, accuracy, val_losses, val_accuracy)):
            history[name].append(float(metric.result()))
        bar.update(len(train_set), values=[(name, values[-1]) for name, values in history.items()][2:], finalize=True)
    return history
