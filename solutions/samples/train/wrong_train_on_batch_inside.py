"""Keras's train_on_batch does the step."""


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    model.compile(optimizer=optimizer, loss=loss_fn, metrics=["accuracy"])
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    for epoch in range(n_epochs):
        model.reset_metrics()
        for step, (X, y) in enumerate(train_set):
            loss, accuracy = model.train_on_batch(X, y)
            print(f"\repoch {epoch + 1}, step {step + 1}: loss {loss:.4f}, accuracy {accuracy:.4f}", end="")
        val_loss, val_accuracy = model.evaluate(valid_set, verbose=0)
        for name, value in zip(history, (loss, accuracy, val_loss, val_accuracy)):
            history[name].append(float(value))
        print(f", val_loss {val_loss:.4f}, val_accuracy {val_accuracy:.4f}")
    return history
