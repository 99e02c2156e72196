"""What a class folder remembers between two runs, in `.autograde/`, readable by its owner only.

    seed                 the hidden seed, drawn once
    solutions/           the course's sources, needed for right answers at any seed
    expected/<key>.npz   what right and known wrong answers look like at a seed
    findings/<key>.zip   what running one submission gave: observations and outputs
    results/<key>.json   what a submission was given, and of which work that is the result

Every file is written whole or not at all, so a run that is killed leaves nothing half done behind.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograde import observe
from autograde.sandbox import Finding, Findings, Limits
from autograde.terms import Raised

FOLDER = ".autograde"


class BusyError(Exception):
    """Another process is grading in this class folder."""


def digest(*parts: bytes | str) -> str:
    """One name for several texts: the same for the same texts in the same order."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        whole.update(len(data).to_bytes(8, "little") + data)
    return whole.hexdigest()[:32]


def write(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file whole or not at all, and through to the disk.

    The part that is being written has a fixed name: where a killed run left one, the next run takes it up.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise


class Store:
    """The memory of one class folder."""

    def __init__(self, root: Path) -> None:
        self.folder = root / FOLDER

    def create(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)

    def seed(self) -> int:
        """The hidden seed of this class folder, drawn when it is first asked for."""
        path = self.folder / "seed"
        if not path.exists():
            self.create()
            write(path, f"{secrets.randbits(63)}\n".encode())
        return int(path.read_text("ascii"))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the class folder. The lock goes away with the process, however that ends."""
        self.create()
        with (self.folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BusyError from None
            yield

    def sweep(self) -> None:
        """Remove what a killed run left of files that it was writing."""
        for path in self.folder.glob("*/.*"):
            path.unlink(missing_ok=True)

    # ---- what is kept

    def expected(self, key: str) -> bytes | None:
        return _read(self.folder / "expected" / f"{key}.npz")

    def keep_expected(self, key: str, data: bytes) -> None:
        write(self.folder / "expected" / f"{key}.npz", data)

    def findings(self, key: str) -> tuple[Findings, Limits] | None:
        """What was found under `key`, and the limits that held then."""
        data = _read(self.folder / "findings" / f"{key}.zip")
        try:
            return None if data is None else findings_from_bytes(data)
        except (ValueError, KeyError, TypeError, zipfile.BadZipFile):
            return None  # of an earlier version, or of a disk that failed: it is made again

    def keep_findings(self, key: str, findings: Findings, limits: Limits) -> None:
        write(self.folder / "findings" / f"{key}.zip", findings_to_bytes(findings, limits))

    def result(self, student: str, assignment: str) -> dict[str, Any] | None:
        data = _read(self._result(student, assignment))
        try:
            return None if data is None else json.loads(data)
        except ValueError:
            return None

    def keep_result(self, student: str, assignment: str, result: dict[str, Any]) -> None:
        write(self._result(student, assignment), json.dumps(result, indent=1).encode())

    def _result(self, student: str, assignment: str) -> Path:
        return self.folder / "results" / f"{digest(student, assignment)}.json"


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


# ---- findings.zip: about.json, and an observation for each exercise that has one


def findings_to_bytes(findings: Findings, limits: Limits) -> bytes:
    about: dict[str, Any] = {"seconds": findings.seconds, "outputs": findings.outputs, "exercises": {}}
    about["limits"] = asdict(limits)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for slug, finding in findings.exercises.items():
            raised = finding.raised and asdict(finding.raised)
            about["exercises"][slug] = {"reason": finding.reason, "raised": raised, "detail": finding.detail}
            if finding.observation is not None:
                _put(archive, f"{slug}.npz", observe.packed(finding.observation))
        _put(archive, "about.json", json.dumps(about).encode())
    return buffer.getvalue()


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Add a file without the time of day: the same findings are the same bytes."""
    archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def findings_from_bytes(data: bytes) -> tuple[Findings, Limits]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        about = json.loads(archive.read("about.json"))
        seen = {name.removesuffix(".npz"): archive.read(name) for name in archive.namelist() if name != "about.json"}
    exercises = {}
    for slug, given in about["exercises"].items():
        observation = observe.from_bytes(seen[slug]) if slug in seen else None
        raised = Raised(**given["raised"]) if given["raised"] else None
        exercises[slug] = Finding(observation, given["reason"], raised, given["detail"])
    return Findings(exercises, about["outputs"], about["seconds"]), Limits(**about["limits"])
