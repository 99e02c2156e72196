"""What the laws do not say about the layer normalization: what its inputs are for, that mistakes add up, and that
nothing is earned by guessing."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import keras
import numpy as np
import pytest
import tensorflow as tf

from autograde import catalog, speak
from autograde.build import fingerprints
from autograde.compare import covers
from autograde.judge import judge
from autograde.terms import Expected, Verdict

SLUG = "layer_normalization"
SEED = 11
LAYER = """
import tensorflow as tf

class LayerNormalization(tf.keras.layers.Layer):
    def __init__(self, eps={default}, **kwargs):
        super().__init__({kwargs})
        self.eps = eps

    def build(self, shape):
        self.alpha = self.add_weight(name="alpha", shape=shape[-1:], initializer="{start}")
        self.beta = self.add_weight(name="beta", shape=shape[-1:], initializer="zeros", trainable={trainable})

    def call(self, x):
        mean = {kept}(tf.reduce_mean(x, {axis}, keepdims=True))
        variance = tf.reduce_mean((x - mean) ** 2, {axis}, keepdims=True)
        return (x - mean) / ({denominator}) * self.alpha + self.beta
"""
RIGHT = {
    "default": "0.001",
    "kwargs": "**kwargs",
    "start": "ones",
    "trainable": "True",
    "kept": "",
    "axis": "-1",
    "denominator": "tf.sqrt(variance) + self.eps",
}
MISTAKES = {
    "default": "0.1",
    "kwargs": "",
    "start": "zeros",
    "trainable": "False",
    "kept": "tf.stop_gradient",
    "axis": "0",
    "denominator": "tf.sqrt(variance) + self.eps**2",
}
PAIRS = list(combinations(MISTAKES, 2))


@cache
def expected() -> Expected:
    return fingerprints.gallery(SLUG, SEED, ("accept", "wrong")).expected


@cache
def verdict(*mistakes: str) -> Verdict:
    """The verdict on a layer that makes these mistakes and no other."""
    source = LAYER.format(**RIGHT | {part: MISTAKES[part] for part in mistakes})
    seen = fingerprints.observe_source(SLUG, [source], SEED)
    return judge(fingerprints.code_exercise(SLUG), seen, expected())


def test_without_a_mistake_the_layer_of_these_tests_is_right() -> None:
    assert (verdict().outcome, verdict().points) == ("correct", 20)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_costs_its_part_and_not_all(mistake: str) -> None:
    assert 20 > verdict(mistake).points >= 12


@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
def test_two_mistakes_cost_both(pair: tuple[str, str]) -> None:
    first, second = (20 - verdict(mistake).points for mistake in pair)
    assert verdict(*pair).points == 20 - first - second


@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
def test_of_two_mistakes_no_third_is_named(pair: tuple[str, str]) -> None:
    named = {name for one in pair for name in (verdict(one).misconception, *verdict(one).also)}
    both = verdict(*pair)
    assert {name for name in (both.misconception, *both.also) if name} <= named


@pytest.mark.parametrize(
    "setting",
    [
        'tf.keras.mixed_precision.set_global_policy("mixed_float16")',
        'tf.keras.backend.set_floatx("float64")',
        "tf.config.run_functions_eagerly(True)",
    ],
)
def test_a_global_setting_of_the_notebook_costs_nothing(setting: str) -> None:
    before = keras.config.floatx(), keras.config.dtype_policy(), tf.config.functions_run_eagerly()
    try:
        seen = fingerprints.observe_source(SLUG, [LAYER.format(**RIGHT), setting], SEED)
    finally:
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])
        tf.config.run_functions_eagerly(before[2])
    assert judge(fingerprints.code_exercise(SLUG), seen, expected()).points == 20


def test_no_points_are_earned_by_constants_and_echoes_of_the_inputs() -> None:
    given = [
        np.unique(np.asarray(value, "float64"))
        for inputs in catalog.load(SLUG).cases(SEED).values()
        for name, value in inputs.items()
        if name not in ("look", "name")
    ]
    right = expected().right[0].arrays
    computed = [
        key
        for key, array in right.items()
        if array.dtype.kind == "f"
        and len(np.unique(array)) > 2
        and not any(np.isin(np.unique(array), numbers).all() for numbers in given)
    ]
    for claim in fingerprints.code_exercise(SLUG).claims:
        assert claim.gate or any(covers(claim, key) for key in computed), claim.id


def test_a_class_without_call_hears_which_methods_it_has() -> None:
    source = LAYER.format(**RIGHT).replace("def call(", "def forward(")
    seen = fingerprints.observe_source(SLUG, [source], SEED)
    found = judge(fingerprints.code_exercise(SLUG), seen, expected())
    assert (found.outcome, found.misconception) == ("error", "call_missing")
    assert "__init__, build, forward" in speak.message(found, catalog.load(SLUG), "en")


def test_a_wrong_axis_changes_nothing_in_a_latin_square() -> None:
    for seed in range(5):
        square = catalog.load(SLUG).cases(seed)["spread"]["x"]
        numbers = np.sort(square[0])
        assert (np.sort(square, axis=0) == numbers[:, None]).all()
        assert (np.sort(square, axis=1) == numbers).all()


def test_a_variance_in_one_pass_loses_all_its_digits_on_every_machine() -> None:
    for seed in range(5):
        inputs = catalog.load(SLUG).cases(seed)["offset"]
        far = inputs["x"] + inputs["offsets"][-1]
        assert (np.sum(far**2, axis=-1) / 8 == inputs["offsets"][-1] ** 2).all()


def test_adding_the_offsets_is_exact_so_that_only_the_layer_can_lose_digits() -> None:
    inputs = catalog.load(SLUG).cases(SEED)["offset"]
    for offset in inputs["offsets"]:
        assert ((inputs["x"] + offset) - offset == inputs["x"]).all()


@pytest.mark.parametrize("seed", range(20))
def test_who_leaves_mean_or_deviation_out_of_the_gradient_is_seen(seed: int) -> None:
    inputs = catalog.load(SLUG).cases(seed)["slopes"]
    x, upstream = (np.asarray(inputs[name], "float64") for name in ("x", "upstream"))
    centred, deviation = x - x.mean(-1, keepdims=True), x.std(-1, keepdims=True)
    assert 0.49 < np.sum(upstream / deviation) < 1.01
    assert 0.49 < np.sum(upstream * centred / deviation) < 1.01


@pytest.mark.parametrize("seed", range(20))
def test_who_lets_no_gradient_through_is_seen_along_the_direction(seed: int) -> None:
    inputs = catalog.load(SLUG).cases(seed)["slopes"]
    x, upstream, direction = (np.asarray(inputs[name], "float64") for name in ("x", "upstream", "direction"))

    def height(rows: np.ndarray) -> float:
        return float(np.sum(upstream * (rows - rows.mean(-1, keepdims=True)) / rows.std(-1, keepdims=True)))

    slope = (height(x + 1e-5 * direction) - height(x - 1e-5 * direction)) / 2e-5
    assert 0.49 < slope < 1.01


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("half", "spacing"), [(tf.bfloat16, 1 / 256), (tf.float16, 1 / 2048)])
def test_half_precision_rounds_the_denominator_nearly_as_far_away_as_it_can(
    half: tf.DType, spacing: float, seed: int
) -> None:
    inputs = catalog.load(SLUG).cases(seed)["spread"]
    denominators = np.sqrt(inputs["x"].astype("float64").var(axis=-1) + inputs["eps"])
    rounded = tf.cast(tf.cast(denominators, half), tf.float64).numpy()
    assert (np.abs(rounded - denominators) > 0.37 * spacing).all()


@pytest.mark.parametrize("seed", range(20))
def test_a_wrong_axis_still_divides_where_the_graph_is_looked_at(seed: int) -> None:
    """With the mean of each column, the outputs of far apart rows would hardly depend on the order of their inputs."""
    x = catalog.load(SLUG).cases(seed)["graph"]["x"].astype("float64")
    out, turned = ((rows - rows.mean(axis=0)) / rows.std(axis=1, keepdims=True) for rows in (x, x[:, ::-1]))
    assert np.abs(turned - out).max() > 0.5 * np.abs(out).max(), "less than 0.2 counts as no division"
