"""What a probe sees comes back across the wall whole, and nothing but plain arrays comes across."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tracemalloc
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograde import observe as wall
from autograde.observe import TooLargeError, from_bytes, observe, to_bytes, with_told
from autograde.terms import Array, Observation, Raised

names = st.from_regex(r"[a-z_0-9]{1,20}/[a-z_0-9]{1,20}", fullmatch=True)
dtypes = st.one_of(
    hnp.boolean_dtypes(), hnp.integer_dtypes(), hnp.unsigned_integer_dtypes(), hnp.floating_dtypes(sizes=(16, 32, 64))
)
arrays = hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, max_dims=3, max_side=4))
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=50).map(np.array)
errors = st.builds(
    Raised, st.just("ValueError"), st.text(max_size=99), st.none() | st.integers(1, 999), st.just("x = 1")
)


def probe(student: Any, x: Array) -> Any:
    return {"y": student["f"](x)}


def look(f: Any, x: Any = 1.0) -> Observation:
    return observe(probe, {"f": f}, ("f",), {"case": {"x": np.asarray(x)}})


# ---- looking


def test_the_probe_sees_each_case() -> None:
    seen = observe(probe, {"f": np.square}, ("f",), {"two": {"x": np.array(2)}, "three": {"x": np.array(3)}})
    assert {key: int(array) for key, array in seen.arrays.items()} == {"two/y": 4, "three/y": 9}


def test_what_was_yielded_before_an_exception_is_kept_and_the_next_case_is_looked_at() -> None:
    def steps(student: Any, x: int) -> Any:
        yield "first", x
        yield "second", student["f"](x)

    seen = observe(steps, {"f": lambda x: 1 // x}, ("f",), {"zero": {"x": 0}, "one": {"x": 1}})
    assert set(seen.arrays) == {"zero/first", "one/first", "one/second"}
    assert seen.raised["zero"].type == "ZeroDivisionError"
    assert (
        seen.raised["zero"].code
        == 'seen = observe(steps, {"f": lambda x: 1 // x}, ("f",), {"zero": {"x": 0}, "one": {"x": 1}})'
    )


def test_a_name_that_is_not_there_is_named() -> None:
    assert "'f' is not defined" in observe(probe, {}, ("f",), {"case": {"x": 1}}).raised["case"].message


def test_the_probe_sees_only_what_was_asked_for() -> None:
    def peek(student: Any) -> Any:
        return {"n": len(student)}

    assert int(observe(peek, {"f": 1, "g": 2}, ("f",), {"case": {}}).arrays["case/n"]) == 1


@pytest.mark.parametrize("result", [None, object(), {"a": 1}, [object()], np.array([object()]), 1j, b"bytes"])
def test_what_is_no_array_of_numbers_or_text_is_the_answers_error(result: object) -> None:
    assert look(lambda x: result).raised["case"].type == "TypeError"


@pytest.mark.parametrize("error", [SystemExit, GeneratorExit, RecursionError, MemoryError, StopIteration])
def test_whatever_the_answer_raises_ends_its_case_only(error: type[BaseException]) -> None:
    def f(x: Array) -> None:
        raise error

    assert look(f).raised["case"].type == error.__name__


def test_an_error_that_cannot_be_printed_is_still_described() -> None:
    class HostileError(Exception):
        def __str__(self) -> str:
            raise SystemExit

    def f(x: Array) -> None:
        raise HostileError

    error = look(f).raised["case"]
    assert (error.type, error.message, error.code) == ("HostileError", "", "raise HostileError")


def test_an_array_over_the_cap_is_refused_where_it_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall, "MAX_ENTRY_BYTES", 7)
    assert look(lambda x: np.zeros(1)).raised["case"].type == "TooLargeError"


def test_an_observation_is_a_copy_that_the_answer_cannot_change_later() -> None:
    kept = np.zeros(2)
    seen = look(lambda x: kept)
    kept[:] = 7
    assert seen.arrays["case/y"].tolist() == [0, 0]


GRAPHS = {
    "while it is traced": ["y = tf.zeros(3)", "return tf.matmul(x, y)"],
    "when it runs": ["y = tf.reshape(x, [-1])", "return tf.reshape(y, [tf.size(y) + 1])"],
}


@pytest.mark.parametrize("lines", GRAPHS.values(), ids=GRAPHS)
def test_of_an_error_in_a_compiled_function_the_line_inside_is_named(lines: list[str]) -> None:
    import linecache

    import tensorflow as tf

    source = (
        "@tf.function\ndef step(x):\n    " + "\n    ".join(lines) + "\n\ndef f(x):\n    return step(tf.ones((2, 2)))\n"
    )
    linecache.cache["<a cell>"] = (len(source), None, source.splitlines(keepends=True), "<a cell>")
    names: dict[str, Any] = {"tf": tf, "__name__": "a_cell"}
    exec(compile(source, "<a cell>", "exec"), names)
    error = look(names["f"]).raised["case"]
    assert (error.line, error.code) == (4, lines[-1])


# ---- crossing the wall


@given(st.dictionaries(names, st.one_of(arrays, texts), max_size=5), st.dictionaries(st.just("case"), errors))
def test_what_is_written_is_read_back(entries: dict[str, Array], raised: dict[str, Raised]) -> None:
    back = from_bytes(to_bytes(Observation(entries, raised)))
    assert back.raised == raised
    assert back.arrays.keys() == entries.keys()
    for key, array in entries.items():
        assert back.arrays[key].dtype == array.dtype
        np.testing.assert_array_equal(back.arrays[key], array)


GOOD = to_bytes(Observation({"case/y": np.arange(12.0).reshape(3, 4)}, {"case": Raised("ValueError", "no", 1, "x")}))


@given(st.binary(max_size=300))
@example(b"")
@example(pickle.dumps({"case/y": 1}))
@example(b"\x93NUMPY\x01\x00")
def test_foreign_bytes_are_a_value_error_and_nothing_else(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever its message
        from_bytes(data)


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=12))
def test_damaged_bytes_are_read_or_refused(changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(GOOD)
    for place, value in changes:
        damaged[place] = value
    survives(bytes(damaged))


@given(st.integers(0, len(GOOD)), st.binary(max_size=40))
def test_cut_and_extended_bytes_are_read_or_refused(length: int, more: bytes) -> None:
    survives(GOOD[:length] + more)


def survives(data: bytes) -> None:
    """`from_bytes` gives plain arrays or a `ValueError`."""
    try:
        back = from_bytes(data)
    except ValueError:
        return
    assert all(array.dtype.kind in wall.PLAIN_KINDS for array in back.arrays.values())


def archive(*members: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as made:
        for name, data in members:
            made.writestr(name, data)
    return buffer.getvalue()


def npy(descr: str, shape: str, data: bytes = b"", order: str = "False") -> bytes:
    """A hand-made .npy member."""
    header = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


@pytest.mark.parametrize(
    "member",
    [
        npy("'<f8'", "(10000000000,)"),
        npy("'<f8'", "(1000000000000, 1000000000000, 1000000000000, 1000000000000)"),
        npy("'<f8'", "(-1,)"),
        npy("'<f8'", "(-1, -1)", bytes(8)),
        npy("'<f8'", "(2,)", bytes(8)),
        npy("'<f8'", "(1,)", bytes(16)),
        npy("'|O'", "(1,)", pickle.dumps([print])),
        npy("'<U400000000'", "(1,)"),
        npy("[('a', '<f8')]", "(1,)", bytes(8)),
        npy("'<f8'", "(True,)", bytes(8)),
        npy("'<f8'", "'x'"),
        npy("'<f8'", "(1.5,)", bytes(8)),
        npy("'<f8'", "1", bytes(8)),
        npy("__import__('os')", "(1,)"),
        npy("'nonsense'", "(1,)"),
        npy("'<M8[s]'", "(1,)", bytes(8)),
        npy("'<f8'", "(" + "9" * 5000 + ",)"),
        npy("'<U0'", "(1000000000,)"),
        b"\x93NUMPY\x09\x09" + bytes(200),
        b"\x93NUMPY\x02\x00\xff\xff\xff\x7f",
        b"",
    ],
    ids=lambda member: str(member[10:70]),
)
def test_a_header_that_lies_is_found_before_memory_is_taken(member: bytes) -> None:
    data = archive(("case/y.npy", member))
    survives(data)  # so that what Python imports on the way is not counted
    tracemalloc.start()
    try:
        survives(data)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_a_compressed_bomb_is_refused_unopened() -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        from_bytes(archive(("case/y.npy", bytes(1 << 24)), compression=zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize("name", ["y.npy", "../" * 100 + "y.npy", "/" * 300])
def test_names_that_no_probe_writes_are_refused(name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        from_bytes(archive((name, npy("'<f8'", "(1,)", bytes(8)))))


@pytest.mark.parametrize(
    "told", ["[]", "{}", "null", "[1, 2]", '"x"', "[[], {}, [], 1]", "[" * 5000, '["a", "b", 1]', "nope"]
)
def test_an_error_record_that_is_none_is_a_value_error_or_plain_text(told: str) -> None:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.array(told), allow_pickle=False)
    try:
        error = from_bytes(archive(("case/!raised.npy", buffer.getvalue()))).raised["case"]
    except ValueError:
        return
    assert isinstance(error.type, str)
    assert isinstance(error.message, str)
    assert error.line is None or isinstance(error.line, int)


def test_more_than_the_caps_is_too_large_in_both_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    many = Observation({f"case/{n}": np.zeros(1) for n in range(20)})
    data = to_bytes(many)
    monkeypatch.setattr(wall, "MAX_ENTRIES", 10)
    monkeypatch.setattr(wall, "_ROOM", 9)
    with pytest.raises(TooLargeError):
        to_bytes(many)
    with pytest.raises(TooLargeError):
        from_bytes(data)
    monkeypatch.setattr(wall, "MAX_TOTAL_BYTES", 10)
    with pytest.raises(TooLargeError):
        to_bytes(Observation({"case/y": np.zeros(9)}))


@pytest.mark.parametrize(
    "member",
    [
        npy("'<f8'", "(30000000, 0)"),
        npy("'<f8'", "(0, 10000000000000)"),
        npy("'|i1'", f"({wall.MAX_ENTRY_BYTES + 1},)", bytes(wall.MAX_ENTRY_BYTES + 1)),
        npy("'<U1'", "(1,)", b"\x00\x00\x11\x00"),
        npy("'>U2'", "()", b"\x00\x00\x00a\xff\xff\xff\xff"),
    ],
    ids=["long nothing", "wide nothing", "one byte too many", "no character", "no character, the other way round"],
)
def test_an_array_that_the_judge_would_choke_on_is_refused(member: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        from_bytes(archive(("case/y.npy", member)))


def test_what_has_come_across_is_written_with_all_that_was_told_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Observation({f"case/{n}": np.zeros(1) for n in range(10)})
    monkeypatch.setattr(wall, "MAX_ENTRIES", 10)
    told = with_told(from_bytes(to_bytes(full)), [("case", "fit")])
    assert from_bytes(wall.packed(told)).arrays.keys() == {*full.arrays, f"case/{wall.BORROWED}"}


def test_a_long_error_is_cut_and_still_read() -> None:
    error = Raised("E" * 500, json.dumps("字" * 5000), 1, "c" * 500)
    back = from_bytes(to_bytes(Observation(raised={"case": error}))).raised["case"]
    assert len(back.message) <= wall.MAX_MESSAGE


# ---- what is told


def test_what_is_told_stands_in_its_case_and_is_passed_on_at_once() -> None:
    passed: list[tuple[str, str]] = []

    def probe(student: Mapping[str, Any], n: int) -> Iterator[tuple[str, Any]]:
        tell = wall.teller()
        if n:
            tell("fit")
            assert passed[-1] == (str(n), "fit")
            tell("fit")
        yield "borrowed", "sys.setprofile" if n == 2 else ""

    seen = observe(probe, {}, (), {str(n): {"n": n} for n in range(3)}, lambda case, name: passed.append((case, name)))
    assert {name: str(value) for name, value in seen.arrays.items()} == {
        "0/borrowed": "", "1/borrowed": "fit", "2/borrowed": "fit, sys.setprofile",
    }  # fmt: skip
    assert passed == [("1", "fit"), ("2", "fit")]


def test_what_is_told_stands_also_where_the_probe_ends_early_and_nothing_is_told_afterwards() -> None:
    def probe(student: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        wall.teller()("fit")
        raise RuntimeError("after that")
        yield

    seen = observe(probe, {}, (), {"case": {}})
    wall.teller()("too late")
    assert str(seen.arrays["case/borrowed"]) == "fit"
