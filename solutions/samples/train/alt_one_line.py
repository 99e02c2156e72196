"""All iterations of an epoch on one line; validation on all samples at once; a persistent tape."""

import numpy as np
import tensorflow as tf


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    X_valid = np.concatenate([X.numpy() for X, _ in valid_set])
    y_valid = np.concatenate([y.numpy() for _, y in valid_set])
    loss_curve, accuracy_curve, val_loss_curve, val_accuracy_curve = [], [], [], []
    for epoch in range(n_epochs):
        mean_loss = tf.keras.metrics.Mean(name="loss")
        mean_accuracy = tf.keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        print("epoch", epoch, end=": ")
        for X, y in train_set.prefetch(1):
            with tf.GradientTape(persistent=True) as tape:
                y_pred = model(X, training=True)
                loss = loss_fn(y, y_pred)
                for penalty in model.losses:
                    loss = loss + penalty
            gradients = [tape.gradient(loss, variable) for variable in model.trainable_variables]
            del tape
            optimizer.apply_gradients(list(zip(gradients, model.trainable_variables)))
            mean_loss.update_state(loss, sample_weight=len(y))
            mean_accuracy.update_state(y, y_pred)
            for metric in (mean_loss, mean_accuracy):
                print(f"{metric.name} {metric.result():.3f}", end=" ")
        loss_curve.append(mean_loss.result().numpy())
        accuracy_curve.append(mean_accuracy.result().numpy())
        y_pred = model(X_valid, training=False)
        val_loss_curve.append(np.float64(loss_fn(y_valid, y_pred)))
        val_accuracy_curve.append(np.mean(np.argmax(y_pred, axis=-1) == y_valid))
        print(f"val_loss {val_loss_curve[-1]:.3f} val_accuracy {val_accuracy_curve[-1]:.3f}")
    return dict(loss=loss_curve, accuracy=accuracy_curve, val_loss=val_loss_curve, val_accuracy=val_accuracy_curve)
