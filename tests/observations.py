"""Made-up observations and exercises, for the laws of comparing, diagnosing and judging."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograde.terms import Claim, Exercise, Misconception, Observation, Raised

floats = st.floats(-1e6, 1e6, width=32)
arrays = hnp.arrays("float32", hnp.array_shapes(max_dims=3, max_side=4), elements=floats)


def exercise(*claims: Claim, mistakes: tuple[Misconception, ...] = ()) -> Exercise:
    return Exercise("made_up", ("answer",), claims, mistakes, id="made_up")


def seen(raised: dict[str, Raised] | None = None, **entries: object) -> Observation:
    """An observation of one case; `a=1` is the entry "case/a"."""
    return Observation({f"case/{name}": np.asarray(value) for name, value in entries.items()}, raised or {})
