"""Running means over batches; validation loss without the model's losses."""

import numpy as np
import tensorflow as tf


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    history = {name: [] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
    for epoch in range(n_epochs):
        losses, accuracies = [], []
        for X, y in train_set:
            with tf.GradientTape() as tape:
                y_pred = model(X, training=True)
                loss = tf.add_n([loss_fn(y, y_pred), *model.losses])
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables))
            losses.append(float(loss))
            accuracies.append(np.mean(np.argmax(y_pred, axis=1) == y))
            if epoch < n_epochs - 1:
                print(f"{np.mean(losses):.6f} {np.mean(accuracies):.6f}")
        y_pred = np.concatenate([model(X, training=False) for X, _ in valid_set])
        y = np.concatenate([y for _, y in valid_set])
        history["loss"].append(np.mean(losses))
        history["accuracy"].append(np.mean(accuracies))
        history["val_loss"].append(float(loss_fn(y, y_pred)))
        history["val_accuracy"].append(np.mean(np.argmax(y_pred, axis=1) == y))
        if epoch < n_epochs - 1:
            print(*(f"{values[-1]:.6f}" for values in history.values()))
    return history
