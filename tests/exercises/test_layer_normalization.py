"""What the laws do not say about the layer normalization: what its inputs are for, and that mistakes add up."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
import pytest

from autograde import catalog
from autograde.build import fingerprints
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


def test_a_wrong_axis_changes_nothing_in_a_latin_square() -> None:
    for seed in range(5):
        square = catalog.load(SLUG).cases(seed)["spread"]["x"]
        numbers = np.sort(square[0])
        assert (np.sort(square, axis=0) == numbers[:, None]).all()
        assert (np.sort(square, axis=1) == numbers).all()


def test_adding_the_offsets_is_exact_so_that_only_the_layer_can_lose_digits() -> None:
    inputs = catalog.load(SLUG).cases(SEED)["offset"]
    for offset in inputs["offsets"]:
        assert ((inputs["x"] + offset) - offset == inputs["x"]).all()
