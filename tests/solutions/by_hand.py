"""A two-layer network, its gradients and the optimizers' rules in NumPy: what the loops must compute, written out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
DECAY = float(np.float32(0.96))  # of Nadam's momentum, a constant that Keras holds as float32
Rule = Callable[[Array, Array], Array]  # (weight, gradient) -> new weight


@dataclass
class Network:
    """tanh(X W1 + b1) * mask -> softmax(h W2 + b2), trained on the mean cross-entropy plus `l2` times sum(W1**2).

    `rules` holds one for each of W1, b1, W2, b2; None freezes it. `constraint` acts on W2 after each update.
    """

    weights: list[Array]
    rules: Sequence[Rule | None]
    l2: float = 0.0
    constraint: Callable[[Array], Array] | None = None

    def forward(self, X: Array, mask: Array | float = 1.0) -> tuple[Array, Array]:
        W1, b1, W2, b2 = self.weights
        hidden = np.tanh(X @ W1 + b1)
        scores = (hidden * mask) @ W2 + b2
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return hidden, powers / powers.sum(axis=1, keepdims=True)

    def loss(self, X: Array, y: Array, mask: Array | float = 1.0) -> tuple[float, int]:
        """The loss with its penalty, and the number of right answers."""
        _, likely = self.forward(X, mask)
        cross_entropy = -np.log(likely[np.arange(len(y)), y]).mean()
        return cross_entropy + self.l2 * (self.weights[0] ** 2).sum(), int((likely.argmax(axis=1) == y).sum())

    def gradients(self, X: Array, y: Array, mask: Array | float = 1.0) -> list[Array]:
        W1, _, W2, _ = self.weights
        hidden, likely = self.forward(X, mask)
        error = (likely - np.eye(likely.shape[1])[y]) / len(y)
        below = (error @ W2.T) * mask * (1 - hidden**2)
        return [X.T @ below + 2 * self.l2 * W1, below.sum(axis=0), (hidden * mask).T @ error, error.sum(axis=0)]

    def step(self, X: Array, y: Array, mask: Array | float = 1.0) -> None:
        """All gradients first, then all updates, then the constraint."""
        gradients = self.gradients(X, y, mask)
        for place, (rule, gradient) in enumerate(zip(self.rules, gradients, strict=True)):
            if rule is not None:
                self.weights[place] = rule(self.weights[place], gradient)
        if self.constraint is not None and self.rules[2] is not None:
            self.weights[2] = self.constraint(self.weights[2])


def sgd(rate: float) -> Rule:
    return lambda weight, gradient: weight - rate * gradient


def momentum(rate: float, share: float) -> Rule:
    speed: Any = 0.0

    def rule(weight: Array, gradient: Array) -> Array:
        nonlocal speed
        speed = share * speed - rate * gradient
        new: Array = weight + speed
        return new

    return rule


def rmsprop(rate: float, rho: float, epsilon: float = 1e-7) -> Rule:
    square: Any = 0.0

    def rule(weight: Array, gradient: Array) -> Array:
        nonlocal square
        square = rho * square + (1 - rho) * gradient**2
        new: Array = weight - rate * gradient / np.sqrt(square + epsilon)
        return new

    return rule


def adam(rate: float, beta_1: float, beta_2: float, epsilon: float = 1e-7) -> Rule:
    mean: Any = 0.0
    square: Any = 0.0
    t = 0

    def rule(weight: Array, gradient: Array) -> Array:
        nonlocal mean, square, t
        t += 1
        mean = beta_1 * mean + (1 - beta_1) * gradient
        square = beta_2 * square + (1 - beta_2) * gradient**2
        corrected = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        new: Array = weight - corrected * mean / (np.sqrt(square) + epsilon)
        return new

    return rule


def nadam(rate: float, beta_1: float, beta_2: float, epsilon: float = 1e-7) -> Rule:
    mean: Any = 0.0
    square: Any = 0.0
    product = 1.0
    t = 0

    def rule(weight: Array, gradient: Array) -> Array:
        nonlocal mean, square, product, t
        t += 1
        now, after = (beta_1 * (1 - 0.5 * DECAY**time) for time in (t, t + 1))
        product *= beta_1 * (1 - 0.5 * 0.96**t)
        mean = beta_1 * mean + (1 - beta_1) * gradient
        square = beta_2 * square + (1 - beta_2) * gradient**2
        ahead = after * mean / (1 - product * after) + (1 - now) * gradient / (1 - product)
        new: Array = weight - rate * ahead / (np.sqrt(square / (1 - beta_2**t)) + epsilon)
        return new

    return rule
