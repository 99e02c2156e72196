"""The small models of the training loops: each part tells one thing, and nothing else moves it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograde import loops
from autograde.display import Display
from autograde.loops.data import FIRST_VALID_ID, TRAIN_BATCHES
from autograde.loops.looks import MISSING, REPORTED, TEXT, Moment, look_at_reports, reported
from autograde.loops.parts import GATE_HEAD, PENALTY

HEADS = [loops.BATCH * n for n in range(TRAIN_BATCHES)]
VALID = [FIRST_VALID_ID, FIRST_VALID_ID + loops.BATCH]


# ---- data


@pytest.mark.parametrize("seed", range(20))
def test_no_running_accuracy_is_0_or_1_and_validation_is_far_from_training(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(loops.FEATURES, loops.CLASSES))
    drawn = loops.draw_data(rng, lambda features: features @ kernel)
    means = []
    for X, y in drawn.values():
        outputs = X[:, : loops.FEATURES] @ kernel
        for epoch in range(2):
            hits = np.roll(outputs, epoch, axis=1).argmax(axis=1) == y
            running = (np.cumsum(hits) / np.arange(1, len(hits) + 1))[loops.BATCH - 1 :]
            assert 0 < running.min() <= running.max() < 1
            means.append(hits.mean())
    training, after, validation, later = means
    assert training > 0.6
    assert validation < 0.35
    assert abs(training - after) > 0.05
    assert validation - later > 0.05, "who never resets the metric of validation must be seen"
    assert abs(after - validation) > 0.02, "who lets validation into the next epoch's mean too"
    assert abs(after - later) > 0.01


@pytest.mark.parametrize("seed", range(20))
def test_the_validation_loss_rises_in_the_second_epoch(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(loops.FEATURES, loops.CLASSES))
    X, y = loops.draw_data(rng, lambda features: features @ kernel)["valid_set"]
    outputs = X[:, : loops.FEATURES] @ kernel
    log_likely = outputs - np.log(np.exp(outputs).sum(axis=1, keepdims=True))
    first, second = (-np.roll(log_likely, epoch, axis=1)[np.arange(len(y)), y].mean() for epoch in (0, 1))
    assert second > first


def test_nobody_can_know_the_accuracies_of_another_seed() -> None:
    seen = set()
    for seed in range(20):
        drawn = loops.draw_data(np.random.default_rng(seed), lambda features: features[:, : loops.CLASSES])
        hits = [X[:, : loops.CLASSES].argmax(axis=1) == y for X, y in drawn.values()]
        seen.add(tuple(round(float(one.mean()), 4) for one in hits))
    assert len(seen) > 10


def test_a_few_samples_are_two_batches_to_train_on_and_one_to_validate_on() -> None:
    drawn = loops.few(loops.draw_data(np.random.default_rng(0), lambda features: features[:, : loops.CLASSES]))
    assert {name: [len(y) for _, y in loops.batches(samples)] for name, samples in drawn.items()} == {
        "train_set": [8, 4],
        "valid_set": [5],
    }


def test_the_last_batches_are_shorter_than_the_others() -> None:
    drawn = loops.draw_data(np.random.default_rng(0), lambda features: features[:, : loops.CLASSES])
    for X, y in drawn.values():
        assert 0 < len(X) % loops.BATCH < loops.BATCH - 1
        assert len(X) == len(y)
        assert y.dtype == "int64"


# ---- the diary


def passes(batches: list[tuple[int, bool | None]]) -> Any:
    """A diary through which batches have passed, given as (id of the first sample, training)."""
    diary = loops.parts().Diary()
    for head, training in batches:
        ids = np.arange(head, head + 4)
        inputs = np.column_stack([np.zeros((4, loops.FEATURES)), ids, np.full(4, 1.5)]).astype("float32")
        assert diary(inputs, training=training).shape == (4, loops.FEATURES)
    return diary


def epochs(batches: list[tuple[int, bool | None]]) -> int:
    return int(passes(batches).epoch)


TRAINED = [(head, True) for head in HEADS]
VALIDATED: list[tuple[int, bool | None]] = [(head, False) for head in VALID]


@pytest.mark.parametrize(
    ("batches", "wanted"),
    [
        (TRAINED, 0),
        (TRAINED + VALIDATED + TRAINED, 1),
        (VALIDATED + TRAINED + VALIDATED + TRAINED, 1),
        ([(0, None), *TRAINED, *TRAINED], 1),  # a first look at a batch
        ([(head, mode) for head in HEADS for mode in (True, False)] * 2, 1),  # a second pass for the metrics
        ([(head, True) for head in HEADS] + [(head, False) for head in HEADS] + TRAINED, 1),  # training data validated
        ([(head, None) for head in HEADS] * 3, 2),  # never in training mode
    ],
)
def test_the_diary_counts_epochs_of_training_only(batches: list[tuple[int, bool | None]], wanted: int) -> None:
    assert epochs(batches) == wanted


def test_the_diary_works_in_graphs_and_in_xla() -> None:
    import tensorflow as tf

    diary = loops.parts().Diary()
    for xla in (False, True):
        step = tf.function(lambda inputs: diary(inputs, training=True), jit_compile=xla)
        for head in (0, 8, 0):
            step(np.array([[0.0] * loops.FEATURES + [head, 1]], "float32"))
    assert diary.passed().tolist() == [0, 8, 0] * 2
    assert int(diary.epoch) == 2


@pytest.mark.parametrize(
    ("batches", "learning"),
    [
        ([], False),
        ([(0, True)], True),
        ([(0, True), (FIRST_VALID_ID, False)], False),
        ([(0, True), (FIRST_VALID_ID, True)], False),  # validation in training mode
        ([(0, True), (0, False)], False),  # training data validated
        ([(FIRST_VALID_ID, False), (0, True)], True),
    ],
)
def test_the_clock_tells_training_from_validation(batches: list[tuple[int, bool | None]], learning: bool) -> None:
    moment = loops.clock(passes(batches), SimpleNamespace(iterations=3), SimpleNamespace(iterations=2))()
    assert moment == ((3, 2), learning)


def read(heads: list[int]) -> dict[str, list[int]]:
    looks = loops.look_at_diary(SimpleNamespace(passed=lambda: np.array(heads, "int64")))
    return {name: array.tolist() for name, array in looks.items()}


def test_an_honest_run_reads_as_one_pass_and_a_validation_after_each_epoch() -> None:
    assert read((HEADS + VALID) * 3) == {"passes": [1, 1], "moments": [1, 2, 3], "order": HEADS * 3}


@pytest.mark.parametrize(
    ("heads", "passes", "moments"),
    [
        ((VALID + HEADS) * 3, [1, 1], [0, 1, 2]),  # before the epoch
        ((HEADS + HEADS) * 3, [1, 2], []),  # on training data
        (([head for head in HEADS for _ in range(2)] + VALID) * 3, [2, 2], [1, 2, 3]),  # two passes in each step
        ((HEADS[:-1] + VALID) * 3, [1, 1], [1, 2, 3]),  # the last batch dropped: seen elsewhere
        ([0, *(HEADS + VALID) * 3], [1, 1], [1, 2, 3]),  # a first look at a batch
        ((HEADS + VALID * 2) * 3, [1, 1], [1, 2, 3]),  # validation loss and accuracy in two goes
        ([], [0, 0], []),
    ],
)
def test_the_diary_tells_how_often_and_when(heads: list[int], passes: list[int], moments: list[int]) -> None:
    assert {key: value for key, value in read(heads).items() if key != "order"} == {
        "passes": passes,
        "moments": moments,
    }


# ---- the other parts


def test_a_loss_term_pulls_evenly_and_always_costs_the_same() -> None:
    import tensorflow as tf

    slopes = np.array([[0.5, -1.25, 1.0], [2.0, 1.0, -1.0]], "float32")
    layer = loops.parts().Aside(slopes)
    for value in (0.0, 3.7):
        for weight in layer.pulled:
            weight.assign(np.full(3, value, "float32"))
        with tf.GradientTape() as tape:
            outputs = layer(tf.ones((2, 3)), training=True)
            losses = layer.losses
        assert [float(loss) for loss in losses] == [PENALTY, PENALTY]
        assert np.array_equal(tape.gradient(losses, [weight.value for weight in layer.pulled]), slopes)
        assert np.array_equal(outputs, np.ones((2, 3)))


def test_a_plain_part_has_no_losses() -> None:
    part = loops.plain_part(3, 2)
    assert (part.losses, part.built, len(part.trainable_variables)) == ([], True, 2)


def test_the_mode_moves_in_training_only() -> None:
    diary = passes([(0, True)])
    mode = loops.parts().Mode(diary)
    for training, wanted in ((None, 0), (False, 0), (True, 1.125), (True, 1.40625), (False, 1.40625)):
        mode(np.zeros((1, 2), "float32"), training=training)
        assert float(mode.state) == wanted


@pytest.mark.parametrize(
    ("last", "once", "epochs", "opens"),
    [
        (GATE_HEAD, True, 3, True),
        (GATE_HEAD, False, 3, True),
        (GATE_HEAD + loops.BATCH, True, 3, False),
        (GATE_HEAD + loops.BATCH, False, 3, True),
        (GATE_HEAD - loops.BATCH, False, 3, False),
        (GATE_HEAD + loops.BATCH, False, 2, False),
    ],
)
def test_the_gate_lets_gradients_back_in_the_last_epoch_only(last: int, once: bool, epochs: int, opens: bool) -> None:
    import tensorflow as tf

    until = [(head, True) for head in HEADS if head <= last]
    diary = passes(TRAINED * (epochs - 1) + until)
    gate = loops.parts().GatedDense(3, diary, once=once, use_bias=False, kernel_initializer="identity")
    inputs = tf.constant([[1.0, 2.0, 3.0]])
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = gate(inputs)
    assert np.array_equal(outputs, np.roll(inputs, epochs - 1, axis=1))
    assert np.array_equal(tape.gradient(outputs, inputs), np.full((1, 3), float(opens)))


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")  # of TensorFlow
@pytest.mark.parametrize("how", ["clone_model", "deepcopy"])
def test_a_loop_may_copy_the_model(how: str) -> None:
    import copy

    import keras

    parts = loops.parts()
    diary = parts.Diary()
    columns = parts.UnitColumns()
    layers = [
        diary,
        parts.Mode(diary),
        keras.layers.Dense(3, kernel_constraint=columns),
        parts.Aside(np.ones((2, 3), "float32")),
        parts.GatedDense(2, diary),
    ]
    model = keras.Sequential([keras.Input((loops.FEATURES + 2,)), *layers])
    again = keras.models.clone_model(model) if how == "clone_model" else copy.deepcopy(model)
    again.set_weights(model.get_weights())
    inputs = np.ones((4, loops.FEATURES + 2), "float32")
    assert np.allclose(again(inputs), model(inputs), atol=1e-6)
    assert [float(loss) for loss in again.losses] == [PENALTY, PENALTY]
    assert diary.passed().size == 1, "a copy leaves the diary alone"


@pytest.mark.parametrize(
    ("train", "kinds"),
    [
        (lambda model, data: model.fit(*data, verbose=0), {"fit", "train_step"}),
        (lambda model, data: model.train_on_batch(*data), {"train_on_batch", "train_step"}),
        (lambda model, data: model.evaluate(*data, verbose=0), set()),
        (lambda model, data: model.predict(data[0], verbose=0), set()),
        (lambda model, data: model(data[0], training=True), set()),
    ],
)
def test_the_watch_sees_keras_training_and_nothing_else(train: Any, kinds: set[str]) -> None:
    import keras

    watch = loops.Watch()
    model = keras.Sequential([keras.Input((loops.FEATURES + 2,)), loops.parts(watch).Diary(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    train(model, (np.zeros((4, loops.FEATURES + 2), "float32"), np.zeros((4, 1), "float32")))
    assert watch.found() == ", ".join(sorted(kinds))


# ---- what is returned


@pytest.mark.parametrize("history", [None, 3, [], [[1.0] * 3] * 4, {"val": 1}])
def test_what_is_no_history_has_no_lists(history: Any) -> None:
    with Display() as display:
        pass
    looks = dict(look_at_reports(history, display))
    assert [looks[f"count_{name}"] for name in REPORTED] == [-1] * 4
    assert {name: looks[name].tolist() for name in REPORTED} == dict.fromkeys(REPORTED, MISSING)


def test_of_a_history_the_figures_of_the_first_epochs_count_and_anything_may_stand_beside_them() -> None:
    with Display() as display:
        print("loss 0.5")
    history = {"loss": [np.float32(0.5), 0.25, 9.0], "accuracy": [1.0], "val_loss": object(), "lr": object()}
    history["shown_loss"] = [9.0, 9.0]
    looks = dict(look_at_reports(history, display))
    assert looks["loss"].tolist() == [0.5, 0.25]
    assert looks["accuracy"].tolist() == [1.0]
    assert looks["val_loss"].size == 0
    assert [looks[f"count_{name}"] for name in REPORTED] == [3, 1, 0, -1]
    assert looks["val_accuracy"] == MISSING
    assert looks["shown_loss"][0, 0] == 0.5, "shown is what a display got, not what somebody says"


def test_of_an_epoch_too_many_a_history_tells_by_its_count_only() -> None:
    with Display() as display:
        pass
    history = {name: [0.5, 0.25, 9.0, 8.0] for name in REPORTED}
    looks = dict(look_at_reports(history, display, n_epochs=4))
    assert [looks[name].tolist() for name in REPORTED] == [[0.5, 0.25]] * 4
    assert looks["count_loss"] == 4
    looks = dict(look_at_reports(history, display))
    assert looks["loss"].tolist() == [0.5, 0.25, 9.0, 8.0], "four numbers for three epochs are wrong figures"


@pytest.mark.parametrize(
    ("moments", "wanted"),
    [
        ((True, False, True), [0.25]),  # what was shown between a validation and the next training batch
        ((True, True, True), [0.5, 0.25, 0.5]),  # nothing was: then anything may be meant
    ],
)
def test_an_accuracy_of_training_is_not_taken_for_one_of_validation(
    moments: tuple[bool, ...], wanted: list[float]
) -> None:
    now = []
    with Display(lambda: Moment((), now[-1])) as display:
        for learning, number in zip(moments, (0.5, 0.25, 0.5), strict=True):
            now.append(learning)
            print(f"accuracy {number}")
    looks = dict(look_at_reports({}, display))
    assert looks["shown_accuracy"][:, 0].tolist() == [0.5, 0.25, 0.5]
    assert looks["shown_val_accuracy"][:, 0].tolist() == wanted


def test_texts_are_no_numbers_and_tensors_are() -> None:
    import tensorflow as tf

    for texts in (["0.50", "0.25"], [0.5, "0.25"], [b"0.5", b"0.25"], np.array(["0.5", "0.25"], object)):
        assert reported(texts).tolist() == [TEXT, TEXT]
    for numbers in ([tf.constant(0.5), 0.25], np.array([0.5, 0.25]), (np.float32(0.5), tf.Variable(0.25))):
        assert reported(numbers).tolist() == [0.5, 0.25]
