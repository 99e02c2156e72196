"""`make screenshots`: drive the pages once more and make the README's pictures of what was seen.

What `make e2e` leaves in `screenshots/` is for looking at; of some, the part that tells most becomes a small PNG.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image  # comes with matplotlib

from tests.e2e.servers import ROOT

TAKEN, MADE = ROOT / "screenshots", ROOT / "docs" / "screenshots"
LARGEST = 120_000  # bytes
NOTEBOOK = (291, 35, 1161, 769)  # left, top, right, bottom: JupyterLab without its menus and side bars
TOP = (70, 0, 1130, 1000)
CHOSEN = {
    "check.png": ("student/layer_normalization-en-wrong.png", NOTEBOOK),
    "check.zh.png": ("student/train-zh-wrong.png", NOTEBOOK),
    "hint.png": ("student/train-en-hint.png", NOTEBOOK),
    "written-answer.png": ("student/short-answer-en.png", NOTEBOOK),
    "training.png": ("student/training-live.png", NOTEBOOK),
    "scoring.png": ("instructor/suggestion.png", None),
    "report.png": ("instructor/report.png", TOP),
}


def main() -> int:
    """Pictures of what there is to see now; 1 where a page is not what its test wants, or a picture too large."""
    if "--only-shrink" not in sys.argv and pytest.main(["-m", "e2e", str(ROOT / "tests" / "e2e")]) != 0:
        return 1
    MADE.mkdir(exist_ok=True)
    large = [name for name, (source, part) in CHOSEN.items() if shrink(TAKEN / source, MADE / name, part) > LARGEST]
    for name in large:
        print(f"docs/screenshots/{name} has more than {LARGEST} bytes", file=sys.stderr)
    return 1 if large else 0


def shrink(source: Path, target: Path, part: tuple[int, int, int, int] | None) -> int:
    """Cut `part` (None: all) out of a picture, keep 256 colours; the size of the file in bytes."""
    with Image.open(source) as picture:
        cut = picture.convert("RGB").crop(part) if part else picture.convert("RGB")
    colours = cut.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    colours.save(target, optimize=True)
    return target.stat().st_size


if __name__ == "__main__":
    sys.exit(main())
