"""Every wall, driven by hostile code in a real child: what it tries is refused, and nothing of it is left."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

import autograde
from autograde.sandbox import Engine, Findings, Unsafe, walls
from autograde.sandbox import engine as engine_module
from autograde.sandbox.walls import NAMES, Standing
from tests.sandbox.conftest import EXERCISES, right, run, text

PACKAGE = Path(autograde.__file__).parent
RAW = """
import ctypes, fcntl, multiprocessing.shared_memory, os, resource, socket, subprocess, time
libc = ctypes.CDLL(None, use_errno=True)
def raw(*arguments):
    if libc.syscall(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")
def pair(kind):
    return socket.socketpair(socket.AF_UNIX, kind)[0]
"""
STRUCT = "ctypes.create_string_buffer(256)"

# what is tried; every one of them has to end in OSError. {folder}: a class folder open to everyone.
FORBIDDEN = {
    "read the accounts": "open('/etc/passwd').read()",
    "read the passwords": "open('/etc/shadow').read()",
    "read another submission": "open('{folder}/submitted/ada/loops.ipynb').read()",
    "list the class folder": "os.listdir('{folder}')",
    "read the seed": "open('{folder}/.autograde/seed').read()",
    "follow a link of its own": "os.symlink('{folder}', 'l'); open('l/submitted/ada/loops.ipynb')",
    "link a file to itself": "os.link('{folder}/submitted/ada/loops.ipynb', 'h'); open('h')",
    "climb out of the scratch folder": "open('../' * 20 + '{folder}/submitted/ada/loops.ipynb')",
    "read the home directory": "os.listdir('{home}')",
    "read the checkout": "os.listdir('{root}')",
    "read the solutions": "os.listdir('{root}/solutions')",
    "read the expected arrays": "open('{expected}', 'rb')",
    "read the judge": "open('{package}/judge.py')",
    "read the temporary folder": "os.listdir('{tmp}')",
    "write to the class folder": "open('{folder}/new', 'w')",
    "append to another submission": "open('{folder}/submitted/ada/loops.ipynb', 'a')",
    "truncate another submission": "os.truncate('{folder}/submitted/ada/loops.ipynb', 0)",
    "empty it by reading": "os.open('{folder}/submitted/ada/loops.ipynb', os.O_RDONLY | os.O_TRUNC)",
    "delete another submission": "os.unlink('{folder}/submitted/ada/loops.ipynb')",
    "rename the class folder": "os.rename('{folder}', '{folder}2')",
    "move a file out": "open('m', 'w').close(); os.rename('m', '{folder}/m')",
    "make a folder in it": "os.mkdir('{folder}/d')",
    "make a device": "os.mknod('null', 0o20666, os.makedev(1, 3))",
    "write to Python's libraries": "open(os.__file__, 'a')",
    "write to the temporary folder": "open('{tmp}/autograde-hostile', 'w')",
    "write to shared memory": "open('/dev/shm/hostile', 'w')",
    "use POSIX shared memory": "multiprocessing.shared_memory.SharedMemory(create=True, size=9)",
    "use a System V segment": "raw({shmget}, 0, 4096, 0o1600)",
    "read its parent's environment": "open(f'/proc/{{os.getppid()}}/environ', 'rb').read()",
    "read its parent's memory": "open(f'/proc/{{os.getppid()}}/mem', 'rb')",
    "read the grader's command": "open('/proc/{grader}/cmdline', 'rb').read()",
    "read its own environment": "open('/proc/self/environ', 'rb').read()",
    "list processes": "os.listdir('/proc')",
    "read the kernel's log": "open('/dev/kmsg')",
    "connect by TCP": "socket.create_connection(('127.0.0.1', {port}), 1)",
    "connect to the internet": "socket.create_connection(('93.184.216.34', 80), 1)",
    "look a name up": "socket.getaddrinfo('example.org', 80)",
    "send by UDP": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "listen": "socket.socket().listen()",
    "open a raw socket": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "open a netlink socket": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "connect to an abstract socket": "socket.socket(socket.AF_UNIX).connect('\\0{abstract}')",
    "connect to a socket in a folder": "socket.socket(socket.AF_UNIX).connect('{folder}/socket')",
    "send a datagram from a pair": "pair(socket.SOCK_DGRAM).sendto(b'x', '{folder}/socket')",
    "signal its parent": "os.kill(os.getppid(), 0)",
    "signal the grader": "os.kill({grader}, 0)",
    "signal everything": "os.kill(-1, 0)",
    "signal its group": "os.kill(0, 0)",
    "signal by a handle": "os.pidfd_open(os.getppid())",
    "signal by a queue": "raw({queue}, os.getppid(), 0, {struct})",
    "signal as the owner of a file": "fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid())",
    "trace its parent": "raw({ptrace}, 16, os.getppid(), 0, 0)",
    "read memory of its parent": "raw({readv}, os.getppid(), {struct}, 1, {struct}, 1, 0)",
    "limit its parent": "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)",
    "slow its parent": "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
    "fork": "os.fork() or os._exit(0)",
    "fork twice": "raw({vfork})",
    "clone": "raw({clone}, 17, 0, 0, 0, 0)",
    "start a program": "subprocess.run(['true'])",
    "run a shell": "os.execv('/bin/sh', ['sh', '-c', 'true'])",
    "run its own file": "open('x', 'w').write('#!/bin/sh'); os.execv('x', ['x'])",
    "leave its group": "os.setpgid(0, 0)",
    "leave its session": "os.setsid()",
    "outlive its parent": "raw({prctl}, 1, 0, 0, 0, 0)",
    "become root": "os.setuid(0)",
    "make a namespace": "raw({unshare}, 0x10000000)",
    "mount": "raw({mount}, b'none', b'.', b'tmpfs', 0, 0)",
    "change its root": "os.chroot('.')",
    "set the clock": "time.clock_settime(time.CLOCK_REALTIME, 0)",
    "use io_uring": "raw(425, 1, {struct})",
    "load a program into the kernel": "raw({bpf}, 0, {struct}, 72)",
    "watch the machine": "raw({perf}, {struct}, 0, -1, -1, 0)",
    "watch folders": "raw({inotify}, 0)",
    "use the keyring": "raw({keyctl}, 0, 0, 0, 0, 0)",
    "make a file in memory": "os.memfd_create('m')",
    "handle faults itself": "raw({userfaultfd}, 1)",
    "take room on the disk unseen": "raw({fallocate}, open('f', 'w').fileno(), 0, 0, 4096)",
    "call what does not exist yet": "raw(9999)",
}
X86_64 = {"shmget": 29, "queue": 129, "ptrace": 101, "readv": 310, "vfork": 58, "clone": 56, "prctl": 157}
X86_64 |= {"unshare": 272, "mount": 165, "bpf": 321, "perf": 298, "inotify": 294, "keyctl": 250, "userfaultfd": 323}
X86_64 |= {"fallocate": 285}
AARCH64 = {"shmget": 194, "queue": 138, "ptrace": 117, "readv": 270, "vfork": 220, "clone": 220, "prctl": 167}
AARCH64 |= {"unshare": 97, "mount": 40, "bpf": 280, "perf": 241, "inotify": 26, "keyctl": 219, "userfaultfd": 282}
AARCH64 |= {"fallocate": 47}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A class folder that file modes keep from nobody, a server on loopback and two sockets of this machine."""
    folder = Path("/tmp") / f"class-{os.getpid()}"
    (folder / "submitted/ada").mkdir(parents=True)
    (folder / ".autograde").mkdir()
    (folder / "submitted/ada/loops.ipynb").write_text("theirs")
    (folder / ".autograde/seed").write_text("7")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777)
    name = f"autograde-test-{os.getpid()}"
    with socket.socket() as server, socket.socket(socket.AF_UNIX) as abstract, socket.socket(socket.AF_UNIX) as local:
        server.bind(("127.0.0.1", 0))
        abstract.bind("\0" + name)
        local.bind(str(folder / "socket"))
        for one in (server, abstract, local):
            one.listen()
        (folder / "socket").chmod(0o777)
        yield SimpleNamespace(folder=folder, port=server.getsockname()[1], abstract=name)
    subprocess.run(["rm", "-r", folder], check=True)


