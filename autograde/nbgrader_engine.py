"""The grader inside nbgrader: what `nbgrader autograde` and formgrader's Autograde button do in a class folder."""

from __future__ import annotations

from typing import Any


def configure(config: Any, lang: str = "en") -> None:
    """Set nbgrader up for a class folder; its `nbgrader_config.py` calls this."""
    from autograde import build

    for section, settings in build.nbgrader_config().items():
        config[section].update(settings)
    config.AutogradeClass.lang = lang
