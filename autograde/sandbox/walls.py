"""The walls around student code: what each stops, by what means, and whether it stands on this machine."""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograde import catalog
from autograde.sandbox import landlock
from autograde.sandbox.parent import Parent

REQUIRED = ("files", "network", "python")  # without these nothing runs, unless the instructor trusts every submission
NAMES = ("files", "network", "processes", "kernel", "user", "namespaces", "limits", "wire")


@dataclass(frozen=True)
class Wall:
    """One wall: `stops` and `means` are sentences, `available` was tried out, `detail` tells what was seen."""

    name: str
    stops: str
    means: str
    available: bool
    detail: str = ""


@dataclass(frozen=True)
class Standing:
    """What a trial showed: for each wall the attempts that got through, and whether namespaces were had."""

    through: dict[str, list[str]]
    namespaces: bool


def walls(lang: str = "en") -> list[Wall]:
    """Every wall, tried out on this machine just now, without TensorFlow (about half a second)."""
    parent = Parent(bare=True)
    try:
        standing = try_out(parent)
    finally:
        parent.close()
    return [_wall(name, standing, lang) for name in NAMES]


def try_out(parent: Parent) -> Standing:
    """Start `parent` and try its walls out in a child. Raises `ParentDiedError`."""
    hello = parent.start()
    with targets() as given:
        return Standing(parent.prove(given), bool(hello["namespaces"]))


@contextmanager
def targets() -> Iterator[dict[str, Any]]:
    """What a confined child must not reach: a file open to everyone, a server on loopback, an abstract socket."""
    name = f"autograde-{secrets.token_hex(8)}"
    with tempfile.TemporaryDirectory() as folder, socket.socket() as server, socket.socket(socket.AF_UNIX) as local:
        os.chmod(folder, 0o777)
        secret = Path(folder) / "secret"
        secret.write_text("secret")
        secret.chmod(0o666)
        server.bind(("127.0.0.1", 0))
        local.bind("\0" + name)
        for listener in (server, local):
            listener.listen()
        yield {"outside": folder, "abstract": name, "port": server.getsockname()[1]}


def _wall(name: str, standing: Standing, lang: str) -> Wall:
    through = standing.through.get(name, [])
    available = standing.namespaces if name == "namespaces" else not through
    stops, means = (*catalog.common(lang).get("wall", name), "", "")[:2]
    detail = ", ".join(through) or (f"Landlock ABI {landlock.abi()}" if name == "files" else "")
    return Wall(name, stops, means, available, detail)
