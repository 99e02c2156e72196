"""The wall around files, by Landlock: a process gives up, for good, every path that it does not name.

Kernel documentation: userspace-api/landlock. Works without privileges from Linux 5.13 on (ABI 1); what later versions
added is used where it is there.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from autograde.sandbox.kernel import syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION = 1
_PATH_BENEATH = 1
_QUIET = 1  # ABI 7: what student code is refused does not fill the machine's audit log

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_SOCK, _MAKE_BLOCK = 1 << 6, 1 << 9, 1 << 11
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FIRST = (1 << 13) - 1  # every right of ABI 1
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_NEVER = _EXECUTE | _MAKE_CHAR | _MAKE_SOCK | _MAKE_BLOCK | _IOCTL_DEV

READ = _READ_FILE | _READ_DIR
WRITE = READ | _WRITE_FILE | _TRUNCATE
FOLDER = (_FIRST | _REFER | _TRUNCATE) & ~_NEVER
_ALL_TCP = 3  # ABI 4: bind and connect
_SCOPES = 3  # ABI 6: abstract sockets, signals


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("folder", ctypes.c_int32))


def abi() -> int:
    """The version of Landlock that the kernel offers, 0 for none."""
    try:
        return syscall(_CREATE_RULESET, None, 0, _VERSION)
    except OSError:
        return 0


def make_ruleset(readable: Iterable[Path], writable: Iterable[Path], folders: Iterable[Path]) -> int:
    """The descriptor of a ruleset: `readable` paths with all below them, `writable` files (devices), and `folders` in
    which everything may be done but to execute. Paths that do not exist are left out. Raises `OSError`."""
    version = abi()
    handled = _FIRST | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    handled |= _IOCTL_DEV if version >= 5 else 0
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = syscall(_CREATE_RULESET, _Ruleset(handled, _ALL_TCP, _SCOPES), size, 0)
    for rights, paths in ((READ, readable), (WRITE, writable), (FOLDER, folders)):
        for path in paths:
            with suppress(FileNotFoundError, PermissionError):
                _allow(ruleset, path, rights & handled)
    return ruleset


def _allow(ruleset: int, path: Path, rights: int) -> None:
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _ON_FILES
        syscall(_ADD_RULE, ruleset, _PATH_BENEATH, _PathBeneath(rights, fd), 0)
    finally:
        os.close(fd)


def restrict_self(ruleset: int) -> None:
    """Give up, for good, what `ruleset` does not name. Needs `PR_SET_NO_NEW_PRIVS`. Raises `OSError`."""
    syscall(_RESTRICT_SELF, ruleset, _QUIET if abi() >= 7 else 0)
    os.close(ruleset)
