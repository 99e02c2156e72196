"""Calls Keras's compiled training function by itself, without fit."""


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    model.compile(optimizer=optimizer, loss=loss_fn, metrics=["accuracy"])
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    model.make_train_function()
    for epoch in range(n_epochs):
        model.reset_metrics()
        for batch in train_set:
            logs = model.train_function(iter([batch]))
            print(f"loss {float(logs['loss']):.4f}, accuracy {float(logs['accuracy']):.4f}")
        val_loss, val_accuracy = model.evaluate(valid_set, verbose=0)
        for name, value in zip(history, (logs["loss"], logs["accuracy"], val_loss, val_accuracy)):
            history[name].append(float(value))
    return history
