"""Normalize the last axis of any input, then scale by alpha and shift by beta.

Every part of the layer is looked at by itself. Only `rows` compares outputs with the right ones; each other look
compares the layer with what the same layer does elsewhere (the same rows in another rank, before and after a shift,
with another eps), so that a mistake in one part leaves the others standing. Such comparisons would also hold for a
layer that does nothing: `_divides` asks first whether there is a division by a spread at all.

Both places of eps are right. Where the difference would show, the denominator is recovered from the outputs, and eps
from the denominator, in the nearer of the two forms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from autograde.borrowed import Watch
from autograde.terms import Claim, Exercise, Misconception

Floats = npt.NDArray[np.float64]
Look = Iterator[tuple[str, Any]]

_RECOGNISED = """
    axis_batch axis_all axis_all_but_batch axis_one axis_mixed keepdims_forgotten
    eps_missing eps_ignored eps_default_changed eps_squared eps_root eps_maximum eps_outside
    sample_deviation variance_for_deviation absolute_deviation norm_for_deviation min_max uncentred only_centred
    one_pass_variance
    weights_missing weights_scalar weights_with_batch weights_axis_one weights_all_axes weights_made_in_call
    weights_untracked weights_frozen weights_start weights_swapped alpha_forgotten beta_forgotten beta_inside
    kwargs_dropped config_without_eps config_without_base gradient_stopped training_differs numpy_inside dtype_forced
