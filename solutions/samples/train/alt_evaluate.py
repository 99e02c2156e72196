"""Keras's evaluate validates; the loop trains. Figures as means over batches, in the bar's description."""

import numpy as np
import tensorflow as tf
from tqdm import trange


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    model.compile(loss=loss_fn, metrics=["accuracy"])
    history = {name: np.zeros(n_epochs) for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
    for epoch in range(n_epochs):
        losses, accuracies = [], []
        batches = iter(train_set)
        with trange(int(train_set.cardinality())) as steps:
            for _ in steps:
                X, y = next(batches)
                with tf.GradientTape() as tape:
                    y_pred = model(X, training=True)
                    loss = loss_fn(y, y_pred) + sum(model.losses)
                gradients = tape.gradient(loss, model.trainable_variables)
                optimizer.apply_gradients(zip(gradients, model.trainable_variables))
                losses.append(float(loss))
                accuracies.append(float(tf.reduce_mean(tf.keras.metrics.sparse_categorical_accuracy(y, y_pred))))
                steps.set_description(f"loss {np.mean(losses):.4f}, accuracy {np.mean(accuracies):.4f}")
        val_loss, val_accuracy = model.evaluate(valid_set, verbose=0)
        print(f"val_loss {val_loss:.4f}, val_accuracy {val_accuracy:.4f}")
        for name, value in zip(history, (np.mean(losses), np.mean(accuracies), val_loss, val_accuracy)):
            history[name][epoch] = value
    return {name: list(values) for name, values in history.items()}
