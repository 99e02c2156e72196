"""What docs/server.md tells people to do: commands with who types them, and files to write, in the page's order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.e2e.servers import ROOT

PAGE = ROOT / "docs" / "server.md"
_BLOCK = re.compile(r"(?:`(?P<path>/[^`]+)`[^\n]*:\n\n)?```(?P<kind>\w+)\n(?P<text>.*?)```", re.S)
_COMMAND = re.compile(r"(\w+)[#$] (.+)")


@dataclass(frozen=True)
class Step:
    """A command that `user` types, or a file that root writes: then `file` is its path."""

    user: str
    text: str
    file: str = ""


def steps(section: str) -> Iterator[Step]:
    """The steps of a section, by its heading."""
    text = PAGE.read_text("utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]
    for block in _BLOCK.finditer(text):
        if block["path"]:
            yield Step("root", block["text"], block["path"])
        elif block["kind"] == "console":
            for line in block["text"].splitlines():
                user, command = _COMMAND.fullmatch(line).groups()  # type: ignore[union-attr]
                yield Step(user, command)
