"""A compiled step that returns loss and hits; Python keeps the running means; tqdm shows them."""

import tensorflow as tf
from tqdm.auto import tqdm


def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    lower_optimizer.build(lower_layers.trainable_variables)
    upper_optimizer.build(upper_layers.trainable_variables)

    @tf.function
    def train_step(X, y):
        with tf.GradientTape() as tape:
            y_pred = upper_layers(lower_layers(X, training=True), training=True)
            loss = loss_fn(y, y_pred) + sum(lower_layers.losses + upper_layers.losses)
        lower_gradients, upper_gradients = tape.gradient(
            loss, [lower_layers.trainable_variables, upper_layers.trainable_variables]
        )
        lower_optimizer.apply(lower_gradients, lower_layers.trainable_variables)
        upper_optimizer.apply(upper_gradients, upper_layers.trainable_variables)
        return loss, tf.math.count_nonzero(tf.argmax(y_pred, axis=1) == y)

    @tf.function
    def valid_step(X, y):
        y_pred = upper_layers(lower_layers(X, training=False), training=False)
        return loss_fn(y, y_pred), tf.math.count_nonzero(tf.argmax(y_pred, axis=1) == y)

    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    for epoch in range(n_epochs):
        with tqdm(total=int(train_set.cardinality()), desc=f"Epoch {epoch + 1}/{n_epochs}") as bar:
            total = hits = seen = 0
            for X, y in train_set:
                loss, n_hits = train_step(X, y)
                total += float(loss) * len(y)
                hits += int(n_hits)
                seen += len(y)
                bar.set_postfix(loss=total / seen, accuracy=hits / seen)
                bar.update()
            history["loss"].append(total / seen)
            history["accuracy"].append(hits / seen)
            val_total = val_hits = val_seen = 0
            for X, y in valid_set:
                loss, n_hits = valid_step(X, y)
                val_total += float(loss) * len(y)
                val_hits += int(n_hits)
                val_seen += len(y)
            history["val_loss"].append(val_total / val_seen)
            history["val_accuracy"].append(val_hits / val_seen)
            bar.set_postfix({name: values[-1] for name, values in history.items()})
    return history
