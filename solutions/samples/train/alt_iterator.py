"""A counting pass, then an iterator and next; figures as plain sums."""

import tensorflow as tf


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": [], "steps": []}
    n_steps = sum(1 for _ in train_set)
    for epoch in range(n_epochs):
        iterator = iter(train_set)
        loss_sum, n_right, n_seen = 0.0, 0, 0
        for step in range(n_steps):
            X, y = next(iterator)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch([variable.value for variable in model.trainable_variables])
                scores = model(X, training=True)
                loss = loss_fn(y_true=y, y_pred=scores)
                if model.losses:
                    loss += sum(model.losses)
            grads_and_vars = zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
            optimizer.apply_gradients(grads_and_vars)
            loss_sum += loss.numpy() * X.shape[0]
            n_right += int(tf.reduce_sum(tf.cast(tf.math.in_top_k(y, scores, 1), tf.int32)))
            n_seen += X.shape[0]
            print("epoch", epoch + 1, "step", step + 1, "loss", loss_sum / n_seen, "accuracy", n_right / n_seen)
        history["loss"].append(loss_sum / n_seen)
        history["accuracy"].append(n_right / n_seen)
        history["steps"].append(n_steps)
        loss_sum, n_right, n_seen = 0.0, 0, 0
        for X, y in valid_set:
            scores = model(X, training=False)
            loss_sum += loss_fn(y, scores).numpy() * X.shape[0]
            n_right += int(tf.reduce_sum(tf.cast(tf.math.in_top_k(y, scores, 1), tf.int32)))
            n_seen += X.shape[0]
        history["val_loss"].append(loss_sum / n_seen)
        history["val_accuracy"].append(n_right / n_seen)
        print("validation loss", loss_sum / n_seen, "accuracy", n_right / n_seen)
    return history
