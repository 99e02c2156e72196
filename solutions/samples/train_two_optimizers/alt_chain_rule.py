"""The chain rule by hand: the gradient with respect to the lower part's outputs is passed down."""

import tensorflow as tf


def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    mean_loss = tf.keras.metrics.Mean()
    accuracy = tf.keras.metrics.SparseCategoricalAccuracy()
    n_steps = int(train_set.cardinality())
    for epoch in range(1, n_epochs + 1):
        for step, (X_batch, y_batch) in enumerate(train_set, start=1):
            with tf.GradientTape() as lower_tape:
                features = lower_layers(X_batch, training=True)
                penalty = tf.add_n([tf.zeros(()), *lower_layers.losses])
            with tf.GradientTape() as upper_tape:
                upper_tape.watch(features)
                y_pred = upper_layers(features, training=True)
                loss = tf.add_n([loss_fn(y_batch, y_pred)] + upper_layers.losses)
            upper_gradients, passed_down = upper_tape.gradient(loss, [upper_layers.trainable_variables, features])
            lower_gradients = lower_tape.gradient(
                [features, penalty], lower_layers.trainable_variables, output_gradients=[passed_down, tf.constant(1.0)]
            )
            loss += penalty
            lower_optimizer.apply_gradients(zip(lower_gradients, lower_layers.trainable_variables))
            upper_optimizer.apply_gradients(zip(upper_gradients, upper_layers.trainable_variables))
            mean_loss(loss)
            accuracy(y_batch, y_pred)
            print(
                f"\rEpoch {epoch}/{n_epochs} - {step}/{n_steps} - loss: {mean_loss.result():.4f}"
                f" - accuracy: {accuracy.result():.4f}",
                end="",
            )
        history["loss"].append(float(mean_loss.result()))
        history["accuracy"].append(float(accuracy.result()))
        mean_loss.reset_state()
        accuracy.reset_state()
        for X_batch, y_batch in valid_set:
            y_pred = upper_layers(lower_layers(X_batch, training=False), training=False)
            mean_loss(loss_fn(y_batch, y_pred), sample_weight=len(y_batch))
            accuracy(y_batch, y_pred)
        history["val_loss"].append(float(mean_loss.result()))
        history["val_accuracy"].append(float(accuracy.result()))
        print(f" - val_loss: {history['val_loss'][-1]:.4f} - val_accuracy: {history['val_accuracy'][-1]:.4f}")
        mean_loss.reset_state()
        accuracy.reset_state()
    return history
