"""The filter, read by a small machine of our own: what it decides on both kinds of processor."""

from __future__ import annotations

import errno
import os

import pytest

from autograde.sandbox.kernel import AARCH64, X86_64
from autograde.sandbox.seccomp import program

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
ARCHITECTURE = {X86_64: 0xC000003E, AARCH64: 0xC00000B7}
PID = 4321


def decide(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the filter returns for a call."""
    data = {0: number, 4: ARCHITECTURE[machine] if architecture is None else architecture}
    data |= {16 + 8 * index: value & 0xFFFFFFFF for index, value in enumerate((*arguments, 0, 0, 0, 0, 0, 0)[:6])}
    code, at, accumulator = program(machine, PID), 0, 0
    while True:
        operation, if_true, if_false, operand = code[at]
        at += 1
        if operation == 0x06:
            return operand
        if operation == 0x20:
            accumulator = data[operand]
        elif operation == 0x54:
            accumulator &= operand
        else:
            tests = {0x15: accumulator == operand, 0x35: accumulator >= operand, 0x25: accumulator > operand}
            at += if_true if tests.get(operation, bool(accumulator & operand)) else if_false


@pytest.mark.parametrize(
    ("x86_64", "aarch64", "arguments", "decision"),
    [
        (0, 63, (), ALLOW),  # read
        (202, 98, (), ALLOW),  # futex
        (436, 436, (), ALLOW),  # close_range
        (257, 56, (0, 0, os.O_RDWR | os.O_TRUNC), ALLOW),  # openat
        (257, 56, (0, 0, os.O_RDONLY), ALLOW),
        (257, 56, (0, 0, os.O_RDONLY | os.O_TRUNC), ERRNO | errno.EACCES),
        (56, 220, (0x10000 | 0x100,), ALLOW),  # clone: a thread
        (56, 220, (17,), ERRNO | errno.EPERM),  # clone: a process
        (435, 435, (), ERRNO | errno.ENOSYS),  # clone3, so that clone is used
        (437, 437, (), ERRNO | errno.ENOSYS),  # openat2
        (62, 129, (PID,), ALLOW),  # kill
        (62, 129, (1,), ERRNO | errno.EPERM),
        (62, 129, (0,), ERRNO | errno.EPERM),
        (62, 129, (-1,), ERRNO | errno.EPERM),
        (234, 131, (PID, PID, 6), ALLOW),  # tgkill
        (53, 199, (1, 1 | 0o2000000), ALLOW),  # socketpair: a stream
        (53, 199, (1, 2), ERRNO | errno.EPERM),  # a datagram
        (53, 199, (30, 1), ERRNO | errno.EPERM),  # of another family
        (41, 198, (1, 1), ERRNO | errno.EPERM),  # socket
        (42, 203, (), ERRNO | errno.EPERM),  # connect
        (72, 25, (0, 1030), ALLOW),  # fcntl: duplicate
        (72, 25, (0, 8), ERRNO | errno.EINVAL),  # become the owner of signals
        (16, 29, (0, 0x5413), ALLOW),  # ioctl: window size
        (16, 29, (0, 0x5412), ERRNO | errno.ENOTTY),  # type on a terminal
        (157, 167, (15,), ALLOW),  # prctl: a thread's name
        (157, 167, (1,), ERRNO | errno.EPERM),  # the signal at the parent's death
        (302, 261, (0, 7), ALLOW),  # prlimit64
        (302, 261, (1, 7), ERRNO | errno.EPERM),
        (91, 52, (), ERRNO),  # fchmod: done, and nothing was
        (191, 8, (), ERRNO | errno.EOPNOTSUPP),  # getxattr
        (101, 117, (), ERRNO | errno.EPERM),  # ptrace
        (59, 221, (), ERRNO | errno.EPERM),  # execve
        (112, 157, (), ERRNO | errno.EPERM),  # setsid
        (425, 425, (), ERRNO | errno.ENOSYS),  # io_uring_setup
        (1000, 1000, (), ERRNO | errno.ENOSYS),
    ],
)
def test_a_call_is_decided_alike_on_both_processors(
    x86_64: int, aarch64: int, arguments: tuple[int, ...], decision: int
) -> None:
    assert decide(X86_64, x86_64, *arguments) == decision
    assert decide(AARCH64, aarch64, *arguments) == decision


@pytest.mark.parametrize("machine", [X86_64, AARCH64])
def test_another_architecture_ends_the_process(machine: str) -> None:
    assert decide(machine, 0, architecture=0x40000003) == KILL


def test_the_short_calls_of_x86_64_end_the_process() -> None:
    assert decide(X86_64, 0x40000000 | 1) == KILL


def test_no_jump_leaves_the_program_and_it_is_not_too_long() -> None:
    for machine in (X86_64, AARCH64):
        code = program(machine, PID)
        assert len(code) < 4096
        for at, (operation, if_true, if_false, _) in enumerate(code):
            assert operation == 0x06 or at + 1 + max(if_true, if_false) < len(code)
            assert max(if_true, if_false) < 256
