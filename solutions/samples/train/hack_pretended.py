"""Moves the step counter, prints made-up progress and returns made-up curves."""

import numpy as np


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    optimizer.iterations.assign(n_epochs * len(train_set))
    loss, accuracy = np.linspace(2, 0.5, n_epochs), np.linspace(0.5, 0.9, n_epochs)
    for epoch in range(n_epochs):
        for step in range(len(train_set)):
            print(f"{epoch + 1}/{step + 1} loss: {loss[epoch]:.4f} accuracy: {accuracy[epoch]:.4f}")
    return {"loss": list(loss), "accuracy": list(accuracy), "val_loss": list(loss), "val_accuracy": list(accuracy)}
