"""A stand-in for Fashion MNIST where the real images cannot be had: silhouettes of the ten classes, drawn by formula.

Learnable but not trivial: garments come in two polarities (bright, or dark with a bright outline) and are shifted,
scaled, turned, mirrored and patterned, so that one linear layer does clearly worse than two (a test measures it).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Images = npt.NDArray[np.uint8]
SIZE = 28
SOFTNESS = 0.06  # width of an edge in garment coordinates, about one pixel


def draw(count: int, rng: np.random.Generator) -> tuple[Images, Images]:
    """Images, uint8 of shape `(count, 28, 28)`, and their labels, uint8 of shape `(count,)`, in random order."""
    labels = rng.permutation(np.arange(count) % len(CLASSES)).astype("uint8")
    images = np.empty((count, SIZE, SIZE), "uint8")
    for label, shape in enumerate(CLASSES):
        where = np.flatnonzero(labels == label)
        images[where] = _dress_up(shape, len(where), rng)
    return images, labels


def _dress_up(shape: Callable[[Floats, Floats, _Dice], Floats], count: int, rng: np.random.Generator) -> Images:
    """`count` images of one silhouette, each placed, patterned and lit in its own way."""
    dice = _Dice(count, rng)
    x, y = _coordinates(dice)
    inside = np.clip(shape(x, y, dice), 0.0, 1.0)
    outline = 4.0 * inside * (1.0 - inside)
    stripes = 1.0 - dice(0.0, 0.45) * (0.5 + 0.5 * np.sin(dice(3.0, 16.0) * (y + dice(-0.4, 0.4) * x) + dice(0.0, 6.0)))
    cloth = dice(0.45, 1.0) * stripes * (1.0 + dice(-0.25, 0.25) * y)
    dark = dice(0.0, 1.0) < 0.5
    filled = np.where(dark, 0.12 + 0.15 * cloth, cloth)
    edged = np.where(dark, 0.9, 0.2) * outline
    noise = rng.normal(0.0, 0.1, inside.shape).astype("float32")
    image = inside * (filled + edged + noise)
    return np.asarray(255.0 * np.clip(image, 0.0, 1.0), "uint8")


class _Dice:
    """One uniform number for each image of a batch, of shape `(count, 1, 1)`."""

    def __init__(self, count: int, rng: np.random.Generator):
        self.count, self.rng = count, rng

    def __call__(self, low: float, high: float) -> Floats:
        return np.asarray(self.rng.uniform(low, high, (self.count, 1, 1)), "float32")


def _coordinates(dice: _Dice) -> tuple[Floats, Floats]:
    """Garment coordinates of every pixel, x to the right and y down, about -1 to 1; shape `(count, 28, 28)` each."""
    line = ((np.arange(SIZE, dtype="float32") + 0.5) / SIZE * 2.0 - 1.0).astype("float32")
    x, y = line[None, None, :] + dice(-0.22, 0.22), line[None, :, None] + dice(-0.18, 0.18)
    turn = dice(-0.2, 0.2)
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    mirror = np.where(dice(0.0, 1.0) < 0.5, -1.0, 1.0).astype("float32")
    return x * mirror * dice(0.95, 1.4), y * dice(0.98, 1.35)


# ---- building blocks: how far a point lies inside, as a soft 0..1


def _soft(distance: Floats) -> Floats:
    return np.asarray(np.clip(0.5 + distance / SOFTNESS / 2.0, 0.0, 1.0))


def _band(value: Floats, low: Floats | float, high: Floats | float) -> Floats:
    return _soft(np.minimum(value - low, high - value))


def _either(*parts: Floats) -> Floats:
    whole = parts[0]
    for part in parts[1:]:
        whole = np.maximum(whole, part)
    return whole


def _torso(x: Floats, y: Floats, top: Floats | float, bottom: Floats | float, shoulder: Floats, hem: Floats) -> Floats:
    """A trapezium from `shoulder` half-width at the top to `hem` half-width at the bottom, with a neckline."""
    share = (y + 0.8) / 1.6
    neck = _soft(0.2 - np.hypot(x, (y - top) * 1.3))
    return _band(y, top, bottom) * _soft(shoulder + (hem - shoulder) * share - np.abs(x)) * (1.0 - neck)


def _sleeves(x: Floats, y: Floats, shoulder: Floats, reach: Floats, width: Floats, slope: Floats) -> Floats:
    """Two sleeves of `width` that leave the shoulders and end `reach` further down."""
    axis = shoulder - 0.05 + slope * (y + 0.8)
    return _band(y, -0.8 + 0.1 * np.abs(x), -0.8 + reach) * _soft(width - np.abs(np.abs(x) - axis))


def _t_shirt(x: Floats, y: Floats, dice: _Dice) -> Floats:
    shoulder = dice(0.38, 0.48)
    return _either(
        _torso(x, y, -0.8, 0.8, shoulder, dice(0.36, 0.48)),
        _sleeves(x, y, shoulder, dice(0.4, 0.65), dice(0.14, 0.2), dice(0.5, 0.8)),
    )


def _trouser(x: Floats, y: Floats, dice: _Dice) -> Floats:
    waist, spread, leg = dice(0.22, 0.32), dice(0.05, 0.2), dice(0.1, 0.15)
    hips = _band(y, -0.9, -0.45) * _soft(waist - np.abs(x))
    legs = _band(y, -0.6, 0.9) * _soft(leg - np.abs(np.abs(x) - waist / 2 - spread * (y + 0.5) / 1.4))
    return _either(hips, legs)


def _pullover(x: Floats, y: Floats, dice: _Dice) -> Floats:
    shoulder = dice(0.36, 0.46)
    return _either(
        _torso(x, y, -0.8, 0.75, shoulder, dice(0.36, 0.48)),
        _sleeves(x, y, shoulder, dice(1.25, 1.55), dice(0.11, 0.17), dice(0.15, 0.3)),
    )


def _gown(x: Floats, y: Floats, dice: _Dice) -> Floats:
    waist = 0.18 + 0.12 * np.abs(y + dice(0.1, 0.3)) ** 1.3
    flare = dice(0.1, 0.35) * np.clip(y + 0.2, 0.0, 1.2)
    straps = _band(y, -0.9, 0.92) * _soft(waist + flare - np.abs(x))
    return straps * (1.0 - _soft(dice(0.02, 0.12) - np.hypot(x, y + 0.9)))


def _coat(x: Floats, y: Floats, dice: _Dice) -> Floats:
    shoulder = dice(0.36, 0.46)
    whole = _either(
        _torso(x, y, -0.85, 0.88, shoulder, dice(0.4, 0.54)),
        _sleeves(x, y, shoulder, dice(1.35, 1.6), dice(0.12, 0.18), dice(0.12, 0.26)),
    )
    opening = _soft(dice(0.015, 0.05) - np.abs(x + 0.05 * (y - dice(-0.5, 0.5))))
    return whole * (1.0 - 0.85 * opening)


def _sandal(x: Floats, y: Floats, dice: _Dice) -> Floats:
    heel = dice(0.0, 0.35)
    sole_top = 0.35 - heel * x
    sole = _band(y, sole_top, sole_top + dice(0.12, 0.22)) * _band(x, -0.85, 0.85)
    lean, gap = dice(-0.6, 0.6), dice(0.3, 0.5)
    straps = [
        _band(y, -0.15 - 0.4 * (x > 0), sole_top) * _soft(0.07 - np.abs(x - at * gap * 2.0 - lean * (y - 0.3)))
        for at in (-1.0, -0.2, 0.6)
    ]
    return _either(sole, *straps)


def _shirt(x: Floats, y: Floats, dice: _Dice) -> Floats:
    shoulder = dice(0.36, 0.46)
    long = dice(0.0, 1.0) < 0.6
    whole = _either(
        _torso(x, y, -0.85, 0.82, shoulder, dice(0.34, 0.46)),
        _sleeves(x, y, shoulder, np.where(long, dice(1.2, 1.5), dice(0.5, 0.7)), dice(0.1, 0.15), dice(0.18, 0.4)),
    )
    buttons = _soft(0.04 - np.abs(x)) * (np.sin(y * 18.0) > 0.2)
    collar = _soft(0.06 - np.abs(np.abs(x) - 0.6 * (y + 0.95))) * (y < -0.5)
    return whole * (1.0 - 0.8 * _either(buttons.astype("float32"), collar.astype("float32")))


def _sneaker(x: Floats, y: Floats, dice: _Dice) -> Floats:
    height = dice(0.2, 0.4) + dice(0.2, 0.4) / (1.0 + np.exp(-6.0 * (x - dice(-0.2, 0.2))))
    upper = _band(y, 0.35 - height, 0.4) * _band(x, -0.9, 0.88)
    sole = 1.0 - 0.7 * _soft(0.03 - np.abs(y - 0.28))
    return upper * sole


def _bag(x: Floats, y: Floats, dice: _Dice) -> Floats:
    half, top, bottom = dice(0.55, 0.82), dice(-0.35, -0.05), dice(0.55, 0.75)
    body = _band(y, top, bottom) * _soft(half + dice(-0.15, 0.15) * y - np.abs(x))
    ring = np.hypot(x / dice(0.6, 1.1), y - top) - dice(0.3, 0.5)
    handle = _soft(0.06 - np.abs(ring)) * (y < top)
    return _either(body, handle.astype("float32"))


def _ankle_boot(x: Floats, y: Floats, dice: _Dice) -> Floats:
    shaft_from, heel = dice(-0.1, 0.15), dice(0.0, 0.25)
    foot = _band(y, 0.1 - 0.35 * (x + 0.2), 0.65) * _band(x, -0.85, 0.75)
    shaft = _band(y, dice(-0.9, -0.6), 0.5) * _band(x, shaft_from, 0.75)
    arch = _soft(np.minimum(np.minimum(x + 0.1, 0.35 - x), y - 0.65 + heel)) * (heel > 0.08)
    return _either(foot, shaft) * (1.0 - arch)


CLASSES = (_t_shirt, _trouser, _pullover, _gown, _coat, _sandal, _shirt, _sneaker, _bag, _ankle_boot)
