"""The few kernel calls that Python has no name for, by number and structure; each raises `OSError` when refused."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
from pathlib import Path

X86_64 = "x86_64"
AARCH64 = "aarch64"
MACHINE = {"x86_64": X86_64, "amd64": X86_64, "aarch64": AARCH64, "arm64": AARCH64}.get(platform.machine().lower(), "")

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

CLONE_NEWUSER = 0x10000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWNET = 0x40000000

CAP_DAC_READ_SEARCH = 2
_CAPSET = {X86_64: 126, AARCH64: 91}
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *arguments: int | ctypes.Array[ctypes.c_char] | ctypes.Structure | None) -> int:
    """The system call `number`; structures go by reference."""
    given = [
        ctypes.byref(one) if isinstance(one, ctypes.Structure | ctypes.Array) else ctypes.c_void_p(one)
        for one in arguments
    ]
    return _checked(_libc.syscall(ctypes.c_long(number), *given))


def prctl(option: int, value: int) -> None:
    """Set a property of this process."""
    _checked(_libc.prctl(option, *(ctypes.c_ulong(one) for one in (value, 0, 0, 0))))


def unshare(flags: int) -> None:
    """Move this process into new namespaces."""
    _checked(_libc.unshare(flags))


class _CapHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapData(ctypes.Structure):
    _fields_ = tuple(
        (f"{name}{word}", ctypes.c_uint32) for word in (0, 1) for name in ("effective", "permitted", "inherit")
    )


def has_capability(number: int) -> bool:
    """Whether this process may have capability `number`."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return bool(int(status["CapPrm"], 16) >> number & 1)


def keep_capabilities(*kept: int) -> None:
    """Drop all capabilities but those in `kept` (numbers below 32)."""
    if MACHINE not in _CAPSET:
        raise OSError(errno.ENOSYS, "no system calls are written down for this kind of processor")
    mask = sum(1 << number for number in kept)
    syscall(_CAPSET[MACHINE], _CapHeader(_CAPABILITY_VERSION_3, 0), _CapData(mask, mask, 0, 0, 0, 0))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(result)


assert sys.byteorder == "little" or not MACHINE  # the structures here and in the filter are written that way
