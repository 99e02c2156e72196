# %% role="setup"
import math
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before the import: keeps its start-up messages away

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from tqdm.auto import tqdm

from autograde import check, hint, progress, solution
from autograde.datasets import load_fashion_mnist

# %% role="answer" exercise="train"
def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    """Train `model` for `n_epochs` epochs; show the running means at every iteration, validate after every epoch.

    Returns a dict of four lists with one number per epoch: loss, accuracy, val_loss, val_accuracy.
    """
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}

    ### BEGIN SOLUTION
    long = n_epochs * len(train_set) >= 2000  # XLA compiles for some seconds: it pays in long runs only,
    xla = long and all(layer.supports_jit for layer in model.layers)  # and where every layer can be compiled

    def measure(X, y, training):
        y_pred = model(X, training=training)  # dropout and batch statistics know by this what to do
        loss = loss_fn(y, y_pred) + sum(model.losses)  # the regularizers' losses; the sum of none is 0
        hits = tf.cast(tf.argmax(y_pred, axis=-1) == tf.cast(y, tf.int64), tf.int32)  # 1 where the label is right
        return loss, tf.reduce_sum(hits)

    @tf.function(input_signature=train_set.element_spec, jit_compile=xla)  # one trace serves batches of any length
    def step(X, y):
        with tf.GradientTape() as tape:  # remembers the forward pass
            loss, hits = measure(X, y, training=True)
        variables = model.trainable_variables  # those of frozen layers are not among them
        optimizer.apply(tape.gradient(loss, variables), variables)  # updates each once, then its constraint holds
        return loss, hits  # two numbers: all that Python needs to know of a step

    @tf.function(input_signature=valid_set.element_spec)
    def evaluate(X, y):
        return measure(X, y, training=False)

    def running_means(function, batches):
        seen = total = right = 0  # plain Python numbers: reading a metric costs nothing, resetting it even less
        for X, y in batches:
            loss, hits = function(X, y)
            seen, total, right = seen + len(y), total + float(loss) * len(y), right + int(hits)
            yield total / seen, right / seen  # means over instances: a short last batch weighs less

    optimizer.build(model.trainable_variables)  # its moments exist before tracing; one that is built keeps its own
    if not tf.config.functions_run_eagerly():
        step = step.get_concrete_function()  # traced here, once: spares a look for the right trace at every step
    for epoch in range(1, n_epochs + 1):
        with tqdm(total=len(train_set), desc=f"Epoch {epoch}/{n_epochs}") as bar:
            for loss, accuracy in running_means(step, train_set):
                bar.set_postfix_str(f"loss={loss:.4f}, accuracy={accuracy:.4f}", refresh=False)  # repaints when it likes
                bar.update()
                if not math.isfinite(loss):
                    hint = "try a smaller learning rate, and look for NaN in the data"
                    raise FloatingPointError(f"loss {loss} at iteration {bar.n} of epoch {epoch}: {hint}")
            *_, (val_loss, val_accuracy) = running_means(evaluate, valid_set)
            bar.set_postfix_str(f"{bar.postfix}, val_loss={val_loss:.4f}, val_accuracy={val_accuracy:.4f}")
        for name, value in zip(history, (loss, accuracy, val_loss, val_accuracy)):
            history[name].append(value)
    ### END SOLUTION
    return history


# %% role="answer" exercise="train_two_optimizers"
def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    """Train `upper_layers(lower_layers(X))` like `train`, each part by its own optimizer.

    Returns a dict of four lists with one number per epoch: loss, accuracy, val_loss, val_accuracy.
    """
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}

    ### BEGIN SOLUTION
    parts, optimizers = (lower_layers, upper_layers), (lower_optimizer, upper_optimizer)
    long = n_epochs * len(train_set) >= 2000  # XLA compiles for some seconds: it pays in long runs only,
    xla = long and all(layer.supports_jit for part in parts for layer in part.layers)  # and where all layers allow it

    def measure(X, y, training):
        y_pred = upper_layers(lower_layers(X, training=training), training=training)
        loss = loss_fn(y, y_pred) + sum(lower_layers.losses) + sum(upper_layers.losses)  # regularizers of both parts
        hits = tf.cast(tf.argmax(y_pred, axis=-1) == tf.cast(y, tf.int64), tf.int32)  # 1 where the label is right
        return loss, tf.reduce_sum(hits)

    @tf.function(input_signature=train_set.element_spec, jit_compile=xla)  # one trace serves batches of any length
    def step(X, y):
        with tf.GradientTape() as tape:  # remembers the forward pass
            loss, hits = measure(X, y, training=True)  # one forward pass for both parts
        groups = [part.trainable_variables for part in parts]
        for optimizer, gradients, group in zip(optimizers, tape.gradient(loss, groups), groups):
            optimizer.apply(gradients, group)  # all gradients were taken before the first update
        return loss, hits  # two numbers: all that Python needs to know of a step

    @tf.function(input_signature=valid_set.element_spec)
    def evaluate(X, y):
        return measure(X, y, training=False)

    def running_means(function, batches):
        seen = total = right = 0  # plain Python numbers: reading a metric costs nothing, resetting it even less
        for X, y in batches:
            loss, hits = function(X, y)
            seen, total, right = seen + len(y), total + float(loss) * len(y), right + int(hits)
            yield total / seen, right / seen  # means over instances: a short last batch weighs less

    for optimizer, part in zip(optimizers, parts):
        optimizer.build(part.trainable_variables)  # its moments exist before tracing; one that is built keeps its own
    if not tf.config.functions_run_eagerly():
        step = step.get_concrete_function()  # traced here, once: spares a look for the right trace at every step
    for epoch in range(1, n_epochs + 1):
        with tqdm(total=len(train_set), desc=f"Epoch {epoch}/{n_epochs}") as bar:
            for loss, accuracy in running_means(step, train_set):
                bar.set_postfix_str(f"loss={loss:.4f}, accuracy={accuracy:.4f}", refresh=False)  # repaints when it likes
                bar.update()
                if not math.isfinite(loss):
                    hint = "try a smaller learning rate, and look for NaN in the data"
                    raise FloatingPointError(f"loss {loss} at iteration {bar.n} of epoch {epoch}: {hint}")
            *_, (val_loss, val_accuracy) = running_means(evaluate, valid_set)
            bar.set_postfix_str(f"{bar.postfix}, val_loss={val_loss:.4f}, val_accuracy={val_accuracy:.4f}")
        for name, value in zip(history, (loss, accuracy, val_loss, val_accuracy)):
            history[name].append(value)
    ### END SOLUTION
    return history

# %% role="demo"
progress()
