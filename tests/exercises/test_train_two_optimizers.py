"""What the laws do not say about the loop with two optimizers: what each mistake costs, and that mistakes add up."""

from __future__ import annotations

import pytest

from tests.exercises.mistaken_loop import MistakenLoop, lost

SLUG = "train_two_optimizers"
LOOP = """
import tensorflow as tf

def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    lower_optimizer.build(lower_layers.trainable_variables)
    upper_optimizer.build(upper_layers.trainable_variables)

    @tf.function
    def step(X, y):
        with tf.GradientTape() as tape:
            y_pred = upper_layers(lower_layers(X, training=True), training=True)
            loss = loss_fn(y, y_pred) + sum(lower_layers.losses) + sum(upper_layers.losses)
        lower_variables, upper_variables = lower_layers.trainable_variables, upper_layers.trainable_variables
        lower_gradients, upper_gradients = tape.gradient(loss, [lower_variables, upper_variables])
        lower_optimizer.apply(lower_gradients, lower_variables)
        upper_optimizer.apply(upper_gradients, upper_variables)
        return loss, tf.reduce_mean(tf.cast(tf.argmax(y_pred, 1) == y, tf.float32))

    @tf.function
    def look(X, y):
        y_pred = upper_layers(lower_layers(X))
        return loss_fn(y, y_pred), tf.reduce_mean(tf.cast(tf.argmax(y_pred, 1) == y, tf.float32))

    def running(function, batches, total=0.0, hits=0.0, seen=0):
        for X, y in batches:
            loss, accuracy = function(X, y)
            total, hits, seen = total + float(loss) * len(y), hits + float(accuracy) * len(y), seen + len(y)
            yield total / seen, hits / seen

    for epoch in range(n_epochs):
        for loss, accuracy in running(step, train_set):
            print(f"loss {loss:.3f}, accuracy {accuracy:.3f}")
        *_, (val_loss, val_accuracy) = running(look, valid_set)
        print(f"val_loss {val_loss:.3f}, val_accuracy {val_accuracy:.3f}")
        for name, value in zip(history, (loss, accuracy, val_loss, val_accuracy)):
            history[name].append(value)
    return history
"""
MISTAKES = {  # what is written instead, and the claims that it costs
    "lower_mode": ("lower_layers(X, training=True)", "lower_layers(X)", {"training_mode"}),
    "upper_mode": ("), training=True)", "))", {"training_mode"}),
    "lower_penalties": (" + sum(lower_layers.losses)", "", {"penalties", "loss", "shown_loss"}),
    "lower_frozen": (
        "        lower_optimizer.apply(lower_gradients, lower_variables)\n",
        "",
        {"lower_updates", "penalties"},
    ),
    "upper_frozen": (
        "        upper_optimizer.apply(upper_gradients, upper_variables)\n",
        "",
        {"upper_updates", "penalties"},
    ),
    "lower_ascent": (
        "lower_optimizer.apply(lower_gradients",
        "lower_optimizer.apply([-one for one in lower_gradients]",
        {"lower_updates", "penalties"},
    ),
    "upper_last": (
        "upper_optimizer.apply(upper_gradients, upper_variables)",
        "upper_optimizer.apply(upper_gradients[-2:], upper_variables[-2:])",
        {"upper_updates", "penalties"},
    ),
    "validated": (
        "running(look, valid_set)",
        "running(look, train_set)",
        {"validation", "shown_validation", "same_pass", "validation_moment"},
    ),
    "silent": (
        'print(f"loss {loss:.3f}, accuracy {accuracy:.3f}")',
        "pass",
        {"shown_loss", "shown_accuracy"},
    ),
    "unseen": ('print(f"val_loss {val_loss:.3f}, val_accuracy {val_accuracy:.3f}")', "pass", {"shown_validation"}),
    "empty": (
        "    return history",
        "    return {}",
        {"loss", "accuracy", "validation", "same_pass", "validation_moment"},
    ),
}
PAIRS = [
    ("lower_mode", "upper_frozen"),
    ("lower_frozen", "upper_last"),
    ("lower_penalties", "silent"),
    ("validated", "lower_ascent"),
]


SUBJECT = MistakenLoop(SLUG, LOOP, MISTAKES)


def test_the_loop_itself_is_right() -> None:
    assert (SUBJECT.verdict().points, SUBJECT.verdict().outcome) == (20, "correct")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_costs_its_part_and_nothing_else(mistake: str) -> None:
    assert lost(SUBJECT.verdict(mistake)) == SUBJECT.costs(mistake)


@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
def test_two_mistakes_cost_both(pair: tuple[str, str]) -> None:
    assert lost(SUBJECT.verdict(*pair)) == SUBJECT.costs(*pair)


def test_what_never_moved_can_be_called_by_its_name() -> None:
    asides = ("lower_aside/weight_1", "lower_aside/weight_2")
    lower = ("lower_1/kernel", "lower_1/bias", *asides, "lower_2/kernel", "lower_2/bias")
    assert SUBJECT.verdict("lower_frozen").facts["unmoved"] == lower
    assert SUBJECT.verdict("upper_last").facts["unmoved"] == (
        "upper_1/kernel",
        "upper_aside/weight_1",
        "upper_aside/weight_2",
    )
    assert (
        SUBJECT.verdict("upper_last").facts["lower_steps"],
        SUBJECT.verdict("lower_frozen").facts["lower_steps"],
    ) == ("30", "0")


def test_what_was_seen_before_an_exception_is_not_judged_as_a_whole() -> None:
    found = SUBJECT.changed("    return history", "    return histery")
    assert (found.outcome, found.points) == ("error", 0)
    assert found.raised is not None
    assert found.raised.code == "return histery"
