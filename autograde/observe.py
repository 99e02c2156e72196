"""Run a probe on a student's namespace, and carry what it saw across the wall: plain arrays with caps, no objects."""

from __future__ import annotations

import io
import json
import linecache
import re
import sys
import traceback
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from autograde.terms import Array, Observation, Raised

MAX_ENTRIES = 1_000
MAX_ENTRY_BYTES = 4 << 20
MAX_TOTAL_BYTES = 16 << 20
MAX_NAME = 200
MAX_MESSAGE = 1_000
PLAIN_KINDS = "biufU"  # bool, int, uint, float, text: what can be compared and cannot run

BORROWED = "borrowed"  # the entry of a case that names what ran for an answer and must not
Probe = Callable[..., "Mapping[str, Any] | Iterable[tuple[str, Any]]"]
Tell = Callable[[str], None]
Cases = Mapping[str, Mapping[str, Any]]
_RAISED = "!raised"
_ROOM = 200  # entries that an observation may have beyond the cap, for what is told of it
_FRAME = re.compile(r'File "(?P<file>[^"\n]{1,500})", line (?P<line>\d{1,9}), in [^\n]*\n *(?P<code>[^\n]*)')
_HERE = str(Path(__file__).parent)


class TooLargeError(ValueError):
    """An observation is larger than the wall lets through."""


class Student(dict[str, Any]):
    """The names that an exercise asks for, looked up in a student's namespace."""

    def __missing__(self, name: str) -> Any:
        raise NameError(f"name {name!r} is not defined")


def observe(
    probe: Probe,
    namespace: Mapping[str, Any],
    asks_for: Iterable[str],
    cases: Cases,
    notice: Callable[[str, str], None] = lambda case, name: None,
) -> Observation:
    """Call `probe(student, **inputs)` for each case and collect the arrays that it returns or yields.

    What a probe yields before the student's code raises is kept; the exception ends its case only.
    `notice(case, name)` is called at once, and once only, for every name that is told (see `teller`).
    Never raises for what the student's code does, apart from `KeyboardInterrupt`, which ends the whole observation.
    """
    student = Student({name: namespace[name] for name in asks_for if name in namespace})
    arrays: dict[str, Array] = {}
    raised: dict[str, Raised] = {}
    told: dict[tuple[str, str], None] = {}
    for case, inputs in cases.items():
        _tell_to(_tell_once(told, case, notice))
        try:
            seen = probe(student, **inputs)
            for name, value in seen.items() if isinstance(seen, Mapping) else seen:
                arrays[f"{case}/{name}"] = plain(value)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # student code runs here: SystemExit and worse are its outcome, not ours
            raised[case] = describe(error)
        finally:
            _tell_to(_nobody)
    return with_told(Observation(arrays, raised), told)


def _nobody(name: str) -> None:
    """Nothing is being observed."""


def _desk() -> tuple[Callable[[], Tell], Callable[[Tell], None]]:
    """Where those who notice ask whom to tell, in whatever thread, and where that is said."""
    present: Tell = _nobody

    def teller() -> Tell:
        """A function that takes the name of something that runs for an answer and must not, in the case under way.

        What is told stands in the case's entry `BORROWED`, whatever runs later: in the sandbox it leaves the process at
        once.
        """
        return present

    def tell_to(tell: Tell) -> None:
        nonlocal present
        present = tell

    return teller, tell_to


teller, _tell_to = _desk()


class Noticed:
    """Names of what runs for an answer and must not: told as soon as they are noted."""

    def __init__(self) -> None:
        names: set[str] = set()
        tell = teller()

        def note(name: str) -> None:
            tell(name)
            names.add(name)

        self.note, self._names = note, names

    def __str__(self) -> str:
        return ", ".join(sorted(self._names))


def _tell_once(told: dict[tuple[str, str], None], case: str, notice: Callable[[str, str], None]) -> Tell:
    def tell(name: str) -> None:
        if (case, name) not in told:
            told[case, name] = None
            notice(case, name)

    return tell


def with_told(observation: Observation, told: Iterable[tuple[str, str]]) -> Observation:
    """`observation` with the names that were told of its cases, (case, name), beside those that stand there."""
    arrays = dict(observation.arrays)
    for case, name in told:
        entry = f"{case}/{BORROWED}"
        before = arrays.get(entry)
        names = set(str(before).split(", ")) if before is not None and before.dtype.kind == "U" else set()
        arrays[entry] = np.array(", ".join(sorted(names - {""} | {name})))
    return replace(observation, arrays=arrays)


def plain(value: Any) -> Array:
    """`value` as an array of numbers or text; anything else is refused."""
    array = np.asarray(value)
    if array.dtype.kind not in PLAIN_KINDS:
        raise TypeError(f"expected numbers, got {type(value).__name__}")
    if array.nbytes > MAX_ENTRY_BYTES:
        raise TooLargeError(f"an array of {array.nbytes} bytes")
    return np.array(array)


def describe(error: BaseException) -> Raised:
    """Type, message and place of a student's exception; the place is the last line outside any library. Of what was
    raised while a graph was traced or ran, the message knows the line inside the traced function."""
    try:
        whole = str(error)
        message = _essence(whole)[:MAX_MESSAGE]
    except BaseException:  # a hostile __str__
        whole = message = ""
    traced = [found for found in _FRAME.finditer(whole) if not _is_library(found["file"])]
    line, code = (int(traced[-1]["line"]), traced[-1]["code"]) if traced else _student_line(error.__traceback__)
    return Raised(type(error).__name__[:MAX_NAME], message, line, code.strip()[:MAX_NAME])


