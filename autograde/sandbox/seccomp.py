"""The wall around the kernel, by seccomp: the system calls that Python and TensorFlow need, and no others.

A list of what is allowed: calls that nobody thought of are refused. Kernel documentation: userspace-api/seccomp_filter.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
from collections.abc import Iterable

from autograde.sandbox.kernel import AARCH64, MACHINE, X86_64, syscall

# name, number on x86_64, number on aarch64 ("-": not there)
_ALLOWED = """
read 0 63, write 1 64, close 3 57, stat 4 -, fstat 5 80, lstat 6 -, poll 7 -, lseek 8 62, mmap 9 222, mprotect 10 226,
munmap 11 215, brk 12 214, rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139, pread64 17 67,
pwrite64 18 68, readv 19 65, writev 20 66, access 21 -, pipe 22 -, select 23 -, sched_yield 24 124, mremap 25 216,
msync 26 227, mincore 27 232, madvise 28 233, dup 32 23, dup2 33 -, pause 34 -, nanosleep 35 101, getitimer 36 102,
alarm 37 -, setitimer 38 103, getpid 39 172, sendfile 40 71, sendto 44 206, recvfrom 45 207, sendmsg 46 211,
recvmsg 47 212, shutdown 48 210, getsockname 51 204, getpeername 52 205, setsockopt 54 208, getsockopt 55 209,
exit 60 93, wait4 61 260, uname 63 160, fsync 74 82, fdatasync 75 83, ftruncate 77 46, getdents 78 -,
getcwd 79 17, chdir 80 49, fchdir 81 50, rename 82 -, mkdir 83 -, rmdir 84 -, link 86 -, unlink 87 -, symlink 88 -,
readlink 89 -, umask 95 166, gettimeofday 96 169, getrlimit 97 163, getrusage 98 165, sysinfo 99 179, times 100 153,
getuid 102 174, getgid 104 176, geteuid 107 175, getegid 108 177, getppid 110 173, getpgrp 111 -, getgroups 115 158,
getresuid 118 148, getresgid 120 150, getpgid 121 155, getsid 124 156, capget 125 90, rt_sigpending 127 136,
rt_sigtimedwait 128 137, rt_sigsuspend 130 133, sigaltstack 131 132, statfs 137 43, fstatfs 138 44,
getpriority 140 141, sched_getparam 143 121, sched_getscheduler 145 120, sched_get_priority_max 146 125,
sched_get_priority_min 147 126, arch_prctl 158 -, setrlimit 160 164, gettid 186 178, readahead 187 213, time 201 -,
futex 202 98, sched_getaffinity 204 123, epoll_create 213 -, getdents64 217 61, set_tid_address 218 96,
restart_syscall 219 128, fadvise64 221 223, timer_create 222 107, timer_settime 223 110, timer_gettime 224 108,
timer_getoverrun 225 109, timer_delete 226 111, clock_gettime 228 113, clock_getres 229 114, clock_nanosleep 230 115,
exit_group 231 94, epoll_wait 232 -, epoll_ctl 233 21, waitid 247 95, mkdirat 258 34, newfstatat 262 79,
unlinkat 263 35,
renameat 264 38, linkat 265 37, symlinkat 266 36, readlinkat 267 78, faccessat 269 48, pselect6 270 72, ppoll 271 73,
set_robust_list 273 99, get_robust_list 274 100, epoll_pwait 281 22, timerfd_create 283 85, eventfd 284 -,
timerfd_settime 286 86, timerfd_gettime 287 87, eventfd2 290 19, epoll_create1 291 20, dup3 292 24,
pipe2 293 59, preadv 295 69, pwritev 296 70, getcpu 309 168, renameat2 316 276, getrandom 318 278, membarrier 324 283,
copy_file_range 326 285, preadv2 327 286, pwritev2 328 287, statx 332 291, rseq 334 293, close_range 436 436,
faccessat2 439 439, epoll_pwait2 441 441, futex_waitv 449 449, mseal 462 462, futex_wake 454 454, futex_wait 455 455,
futex_requeue 456 456
"""
# Say "done" and do nothing: Landlock does not guard modes, times and locks, and who copies a file means no harm by it.
_IDLE = """
flock 73 32, chmod 90 -, fchmod 91 52, chown 92 -, fchown 93 55, lchown 94 -, utime 132 -, utimes 235 -,
fchownat 260 54, futimesat 261 -, fchmodat 268 53, utimensat 280 88, fchmodat2 452 452
"""
_GUARDED = """
open 2 -, ioctl 16 29, socketpair 53 199, clone 56 220, kill 62 129, fcntl 72 25, prctl 157 167,
sched_setaffinity 203 122, tgkill 234 131, openat 257 56, prlimit64 302 261
"""
# "Not on this file system": extended attributes, which a copy of a file does without; and room taken without writing,
# which would be counted nowhere.
_UNSUPPORTED = """
fallocate 285 47, setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7, getxattr 191 8, lgetxattr 192 9, fgetxattr 193 10,
listxattr 194 11, llistxattr 195 12, flistxattr 196 13, removexattr 197 14, lremovexattr 198 15, fremovexattr 199 16
"""
_NEWEST = 424  # from here on, numbers are the same everywhere; "not there" makes callers fall back to older calls

_ARCHITECTURES = {X86_64: 0xC000003E, AARCH64: 0xC00000B7}
_SECCOMP = {X86_64: 317, AARCH64: 277}
_X32 = 0x40000000
_SET_MODE_FILTER = 1
_SPEC_ALLOW = 4  # no costly mitigation between threads: the process holds no secret of anyone else

_LOAD, _EQUAL, _AT_LEAST, _ABOVE, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x25, 0x45, 0x54, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000

_CLONE_THREAD = 0x10000
_FCNTL = (*range(8), 36, 37, 38, 1030, 1032)  # duplicate, flags, locks; no owner, signal, lease or notice
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # is it a terminal, bytes waiting, blocking, close on exec
_PRCTL = (15, 16)  # the thread's name

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand


def _argument(index: int) -> int:
    return 16 + 8 * index  # its lower half: every argument looked at here is 32 bits wide to the kernel


def _one_of(index: int, values: Iterable[int], refusal: int, mask: int = 0) -> list[Instruction]:
    """Allow the call where argument `index` (its bits in `mask`) is one of `values`."""
    program: list[Instruction] = [(_LOAD, 0, 0, _argument(index))]
    if mask:
        program.append((_AND, 0, 0, mask))
    for value in values:
        program += [(_EQUAL, 0, 1, value & 0xFFFFFFFF), (_RETURN, 0, 0, _ALLOW)]
    return [*program, (_RETURN, 0, 0, _ERRNO | refusal)]


def _no_truncating_read(index: int) -> list[Instruction]:
    """Refuse to empty a file by opening it for reading, which Landlock before ABI 3 would not see."""
    return [
        (_LOAD, 0, 0, _argument(index)),
        (_ANY_BIT, 1, 0, os.O_TRUNC),
        (_RETURN, 0, 0, _ALLOW),
        (_ANY_BIT, 0, 1, os.O_ACCMODE),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO | errno.EACCES),
    ]


def _guards(pid: int) -> dict[str, list[Instruction]]:
    """The calls that are allowed with some arguments only; `pid` is the process itself."""
    # of sockets only connected pairs of streams: a datagram could be sent to any socket of the machine
    local = [(_LOAD, 0, 0, _argument(0)), (_EQUAL, 1, 0, socket.AF_UNIX), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    return {
        "open": _no_truncating_read(1),
        "openat": _no_truncating_read(2),
        "ioctl": _one_of(1, _IOCTL, errno.ENOTTY),
        "fcntl": _one_of(1, _FCNTL, errno.EINVAL),
        "prctl": _one_of(0, _PRCTL, errno.EPERM),
        "socketpair": local + _one_of(1, (socket.SOCK_STREAM,), errno.EPERM, mask=0xF),
        "clone": _one_of(0, (_CLONE_THREAD,), errno.EPERM, mask=_CLONE_THREAD),
        "kill": _one_of(0, (pid,), errno.EPERM),
        "tgkill": _one_of(0, (pid,), errno.EPERM),
        "prlimit64": _one_of(0, (0, pid), errno.EPERM),
        "sched_setaffinity": _one_of(0, (0,), errno.EPERM),
    }


def program(machine: str, pid: int) -> list[Instruction]:
    """The filter for a process `pid` on `machine`."""
    kill = (_RETURN, 0, 0, _KILL)
    code = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, _ARCHITECTURES[machine]), kill, (_LOAD, 0, 0, _NUMBER)]
    if machine == X86_64:
        code += [(_AT_LEAST, 0, 1, _X32), kill]
    for first, last in _ranges(_numbers(_ALLOWED, machine).values()):
        code += [(_AT_LEAST, 0, 2, first), (_ABOVE, 1, 0, last), (_RETURN, 0, 0, _ALLOW)]
    guards = _guards(pid)
    for name, number in _numbers(_GUARDED, machine).items():
        code += [(_EQUAL, 0, len(guards[name]), number), *guards[name]]
    for table, error in ((_IDLE, 0), (_UNSUPPORTED, errno.EOPNOTSUPP)):
        for number in _numbers(table, machine).values():
            code += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | error)]
    return [
        *code,
        (_AT_LEAST, 0, 1, _NEWEST),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
    ]


def _numbers(table: str, machine: str) -> dict[str, int]:
    column = 1 if machine == X86_64 else 2
    rows = (entry.split() for entry in table.replace("\n", " ").split(","))
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


def _ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Runs of consecutive numbers, as (first, last)."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("code", ctypes.POINTER(_Instruction)))


def restrict_self() -> None:
    """Put this process, for good, behind the filter. Needs `PR_SET_NO_NEW_PRIVS`. Raises `OSError`."""
    if MACHINE not in _SECCOMP:
        raise OSError(errno.ENOSYS, "no filter is written for this kind of processor")
    code = program(MACHINE, os.getpid())
    array = (_Instruction * len(code))(*(_Instruction(*one) for one in code))
    syscall(_SECCOMP[MACHINE], _SET_MODE_FILTER, _SPEC_ALLOW, _Program(len(code), array))
