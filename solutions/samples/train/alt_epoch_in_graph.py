"""The loop over the dataset stands in the graph as well; all running means are shown afterwards."""

import tensorflow as tf


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    optimizer.build(model.trainable_variables)
    n_steps = len(train_set)

    @tf.function
    def train_epoch():
        losses = tf.TensorArray(tf.float32, n_steps)
        hits = tf.TensorArray(tf.float32, n_steps)
        sizes = tf.TensorArray(tf.float32, n_steps)
        for i, (X, y) in train_set.enumerate():
            with tf.GradientTape() as tape:
                y_pred = model(X, training=True)
                loss = tf.add_n([loss_fn(y, y_pred), *model.losses])
            optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
            i = tf.cast(i, tf.int32)
            size = tf.cast(tf.shape(y)[0], tf.float32)
            losses = losses.write(i, loss * size)
            hits = hits.write(i, tf.reduce_sum(tf.cast(tf.argmax(y_pred, axis=1) == y, tf.float32)))
            sizes = sizes.write(i, size)
        seen = tf.cumsum(sizes.stack())
        return tf.cumsum(losses.stack()) / seen, tf.cumsum(hits.stack()) / seen

    @tf.function
    def validate():
        total, hits, seen = 0.0, 0.0, 0.0
        for X, y in valid_set:
            y_pred = model(X, training=False)
            size = tf.cast(tf.shape(y)[0], tf.float32)
            total += size * tf.add_n([loss_fn(y, y_pred), *model.losses])
            hits += tf.reduce_sum(tf.cast(tf.argmax(y_pred, axis=1) == y, tf.float32))
            seen += size
        return total / seen, hits / seen

    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    for epoch in range(n_epochs):
        losses, accuracies = train_epoch()
        for step in range(n_steps):
            print(f"{epoch + 1}/{step + 1} loss={losses[step]:.3f} accuracy={accuracies[step]:.3f}")
        val_loss, val_accuracy = validate()
        print(f"val_loss={val_loss:.3f} val_accuracy={val_accuracy:.3f}")
        for name, value in zip(history, (losses[-1], accuracies[-1], val_loss, val_accuracy)):
            history[name].append(value.numpy().item())
    return history