def _essence(message: str) -> str:
    """A message without the wrapping that AutoGraph and Keras put around the student's own error."""
    message = re.sub(r"\x1b\[[0-9;]*m", "", message)
    wrapped = re.search(r"Exception encountered when calling .*?\n\n(.*?)(\n\nArguments received by|\Z)", message, re.S)
    if wrapped:
        message = wrapped.group(1).rpartition("Error encountered:\n\n")[2]
    if "in user code:" in message:
        lines = [line.strip() for line in message.splitlines() if line.strip()]
        message = next(
            (line for line in reversed(lines) if re.match(r"\w+(Error|Exception|Warning): ", line)), lines[-1]
        )
        message = message.split(": ", 1)[-1]
    return message.strip()


def _student_line(tb: TracebackType | None) -> tuple[int | None, str]:
    for frame in reversed(traceback.extract_tb(tb)):
        if not _is_library(frame.filename):
            return frame.lineno, frame.line or linecache.getline(frame.filename, frame.lineno or 0)
    return None, ""


def _is_library(file: str) -> bool:
    ours = file.startswith(("<frozen", _HERE)) or "/lib/python3" in file
    return ours or any(part in file for part in ("site-packages", "dist-packages", "__autograph_generated_file"))


def to_bytes(observation: Observation) -> bytes:
    """An observation as an uncompressed .npz archive, to go across the wall. Raises `TooLargeError` over the caps."""
    members = _members(observation)
    if len(members) > MAX_ENTRIES or any(len(name) > MAX_NAME for name in members):
        raise TooLargeError(f"{len(members)} entries")
    if sum(array.nbytes for array in members.values()) > MAX_TOTAL_BYTES:
        raise TooLargeError("more arrays than are let through")
    return packed(observation)


def packed(observation: Observation) -> bytes:
    """The same for an observation that has come across: whatever it holds is written."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in _members(observation).items():
            info = zipfile.ZipInfo(name + ".npy")
            with archive.open(info, "w") as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
    return buffer.getvalue()


def _members(observation: Observation) -> dict[str, Array]:
    members: dict[str, Array] = dict(observation.arrays)
    for case, error in observation.raised.items():
        members[f"{case}/{_RAISED}"] = np.array(json.dumps(_capped(error.type, error.message, error.line, error.code)))
    return members


def from_bytes(data: bytes) -> Observation:
    """The observation that `to_bytes` or `packed` wrote, read as if a stranger had written it.

    Raises `ValueError` (`TooLargeError` is one) for anything but plain arrays within the caps, with some room for what
    is told (`with_told`): a header that claims more than is there is found before memory is taken for it.
    """
    arrays: dict[str, Array] = {}
    raised: dict[str, Raised] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if len(infos) > MAX_ENTRIES + _ROOM or len(data) > MAX_TOTAL_BYTES + ((MAX_ENTRIES + _ROOM) << 10):
                raise TooLargeError("more arrays than are let through")
            for info in infos:
                name = info.filename.removesuffix(".npy")
                if "/" not in name or len(name) > MAX_NAME or info.compress_type != zipfile.ZIP_STORED:
                    raise ValueError("an entry that no probe writes")
                array = _read_array(archive.read(info))
                case, _, entry = name.rpartition("/")
                if entry == _RAISED:
                    raised[case] = _read_raised(str(array))
                else:
                    arrays[name] = array
    except ValueError:
        raise
    except Exception as error:  # whatever a stranger's bytes make zipfile, numpy or json trip over
        raise ValueError(f"not an observation: {type(error).__name__}") from None
    return Observation(arrays, raised)


def _read_array(data: bytes) -> Array:
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    count = 1
    for size in shape:
        count *= int(size)
    size = len(data) - stream.tell()
    if dtype.kind not in PLAIN_KINDS or count * dtype.itemsize != size:
        raise ValueError("an entry that no probe writes")
    if size > MAX_ENTRY_BYTES or min((*shape, 0)) < 0 or max((*shape, 0)) > MAX_ENTRY_BYTES:
        raise TooLargeError("an array larger than any that is let through")
    stream.seek(0)
    array: Array = np.lib.format.read_array(stream, allow_pickle=False)
    if dtype.kind == "U" and size:
        letters = array.reshape(-1).view(np.dtype("uint32").newbyteorder(dtype.byteorder))
        if letters.max() > sys.maxunicode:
            raise ValueError("text with characters that there are not")
    return array


def _read_raised(text: str) -> Raised:
    if len(text) > 6 * (MAX_MESSAGE + 3 * MAX_NAME):  # JSON writes a character as six at most
        raise TooLargeError("a message longer than any that is written")
    kind, message, line, code = json.loads(text)
    return Raised(*_capped(str(kind), str(message), line if isinstance(line, int) else None, str(code)))


def _capped(kind: str, message: str, line: int | None, code: str) -> tuple[str, str, int | None, str]:
    return kind[:MAX_NAME], message[:MAX_MESSAGE], line, code[:MAX_NAME]
