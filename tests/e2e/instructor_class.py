"""A class folder with a handful of submissions, some of them hostile, made by the commands that people use."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat

from autograde import build, catalog
from tests.e2e.servers import BIN, environment
from tests.sample_class import submission, write

ALIKE = (
    "Both are one-dimensional and hold the same ten values, but tf.range gives int32, the other one int64.",
    "both are one-dimensional and hold the same ten values but `tf.range` gives int32, the other one int64",
    "Both are ONE-dimensional and hold the same ten values, but tf.range gives int32; the other one int64!",
)
UNLIKE = "两者的值相同，都是一维；前者是 int32，后者是 int64，因为 NumPy 默认用 64 位整数。"
# What a browser may do with a student's text, if one lets it: call `canary`, or ask for an address with `leak` in it.
ACTIVE = """<script>canary('script')</script>
<img src="/leak/image" onerror="canary('error')">
<img src="https://leak.example/image">
<svg onload="canary('svg')"><script>canary('svg script')</script><image href="https://leak.example/svg"/></svg>
<iframe srcdoc="<script>parent.canary('frame')</script>"></iframe>
<details open ontoggle="canary('toggle')"></details>
<style>@import url("https://leak.example/style"); body {background: url("https://leak.example/body")}</style>
<link rel="stylesheet" href="https://leak.example/link">
<meta http-equiv="refresh" content="1;url=https://leak.example/refresh">
<object data="https://leak.example/object"></object><video src="https://leak.example/video"></video>
"""
MARKDOWN = f"""A written answer: same values, int32 and int64.

![picture](https://leak.example/markdown) [link](javascript:canary('link'))

![by name][1]

[1]: https://leak.example/definition

$\\href{{javascript:canary('math')}}{{x}}$ $\\unicode{{x}}$

{ACTIVE}"""
CODE = f"""

from IPython.display import HTML, SVG, Javascript, Markdown, display

ACTIVE = {ACTIVE!r}
print("\\x1b[31mred\\x1b[0m \\x1b]8;;javascript:canary('ansi')\\x07link\\x1b]8;;\\x07" + ACTIVE)
display(HTML(ACTIVE), Markdown(ACTIVE + "![](https://leak.example/output)"))
display(SVG("<svg xmlns='http://www.w3.org/2000/svg' onload=\\"canary('svg output')\\"><text>x</text></svg>"))
display(Javascript("canary('javascript output')"))
display({{"text/latex": "$x$" + ACTIVE, "text/plain": ACTIVE}}, raw=True)
raise ValueError(ACTIVE)
"""
HOSTILE = """\";canary('name in script');'"><img src=x onerror=canary('name')>"""  # a student's id and a file's name


def run(command: Sequence[str | Path], folder: Path) -> str:
    """Run one of the environment's commands in a folder, as a person with an empty home; what it printed."""
    words = [str(BIN / command[0]), *map(str, command[1:])]
    done = subprocess.run(words, cwd=folder, env=environment(folder / ".home"), capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def make(root: Path, lang: str = "en") -> Path:
    """A class folder at `root` with few known mistakes to look at: each costs seconds at a new seed."""
    run(["autograde", "init", root, "--lang", lang], root.parent)
    for path in (root / ".autograde" / "solutions" / "samples").glob("*/wrong_*.py"):
        if path.stem != "wrong_variance_for_deviation":
            path.unlink()
    return root


def hand_in(root: Path) -> None:
    """Three students who say the same, one who works in Chinese and made a known mistake, and one who is hostile."""
    right, wrong = build.reference("layer_normalization"), sample("wrong_variance_for_deviation")
    for number, (lang, code, words) in enumerate(
        [("en", right, ALIKE[0]), ("en", wrong, ALIKE[1]), ("zh", wrong, UNLIKE), ("en", right, ALIKE[2])], 1
    ):
        student = f"student-{number:03d}"
        hand_in_one(root, student, lang, code)
        folder = root / "submitted" / student / "short_answers"
        write(submission("short_answers", lang, {"q03": words}), folder, "short_answers")
    _hand_in_hostile(root / "submitted" / HOSTILE)


def hand_in_one(root: Path, student: str, lang: str, code: str) -> None:
    """Hand in a notebook with `code` as the layer."""
    book = submission("layer_normalization", lang, {"layer_normalization": code})
    write(book, root / "submitted" / student / "layer_normalization", "layer_normalization")


def sample(name: str) -> str:
    return (build.solutions_dir() / "samples" / "layer_normalization" / f"{name}.py").read_text("utf-8")


def _hand_in_hostile(folder: Path) -> None:
    _write_hostile(
        folder, "layer_normalization", {"layer_normalization": build.reference("layer_normalization") + CODE}
    )
    _write_hostile(folder, "short_answers", {"q03": MARKDOWN})


def _write_hostile(folder: Path, assignment: str, answers: Mapping[str, str]) -> None:
    """A notebook in which every place that a student can write to is used."""
    book = submission(assignment, "en", answers)
    outputs = [
        nbformat.v4.new_output("display_data", {"text/html": ACTIVE, "application/javascript": "canary('kept')"}),
        nbformat.v4.new_output("stream", text=ACTIVE),
    ]
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs = outputs
    attached = nbformat.v4.new_markdown_cell(MARKDOWN + "\n![](attachment:a.svg)")
    attached.attachments = {"a.svg": {"image/svg+xml": ACTIVE}}
    book.cells += [
        attached,
        nbformat.v4.new_code_cell(f"# {ACTIVE}", outputs=outputs),
        nbformat.v4.new_raw_cell(ACTIVE),
    ]
    book.metadata["title"] = ACTIVE
    write(book, folder / assignment, HOSTILE)
    assert set(answers) <= {entry.id for entry in catalog.of_assignment(assignment)}
