"""Lets fit work with a multi-optimizer in a thread of its own, and prints its figures afterwards."""

import threading

import tensorflow as tf


def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    model = tf.keras.Sequential([lower_layers, upper_layers])
    lower = {id(variable) for variable in lower_layers.trainable_variables}
    model.compile(
        optimizer=tf.keras.optimizers.MultiOptimizer(
            lambda variable: lower_optimizer if id(variable) in lower else upper_optimizer
        ),
        loss=loss_fn,
        metrics=["accuracy"],
    )
    kept = {}
    worker = threading.Thread(
        target=lambda: kept.update(model.fit(train_set, epochs=n_epochs, validation_data=valid_set, verbose=0).history)
    )
    worker.start()
    worker.join()
    for loss, accuracy in zip(kept["loss"], kept["accuracy"]):
        print(f"loss {loss:.4f}, accuracy {accuracy:.4f}")
    return kept
