"""What an exercise forbids is noticed when it runs, however it is brought to run; what it allows is left alone."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from autograde import catalog
from autograde.sandbox import Engine
from autograde.sandbox.alarm import functions
from autograde.terms import Exercise
from tests.sandbox.conftest import right, run

FORBIDDEN = [
    pytest.param(one, id=f"{entry.id}-{one.name}-{one.where}")
    for entry in catalog.entries()
    if isinstance(entry.about, Exercise)
    for one in entry.about.forbids
]


def borrowed(findings: Any, slug: str = "double") -> str:
    return str(findings.exercises[slug].observation.arrays.get("one/borrowed", ""))


def double(*lines: str) -> str:
    body = "\n    ".join(lines)
    return f"def double(x):\n    {body}\n    return x * 2"


WAYS = {
    "plainly": ["import colorsys", "colorsys.rgb_to_hsv(1, 0, 0)"],
    "in a thread": [
        "import colorsys, threading",
        "t = threading.Thread(target=colorsys.rgb_to_hsv, args=(1, 0, 0))",
        "t.start(); t.join()",
    ],
    "by a copy of the function": [
        "import colorsys, types",
        "types.FunctionType(colorsys.rgb_to_hsv.__code__, {}, 'mine')(1, 0, 0)",
    ],
    "in an audit hook": [
        "import colorsys, sys",
        "sys.addaudithook(lambda event, args: colorsys.rgb_to_hsv(1, 0, 0) if event == 'mine' else None)",
        "sys.audit('mine')",
    ],
    "with everything patched": [
        "import colorsys, os, sys",
        "sys.audit = sys.addaudithook = os._exit = sys._getframe = lambda *args: None",
        "sys.setprofile(None); sys.settrace(None)",
        "colorsys.rgb_to_hsv(1, 0, 0)",
    ],
    "and what it raises swallowed": [
        "import colorsys",
        "try:",
        "    colorsys.rgb_to_hsv(1, 0, 0)",
        "except BaseException:",
        "    pass",
    ],
}


@pytest.mark.parametrize("lines", WAYS.values(), ids=WAYS)
def test_what_is_forbidden_is_noticed_and_the_rest_of_the_answer_still_looked_at(
    engine: Engine, lines: list[str]
) -> None:
    findings = run(engine, double=double(*lines))
    assert borrowed(findings) == "hsv"
    assert right(findings, "double")
    assert right(findings, "halve")
    assert borrowed(findings, "halve") == ""


def test_a_thread_that_was_started_before_the_look_is_noticed(engine: Engine) -> None:
    cell = "\n".join(
        [
            "import colorsys, queue, threading",
            "asked, answers = queue.Queue(), queue.Queue()",
            "serve = lambda: answers.put(colorsys.rgb_to_hsv(*asked.get()))",
            "threading.Thread(target=serve, daemon=True).start()",
        ]
    )
    findings = run(engine, cell, double=double("asked.put((1, 0, 0))", "answers.get(timeout=5)"))
    assert borrowed(findings) == "hsv"


def test_what_was_put_in_its_place_before_is_put_back_or_noticed(engine: Engine) -> None:
    cell = "import colorsys, types\nmine = types.FunctionType(colorsys.rgb_to_hsv.__code__, vars(colorsys))"
    assert borrowed(run(engine, cell, double=double("mine(1, 0, 0)"))) == "hsv"


def test_whoever_arms_an_alarm_only_harms_himself(engine: Engine) -> None:
    cell = "import sys\nsys.audit('autograde.arm', [('hsv', 0)])\nsys.audit('autograde.ran', 'nothing')"
    findings = run(engine, cell, double=double("import colorsys", "colorsys.rgb_to_hsv(1, 0, 0)"))
    assert not right(findings, "double")


def test_outside_of_a_look_everything_is_allowed(engine: Engine) -> None:
    findings = run(engine, "import colorsys, gc\nprint(colorsys.rgb_to_hsv(1, 0, 0), len(gc.get_objects()) > 0)")
    assert (borrowed(findings), right(findings, "double")) == ("", True)
    assert "(0.0, 1.0, 1) True" in str(findings.outputs["c0"])


def test_another_exercise_may_use_what_one_forbids(engine: Engine) -> None:
    halve = "import colorsys\ndef halve(x):\n    colorsys.rgb_to_hsv(1, 0, 0)\n    return x / 2"
    findings = run(engine, double=double("pass") + f"\n{halve}")
    engine_task = findings.exercises["halve"]
    assert engine_task.observation is not None
    assert borrowed(findings, "halve") == ""


def test_ending_as_an_alarm_does_is_no_way_out(engine: Engine) -> None:
    for status in (80, 83, 84, 200):
        assert not right(run(engine, double=double("import os", f"os._exit({status})")), "double")


@pytest.mark.parametrize("one", FORBIDDEN)
def test_every_function_that_an_exercise_forbids_is_there(one: Any) -> None:
    """In this Keras; of older ones a few layers are not."""
    assert list(functions(one.where, one.what))


CALLS = """
import sys, warnings
import keras, numpy as np
from autograde.sandbox.alarm import Alarms
from autograde.terms import Forbidden
x = np.arange(6, dtype="float32").reshape(2, 3)
def layers(): return [np.asarray(getattr(keras.layers, name)()(x)) for name in
    ("LayerNormalization", "BatchNormalization", "UnitNormalization")]
def fitted():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model.fit(x, x[:, :1], verbose=0).history["loss"]
before = layers(), fitted()
heard = []
norm, fit = ("keras.layers", r"Normalization\\.call$"), ("keras.Model", r"Trainer\\.fit$")
Alarms([Forbidden("norm", *norm), Forbidden("fit", *fit)])
sys.addaudithook(lambda event, args: heard.append(args[0]) if event == "autograde.ran" else None)
after = layers(), fitted()
assert all(np.array_equal(one, other) for one, other in zip(before[0], after[0]))
assert before[1] == after[1]
assert set(heard) == {"norm", "fit"}, heard
import inspect
assert "mask" in inspect.signature(keras.layers.BatchNormalization.call).parameters
assert "epochs" in inspect.signature(keras.Model.fit).parameters
print("the same")
"""


def test_a_wired_function_does_what_it_did() -> None:
    """In a process of its own: nothing takes the wires out again."""
    done = subprocess.run([sys.executable, "-c", CALLS], capture_output=True, text=True)
    assert done.stdout.strip() == "the same", done.stderr
