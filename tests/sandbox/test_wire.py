"""What comes over the wire is a stranger's: caps, order and form are held before anything is believed."""

from __future__ import annotations

import json
import os
import struct
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograde.observe import to_bytes
from autograde.sandbox import Engine, Limits
from autograde.sandbox.tally import Progress, Tally, clean_output, reason
from autograde.sandbox.wire import MAX_BODY, MAX_HEADER, BadFrameError, Frame, Reader, decode, decode_raised, sender
from autograde.terms import Observation, Raised
from tests.sandbox.conftest import right, run, task

SEEN = to_bytes(Observation({"one/out": np.arange(3.0)}))


def test_frames_come_out_as_they_went_in_however_they_are_cut() -> None:
    receive, send_to = os.pipe()
    send = sender(send_to)
    send({"begin": 0})
    send({"end": 0}, b"body" * 100)
    os.close(send_to)
    reader = Reader()
    frames = [frame for byte in iter(lambda: os.read(receive, 1), b"") for frame in reader.feed(byte)]
    os.close(receive)
    assert frames == [Frame({"begin": 0}, b""), Frame({"end": 0}, b"body" * 100)]


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<II", MAX_HEADER + 1, 0),
        struct.pack("<II", 0, MAX_BODY + 1),
        struct.pack("<II", 2, 0) + b"[]",
        struct.pack("<II", 2, 0) + b"{x",
        struct.pack("<II", 2, 0) + b"\xff\xff",
        struct.pack("<II", 5000, 0) + b"[" * 5000,
    ],
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(BadFrameError):
        list(Reader().feed(data))


@given(st.binary(max_size=200))
def test_any_bytes_give_frames_or_are_refused(data: bytes) -> None:
    with suppress(BadFrameError):
        list(Reader().feed(data))


def test_half_characters_and_infinities_do_not_come_through() -> None:
    assert decode(b'"\\ud800"') == "?"
    assert decode(b"[NaN, Infinity]") == [None, None]


def test_more_frames_than_a_submission_has_steps_are_refused() -> None:
    frame = struct.pack("<II", 2, 0) + b"{}"
    with pytest.raises(BadFrameError):
        list(Reader().feed(frame * 100_000))


@pytest.mark.parametrize("value", [None, {}, [], ["a"], "text"])
def test_what_is_no_exception_is_none(value: Any) -> None:
    assert decode_raised(value) is None


def test_an_exception_is_cut_to_its_caps() -> None:
    raised = decode_raised(["E" * 10**6, "m" * 10**6, 10**30, 5])
    assert raised == Raised("E" * 200, "m" * 1000, None, "5")


@pytest.mark.parametrize(
    "output",
    [
        None,
        "text",
        {},
        {"output_type": "stream", "name": "stdin", "text": "x"},
        {"output_type": "stream", "name": "stdout", "text": 1},
        {"output_type": "error", "ename": "E", "evalue": "e", "traceback": [1]},
        {"output_type": "display_data", "data": "x"},
        {"output_type": "execute"},
    ],
)
def test_what_is_no_output_is_dropped(output: Any) -> None:
    assert clean_output(output) is None


def test_of_an_output_only_text_is_kept() -> None:
    data = {"text/plain": "x", "application/json": {"a": [1]}, "image/png": "iVBOR"}
    output = {"output_type": "execute_result", "data": data, "metadata": {"a": {}}, "execution_count": True, "more": 1}
    assert clean_output(output) == {
        "output_type": "execute_result",
        "data": {"text/plain": "x", "image/png": "iVBOR"},
        "metadata": {},
        "execution_count": None,
    }


@pytest.fixture
def progress() -> Progress:
    tally = Tally(task(), Limits())
    return Progress(tally, tally.next_attempt().steps())


def go(progress: Progress, upto: int) -> None:
    for number in range(upto):
        assert progress.take(Frame({"begin": number}, b""))
        progress.take(Frame({"end": number}, b"[]"))


def test_steps_in_turn_make_findings(progress: Progress) -> None:
    go(progress, 2)
    progress.take(Frame({"begin": 2}, b""))
    progress.take(Frame({"end": 2}, SEEN))
    assert progress.tally.found["double"].observation is not None
    assert progress.current == "halve"


@pytest.mark.parametrize(
    "header",
    [
        {"begin": 3},
        {"begin": -1},
        {"begin": "2"},
        {"end": 2},
        {"end": 3},
        {"seen": "double"},
        {"end": None},
        {"begin": []},
    ],
)
def test_frames_out_of_turn_are_ignored(progress: Progress, header: dict[str, Any]) -> None:
    go(progress, 2)
    assert not progress.take(Frame(header, SEEN))
    assert progress.tally.found == {}


def test_only_the_first_end_of_a_step_counts(progress: Progress) -> None:
    go(progress, 2)
    progress.take(Frame({"begin": 2}, b""))
    progress.take(Frame({"end": 2}, SEEN))
    progress.take(Frame({"end": 2}, to_bytes(Observation())))
    observation = progress.tally.found["double"].observation
    assert observation is not None
    assert list(observation.arrays) == ["one/out"]


@pytest.mark.parametrize("body", [b"", b"PK", SEEN[:-9], b"\x80\x04N."])
def test_an_observation_that_is_none_ends_the_child(progress: Progress, body: bytes) -> None:
    go(progress, 2)
    progress.take(Frame({"begin": 2}, b""))
    with pytest.raises(BadFrameError):
        progress.take(Frame({"end": 2}, body))


@pytest.mark.parametrize(("detail", "wanted"), [("seconds", "timeout"), ("memory_mib", "memory"), ("SIGSEGV", "crash")])
def test_every_end_has_its_reason(detail: str, wanted: str) -> None:
    assert reason(detail) == wanted


def forge(*frames: tuple[dict[str, Any], bytes], times: int = 1) -> str:
    """Code that writes `frames` to the wire, which it finds among its descriptors."""
    data = b"".join(struct.pack("<II", len(json.dumps(h)), len(b)) + json.dumps(h).encode() + b for h, b in frames)
    return write(repr(data), times)


def write(data: str, times: int = 1) -> str:
    """Code that writes the bytes `data` to every pipe of its process."""
    return (
        "import os, stat\nfor fd in range(3, 64):\n    try:\n        if stat.S_ISFIFO(os.fstat(fd).st_mode):\n"
        f"            for _ in range({times}): os.write(fd, {data})\n    except OSError: pass"
    )


@pytest.mark.parametrize(
    "code",
    [
        write("b'\\xff' * 99"),
        write("b'\\x02\\0\\0\\0\\0\\0\\x10\\0{}' + bytes(1 << 20)", times=1000),
        forge(({"begin": 2}, b""), ({"end": 2}, b"no archive")),
    ],
    ids=["garbage", "flood", "no observation"],
)
def test_an_attack_on_the_wire_costs_the_exercise_that_makes_it(engine: Engine, code: str) -> None:
    findings = run(engine, double="def double(x):\n    " + code.replace("\n", "\n    "))
    double = findings.exercises["double"]
    assert (double.reason, double.detail) == ("crash", "wire")
    assert right(findings, "halve")


def test_forged_frames_are_worth_the_arrays_in_them_and_no_more(engine: Engine) -> None:
    """The child has the inputs: an array that it forges is an array that it could have returned."""
    ends = [({"end": 0}, b"[]"), ({"begin": 1}, b""), ({"end": 1}, b"[]"), ({"begin": 2}, b""), ({"end": 2}, SEEN)]
    double = run(engine, double=forge(*ends)).exercises["double"].observation
    assert double is not None
    assert np.array_equal(double.arrays["one/out"], np.arange(3.0))
