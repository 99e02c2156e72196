"""One Sequential of the layers of both parts."""

import tensorflow as tf


def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    model = tf.keras.Sequential([*lower_layers.layers, *upper_layers.layers])
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    for epoch in range(n_epochs):
        loss_m, acc_m = tf.keras.metrics.Mean(), tf.keras.metrics.SparseCategoricalAccuracy()
        for i, (X, y) in enumerate(train_set):
            with tf.GradientTape(persistent=True) as tape:
                p = model(X, training=True)
                loss = loss_fn(y, p) + sum(model.losses)
            for part, optimizer in ((lower_layers, lower_optimizer), (upper_layers, upper_optimizer)):
                optimizer.apply(tape.gradient(loss, part.trainable_variables), part.trainable_variables)
            loss_m.update_state(loss)
            acc_m.update_state(y, p)
            print(f"epoch {epoch + 1} it {i} loss {loss_m.result():.4f} acc {acc_m.result():.4f}")
        vl, va = tf.keras.metrics.Mean(), tf.keras.metrics.SparseCategoricalAccuracy()
        for X, y in valid_set:
            p = model(X, training=False)
            vl.update_state(loss_fn(y, p), sample_weight=len(y))
            va.update_state(y, p)
        print(f"val_loss {vl.result():.4f} val_accuracy {va.result():.4f}")
        for key, metric in zip(history, (loss_m, acc_m, vl, va)):
            history[key].append(float(metric.result()))
    return history