@pytest.fixture(scope="module")
def tried(engine: Engine, place: SimpleNamespace) -> Findings:
    """Every attempt in a cell of its own, all in one child."""
    numbers = X86_64 if os.uname().machine == "x86_64" else AARCH64
    expected = next(PACKAGE.glob("exercises/*/expected.npz"), PACKAGE / "judge.py")  # as far as it was built
    facts = {
        "root": PACKAGE.parent,
        "package": PACKAGE,
        "home": Path.home(),
        "expected": expected,
        "tmp": "/tmp",
        "grader": os.getpid(),
    }
    facts |= {**vars(place), "struct": STRUCT, **numbers}
    cells = [
        f"try:\n    {code.format(**facts)}\nexcept FileNotFoundError:\n    print('not there')\n"
        "except OSError:\n    print('refused')"
        for code in FORBIDDEN.values()
    ]
    return run(engine, RAW, *cells)


@pytest.mark.parametrize("attempt", FORBIDDEN)
def test_a_submission_cannot(tried: Findings, attempt: str) -> None:
    assert text(tried, f"c{list(FORBIDDEN).index(attempt) + 1}") == "refused\n"


def test_after_all_of_that_the_answers_count_and_the_class_folder_is_as_it_was(
    tried: Findings, place: SimpleNamespace
) -> None:
    assert right(tried, "double")
    assert right(tried, "halve")
    assert (place.folder / "submitted/ada/loops.ipynb").read_text() == "theirs"
    assert sorted(os.listdir(place.folder)) == [".autograde", "socket", "submitted"]