"""  # by the arrays of their samples: axis, eps, statistic, weights, contract

EXERCISE = Exercise(
    assignment="layer_normalization",
    asks_for=("LayerNormalization",),
    claims=(
        Claim("own_work", of="borrowed", how="equal", gate=True),
        # Right forms stay within 2.3e-5 of float64, the smallest wrong one is 5.4e-3 away.
        Claim("values", of="rows/out", points=5, atol=1e-4, rtol=0),
        Claim("large_mean", of="offset/unmoved", points=1, how="equal"),
        # eps comes back through two divisions by a spread of 0.25: about 1e-6 of it is noise.
        Claim("eps", of=("spread/eps_change", "spread/shift_change", "spread/flat"), points=3, atol=5e-5, rtol=5e-3),
        Claim("default_eps", of="spread/default", points=1, atol=2e-5, rtol=0),
        Claim(
            "weights",
            of=("weights/made", "weights/alpha_shape", "weights/beta_shape", "weights/alpha", "weights/beta"),
            points=3,
            atol=1e-3,
        ),
        Claim("start", of=("weights/alpha_start", "weights/beta_start"), points=1, atol=1e-3),
        Claim("ranks", of=("ranks/shapes", "ranks/rank3", "ranks/rank4"), points=2, atol=2e-4, rtol=0),
        # A derivative by differences of float32 outputs is good to about 1e-3.
        Claim("input_gradient", of="slopes/inputs", points=1, atol=1e-2, rtol=1e-2),
        Claim("weight_gradients", of=("slopes/alpha", "slopes/beta"), points=1, atol=1e-2),
        Claim("graph", of=("graph/dtype", "graph/moved"), points=1, atol=2e-4, rtol=0),
        Claim(
            "copy",
            of=("copy/name_taken", "copy/name_kept", "copy/moved", "copy/scaled", "copy/shifted"),
            points=1,
            atol=1e-3,
        ),
    ),
    misconceptions=(
        Misconception("returns_tuple", raises=r"layer returned a (tuple|list)"),
        Misconception("kwargs_refused", raises=r"unexpected keyword argument 'name'"),
        *map(Misconception, _RECOGNISED.split()),
    ),
)


def cases(rng: np.random.Generator) -> dict[str, dict[str, Any]]:
    """Inputs of every look. Matrices are square: a forgotten `keepdims` then gives numbers, not an error.

    Spreads of some hundreds drown eps where it is not the question. `spread` is a Latin square, in which every row and
    every column holds the same numbers, so that a wrong axis changes nothing there.
    """

    def rows(*shape: int) -> npt.NDArray[np.float32]:
        scales = np.exp(rng.uniform(np.log(100), np.log(500), (*shape[:-1], 1)))
        offsets = rng.uniform(-100, 100, scales.shape)
        return (scales * rng.standard_normal(shape) + offsets).astype("float32")

    def weights(size: int) -> dict[str, npt.NDArray[np.float32]]:
        alpha = rng.choice([-1, 1], size) * rng.uniform(1.5, 3, size)
        return {"alpha": alpha.astype("float32"), "beta": rng.uniform(0.5, 2, size).astype("float32")}

    apart = np.tile(np.arange(6) - 2.5, (6, 1))
    return {
        "rows": {"look": "rows", "x": rows(6, 6)},
        # Multiples of 1/16: adding the offsets to them is exact in float32.
        "offset": {
            "look": "offset",
            "x": (rng.integers(-32, 33, (6, 6)) / 16).astype("float32"),
            "offsets": np.array([10, 10_000], "float32"),
        },
        "spread": {"look": "spread", "x": _latin_square(rng, 6), "eps": float(rng.uniform(0.35, 0.45))},
        "weights": {"look": "weights", "x": rows(6, 6), **weights(6)},
        "ranks": {"look": "ranks", "x": rows(2, 3, 4, 5), **weights(5)},
        "slopes": {
            "look": "slopes",
            # No two numbers of a row are near each other or near their mean: largest and smallest stay what they are.
            "x": (rng.permuted(apart, axis=1) + rng.uniform(-0.2, 0.2, (6, 6))).astype("float32"),
            "upstream": (rng.standard_normal((6, 6)) / 6).astype("float32"),
            "direction": rng.standard_normal((6, 6)).astype("float32"),
        },
        "graph": {"look": "graph", "x": rows(6, 6)},
        "copy": {
            "look": "copy",
            "x": _latin_square(rng, 6),
            "eps": float(rng.uniform(0.35, 0.45)),
            "name": f"norm_{rng.integers(100, 1000)}",
            **weights(6),
        },
    }


def _latin_square(rng: np.random.Generator, size: int) -> npt.NDArray[np.float32]:
    """Every row and every column holds the same `size` numbers, with mean near 0 and standard deviation 0.25."""
    numbers = rng.standard_normal(size)
    numbers = 0.25 * (numbers - numbers.mean()) / numbers.std() + 0.01
    return np.stack([np.roll(numbers, k) for k in rng.permutation(size)]).astype("float32")


def probe(student: Mapping[str, Any], look: str, **inputs: Any) -> Look:
    """Look at one side of `student["LayerNormalization"]`; `borrowed` names library code that normalized for it."""
    make = student["LayerNormalization"]
    with Watch(make) as watch:
        try:
            yield from _LOOKS[str(look)](make, **inputs)
        except GeneratorExit:
            raise
        except BaseException:
            yield "borrowed", watch.found()
            raise
        yield "borrowed", watch.found()


def _rows(make: Callable[..., Any], x: Any) -> Look:
    layer = _unit(make(eps=1e-6), x)
    out = _run(layer, x)
    yield "note_row_mean", _readable(out[0].mean())
    yield "note_row_deviation", _readable(out[0].std())
    yield "out", out


def _offset(make: Callable[..., Any], x: Any, offsets: Any) -> Look:
    """Which offsets leave the outputs alone. How far others move them is rounding, and not the same on all machines.

    At a mean of 10,000 float32 itself moves right answers by up to 1.5e-3.
    """
    layer = _unit(make(), x)
    if _divides(layer, x):
        moved = [np.abs(_run(layer, x + offset) - _run(layer, x)).max() for offset in offsets]
        yield "note_moved", _readable(moved[-1])
        yield "unmoved", [int(most <= 1e-2) for most in moved]


def _spread(make: Callable[..., Any], x: Any, eps: float) -> Look:
    """What raising eps from 0.001 to `eps` does to the denominator d and to the centre, and what no eps means.

    σ + eps adds the change to d, √(σ² + eps) adds it to d². The nearer one counts.
    """
    given, small, default = (_unit(layer, x) for layer in (make(eps=eps), make(eps=0.001), make()))
    if not _divides(small, x):
        return
    (centre, d), (centre_small, d_small), (_, d_default) = (_line_of(layer, x) for layer in (given, small, default))
    change = eps - 0.001
    power = min((1, 2), key=lambda power: abs(d**power - d_small**power - change))
    effect = d**power - d_small**power
    flat = _run(default, np.zeros_like(x))
    yield "note_eps", eps
    yield "note_eps_wanted", _readable(change)
    yield "note_eps_effect", _readable(effect)
    yield "note_flat", _readable(flat[0, 0])
    yield "eps_change", effect
    yield "shift_change", centre - centre_small
    yield "flat", flat
    yield "default", d_default**power - d_small**power


def _weights(make: Callable[..., Any], x: Any, alpha: Any, beta: Any) -> Look:
    layer = make(eps=1e-6)
    layer.build((None, x.shape[1]))
    early = [hasattr(layer, name) for name in ("alpha", "beta")]
    fresh = _run(layer, x)
    late = [hasattr(layer, name) for name in ("alpha", "beta")]
    yield "note_variables", ", ".join(sorted(str(one.name) for one in layer.weights)) or "–"
    yield "made", [1 if soon else 2 if after else 0 for soon, after in zip(early, late, strict=True)]
    for name in ("alpha", "beta"):
        yield f"{name}_shape", np.array(np.shape(getattr(layer, name, 0)), int)
    own = _run(_unit(layer, x), x)
    _put(layer, alpha, beta)
    slope, intercept = _fit(own, _run(layer, x))
    yield "alpha", slope
    yield "beta", intercept
    slope, intercept = _fit(own, fresh)
    for name, exists, values in zip(("alpha", "beta"), late, (slope, intercept), strict=True):
        if exists and np.isfinite(values).all():
            yield f"{name}_start", _common(values)


def _ranks(make: Callable[..., Any], x: Any, alpha: Any, beta: Any) -> Look:
    size = x.shape[-1]
    shapes = {"rank3": (x.shape[0], -1, size), "rank4": x.shape}
    layers = {name: make(eps=1e-6) for name in shapes}
    matrix = _unit(make(eps=1e-6), x.reshape(-1, size))
    if not _divides(matrix, x.reshape(-1, size)):
        return
    _put(matrix, alpha, beta)
    wanted = _run(matrix, x.reshape(-1, size))
    found = []
    for name, layer in layers.items():
        layer.build((None, *x.reshape(shapes[name]).shape[1:]))
        found.append(np.shape(getattr(layer, "alpha", np.zeros(size))))
        _put(layer, alpha, beta)
    yield "note_alpha_shapes", ", ".join(map(str, found))
    yield "note_rank_gap", "–"
    yield "shapes", [size for shape in found for size in (*shape, -1)]
    for name, layer in layers.items():
        moved = _run(layer, x.reshape(shapes[name])).reshape(wanted.shape) - wanted
        yield "note_rank_gap", _readable(np.abs(moved).max())
        yield name, moved


def _slopes(make: Callable[..., Any], x: Any, upstream: Any, direction: Any) -> Look:
    """Derivatives of Σ upstream · output: for inputs, the tape's less those by differences; for weights, the share
    of the derivative that is there."""
    import tensorflow as tf

    layer = _unit(make(), x)
    if not _divides(layer, x):
        return
    out = _run(layer, x)
    inputs = tf.constant(x)
    trained = list(layer.trainable_variables)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        loss = tf.reduce_sum(upstream * layer(inputs))
    taped, *others = (
        0.0 if one is None else np.asarray(one, "float64") for one in tape.gradient(loss, [inputs, *trained])
    )
    step = np.float32(1 / 128)
    gaps = []
    for way in (np.ones_like(x), x, direction):
        ends = [np.sum(upstream * _run(layer, x + sign * step * way)) for sign in (1, -1)]
        gaps.append(np.sum(taped * way) - (ends[0] - ends[1]) / (2 * float(step)))
    yield "inputs", np.array(gaps)
    for name, wanted in (("alpha", np.sum(upstream * out, 0)), ("beta", np.sum(upstream, 0))):
        if hasattr(layer, name):
            own = [got for one, got in zip(trained, others, strict=True) if one is getattr(layer, name)]
            yield name, np.sum(sum(own) * wanted) / np.sum(wanted**2)


def _graph(make: Callable[..., Any], x: Any) -> Look:
    """Inside a Keras model and a traced function of unknown batch size, in training mode, against the eager call."""
    import tensorflow as tf

    layer = _unit(make(), x)
    if not _divides(layer, x):
        return
    own = _run(layer, x)
    model = tf.keras.Sequential([tf.keras.Input(x.shape[1:]), layer])
    signature = [tf.TensorSpec([None, x.shape[1]], tf.float32)]
    traced = tf.function(lambda rows: model(rows, training=True), input_signature=signature, autograph=False)
    out = traced(tf.constant(x))
    moved = _plain(out, x) - own
    yield "note_dtype", str(out.dtype.name)
    yield "note_traced_gap", _readable(np.abs(moved).max())
    yield "dtype", str(out.dtype.name)
    yield "moved", moved


def _copy(make: Callable[..., Any], x: Any, eps: float, name: str, alpha: Any, beta: Any) -> Look:
    """What comes back from `get_config()` and `get_weights()`, as saving and loading use them."""
    layer = _unit(make(eps=eps, name=str(name)), x)
    if not _divides(layer, x):
        return
    own = _run(layer, x)
    _put(layer, alpha, beta)
    again = type(layer).from_config(layer.get_config())
    again.build((None, x.shape[1]))
    again.set_weights(layer.get_weights())
    restored = _run(again, x)
    moved = _run(_unit(again, x), x) - own
    yield "note_asked_name", str(name)
    yield "note_copy_name", str(again.name)
    yield "note_copy_gap", _readable(np.abs(moved).max())
    yield "name_taken", int(layer.name == str(name))
    yield "name_kept", int(again.name == layer.name)
    yield "moved", moved
    _put(again, alpha, beta)
    slope, intercept = _fit(_run(again, x), restored)
    yield "scaled", slope
    yield "shifted", intercept


_LOOKS: Mapping[str, Callable[..., Look]] = {
    "rows": _rows,
    "offset": _offset,
    "spread": _spread,
    "weights": _weights,
    "ranks": _ranks,
    "slopes": _slopes,
    "graph": _graph,
    "copy": _copy,
}


# ---- calling a layer, and reading its outputs


def _run(layer: Any, x: Any) -> Floats:
    import tensorflow as tf

    return _plain(layer(tf.constant(x)), x)


def _plain(out: Any, x: Any) -> Floats:
    if isinstance(out, tuple | list):
        raise TypeError(f"the layer returned a {type(out).__name__} instead of one tensor")
    array = np.array(np.asarray(out), "float64")
    if array.shape != x.shape:
        raise ValueError(f"the layer returned shape {array.shape} for inputs of shape {x.shape}")
    return array


def _unit(layer: Any, x: Any) -> Any:
    """The layer, built by a call, with alpha 1 and beta 0; exchanged, where only that lets the input through."""
    _run(layer, x)
    _put(layer)
    if not np.ptp(_run(layer, x)):
        _put(layer, [0.0], [1.0])
    return layer


def _put(layer: Any, alpha: Any = (1.0,), beta: Any = (0.0,)) -> None:
    """Set alpha and beta, repeating the values where a variable has another shape than it should."""
    for name, values in (("alpha", alpha), ("beta", beta)):
        variable = getattr(layer, name, None)
        if variable is not None:
            fitting = np.resize(np.asarray(values, "float32"), tuple(variable.shape))
            if hasattr(variable, "assign"):
                variable.assign(fitting)
            else:
                setattr(layer, name, fitting)


def _divides(layer: Any, x: Any) -> bool:
    """Whether twice the input gives anything but twice the output: not so for the input itself, or for x - mean.

    A hundredfold input is far from where eps matters.
    """
    out, twice = _run(layer, 100 * x), _run(layer, 200 * x)
    return bool(np.abs(twice - 2 * out).max() > 0.2 * np.abs(out).max())


def _fit(own: Floats, out: Floats) -> tuple[Floats, Floats]:
    """Slope and intercept of each column of `out` as a line over the same column of `own`."""
    centred = own - own.mean(0)
    with np.errstate(all="ignore"):
        slope = (centred * out).sum(0) / (centred**2).sum(0)
        intercept = out.mean(0) - slope * own.mean(0)
    return np.round(slope, 6) + 0.0, np.round(intercept, 6) + 0.0


def _common(values: Floats) -> float:
    """The number that all values are; NaN where they differ, as random ones do, which no two runs share."""
    return float(values.mean()) if np.ptp(values) < 1e-3 else float("nan")


def _line_of(layer: Any, x: Any) -> tuple[float, float]:
    """Centre and denominator of output = (x - centre) / denominator."""
    out = _run(layer, x)
    values = x.astype("float64")
    with np.errstate(all="ignore"):
        slope = np.sum((values - values.mean()) * out) / np.sum((values - values.mean()) ** 2)
        return float(values.mean() - out.mean() / slope), float(1 / slope)


def _readable(value: float) -> float:
    """`value` without the rounding noise that a sentence should not show."""
    return round(float(value), 4) + 0.0
