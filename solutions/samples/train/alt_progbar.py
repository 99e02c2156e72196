"""Keras's Progbar, which takes the mean of what it is given, shows the figures."""

import tensorflow as tf


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    for epoch in range(n_epochs):
        print(f"Epoch {epoch + 1}/{n_epochs}")
        bar = tf.keras.utils.Progbar(len(train_set), stateful_metrics=["accuracy", "val_loss", "val_accuracy"])
        losses, accuracy = tf.keras.metrics.Mean(), tf.keras.metrics.SparseCategoricalAccuracy()
        for X, y in train_set:
            with tf.GradientTape() as tape:
                y_pred = model(X, training=True)
                loss = loss_fn(y, y_pred) + sum(model.losses)
            grads = tape.gradient(loss, model.trainable_weights)
            optimizer.apply_gradients(zip(grads, model.trainable_weights))
            losses.update_state(loss)
            accuracy.update_state(y, y_pred)
            bar.add(
                1,
                values=[("loss", float(loss)), ("accuracy", float(accuracy.result()))],
            )
        val_losses, val_accuracy = tf.keras.metrics.Mean(), tf.keras.metrics.SparseCategoricalAccuracy()
        for X, y in valid_set:
            y_pred = model(X, training=False)
            val_losses.update_state(loss_fn(y, y_pred), sample_weight=tf.shape(y)[0])
            val_accuracy.update_state(y, y_pred)
        for name, metric in zip(history, (losses, accuracy, val_losses, val_accuracy)):
            history[name].append(float(metric.result()))
        bar.update(len(train_set), values=[(name, values[-1]) for name, values in history.items()][2:], finalize=True)
    return history
