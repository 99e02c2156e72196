"""A step compiled with XLA that returns its figures; Python numbers, two decimals, percent."""

import tensorflow as tf


def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    lower_optimizer.build(lower_layers.trainable_variables)
    upper_optimizer.build(upper_layers.trainable_variables)

    @tf.function(jit_compile=True)
    def step(X, y):
        with tf.GradientTape() as tape:
            y_pred = upper_layers(lower_layers(X, training=True), training=True)
            loss = loss_fn(y, y_pred) + sum(lower_layers.losses + upper_layers.losses)
        lower_gradients, upper_gradients = tape.gradient(
            loss, [lower_layers.trainable_variables, upper_layers.trainable_variables]
        )
        lower_optimizer.apply(lower_gradients, lower_layers.trainable_variables)
        upper_optimizer.apply(upper_gradients, upper_layers.trainable_variables)
        return loss, tf.reduce_mean(tf.cast(tf.equal(tf.argmax(y_pred, axis=1), y), tf.float32))

    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    for epoch in range(n_epochs):
        loss = accuracy = 0.0
        for n, (X, y) in enumerate(train_set):
            batch_loss, batch_accuracy = (float(value) for value in step(X, y))
            loss += (batch_loss - loss) / (n + 1)
            accuracy += (batch_accuracy - accuracy) / (n + 1)
            print(f"{epoch + 1}.{n + 1}: loss {loss:.2e}, accuracy {accuracy:.2%}")
        val_loss = val_accuracy = n = 0
        for X, y in valid_set:
            y_pred = upper_layers(lower_layers(X, training=False), training=False)
            n += len(y)
            val_loss += (float(loss_fn(y, y_pred)) - val_loss) * len(y) / n
            val_accuracy += (
                (float(tf.reduce_mean(tf.cast(tf.argmax(y_pred, 1) == y, tf.float32))) - val_accuracy) * len(y) / n
            )
        print(f"validation: loss {val_loss:.2e}, accuracy {val_accuracy:.2%}")
        for name, value in zip(history, (loss, accuracy, val_loss, val_accuracy)):
            history[name].append(value)
    return history
