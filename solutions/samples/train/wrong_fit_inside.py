"""Keras's fit does the work."""


def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    model.compile(optimizer=optimizer, loss=loss_fn, metrics=["accuracy"])
    return model.fit(train_set, epochs=n_epochs, validation_data=valid_set).history
