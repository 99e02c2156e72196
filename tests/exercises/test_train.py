"""What the laws do not say about the training loop: what each mistake costs, and that mistakes add up."""

from __future__ import annotations

import pytest

from tests.exercises.mistaken_loop import MistakenLoop, lost

SLUG = "train"
LOOP = """
import tensorflow as tf

def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    optimizer.build(model.trainable_variables)

    @tf.function
    def step(X, y):
        with tf.GradientTape() as tape:
            y_pred = model(X, training=True)
            loss = loss_fn(y, y_pred) + sum(model.losses)
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return loss, tf.reduce_mean(tf.cast(tf.argmax(y_pred, 1) == y, tf.float32))

    @tf.function
    def look(X, y):
        y_pred = model(X, training=False)
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
    "mode": ("training=True", "training=None", {"training_mode"}),
    "penalties": (" + sum(model.losses)", "", {"penalties", "loss", "shown_loss"}),
    "ascent": ("loss = loss_fn", "loss = -loss_fn", {"updates", "loss", "shown_loss"}),
    "unapplied": ("        optimizer.apply(", "        print(", {"updates", "penalties"}),
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
PAIRS = [("mode", "penalties"), ("ascent", "mode"), ("validated", "silent"), ("unseen", "unapplied")]


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
    asides = ("aside/weight_1", "aside/weight_2")
    moving = ("hidden/kernel", "hidden/bias", *asides, "output/kernel", "output/bias")
    assert SUBJECT.verdict("unapplied").facts["unmoved"] == moving
    assert SUBJECT.verdict("penalties").facts["unmoved"] == asides
    assert SUBJECT.verdict("penalties").facts["steps"] == "30"


def test_what_was_seen_before_an_exception_is_not_judged_as_a_whole() -> None:
    found = SUBJECT.changed("    return history", "    return histery")
    assert (found.outcome, found.points) == ("error", 0)
    assert found.raised is not None
    assert found.raised.code == "return histery"


@pytest.mark.parametrize(
    "setting",
    [
        'tf.keras.mixed_precision.set_global_policy("mixed_float16")',
        'tf.keras.backend.set_floatx("float64")',
        "tf.config.run_functions_eagerly(True)",
    ],
)
def test_a_global_setting_of_the_notebook_costs_nothing(setting: str) -> None:
    assert SUBJECT.judged(LOOP, setting).points == 20  # looking puts back what the setting changes


def test_a_loop_that_stops_when_the_validation_loss_rises_trains_too_short() -> None:
    stop = "        if val_loss > min(history['val_loss']): break\n"
    assert {"updates", "penalties"} <= lost(SUBJECT.changed("    return history", f"{stop}    return history"))


def test_a_history_under_other_names_is_told_what_it_lacks() -> None:
    found = SUBJECT.changed('"val_accuracy": []', '"val_acc": []')
    assert lost(found) == {"validation", "validation_moment"}
    assert [(claim.facts["name"], claim.facts["seen"]) for claim in found.claims if claim.id == "validation"] == [
        ("val_accuracy", "—")
    ]
