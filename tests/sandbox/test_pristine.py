"""Student code that changes what looks at it, or searches for it, gains nothing by that."""

from __future__ import annotations

import sys
from contextlib import suppress
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from autograde import observe
from autograde.sandbox import Engine
from autograde.sandbox.pristine import Pristine
from autograde.sandbox.tally import MAX_NOTICED, Tally
from autograde.sandbox.wire import BadFrameError
from tests.sandbox.conftest import LIMITS, X, right, run, task

SOURCE = """
limit = 3
def f(x, y=1, *, z=2): return x + y + z
class Watch:
    kind = "real"
    def look(self): return self.kind
    @staticmethod
    def still(): return 1
    @property
    def name(self): return "name"
"""


@pytest.fixture
def module() -> ModuleType:
    module = ModuleType("course.looks")
    exec(SOURCE, vars(module))
    return module


def state(module: ModuleType) -> tuple[Any, ...]:
    watch = module.Watch()
    return module.limit, module.f(1), watch.kind, watch.look(), watch.still(), watch.name, hasattr(module, "isinstance")


CHANGES = {
    "a name": "m.limit = 4",
    "a new name": "m.isinstance = lambda *args: True",
    "a function": "m.f = lambda x: 0",
    "a function's code": "m.f.__code__ = (lambda x, y, *, z: 0).__code__",
    "a function's defaults": "m.f.__defaults__ = (5,)",
    "its other defaults": "m.f.__kwdefaults__ = {'z': 5}",
    "a class": "m.Watch = type('Watch', (m.Watch,), {'kind': 'fake'})",
    "a method": "m.Watch.look = lambda self: 'fake'",
    "a method's code": "m.Watch.look.__code__ = (lambda self: 'fake').__code__",
    "an attribute of a class": "m.Watch.kind = 'fake'",
    "a static method": "m.Watch.still = staticmethod(lambda: 0)",
    "a property": "m.Watch.name = 'fake'",
    "one that is gone": "del m.Watch.look, m.f",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_changed_is_put_back(module: ModuleType, change: str) -> None:
    before, pristine = state(module), Pristine("course", [module])
    exec(change, {"m": module})
    with suppress(AttributeError):  # of what was deleted
        assert state(module) != before, "the change changes nothing"
    pristine.restore()
    assert state(module) == before


def test_modules_of_the_package_are_found_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = ModuleType("course.mine"), ModuleType("courses")
    for module in (mine, other):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    pristine = Pristine("course")
    mine.added = other.added = 1  # type: ignore[attr-defined]
    pristine.restore()
    assert (hasattr(mine, "added"), hasattr(other, "added")) == (False, True)


def test_the_course_is_put_back_before_each_look(engine: Engine) -> None:
    patch = "import autograde.observe as o\no.plain = lambda value: o.np.zeros(3)\no.added = 1"
    assert right(run(engine, patch, double="double = lambda x: x * 2"), "double")


SEARCHES = {
    "gc.get_objects": "import gc; gc.get_objects()",
    "gc.get_referrers": "import gc; gc.get_referrers(x)",
    "__code__": "(lambda: 0).__code__ = (lambda: 1).__code__",
    "gc.get_referents": "import gc; import threading; t = threading.Thread(target=gc.get_referents, args=(x,)); "
    "t.start(); t.join()",
}


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_of_the_process_is_noticed_while_a_probe_runs(engine: Engine, name: str) -> None:
    lines = "\n    ".join(SEARCHES[name].split("; "))
    findings = run(
        engine, SEARCHES[name].replace("x", "print"), double=f"def double(x):\n    {lines}\n    return x * 2"
    )
    arrays = findings.exercises["double"].observation.arrays  # type: ignore[union-attr]
    assert str(arrays["one/borrowed"]) == name
    assert "one/borrowed" not in findings.exercises["halve"].observation.arrays  # type: ignore[union-attr]


# ---- what the trusted side makes of it


def observation(**arrays: Any) -> observe.Observation:
    return observe.Observation({f"one/{name}": np.asarray(value) for name, value in arrays.items()})


def test_what_was_noticed_stands_whatever_comes_later() -> None:
    tally = Tally(task(), LIMITS)
    tally.notice("double", ["one", "fit"])
    tally.notice("double", ["one", "train_step"])
    tally.end_probe("double", {}, observe.to_bytes(observation(out=X, borrowed="")))
    tally.end_probe("halve", {}, observe.to_bytes(observation(out=X, borrowed="")))
    found = tally.close()
    borrowed = [str(found[slug].observation.arrays["one/borrowed"]) for slug in ("double", "halve")]  # type: ignore[union-attr]
    assert borrowed == ["fit, train_step", ""]


@pytest.mark.parametrize("notice", [None, "fit", ["one"], ["two", "fit"], [["one"], "fit"], {"one": "fit"}])
def test_what_is_no_notice_ends_the_child(notice: Any) -> None:
    with pytest.raises(BadFrameError):
        Tally(task(), LIMITS).notice("double", notice)


def test_a_flood_of_notices_is_cut() -> None:
    tally = Tally(task(), LIMITS)
    for number in range(2 * MAX_NOTICED):
        tally.notice("double", ["one", str(number) * 1000])
    assert len(tally.noticed["double"]) == MAX_NOTICED
    assert max(len(name) for _, name in tally.noticed["double"]) == observe.MAX_NAME
