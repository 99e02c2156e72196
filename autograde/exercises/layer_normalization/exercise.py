"""Normalize the last axis of any input, then scale by alpha and shift by beta.

Every part of the layer is looked at by itself. Only `rows` compares outputs with the right ones; each other look
compares the layer with what the same layer does elsewhere (the same rows in another rank, before and after a shift,
with another eps), so that a mistake in one part leaves the others standing. Such comparisons would also hold for a
layer that does nothing: `_divides` asks first whether there is a division by a spread at all. And they come out as
zeros and ones, which could be written down by one who computed nothing: what is handed over is what such a comparison
does to normalized rows (`_standard`).

Both places of eps are right. Where the difference would show, the denominator is recovered from the outputs, and eps
from the denominator, in the nearer of the two forms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from autograde.borrowed import Watch
from autograde.defaults import defaults
from autograde.terms import Claim, Exercise, Forbidden, Misconception

Floats = npt.NDArray[np.float64]
Look = Iterator[tuple[str, Any]]

FLAT = 0.25  # the standard deviation of rows that eps is to show on

_RECOGNISED = """
    axis_batch axis_all axis_all_but_batch axis_one axis_mixed keepdims_forgotten
    eps_missing eps_ignored eps_default_changed eps_squared eps_root eps_maximum eps_outside eps_twice
    sample_deviation variance_for_deviation absolute_deviation norm_for_deviation min_max uncentred only_centred
    outputs_clipped one_pass_variance half_precision
    weights_missing weights_scalar weights_with_batch weights_axis_one weights_all_axes weights_made_in_call
    weights_untracked weights_frozen weights_start weights_swapped weights_unused alpha_forgotten beta_forgotten
    beta_inside weights_dtype kwargs_dropped config_without_eps config_without_base gradient_stopped training_differs
    dtype_forced
