"""Write a training loop with two optimizers: one for the lower layers of a network, one for the upper layers.

One call of the student's function on two small parts that keep a diary (see `autograde.loops`): three epochs of ten
batches. The gradient from the outputs reaches the weights at one single step of the last epoch. So what happens to one
part does not show in the other, unless its gradients were taken after the other part's update. Another, short call on
parts without losses of their own has to come to its end.
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
    fit_inside multi_optimizer_inside lower_layers_frozen upper_layers_frozen only_some_layers swapped
    both_on_everything overlapping_groups gradients_cut_in_half one_optimizer_for_both every_second_step
    gradients_after_update nothing_updated frozen_layers_trained optimizer_recreated optimizer_bypassed
"""

EXERCISE = Exercise(
    assignment="training_loops",
    asks_for=("train_two_optimizers",),
    claims=(
        Claim("own_loop", of="borrowed", how="equal", gate=True),
        Claim("lower_updates", of=("lower_frozen_*", "lower_1_*", "lower_2_*", "lower_iterations"), points=4),
        Claim("upper_updates", of=("upper_1_*", "upper_2_*", "upper_iterations"), points=4),
        Claim("penalties", of=("lower_aside_*", "upper_aside_*", "ended"), points=1.5),
        Claim("training_mode", of=("lower_mode_state", "upper_mode_state"), points=1.5),
        Claim("loss", of="loss", points=1.5),
        Claim("accuracy", of="accuracy", points=1),
        Claim("validation", of=("val_loss", "val_accuracy"), points=2),
        Claim("same_pass", of=("passes", "accuracy"), points=1),
        Claim("validation_moment", of=("moments", "val_accuracy"), points=1),
        Claim("shown_loss", of="shown_loss", points=1, how="shown", atol=TWO_DECIMALS, share=0.9),
        Claim("shown_accuracy", of="shown_accuracy", points=0.75, how="shown", atol=TWO_DECIMALS, share=0.9),
        Claim(
            "shown_validation",
            of=("shown_val_loss", "shown_val_accuracy"),
            points=0.75,
            how="shown",
            atol=TWO_DECIMALS,
        ),
    ),
    forbids=loops.FORBIDDEN,
    misconceptions=(
        Misconception("reset_states", raises=r"AttributeError: .*\breset_states\b"),
        Misconception(
            "numpy_in_graph", raises=r"(AttributeError|NotImplementedError): .*(Symbolic|symbolic).*\bnumpy\b"
        ),
        Misconception(
            "unknown_variable", raises=r"(KeyError|ValueError): .*Unknown variable|optimizer cannot recognize variable"
        ),
        *map(Misconception, (_OF_UPDATES + loops.MISTAKES).split()),
    ),
)


def cases(rng: np.random.Generator) -> dict[str, dict[str, Any]]:

    sizes = {"lower_frozen": (loops.FEATURES, 4), "lower_1": (4, 4), "lower_2": (4, 5), "upper_1": (5, 4)}
    weights = {name: loops.draw_dense(rng, *size) for name, size in sizes.items()}
    weights["upper_1"] = weights["upper_1"][:1]  # the parts do not have equally many variables: a cut in half shows
    weights["upper_2"] = loops.draw_dense(rng, 4, loops.CLASSES, scale=4)

    def logits(features: Any) -> Any:
        for name in sizes:
            kernel, *bias = weights[name]
            features = np.tanh(features @ kernel + sum(bias))
        return features @ weights["upper_2"][0] + weights["upper_2"][1]

    slopes = (rng.uniform(0.5, 1.5, (2, 2, 3)) * rng.choice([-1, 1], (2, 2, 3))).astype("float32")
    drawn = loops.draw_data(rng, logits)
    return {"three_epochs": {"weights": weights, "slopes": slopes, **drawn}, "without_losses": loops.few(drawn)}


