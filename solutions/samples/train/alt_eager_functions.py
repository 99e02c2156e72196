"""Written for tf.function, run eagerly on demand; logits compared by tf.math.argmax; logging by print to stderr."""

import sys

import tensorflow as tf


@tf.function(reduce_retracing=True)
def forward(model, loss_fn, X, y, training):
    y_pred = model(X, training=training)
    return tf.add_n([loss_fn(y, y_pred), *model.losses]), y_pred


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    for epoch in range(n_epochs):
        for prefix, batches, training in (("", train_set, True), ("val_", valid_set, False)):
            mean = tf.keras.metrics.Mean()
            accuracy = tf.keras.metrics.SparseCategoricalAccuracy()
            for X, y in batches:
                with tf.GradientTape() as tape:
                    loss, y_pred = forward(model, loss_fn, X, y, training)
                if training:
                    gradients = tape.gradient(loss, model.trainable_variables)
                    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
                mean.update_state(loss, sample_weight=tf.shape(y)[0])
                accuracy.update_state(y, y_pred)
                if training:
                    print(f"{epoch + 1}: {mean.result():.4f} {accuracy.result():.4f}", file=sys.stderr)
            history[prefix + "loss"].append(float(mean.result()))
            history[prefix + "accuracy"].append(float(accuracy.result()))
            print(f"{prefix}loss {mean.result():.4f} {prefix}accuracy {accuracy.result():.4f}", file=sys.stderr)
    return history
