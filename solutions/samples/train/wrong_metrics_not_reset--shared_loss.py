"""One mean takes the losses of training and goes on through validation."""

import tensorflow as tf


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    mean_loss = tf.keras.metrics.Mean()
    accuracy = tf.keras.metrics.SparseCategoricalAccuracy()
    valid_accuracy = tf.keras.metrics.SparseCategoricalAccuracy()
    for epoch in range(n_epochs):
        for step, (X, y) in enumerate(train_set):
            with tf.GradientTape() as tape:
                y_pred = model(X, training=True)
                loss = tf.add_n([loss_fn(y, y_pred), *model.losses])
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables))
            mean_loss(loss)
            accuracy(y, y_pred)
            status = f"loss {mean_loss.result():.4f}, accuracy {accuracy.result():.4f}"
            print(f"\repoch {epoch + 1}, step {step + 1}: {status}", end="")
        history["loss"].append(float(mean_loss.result()))
        history["accuracy"].append(float(accuracy.result()))
        for X, y in valid_set:
            y_pred = model(X, training=False)
            mean_loss(loss_fn(y, y_pred), sample_weight=len(y))
            valid_accuracy(y, y_pred)
        history["val_loss"].append(float(mean_loss.result()))
        history["val_accuracy"].append(float(valid_accuracy.result()))
        mean_loss.reset_state()
        accuracy.reset_state()
        valid_accuracy.reset_state()
        print(f"\nval_loss {history['val_loss'][-1]:.4f}, val_accuracy {history['val_accuracy'][-1]:.4f}")
    return history
