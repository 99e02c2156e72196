"""Several steps in one compiled call, every step's running means handed back and shown: the loop close to its limit.

Reading matter for those who have solved `train`; it never ships to students. What a compiled step costs beside its
arithmetic is fixed: Python calls TensorFlow, a batch is fetched, worker threads are woken, two numbers come back. With
small batches that is most of the time, so this loop pays it once for `steps_per_call` steps:

1. `rebatch` joins that many batches to one chunk of instances, in the same order.
2. The compiled function cuts the chunk into the batches again and takes one step with each: the same arithmetic in the
   same order as one step per call, so the weights are the same too.
3. It returns the loss and the number of right answers of *every* step. NumPy makes the running means of them, and each
   is handed to the display: nobody who watches the bar can tell the difference, but for its speed.

The price: numbers arrive a chunk late (a NaN loss is seen up to `steps_per_call - 1` steps after it came up), a chunk
takes `steps_per_call` times the memory of a batch, and XLA compiles for a few seconds, once for the full chunks and once
for a shorter last one.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import tensorflow as tf
from tqdm.auto import tqdm


def train_in_chunks(
    model, optimizer, loss_fn, train_set, valid_set, n_epochs, *, batch_size=32, steps_per_call=40, xla=True
):
    """Train like `train`, with `steps_per_call` steps in each compiled call.

    `batch_size` is that of `train_set` (its last batch may be shorter). `xla=False` for models that XLA cannot compile.
    Returns a dict of four lists with one number per epoch: loss, accuracy, val_loss, val_accuracy.
    Raises `FloatingPointError` when the running mean of the loss is not finite any more.
    """
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    n_steps = len(train_set)
    # repeated before it is prefetched: the next chunk is joined while this one trains, also across the end of an epoch
    chunks = iter(train_set.rebatch(steps_per_call * batch_size).repeat(n_epochs).prefetch(1))
    optimizer.build(model.trainable_variables)
    many_steps = compiled_steps(model, optimizer, loss_fn, batch_size, xla)
    validate = compiled_validation(model, loss_fn, valid_set)
    for epoch in range(1, n_epochs + 1):
        totals = np.zeros(3)  # instances, sum of losses, right answers: up to the end of the last chunk
        with tqdm(total=n_steps, desc=f"Epoch {epoch}/{n_epochs}") as bar:
            for X, y in itertools.islice(chunks, math.ceil(n_steps / steps_per_call)):
                sizes = batch_sizes(len(y), batch_size)
                losses, hits = (result.numpy() for result in many_steps(X, y))
                sums = totals + np.cumsum(np.stack([sizes, losses * sizes, hits], axis=1), axis=0)
                for loss, accuracy in (sums[:, 1:] / sums[:, :1]).tolist():
                    bar.set_postfix_str(f"loss={loss:.4f}, accuracy={accuracy:.4f}", refresh=False)
                    bar.update()
                    if not math.isfinite(loss):
                        raise FloatingPointError(f"The loss is {loss} at iteration {bar.n} of epoch {epoch}.")
                totals = sums[-1]
            val_loss, val_accuracy = validate()
            bar.set_postfix_str(f"{bar.postfix}, val_loss={val_loss:.4f}, val_accuracy={val_accuracy:.4f}")
        for name, value in zip(history, (loss, accuracy, val_loss, val_accuracy), strict=True):
            history[name].append(value)
    return history


def compiled_steps(model, optimizer, loss_fn, batch_size, xla):
    """A function of a chunk `(X, y)` that takes a step with each of its batches; returns their losses and right answers.

    It is traced, and compiled by XLA, once for every length of a chunk: two lengths at most in an epoch.
    """

    @tf.function(jit_compile=xla)
    def many_steps(X, y):
        def step(start, size=batch_size):  # with the batch that begins at instance `start`
            X_batch, y_batch = (tf.slice(a, [start] + [0] * (a.ndim - 1), [size, *a.shape[1:]]) for a in (X, y))
            with tf.GradientTape() as tape:
                y_pred = model(X_batch, training=True)
                loss = loss_fn(y_batch, y_pred) + sum(model.losses)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply(gradients, model.trainable_variables)
            hits = tf.reduce_sum(tf.cast(tf.argmax(y_pred, axis=-1) == tf.cast(y_batch, tf.int64), tf.int32))
            return tf.cast(loss, tf.float32), hits

        n_last = X.shape[0] % batch_size
        cut = X.shape[0] - n_last
        results = []
        if cut:  # one after the other, as each step builds on the last
            signature, starts = (tf.float32, tf.int32), tf.range(0, cut, batch_size)
            results.append(tf.map_fn(step, starts, fn_output_signature=signature, parallel_iterations=1))
        if n_last:  # the short last batch
            results.append([result[tf.newaxis] for result in step(cut, n_last)])
        return [tf.concat(parts, axis=0) for parts in zip(*results, strict=True)]

    return many_steps


def batch_sizes(n, batch_size):
    """The sizes of the batches in a chunk of `n` instances.

    >>> batch_sizes(70, 32).tolist()
    [32, 32, 6]
    """
    return np.diff(np.append(np.arange(0, n, batch_size), n))


def compiled_validation(model, loss_fn, valid_set):
    """A function that returns mean loss and accuracy over the instances of `valid_set`, in inference mode."""

    @tf.function(input_signature=valid_set.element_spec)
    def measure(X, y):
        y_pred = model(X, training=False)
        hits = tf.reduce_sum(tf.cast(tf.argmax(y_pred, axis=-1) == tf.cast(y, tf.int64), tf.int32))
        return loss_fn(y, y_pred) + sum(model.losses), hits

    def validate():
        sums = np.zeros(3)
        for X, y in valid_set:
            loss, hits = measure(X, y)
            sums += (len(y), float(loss) * len(y), int(hits))
        return sums[1] / sums[0], sums[2] / sums[0]

    return validate
