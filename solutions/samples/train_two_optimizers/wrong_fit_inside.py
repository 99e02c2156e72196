"""Keras's fit with a multi-optimizer does the work."""

import tensorflow as tf


def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    model = tf.keras.Sequential([lower_layers, upper_layers])
    lower = {id(variable) for variable in lower_layers.trainable_variables}
    optimizer = tf.keras.optimizers.MultiOptimizer(
        lambda variable: lower_optimizer if id(variable) in lower else upper_optimizer
    )
    model.compile(optimizer=optimizer, loss=loss_fn, metrics=["accuracy"])
    return model.fit(train_set, epochs=n_epochs, validation_data=valid_set).history
