"""Frames from a child to the trusted side: a small JSON header and a body of bytes, both with caps, never a pickle.

The reader treats every byte as a stranger's: a child's code can reach the pipe and write what it likes to it.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autograde.observe import MAX_MESSAGE, MAX_NAME, MAX_TOTAL_BYTES
from autograde.terms import Raised

MAX_HEADER = 16 << 10
MAX_BODY = MAX_TOTAL_BYTES + (2 << 20)
MAX_WIRE = 8 * MAX_BODY
MAX_FRAMES = 20_000
_SIZES = struct.Struct("<II")


class BadFrameError(ValueError):
    """What came over the wire is nothing that a child of ours writes."""


@dataclass(frozen=True)
class Frame:
    """One message of a child."""

    header: Mapping[str, Any]
    body: bytes


def sender(fd: int) -> Callable[..., None]:
    """A function `send(header, body=b"")` that writes one frame to `fd`; it keeps its own references to what it needs,
    so that code which patches `os` or `json` later changes nothing."""
    write, dumps, pack = os.write, json.dumps, _SIZES.pack

    def send(header: Mapping[str, Any], body: bytes = b"") -> None:
        head = dumps(header).encode()
        rest = memoryview(pack(len(head), len(body)) + head + body)
        while rest:
            rest = rest[write(fd, rest) :]

    return send


class Reader:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._total = 0
        self._frames = 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that `data` completes. Raises `BadFrameError` for anything over the caps or not a frame."""
        self._buffer += data
        self._total += len(data)
        if self._total > MAX_WIRE:
            raise BadFrameError("more than a submission may send")
        while len(self._buffer) >= _SIZES.size:
            head, body = _SIZES.unpack_from(self._buffer)
            self._frames += 1
            if head > MAX_HEADER or body > MAX_BODY or self._frames > MAX_FRAMES:
                raise BadFrameError("a frame over the caps")
            end = _SIZES.size + head + body
            if len(self._buffer) < end:
                return
            frame = bytes(self._buffer[_SIZES.size : end])
            del self._buffer[:end]
            yield Frame(_header(frame[:head]), frame[head:])


def _header(data: bytes) -> Mapping[str, Any]:
    header = decode(data)
    if not isinstance(header, dict):
        raise BadFrameError("a header that is no object")
    return header


def decode(data: bytes) -> Any:
    """The value of JSON bytes. Raises `BadFrameError` where they are none."""
    try:
        text = data.decode()
        value = json.loads(text, parse_constant=lambda name: None)
        if "\\ud" in text.lower():  # half a character, which no file could hold
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        return value
    except (ValueError, RecursionError):
        raise BadFrameError("not JSON") from None


def encode_raised(raised: Raised) -> list[Any]:
    return [raised.type, raised.message, raised.line, raised.code]


def decode_raised(value: Any) -> Raised | None:
    """The exception that `encode_raised` wrote, cut to the caps; None for anything else."""
    if not isinstance(value, list) or len(value) != 4:
        return None
    kind, message, line, code = value
    line = line if type(line) is int and 0 <= line < 1 << 31 else None
    return Raised(str(kind)[:MAX_NAME], str(message)[:MAX_MESSAGE], line, str(code)[:MAX_NAME])
