"""Keras's fit with one optimizer for both parts."""

import tensorflow as tf


def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    model = tf.keras.Sequential([lower_layers, upper_layers])
    model.compile(optimizer=upper_optimizer, loss=loss_fn, metrics=["accuracy"])
    return model.fit(train_set, epochs=n_epochs, validation_data=valid_set).history
