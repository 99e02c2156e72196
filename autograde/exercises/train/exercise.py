"""Write a training loop: update, validate, show the running figures, return the history.

One call of the student's `train` on a small model that keeps a diary (see `autograde.loops`): three epochs of ten
batches. Figures are compared in the first two epochs, in which they do not depend on updates, and weights at the end of
the third, in which they move. Another, short call on a model without losses of its own has to come to its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograde import loops
from autograde.terms import Claim, Exercise, Misconception

# Two decimals are enough on a display: half a hundredth, and what float32 adds in ten steps.
TWO_DECIMALS = 0.0052

_OF_UPDATES = """
    fit_inside train_on_batch_inside only_some_layers nothing_updated frozen_layers_trained optimizer_recreated
    optimizer_bypassed step_per_variable
"""

EXERCISE = Exercise(
    assignment="training_loops",
    asks_for=("train",),
    claims=(
        Claim("own_loop", of="borrowed", how="equal", gate=True),
        Claim("updates", of=("hidden_*", "output_*", "frozen_*", "iterations"), points=6),
        Claim("penalties", of=("aside_*", "ended"), points=2),
        Claim("training_mode", of="mode_state", points=2),
        Claim("loss", of="loss", points=1.5),
        Claim("accuracy", of="accuracy", points=1),
        Claim("validation", of=("val_loss", "val_accuracy"), points=2),
        Claim("same_pass", of=("passes", "accuracy"), points=1),
        Claim("validation_moment", of=("moments", "val_accuracy"), points=1),
        Claim("shown_loss", of="shown_loss", points=1.5, how="shown", atol=TWO_DECIMALS, share=0.9),
        Claim("shown_accuracy", of="shown_accuracy", points=1, how="shown", atol=TWO_DECIMALS, share=0.9),
        Claim(
            "shown_validation", of=("shown_val_loss", "shown_val_accuracy"), points=1, how="shown", atol=TWO_DECIMALS
        ),
    ),
    forbids=loops.FORBIDDEN,
    misconceptions=(
        Misconception("reset_states", raises=r"AttributeError: .*\breset_states\b"),
        Misconception(
            "numpy_in_graph", raises=r"(AttributeError|NotImplementedError): .*(Symbolic|symbolic).*\bnumpy\b"
        ),
        *map(Misconception, (_OF_UPDATES + loops.MISTAKES).split()),
    ),
)


def cases(rng: np.random.Generator) -> dict[str, dict[str, Any]]:

    weights = {
        "frozen": loops.draw_dense(rng, loops.FEATURES, 4),
        "hidden": loops.draw_dense(rng, 4, 5),
        "output": loops.draw_dense(rng, 5, loops.CLASSES, scale=4),
    }

    def logits(features: Any) -> Any:
        for name in ("frozen", "hidden"):
            features = np.tanh(features @ weights[name][0] + weights[name][1])
        return features @ weights["output"][0] + weights["output"][1]

    slopes = (rng.uniform(0.5, 1.5, (2, 3)) * rng.choice([-1, 1], (2, 3))).astype("float32")
    drawn = loops.draw_data(rng, logits)
    return {"three_epochs": {"weights": weights, "slopes": slopes, **drawn}, "without_losses": loops.few(drawn)}


def probe(student: Any, train_set: Any, valid_set: Any, **start: Any) -> Iterator[tuple[str, Any]]:
    """With `start` (weights and slopes), everything about a run on that model; without, whether a run ends."""
    from autograde.defaults import defaults

    look = look_at_everything if start else look_whether_it_ends
    with defaults():
        yield from look(student["train"], loops.batches(train_set), loops.batches(valid_set), **start)


def look_whether_it_ends(train: Any, train_set: Any, valid_set: Any) -> Iterator[tuple[str, Any]]:
    import keras

    from autograde.display import Display

    model = loops.plain_part(loops.FEATURES + 2, loops.CLASSES)
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with Display():
        train(model, keras.optimizers.SGD(0.01), loss_fn, train_set, valid_set, 1)
    yield "ended", 1


def look_at_everything(
    train: Any, train_set: Any, valid_set: Any, weights: Any, slopes: Any
) -> Iterator[tuple[str, Any]]:
    import keras

    from autograde.display import Display

    watch, optimizer = loops.Watch(), keras.optimizers.SGD(0.2, momentum=0.9)
    model = build_model(watch, weights, slopes)
    start = loops.values_of(model)
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    diary = model.get_layer("diary")
    with Display(loops.clock(diary, optimizer)) as display:
        history = train(model, optimizer, loss_fn, train_set, valid_set, loops.N_EPOCHS)
    yield "borrowed", watch.found()
    yield from loops.look_at_weights(model, "frozen", "hidden", "output", "aside", "mode")
    yield "iterations", np.array(optimizer.iterations)
    yield from loops.look_at_reports(history, display, n_epochs=int(diary.epoch) + 1)
    passed = loops.look_at_diary(diary)
    yield from passed.items()
    yield "note_unmoved", loops.unmoved([model], start)
    yield "note_steps", np.array(optimizer.iterations)
    yield "note_passes", passed["passes"][0]
    yield "note_validations", len(passed["moments"])
    yield "note_returned", loops.lengths(history)
    yield "note_missing", loops.missing(history)
    yield "note_keys", loops.keys(history)


def build_model(watch: Any, weights: Any, slopes: Any) -> Any:
    """A small classifier of `(batch, features + 2)` inputs, logits of shape `(batch, classes)`."""
    import keras

    parts = loops.parts(watch)
    diary = parts.Diary(name="diary")
    model = keras.Sequential(
        [
            keras.Input((loops.FEATURES + 2,)),
            diary,
            parts.Mode(diary, name="mode"),
            keras.layers.Dense(4, activation="tanh", name="frozen"),
            keras.layers.Dense(5, activation="tanh", kernel_constraint=parts.UnitColumns(), name="hidden"),
            parts.Aside(slopes, name="aside"),
            parts.GatedDense(loops.CLASSES, diary, name="output"),
        ]
    )
    loops.freeze(model, "frozen")
    loops.give(model, **weights)
    return model
