"""tqdm around the dataset, postfix as text; the validation figures are written above the bar."""

import numpy as np
import tensorflow as tf
from tqdm import tqdm


def mean_of(values, sizes):
    return float(np.average(values, weights=sizes))


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    history = {}
    for epoch in range(n_epochs):
        losses, accuracies, sizes = [], [], []
        bar = tqdm(train_set, total=len(train_set), leave=False)
        for X, y in bar:
            with tf.GradientTape() as tape:
                y_pred = model(X, training=True)
                loss = loss_fn(y, y_pred) + tf.reduce_sum(model.losses)
            variables = model.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)
            losses.append(loss.numpy())
            accuracies.append((y_pred.numpy().argmax(axis=1) == y.numpy()).mean())
            sizes.append(len(y))
            bar.set_postfix_str(
                f"loss={mean_of(losses, sizes):.3f}, acc={mean_of(accuracies, sizes):.3f}", refresh=False
            )
        epoch_values = {"loss": mean_of(losses, sizes), "accuracy": mean_of(accuracies, sizes)}
        losses, accuracies, sizes = [], [], []
        for X, y in valid_set:
            y_pred = model(X)
            losses.append(loss_fn(y, y_pred).numpy())
            accuracies.append((y_pred.numpy().argmax(axis=1) == y.numpy()).mean())
            sizes.append(len(y))
        epoch_values |= {"val_loss": mean_of(losses, sizes), "val_accuracy": mean_of(accuracies, sizes)}
        tqdm.write("validation: loss {val_loss:.3f}, accuracy {val_accuracy:.3f}".format(**epoch_values))
        for name, value in epoch_values.items():
            history.setdefault(name, []).append(value)
    return history
