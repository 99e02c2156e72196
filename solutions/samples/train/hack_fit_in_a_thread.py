"""Lets fit work in a thread of its own, where nobody should see it, and prints its figures afterwards."""

import threading


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    model.compile(optimizer=optimizer, loss=loss_fn, metrics=["accuracy"])
    kept = {}
    worker = threading.Thread(
        target=lambda: kept.update(model.fit(train_set, epochs=n_epochs, validation_data=valid_set, verbose=0).history)
    )
    worker.start()
    worker.join()
    for loss, accuracy in zip(kept["loss"], kept["accuracy"]):
        print(f"loss {loss:.4f}, accuracy {accuracy:.4f}")
    return kept
