"""What a child uses, seen from outside: the limits that no rlimit holds."""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from pathlib import Path

from autograde.sandbox.job import Limits

WRITTEN = 8  # times `disk_mib` that may be written in all: files that are deleted while mapped are seen nowhere else


class Watch:
    """Looks at the process `pid`, and at its scratch folder less often."""

    def __init__(self, pid: int, scratch: Path, limits: Limits) -> None:
        self.pid = pid
        self.scratch = scratch
        self.limits = limits
        self._next_disk = 0.0

    def over(self) -> str | None:
        """The name of a limit that is passed, None for none."""
        memory, threads = self.memory_and_threads()
        if memory > self.limits.memory_mib << 20:
            return "memory_mib"
        if threads > self.limits.threads:
            return "threads"
        now = time.monotonic()
        if now < self._next_disk:
            return None
        passed = self.disk()
        self._next_disk = now + max(0.1, 10 * (time.monotonic() - now))
        return passed

    def memory_and_threads(self) -> tuple[int, int]:
        """Bytes that no other program can have, and the number of threads; zeros when the process is gone.

        Anonymous and shared pages, also those swapped out, and the tables that map them; not what is read from files.
        """
        used = threads = 0
        with suppress(FileNotFoundError, ProcessLookupError):
            for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
                key, _, value = line.partition(":")
                if key in ("RssAnon", "RssShmem", "VmSwap", "VmPTE"):
                    used += int(value.split()[0]) << 10
                elif key == "Threads":
                    threads = int(value)
        return used, threads

    def disk(self) -> str | None:
        room = self.limits.disk_mib << 20
        used, files = self._tree()
        if files > self.limits.files:
            return "files"
        return "disk_mib" if used + self._unlinked() > room or self._written() > WRITTEN * room else None

    def _tree(self) -> tuple[int, int]:
        """Bytes and number of the files in the scratch folder. A folder that will not be looked into counts as full."""
        used = files = 0
        folders = [str(self.scratch)]
        while folders and files <= self.limits.files:
            try:
                with os.scandir(folders.pop()) as entries:
                    for entry in entries:
                        files += 1
                        used += entry.stat(follow_symlinks=False).st_blocks * 512
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
            except FileNotFoundError:
                continue
            except OSError:
                return 1 << 62, files
        return used, files

    def _unlinked(self) -> int:
        """Bytes of files that are open and stand in no folder any more."""
        used = 0
        with suppress(OSError):
            for fd in os.listdir(f"/proc/{self.pid}/fd"):
                with suppress(OSError):
                    seen = os.stat(f"/proc/{self.pid}/fd/{fd}")
                    if stat.S_ISREG(seen.st_mode) and seen.st_nlink == 0:
                        used += seen.st_blocks * 512
        return used

    def _written(self) -> int:
        """Bytes handed to the disk so far; 0 where the kernel does not count them."""
        with suppress(OSError):
            for line in Path(f"/proc/{self.pid}/io").read_text().splitlines():
                if line.startswith("write_bytes:"):
                    return int(line.split()[1])
        return 0
