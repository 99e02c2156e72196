"""The IPython shell of a child: runs cells as a notebook does and keeps what they show, as nbformat outputs."""

from __future__ import annotations

import base64
import io
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.text import SList
from matplotlib import pyplot
from traitlets import Type
from traitlets.config import Config

Output = dict[str, Any]
FLOOD = 64  # a cell may write this many times what is kept of it
SHELL_MAGICS = ("bash", "sh", "script", "system", "sx", "!", "perl", "ruby", "pypy", "python", "python2", "python3")
INSTALLERS = ("pip", "conda", "mamba", "micromamba", "uv")
_OVERWRITTEN = re.compile(r"^[^\n]*\r(?=[^\r\n])", re.M)


class Recorder:
    """The outputs of the cell that runs, at most `room` bytes; `flooded` is called when a cell will not stop."""

    def __init__(self, room: int, flooded: Callable[[], None]) -> None:
        self.room = room
        self.flooded = flooded
        self.clear()
        self._used = 0

    def start(self) -> None:
        self.clear()
        self._used = 0

    def clear(self, wait: bool = False) -> None:
        if wait:
            self._clear_next = True
            return
        self.outputs: list[Output] = []
        self._text: list[str] = []
        self._clear_next = False

    def fits(self, size: int) -> bool:
        """Whether `size` more bytes may be kept; what does not fit is dropped, and a flood ends the cell."""
        self._used += size
        if self._used > FLOOD * self.room:
            self.flooded()
        return self._used <= self.room

    def write(self, name: str, text: str) -> None:
        if not self.fits(len(text)):
            return
        last = self._last()
        if last is None or last["output_type"] != "stream" or last["name"] != name:
            self.add({"output_type": "stream", "name": name, "text": ""})
        self._text.append(text)

    def add(self, output: Output) -> None:
        if self._clear_next:
            self.clear()
        self._settle()
        self.outputs.append(output)

    def rich(self, output: Output) -> None:
        if self.fits(sum(len(str(part)) for part in output["data"].values())):
            self.add(output)

    def update(self, display_id: str, output: Output) -> None:
        """Replace what was displayed under `display_id` in this cell."""
        for old in self.outputs:
            if old.get("display_id") == display_id:
                old.update(output)

    def finish(self) -> list[Output]:
        """The outputs, without what a progress line overwrote."""
        self._settle()
        for output in self.outputs:
            output.pop("display_id", None)
            if output["output_type"] == "stream":
                output["text"] = _OVERWRITTEN.sub("", output["text"])
        return self.outputs

    def _last(self) -> Output | None:
        if self._clear_next:
            self.clear()
        return self.outputs[-1] if self.outputs else None

    def _settle(self) -> None:
        if self._text:
            self.outputs[-1]["text"] += "".join(self._text)
            self._text = []


class Stream(io.TextIOBase):
    """Standard output or standard error of the student's code: text goes to the recorder."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name: str, recorder: Recorder) -> None:
        self.name = name
        self._recorder = recorder

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._recorder.write(self.name, text)
        return len(text)

    def writable(self) -> bool:
        return True


class _Hook(DisplayHook):  # type: ignore[misc]
    """Keeps the value of a cell's last expression."""

    def write_output_prompt(self) -> None: ...

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        output = {"output_type": "execute_result", "execution_count": self.prompt_count}
        self.shell.recorder.rich(output | _bundle(format_dict, md_dict))

    def finish_displayhook(self) -> None:
        self._is_active = False


class _Publisher(DisplayPublisher):  # type: ignore[misc]
    """Keeps what `display()` shows."""

    def publish(
        self,
        data: Mapping[str, Any],
        metadata: Mapping[str, Any] | None = None,
        source: Any = None,
        *,
        transient: Mapping[str, Any] | None = None,
        update: bool = False,
        **others: Any,
    ) -> None:
        display_id = (transient or {}).get("display_id")
        output = {"output_type": "display_data"} | _bundle(data, metadata)
        if update and display_id:
            self.shell.recorder.update(display_id, output)
        else:
            self.shell.recorder.rich(output | ({"display_id": display_id} if display_id else {}))

    def clear_output(self, wait: bool = False) -> None:
        self.shell.recorder.clear(wait)


class GradingShell(InteractiveShell):  # type: ignore[misc]
    """IPython without a terminal, a history file or system commands."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)
    recorder: Recorder
    no_commands = "Shell commands are not run."

    def system(self, cmd: str) -> None:
        self.refuse()

    system_raw = system_piped = system

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        self.refuse()
        return SList() if split else ""

    def refuse(self, *ignored: Any) -> None:
        print(self.no_commands, file=sys.stderr)

    def ask_exit(self) -> None: ...

    def enable_gui(self, gui: Any = None) -> None: ...

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        """Keep an exception as an output, as a kernel does."""
        try:
            text = str(evalue)
        except BaseException:  # a hostile __str__
            text = ""
        if self.recorder.fits(len(text) + sum(map(len, stb))):
            self.recorder.add(
                {
                    "output_type": "error",
                    "ename": etype.__name__,
                    "evalue": text,
                    "traceback": [str(line) for line in stb],
                }
            )


def make_shell() -> GradingShell:
    """The shell, with plots shown inline. Starts no thread, so that the process may fork afterwards."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.banner1 = ""
    shell: GradingShell = GradingShell.instance(config=config)
    shell.recorder = Recorder(1 << 20, lambda: None)
    for name in SHELL_MAGICS:
        shell.register_magic_function(shell.refuse, "line_cell", name)
    for name in INSTALLERS:
        shell.register_magic_function(shell.refuse, "line", name)
    shell.enable_matplotlib("inline")
    rehearse(shell)
    return shell


def rehearse(shell: GradingShell) -> None:
    """Show an error and a figure once, so that what that loads and caches is there in every child."""
    try:
        raise RuntimeError
    except RuntimeError:
        shell.showtraceback()
    figure = pyplot.figure()
    figure.gca().plot([0, 1], label="line")
    figure.gca().legend()
    shell.display_formatter.format(figure)
    pyplot.close(figure)
    shell.recorder.start()


def _bundle(data: Mapping[str, Any], metadata: Mapping[str, Any] | None) -> Output:
    """A MIME bundle as nbformat stores it: binary parts in base64."""
    parts = {str(kind): _inert(part) for kind, part in data.items()}
    return {"data": parts, "metadata": dict(metadata or {})}


def _inert(part: Any) -> Any:
    return base64.b64encode(part).decode("ascii") if isinstance(part, bytes) else part