def test_no_secret_of_the_graders_environment_is_in_the_child(engine: Engine) -> None:
    cell = (
        "import ctypes, os\n"
        "environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), 'environ')\n"
        "i = 0\nwhile environ[i]:\n    print(environ[i].decode()); i += 1\nprint(os.environ)"
    )
    shown = text(run(engine, cell))
    assert "HOME=" in shown
    assert "TF_NUM_INTRAOP_THREADS=1" in shown
    assert "hunter2" not in shown
    assert "CLASS_PASSWORD" not in shown


def test_modes_and_times_of_files_outside_stay_as_they_are(engine: Engine, place: SimpleNamespace) -> None:
    path = place.folder / ".autograde/seed"
    before = path.stat()
    run(engine, f"import os\nos.chmod('{path}', 0)\nos.utime('{path}', (0, 0))")
    assert (path.stat().st_mode, path.stat().st_mtime) == (before.st_mode, before.st_mtime)


def test_a_child_has_no_descriptor_but_its_own(engine: Engine) -> None:
    cell = (
        "import fcntl, os\nfor fd in range(1024):\n    try: fcntl.fcntl(fd, 1); print(fd, os.fstat(fd).st_mode >> 12)\n"
    )
    cell += "    except OSError: pass"
    kinds = [line.split()[1] for line in text(run(engine, cell)).splitlines()]
    assert len(kinds) <= 6
    assert "12" not in kinds  # no socket: the parent's control would be one


def test_threads_and_hooks_end_with_the_child(engine: Engine) -> None:
    cell = (
        "import atexit, threading, time\n"
        "atexit.register(lambda: open('hook', 'w'))\n"
        "for _ in range(3): threading.Thread(target=lambda: time.sleep(1000)).start()"
    )
    findings = run(engine, cell)
    assert right(findings, "double")
    assert findings.seconds < 10
    process = engine._parent._process
    assert process is not None
    assert Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text() == ""


def test_every_wall_stands_on_this_machine_and_has_its_sentences() -> None:
    found = walls("zh")
    assert [wall.name for wall in found] == list(NAMES)
    assert all(wall.stops and wall.means for wall in found)
    assert not [wall.name for wall in found if not wall.available]


@pytest.mark.parametrize("missing", ["files", "network"])
def test_without_a_wall_nothing_runs_unless_submissions_are_trusted(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    standing = Standing({"files": [], "network": [], "python": []} | {missing: ["read"]}, namespaces=False)
    monkeypatch.setattr(engine_module, "try_out", lambda parent: standing)
    with pytest.raises(Unsafe, match=missing):
        Engine().start()
    Engine(trust=True).start()


UNPRIVILEGED = f"""
import os, sys
sys.path.insert(0, {str(PACKAGE.parent)!r})
from autograde.sandbox import Engine, walls
from tests.sandbox.conftest import LIMITS, right, task, text
assert not [wall.name for wall in walls() if not wall.available and wall.name != "namespaces"]
with Engine(LIMITS, exercises={EXERCISES!r}) as engine:
    findings = engine.run(task(
        "import os, tensorflow as tf\\nprint(int(tf.constant(1) + 1))",
        f"os.kill(os.getppid(), 9)", f"os.kill({{os.getpid()}}, 9)", "open('/etc/passwd')", "os.chmod('/tmp/mine', 0)",
    ))
assert text(findings) == "2\\n", findings
assert [findings.outputs[cell][0]["ename"] for cell in ("c1", "c2", "c3")] == ["PermissionError"] * 3, findings
assert right(findings, "double") and right(findings, "halve")
print("walls hold for user", os.getuid())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests already run without privileges")
def test_the_walls_hold_without_privileges() -> None:
    python = sys.executable if _open_to_all(Path(sys.executable)) else "/usr/bin/python3"
    path = [one for one in sys.path if "site-packages" in one]
    ended = subprocess.run(
        [python, "-c", UNPRIVILEGED],
        env={"PYTHONPATH": ":".join(path), "HOME": "/tmp", "PATH": "/usr/bin:/bin"},
        user=65534,
        group=65534,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout == "walls hold for user 65534\n", ended.stderr


def _open_to_all(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)
