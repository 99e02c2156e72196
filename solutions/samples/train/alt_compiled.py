"""A compiled step that returns loss and hits; Python keeps the running means; tqdm shows them."""

import tensorflow as tf
from tqdm.auto import tqdm


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    optimizer.build(model.trainable_variables)

    @tf.function
    def train_step(X, y):
        with tf.GradientTape() as tape:
            y_pred = model(X, training=True)
            loss = loss_fn(y, y_pred) + sum(model.losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss, tf.math.count_nonzero(tf.argmax(y_pred, axis=1) == y)

    @tf.function
    def valid_step(X, y):
        y_pred = model(X, training=False)
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
