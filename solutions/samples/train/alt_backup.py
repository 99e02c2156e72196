"""Keeps a copy of the best weights aside, in a clone of the model."""

import tensorflow as tf


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    best = tf.keras.models.clone_model(model)
    best_loss = float("inf")
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    for epoch in range(n_epochs):
        loss_m, acc_m = tf.keras.metrics.Mean(), tf.keras.metrics.SparseCategoricalAccuracy()
        for i, (X, y) in enumerate(train_set):
            with tf.GradientTape() as tape:
                p = model(X, training=True)
                loss = loss_fn(y, p) + sum(model.losses)
            optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
            loss_m.update_state(loss)
            acc_m.update_state(y, p)
            print(f"epoch {epoch + 1} it {i} loss {loss_m.result():.4f} acc {acc_m.result():.4f}")
        vl, va = tf.keras.metrics.Mean(), tf.keras.metrics.SparseCategoricalAccuracy()
        for X, y in valid_set:
            p = model(X, training=False)
            vl.update_state(loss_fn(y, p), sample_weight=len(y))
            va.update_state(y, p)
        print(f"val_loss {vl.result():.4f} val_accuracy {va.result():.4f}")
        if vl.result() < best_loss:
            best_loss = float(vl.result())
            best.set_weights(model.get_weights())
        for key, metric in zip(history, (loss_m, acc_m, vl, va)):
            history[key].append(float(metric.result()))
    return history