"""  # by the arrays of their samples: axis, eps, statistic, weights, contract

EXERCISE = Exercise(
    assignment="layer_normalization",
    asks_for=("LayerNormalization",),
    claims=(
        Claim("own_work", of="borrowed", how="equal", gate=True),
        # Right forms stay within 2.3e-5 of float64, the smallest wrong one is 5.4e-3 away.
        Claim("values", of=("rows/out", "rows/outlier"), points=5, atol=1e-4, rtol=0),
        # At a mean of 16,384 float32 itself moves right answers by up to 3e-3.
        Claim("large_mean", of="offset/out", points=1, atol=1e-2, rtol=1e-3),
        # eps comes back through two divisions by a spread of 0.25, with about 1e-6 of noise. That does 1e-6 to `out`
        # and 1e-5 to `default`, where an eps that is 0.0001 off does 7e-5 and 5e-4 or more.
        Claim("eps", of=("spread/out", "spread/flat"), points=3, atol=1e-5, rtol=0),
        Claim("default_eps", of="spread/default", points=1, atol=2e-4, rtol=0),
        # Slopes and intercepts of lines through the outputs are good to 1e-3; normalized rows reach 2.2.
        Claim(
            "weights",
            of=("weights/made", "weights/*_shape", "weights/*_dtype", "weights/alpha", "weights/beta"),
            points=3,
            atol=3e-3,
        ),
        Claim("start", of=("weights/alpha_start", "weights/beta_start"), points=1, atol=3e-3),
        Claim("ranks", of=("ranks/shapes", "ranks/rank3", "ranks/rank4"), points=2, atol=2e-4, rtol=0),
        # A derivative by differences of float32 outputs is good to about 5e-4.
        Claim("input_gradient", of="slopes/inputs", points=1, atol=1e-2, rtol=1e-2),
        Claim("weight_gradients", of=("slopes/alpha", "slopes/beta"), points=1, atol=1e-2),
        Claim("graph", of=("graph/dtype", "graph/out"), points=1, atol=2e-4, rtol=0),
        Claim(
            "copy",
            of=("copy/name_taken", "copy/name_kept", "copy/out", "copy/scaled", "copy/shifted"),
            points=1,
            atol=3e-3,
        ),
    ),
    forbids=(
        Forbidden("layer_normalization", "keras.ops", r"^_?layer_normalization$|^LayerNorm\.call$"),
        Forbidden("rms_normalization", "keras.ops", r"^_?rms_normalization$|^RMSNorm\.call$"),
        *(
            Forbidden(
                f"{kind.lower()}_normalization".removeprefix("_"), "keras.layers", rf"^{kind}Normalization\.call$"
            )
            for kind in ("Layer", "Batch", "Group", "RMS", "Spectral", "Unit", "")
        ),
    ),
    misconceptions=(
        Misconception("call_missing", raises=r"no method `call`"),
        Misconception("nothing_returned", raises=r"layer returned None"),
        Misconception("returns_tuple", raises=r"layer returned a (tuple|list)"),
        Misconception("kwargs_refused", raises=r"unexpected keyword argument 'name'"),
        Misconception("eps_argument_missing", raises=r"(nrecognized|unexpected) keyword argument.*'eps'"),
        Misconception("numpy_inside", raises=r"onvert a symbolic .*to a numpy array|has no attribute 'numpy'"),
        *map(Misconception, _RECOGNISED.split()),
    ),
)


def cases(rng: np.random.Generator) -> dict[str, dict[str, Any]]:
    """Inputs of every look. Matrices are square: a forgotten `keepdims` then gives numbers, not an error.

    Spreads of some hundreds drown eps where it is not the question. `spread` is a Latin square, in which every row and
    every column holds the same numbers, so that a wrong axis changes nothing there.

    What a mistake does must not hang on the draw: derivatives are some that cannot be missed, in whole or in part, the
    rows of `graph` lie around the same number, and with `spread/eps` the denominator is midway between two numbers of
    float16, and as good as midway between two of bfloat16.
    """

    def rows(*shape: int) -> npt.NDArray[np.float32]:
        scales = np.exp(rng.uniform(np.log(100), np.log(500), (*shape[:-1], 1)))
        offsets = rng.uniform(-100, 100, scales.shape)
        return (scales * rng.standard_normal(shape) + offsets).astype("float32")

    def one_outlier(size: int) -> npt.NDArray[np.float32]:
        """Rows in which one number lies nearly √(size − 1) standard deviations from the mean, as far as it can."""
        square = rows(size, size)
        square[np.arange(size), rng.permutation(size)] += 40 * square.std(axis=1)
        return square

    def weights(size: int) -> dict[str, npt.NDArray[np.float32]]:
        alpha = rng.choice([-1, 1], size) * rng.uniform(1.5, 3, size)
        return {"alpha": alpha.astype("float32"), "beta": rng.uniform(0.5, 2, size).astype("float32")}

    # No two numbers of a row are near each other or near their mean: largest and smallest stay what they are.
    apart = rng.permuted(np.tile(np.arange(6) - 2.5, (6, 1)), axis=1) + rng.uniform(-0.2, 0.2, (6, 6))
    upstream = _telling(rng, apart)
    between = (rng.integers(164, 184) + 0.5) / 256 + 0.5 / 2048
    return {
        "rows": {"look": "rows", "x": rows(6, 6), "wide": one_outlier(50)},
        # In a row, eight integers up to 2 with sum 0. At 2**14 float32 drops what is left of their squares, and sums
        # are exact: a variance in one pass is 0 on every machine.
        "offset": {
            "look": "offset",
            "x": _latin_square(rng, np.outer([1, -1], rng.integers(1, 3, 4)).ravel()),
            "offsets": np.array([10, 2**14], "float32"),
        },
        "spread": {"look": "spread", "x": _flat_square(rng), "eps": float(between**2 - FLAT**2)},
        "weights": {"look": "weights", "x": rows(6, 6), **weights(6)},
        "ranks": {"look": "ranks", "x": rows(2, 3, 4, 5), **weights(5)},
        "slopes": {
            "look": "slopes",
            "x": apart.astype("float32"),
            "upstream": upstream.astype("float32"),
            "direction": _steep(rng, apart, upstream).astype("float32"),
        },
        "graph": {"look": "graph", "x": (300 * rng.standard_normal((6, 6))).astype("float32")},
        "copy": {
            "look": "copy",
            "x": _flat_square(rng),
            "eps": float(rng.uniform(0.35, 0.45)),
            "name": f"norm_{rng.integers(100, 1000)}",
            **weights(6),
        },
    }


def _latin_square(rng: np.random.Generator, numbers: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """A square in which every row and every column holds the same numbers."""
    return np.stack([np.roll(numbers, k) for k in rng.permutation(len(numbers))]).astype("float32")


def _flat_square(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """A Latin square of six numbers with mean near 0 and standard deviation `FLAT`."""
    numbers = rng.standard_normal(6)
    return _latin_square(rng, FLAT * (numbers - numbers.mean()) / numbers.std() + 0.01)


def _telling(rng: np.random.Generator, x: Floats) -> Floats:
    """Weights of the outputs by which it shows whether a gradient leaves out the mean, or the deviation: without it the
    derivative along ones, or along x, would be from 0.5 to 1 and not 0."""
    upstream, normalized, inverse = rng.standard_normal(x.shape) / 6, _standard(x), 1 / x.std(-1, keepdims=True)
    flat, along = rng.uniform(0.5, 1, 2) - (np.sum(upstream * inverse), np.sum(upstream * normalized))
    return upstream + flat / (x.shape[1] * np.sum(inverse)) + along / np.sum(normalized**2) * normalized


def _steep(rng: np.random.Generator, x: Floats, upstream: Floats) -> Floats:
    """A direction along which the derivative of Σ upstream · (normalized rows) is from 0.5 to 1."""
    normalized, direction = _standard(x), rng.standard_normal(x.shape)
    along = upstream - upstream.mean(-1, keepdims=True) - normalized * (upstream * normalized).mean(-1, keepdims=True)
    gradient = along / x.std(-1, keepdims=True)
    missing = rng.uniform(0.5, 1) - np.sum(gradient * direction)
    return direction + missing / np.sum(gradient**2) * gradient


def probe(student: Mapping[str, Any], look: str, **inputs: Any) -> Look:
    """Look at one side of `student["LayerNormalization"]`; `borrowed` names library code that normalized for it."""
    make = student["LayerNormalization"]
    with defaults(), Watch(make) as watch:
        try:
            _insist_on_call(make)
            yield from _LOOKS[str(look)](make, **inputs)
        except GeneratorExit:
            raise
        except BaseException:
            yield "borrowed", watch.found()
            raise
        yield "borrowed", watch.found()


def _insist_on_call(make: Any) -> None:
    """Raise where a class has no `call`: without one, Keras hands None to `build` and a right line there fails."""
    import tensorflow as tf

    if isinstance(make, type) and getattr(make, "call", None) in (None, tf.keras.layers.Layer.call):
        methods = [name for name, value in vars(make).items() if callable(value)]
        raise NotImplementedError(f"the layer has no method `call`; it has {', '.join(methods) or 'none'}")


def _rows(make: Callable[..., Any], x: Any, wide: Any) -> Look:
    layer = _unit(make(eps=1e-6), x)
    out = _run(layer, x)
    yield "note_row_mean", _readable(out[0].mean())
    yield "note_row_deviation", _readable(out[0].std())
    yield "out", out
    yield "outlier", _run(_unit(make(eps=1e-6), wide), wide)[0]


def _offset(make: Callable[..., Any], x: Any, offsets: Any) -> Look:
    """What adding the offsets to all inputs does to the outputs."""
    layer = _unit(make(), x)
    if _divides(layer, x):
        moved = np.stack([_run(layer, x + offset) - _run(layer, x) for offset in offsets])
        yield "note_moved", _readable(np.abs(moved[-1]).max())
        yield "out", _standard(x) + moved


def _spread(make: Callable[..., Any], x: Any, eps: float) -> Look:
    """What raising eps from 0.001 to `eps` does to the denominator d and to the centre, and what no eps means.

    σ + eps adds the change to d, √(σ² + eps) adds it to d². The nearer one counts: `out` and `default` are what √(σ² +
    eps) gives with the eps that was found.
    """
    given, small, default = (_unit(layer, x) for layer in (make(eps=eps), make(eps=0.001), make()))
    if not _divides(small, x):
        return
    (centre, d), (centre_small, d_small), (_, d_default) = (_line_of(layer, x) for layer in (given, small, default))
    change = eps - 0.001
    power = min((1, 2), key=lambda power: abs(d**power - d_small**power - change))
    effect = d**power - d_small**power
    default_eps = 0.001 + d_default**power - d_small**power
    flat = _run(default, np.zeros_like(x))
    yield "note_eps", eps
    yield "note_eps_wanted", _readable(change)
    yield "note_eps_effect", _readable(effect)
    yield "note_flat", _readable(flat[0, 0])
    yield "note_default_eps", _readable(default_eps, 5)
    yield "out", _standard(x, eps=0.001 + effect, shift=centre - centre_small)
    yield "flat", flat
    yield "default", _standard(x, eps=default_eps)


def _weights(make: Callable[..., Any], x: Any, alpha: Any, beta: Any) -> Look:
    layer = make(eps=1e-6)
    layer.build((None, x.shape[1]))
    early = [hasattr(layer, name) for name in ("alpha", "beta")]
    yield "note_attributes", _attributes(layer)
    fresh = _run(layer, x)
    late = [hasattr(layer, name) for name in ("alpha", "beta")]
    yield "note_attributes", _attributes(layer)
    yield "made", [1 if soon else 2 if after else 0 for soon, after in zip(early, late, strict=True)]
    for name in ("alpha", "beta"):
        yield f"{name}_shape", np.array(np.shape(getattr(layer, name, 0)), int)
        yield f"{name}_dtype", _dtype_of(getattr(layer, name, None))
    own = _run(_unit(layer, x), x)
    _put(layer, alpha, beta)
    slope, intercept = _fit(own, _run(layer, x))
    at, to = (int(np.argmax(np.abs(acts - put))) for acts, put in ((slope, alpha), (intercept, beta)))
    yield "note_alpha_put", _readable(alpha[at])
    yield "note_alpha_acts", _readable(slope[at])
    yield "note_beta_put", _readable(beta[to])
    yield "note_beta_acts", _readable(intercept[to])
    yield "alpha", _standard(x) * slope
    yield "beta", _standard(x) + intercept
    slope, intercept = _fit(own, fresh)
    yield "note_alpha_start", _different(slope) if late[0] else "–"
    yield "note_beta_start", _different(intercept) if late[1] else "–"
    if late[0] and np.isfinite(slope).all():
        yield "alpha_start", _standard(x) * _common(slope)
    if late[1] and np.isfinite(intercept).all():
        yield "beta_start", _standard(x) + _common(intercept)


def _ranks(make: Callable[..., Any], x: Any, alpha: Any, beta: Any) -> Look:
    size = x.shape[-1]
    rows = x.reshape(-1, size)
    shapes = {"rank3": (x.shape[0], -1, size), "rank4": x.shape}
    layers = {name: make(eps=1e-6) for name in shapes}
    matrix = _unit(make(eps=1e-6), rows)
    if not _divides(matrix, rows):
        return
    _put(matrix, alpha, beta)
    wanted = _run(matrix, rows)
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
        yield name, _standard(rows) + moved


def _slopes(make: Callable[..., Any], x: Any, upstream: Any, direction: Any) -> Look:
    """Derivatives of Σ upstream · output: for inputs, how far the tape's are from those by differences; for weights,
    the share of the derivative that is there."""
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

    def by_steps(output: Callable[[Any], Floats], way: Any, step: float = 1 / 2048) -> float:
        ends = [np.sum(upstream * output(x + np.float32(sign * step) * way)) for sign in (1, -1)]
        return float(ends[0] - ends[1]) / (2 * step)

    ways = np.ones_like(x), x, direction
    gaps = [np.sum(taped * way) - by_steps(lambda rows: _run(layer, rows), way) for way in ways]
    yield "inputs", np.array([by_steps(_standard, way) for way in ways]) + gaps

    def share(name: str, whole: Floats) -> float:
        own = [got for one, got in zip(trained, others, strict=True) if one is getattr(layer, name)]
        return float(np.sum(sum(own) * whole) / np.sum(whole**2))

    if hasattr(layer, "alpha"):
        of_alpha = share("alpha", np.sum(upstream * out, 0))
        yield "note_alpha_share", _readable(of_alpha)
        yield "alpha", of_alpha * np.sum(upstream * _standard(x), 0)
    if hasattr(layer, "beta"):
        of_beta = share("beta", np.sum(upstream, 0))
        yield "note_beta_share", _readable(of_beta)
        yield "beta", of_beta * np.sum(upstream, 0)


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
    yield "out", _standard(x) + moved


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
    yield "note_copy_name", re.sub(r"_\d+$", "", str(again.name)) if again.name != layer.name else str(again.name)
    yield "note_copy_gap", _readable(np.abs(moved).max())
    yield "name_taken", int(layer.name == str(name))
    yield "name_kept", int(again.name == layer.name)
    yield "out", _standard(x) + moved
    _put(again, alpha, beta)
    slope, intercept = _fit(_run(again, x), restored)
    yield "scaled", _standard(x) * slope
    yield "shifted", _standard(x) + intercept


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
    import tensorflow as tf

    if tf.is_symbolic_tensor(out):  # NumPy's own complaint would read as if the layer had called NumPy
        raise TypeError("the layer returned a symbolic tensor, as it does where eager execution is turned off")
    if out is None:
        raise TypeError("the layer returned None")
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
    """Whether the output depends on the input, and twice the input gives anything but twice the output: not so for a
    constant, for the input itself, or for x - mean.

    A hundredfold input is far from where eps matters.
    """
    out, twice, turned = (_run(layer, rows) for rows in (100 * x, 200 * x, 100 * x[:, ::-1]))
    least = 0.2 * np.abs(out).max()
    return bool(np.abs(twice - 2 * out).max() > least and np.abs(turned - out).max() > least)


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


def _different(values: Floats) -> Floats:
    """Some of the different numbers among them, for a sentence."""
    return np.unique(np.round(values, 3) + 0.0)[:3]


def _line_of(layer: Any, x: Any) -> tuple[float, float]:
    """Centre and denominator of output = (x - centre) / denominator."""
    out = _run(layer, x)
    values = x.astype("float64")
    with np.errstate(all="ignore"):
        slope = np.sum((values - values.mean()) * out) / np.sum((values - values.mean()) ** 2)
        return float(values.mean() - out.mean() / slope), float(1 / slope)


def _standard(x: Any, eps: float = 0.0, shift: float = 0.0) -> Floats:
    """The rows of a matrix, normalized in float64: findings are put on them, so that right ones cannot be guessed."""
    rows = np.asarray(x, "float64")
    with np.errstate(all="ignore"):
        normalized: Floats = (rows - rows.mean(-1, keepdims=True) - shift) / np.sqrt(rows.var(-1, keepdims=True) + eps)
    return normalized


def _attributes(layer: Any) -> list[str]:
    """The variables that the layer keeps under public names, with their shapes and types."""
    kept = {name: one for name, one in vars(layer).items() if hasattr(one, "assign") and not name.startswith("_")}
    return [f"self.{name} {tuple(one.shape)} {_dtype_of(one)}" for name, one in kept.items()] or ["–"]


def _dtype_of(variable: Any) -> str:
    dtype = getattr(variable, "dtype", "–")
    return str(getattr(dtype, "name", dtype))


def _readable(value: float, digits: int = 4) -> float:
    """`value` without the rounding noise that a sentence should not show."""
    return round(float(value), digits) + 0.0
