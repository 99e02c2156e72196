"""Two tqdm bars, epochs and iterations; figures in a dictionary that grows by the validation figures."""

import tensorflow as tf
from tqdm import trange


def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    metrics = {"accuracy": tf.keras.metrics.SparseCategoricalAccuracy()}
    mean = {"loss": tf.keras.metrics.Mean()}
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    status = {}

    def reset():
        for metric in (*metrics.values(), *mean.values()):
            metric.reset_state()

    with trange(n_epochs, desc="all epochs") as epochs:
        for epoch in epochs:
            reset()
            with trange(len(train_set), desc=f"epoch {epoch + 1}") as steps:
                for step, (X, y) in zip(steps, train_set):
                    with tf.GradientTape() as tape:
                        y_pred = upper_layers(lower_layers(X, training=True), training=True)
                        loss = tf.add_n([loss_fn(y, y_pred)] + lower_layers.losses + upper_layers.losses)
                    lower_variables, upper_variables = (
                        lower_layers.trainable_variables,
                        upper_layers.trainable_variables,
                    )
                    lower_gradients, upper_gradients = tape.gradient(loss, [lower_variables, upper_variables])
                    lower_optimizer.apply_gradients(zip(lower_gradients, lower_variables))
                    upper_optimizer.apply_gradients(zip(upper_gradients, upper_variables))
                    mean["loss"](loss)
                    metrics["accuracy"](y, y_pred)
                    status = {"loss": mean["loss"].result(), "accuracy": metrics["accuracy"].result()}
                    steps.set_postfix({name: value.numpy() for name, value in status.items()})
            history["loss"].append(float(status["loss"]))
            history["accuracy"].append(float(status["accuracy"]))
            reset()
            for X, y in valid_set:
                y_pred = upper_layers(lower_layers(X, training=False), training=False)
                mean["loss"](loss_fn(y, y_pred), sample_weight=len(y))
                metrics["accuracy"](y, y_pred)
            history["val_loss"].append(float(mean["loss"].result()))
            history["val_accuracy"].append(float(metrics["accuracy"].result()))
            epochs.set_postfix(val_loss=history["val_loss"][-1], val_accuracy=history["val_accuracy"][-1])
    return history
