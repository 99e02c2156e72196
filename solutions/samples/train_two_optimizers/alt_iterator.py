"""A counting pass, then an iterator and next; figures as plain sums."""

import tensorflow as tf


def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": [], "steps": []}
    n_steps = sum(1 for _ in train_set)
    for epoch in range(n_epochs):
        iterator = iter(train_set)
        loss_sum, n_right, n_seen = 0.0, 0, 0
        for step in range(n_steps):
            X, y = next(iterator)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch([one.value for one in lower_layers.trainable_variables + upper_layers.trainable_variables])
                scores = upper_layers(lower_layers(X, training=True), training=True)
                loss = loss_fn(y_true=y, y_pred=scores)
                penalties = lower_layers.losses + upper_layers.losses
                if penalties:
                    loss += tf.add_n(penalties)
            lower_variables, upper_variables = lower_layers.trainable_variables, upper_layers.trainable_variables
            lower_gradients, upper_gradients = tape.gradient(loss, [lower_variables, upper_variables])
            lower_optimizer.apply_gradients(zip(lower_gradients, lower_variables))
            upper_optimizer.apply_gradients(zip(upper_gradients, upper_variables))
            loss_sum += loss.numpy() * X.shape[0]
            n_right += int(tf.reduce_sum(tf.cast(tf.math.in_top_k(y, scores, 1), tf.int32)))
            n_seen += X.shape[0]
            print("epoch", epoch + 1, "step", step + 1, "loss", loss_sum / n_seen, "accuracy", n_right / n_seen)
        history["loss"].append(loss_sum / n_seen)
        history["accuracy"].append(n_right / n_seen)
        history["steps"].append(n_steps)
        loss_sum, n_right, n_seen = 0.0, 0, 0
        for X, y in valid_set:
            scores = upper_layers(lower_layers(X, training=False), training=False)
            loss_sum += loss_fn(y, scores).numpy() * X.shape[0]
            n_right += int(tf.reduce_sum(tf.cast(tf.math.in_top_k(y, scores, 1), tf.int32)))
            n_seen += X.shape[0]
        history["val_loss"].append(loss_sum / n_seen)
        history["val_accuracy"].append(n_right / n_seen)
        print("validation loss", loss_sum / n_seen, "accuracy", n_right / n_seen)
    return history
