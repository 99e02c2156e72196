"""tf.print from inside the compiled step, with metrics as part of the graph."""

import tensorflow as tf


def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    mean_loss = tf.keras.metrics.Mean()
    accuracy = tf.keras.metrics.SparseCategoricalAccuracy()
    lower_optimizer.build(lower_layers.trainable_variables)
    upper_optimizer.build(upper_layers.trainable_variables)

    @tf.function
    def step(epoch, iteration, X, y):
        with tf.GradientTape() as tape:
            y_pred = upper_layers(lower_layers(X, training=True), training=True)
            loss = tf.add_n([loss_fn(y, y_pred)] + lower_layers.losses + upper_layers.losses)
        lower_variables, upper_variables = lower_layers.trainable_variables, upper_layers.trainable_variables
        lower_gradients, upper_gradients = tape.gradient(loss, [lower_variables, upper_variables])
        lower_optimizer.apply_gradients(zip(lower_gradients, lower_variables))
        upper_optimizer.apply_gradients(zip(upper_gradients, upper_variables))
        mean_loss.update_state(loss)
        accuracy.update_state(y, y_pred)
        tf.print("epoch", epoch, "iteration", iteration, "loss:", mean_loss.result(), "accuracy:", accuracy.result())

    @tf.function
    def evaluate(X, y):
        y_pred = upper_layers(lower_layers(X, training=False), training=False)
        mean_loss.update_state(loss_fn(y, y_pred), sample_weight=tf.shape(y)[0])
        accuracy.update_state(y, y_pred)

    def take():
        values = float(mean_loss.result()), float(accuracy.result())
        mean_loss.reset_state()
        accuracy.reset_state()
        return values

    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    for epoch in tf.range(1, n_epochs + 1):
        for iteration, (X, y) in train_set.enumerate(1):
            step(epoch, iteration, X, y)
        loss, acc = take()
        for X, y in valid_set:
            evaluate(X, y)
        val_loss, val_acc = take()
        tf.print("val_loss:", val_loss, "val_accuracy:", val_acc)
        for name, value in zip(history, (loss, acc, val_loss, val_acc)):
            history[name].append(value)
    return history
