"""Trains with copies of both optimizers."""

import tensorflow as tf


def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    mean_loss = tf.keras.metrics.Mean()
    accuracy = tf.keras.metrics.SparseCategoricalAccuracy()
    valid_loss = tf.keras.metrics.Mean()
    valid_accuracy = tf.keras.metrics.SparseCategoricalAccuracy()
    lower_copy = type(lower_optimizer).from_config(lower_optimizer.get_config())
    upper_copy = type(upper_optimizer).from_config(upper_optimizer.get_config())
    for epoch in range(n_epochs):
        for step, (X, y) in enumerate(train_set):
            with tf.GradientTape() as tape:
                y_pred = upper_layers(lower_layers(X, training=True), training=True)
                loss = tf.add_n([loss_fn(y, y_pred), *lower_layers.losses, *upper_layers.losses])
            lower_variables = lower_layers.trainable_variables
            upper_variables = upper_layers.trainable_variables
            lower_gradients, upper_gradients = tape.gradient(loss, [lower_variables, upper_variables])
            lower_copy.apply_gradients(zip(lower_gradients, lower_variables))
            upper_copy.apply_gradients(zip(upper_gradients, upper_variables))
            mean_loss(loss)
            accuracy(y, y_pred)
            status = f"loss {mean_loss.result():.4f}, accuracy {accuracy.result():.4f}"
            print(f"\repoch {epoch + 1}, step {step + 1}: {status}", end="")
        history["loss"].append(float(mean_loss.result()))
        history["accuracy"].append(float(accuracy.result()))
        for X, y in valid_set:
            y_pred = upper_layers(lower_layers(X))
            valid_loss(loss_fn(y, y_pred), sample_weight=len(y))
            valid_accuracy(y, y_pred)
        history["val_loss"].append(float(valid_loss.result()))
        history["val_accuracy"].append(float(valid_accuracy.result()))
        mean_loss.reset_state()
        accuracy.reset_state()
        valid_loss.reset_state()
        valid_accuracy.reset_state()
        print(f"\nval_loss {history['val_loss'][-1]:.4f}, val_accuracy {history['val_accuracy'][-1]:.4f}")
    return history
