"""A whole epoch in one XLA-compiled call over stacked batches that hands back every step's running means."""

import tensorflow as tf


def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    batches = list(train_set)
    full, rest = batches[:-1], batches[-1]
    X_full = tf.stack([X for X, _ in full])
    y_full = tf.stack([y for _, y in full])
    lower_optimizer.build(lower_layers.trainable_variables)
    upper_optimizer.build(upper_layers.trainable_variables)

    def step(X, y):
        with tf.GradientTape() as tape:
            y_pred = upper_layers(lower_layers(X, training=True), training=True)
            loss = tf.add_n([loss_fn(y, y_pred), *lower_layers.losses, *upper_layers.losses])
        lower_gradients, upper_gradients = tape.gradient(
            loss, [lower_layers.trainable_variables, upper_layers.trainable_variables]
        )
        lower_optimizer.apply(lower_gradients, lower_layers.trainable_variables)
        upper_optimizer.apply(upper_gradients, upper_layers.trainable_variables)
        return loss, tf.reduce_sum(tf.cast(tf.argmax(y_pred, 1) == y, tf.float32))

    @tf.function(jit_compile=True)
    def epoch_of_steps(X_full, y_full, X_rest, y_rest):
        n = X_full.shape[0]
        losses, hits = tf.TensorArray(tf.float32, n + 1), tf.TensorArray(tf.float32, n + 1)
        for i in tf.range(n):
            loss, right = step(X_full[i], y_full[i])
            losses, hits = losses.write(i, loss), hits.write(i, right)
        loss, right = step(X_rest, y_rest)
        losses, hits = losses.write(n, loss), hits.write(n, right)
        sizes = tf.constant([X_full.shape[1]] * n + [X_rest.shape[0]], tf.float32)
        seen = tf.cumsum(sizes)
        return tf.cumsum(losses.stack() * sizes) / seen, tf.cumsum(hits.stack()) / seen

    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    X_valid = tf.concat([X for X, _ in valid_set], axis=0)
    y_valid = tf.concat([y for _, y in valid_set], axis=0)
    for epoch in range(n_epochs):
        losses, accuracies = epoch_of_steps(X_full, y_full, *rest)
        for i, (loss, accuracy) in enumerate(zip(losses.numpy(), accuracies.numpy()), start=1):
            print(f"epoch {epoch + 1}, step {i}/{len(losses)}: loss {loss:.3f}, accuracy {accuracy:.3f}")
        y_pred = upper_layers(lower_layers(X_valid, training=False), training=False)
        history["loss"].append(losses.numpy()[-1])
        history["accuracy"].append(accuracies.numpy()[-1])
        history["val_loss"].append(loss_fn(y_valid, y_pred).numpy())
        history["val_accuracy"].append((tf.argmax(y_pred, 1) == y_valid).numpy().mean())
        print(f"valid: loss {history['val_loss'][-1]:.3f}, accuracy {history['val_accuracy'][-1]:.3f}")
    return history