def probe(student: Any, train_set: Any, valid_set: Any, **start: Any) -> Iterator[tuple[str, Any]]:
    """With `start` (weights and slopes), everything about a run on those parts; without, whether a run ends."""
    from autograde.defaults import defaults

    look = look_at_everything if start else look_whether_it_ends
    with defaults():
        yield from look(student["train_two_optimizers"], loops.batches(train_set), loops.batches(valid_set), **start)


def look_whether_it_ends(train: Any, train_set: Any, valid_set: Any) -> Iterator[tuple[str, Any]]:
    import keras

    from autograde.display import Display

    lower = loops.plain_part(loops.FEATURES + 2, 4)
    upper = loops.plain_part(4, loops.CLASSES, "softmax")
    optimizers = keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.01)
    with Display():
        train(lower, upper, *optimizers, keras.losses.SparseCategoricalCrossentropy(), train_set, valid_set, 1)
    yield "ended", 1


def look_at_everything(
    train: Any, train_set: Any, valid_set: Any, weights: Any, slopes: Any
) -> Iterator[tuple[str, Any]]:
    import keras

    from autograde.display import Display

    watch = loops.Watch()
    # Of a single gradient, Adam with its usual epsilon would show the sign only.
    optimizers = keras.optimizers.SGD(0.2, momentum=0.9), keras.optimizers.Adam(0.2, epsilon=0.1)
    lower, upper = build_parts(watch, weights, slopes)
    start = loops.values_of(lower, upper)
    loss_fn = keras.losses.SparseCategoricalCrossentropy()
    diary = lower.get_layer("diary")
    with Display(loops.clock(diary, *optimizers)) as display:
        history = train(lower, upper, *optimizers, loss_fn, train_set, valid_set, loops.N_EPOCHS)
    yield "borrowed", watch.found()
    yield from loops.look_at_weights(lower, "lower_frozen", "lower_1", "lower_2", "lower_aside", "lower_mode")
    yield from loops.look_at_weights(upper, "upper_1", "upper_2", "upper_aside", "upper_mode")
    for name, optimizer in zip(("lower", "upper"), optimizers, strict=True):
        yield f"{name}_iterations", np.array(optimizer.iterations)
    yield from loops.look_at_reports(history, display, n_epochs=int(diary.epoch) + 1)
    passed = loops.look_at_diary(diary)
    yield from passed.items()
    yield "note_unmoved", loops.unmoved([lower, upper], start)
    yield "note_lower_steps", np.array(optimizers[0].iterations)
    yield "note_upper_steps", np.array(optimizers[1].iterations)
    yield "note_passes", passed["passes"][0]
    yield "note_validations", len(passed["moments"])
    yield "note_returned", loops.lengths(history)
    yield "note_missing", loops.missing(history)
    yield "note_keys", loops.keys(history)


def build_parts(watch: Any, weights: Any, slopes: Any) -> tuple[Any, Any]:
    """The lower part, `(batch, features + 2)` to `(batch, 5)`, and the upper part, from there to probabilities."""
    import keras

    parts = loops.parts(watch)
    dense = keras.layers.Dense
    diary = parts.Diary(name="diary")
    lower = keras.Sequential(
        [
            keras.Input((loops.FEATURES + 2,)),
            diary,
            dense(4, activation="tanh", name="lower_frozen"),
            dense(4, activation="tanh", name="lower_1"),
            parts.Aside(slopes[0], name="lower_aside"),
            parts.Mode(diary, name="lower_mode"),
            dense(5, activation="tanh", kernel_constraint=parts.UnitColumns(), name="lower_2"),
        ]
    )
    upper = keras.Sequential(
        [
            keras.Input((5,)),
            dense(4, activation="tanh", use_bias=False, name="upper_1"),
            parts.Mode(diary, name="upper_mode"),
            parts.Aside(slopes[1], name="upper_aside"),
            parts.GatedDense(loops.CLASSES, diary, once=True, activation="softmax", name="upper_2"),
        ]
    )
    loops.freeze(lower, "lower_frozen")
    loops.give(lower, **{name: pair for name, pair in weights.items() if name.startswith("lower")})
    loops.give(upper, **{name: pair for name, pair in weights.items() if name.startswith("upper")})
    return lower, upper
