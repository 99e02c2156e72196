"""Formgrader's pages made safe to look at: a student's id stays text in them, and nothing comes from another host.

What a student wrote is inert before it gets there (`inert`). Left are nbgrader's own pages: they put ids, which are
names of folders, into HTML and scripts as they are, and fetch MathJax from another host.
"""

from __future__ import annotations

import html
import sys
from functools import partial
from pathlib import Path
from typing import Any

from nbconvert.preprocessors import Preprocessor

_TEMPLATES = Path(__file__).with_name("templates")
_ANYONES = ("student", "first_name", "last_name", "notebook_path")  # where a name from outside stands in a page


class Page(Preprocessor):  # type: ignore[misc]
    """Escapes the names on formgrader's page of a submission."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        for name in _ANYONES:
            if resources.get(name):
                resources[name] = html.escape(str(resources[name]))
        return nb, resources


def configure(config: Any) -> None:
    """Set formgrader up; a class folder's `nbgrader_config.py` calls this by way of `nbgrader_engine.configure`."""
    import nbgrader

    theirs = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"
    config.HTMLExporter.extra_template_basedirs = [str(_TEMPLATES), str(theirs)]
    config.HTMLExporter.preprocessors = [f"{__name__}.Page"]
    config.HTMLExporter.exclude_anchor_links = True
    _escape_everywhere()


def _escape_everywhere() -> None:
    """Have formgrader's other pages escape what they are given. There is no setting for it, and this runs before they
    are made: formgrader reads its configuration, and with it this, when the server starts."""
    formgrader = sys.modules.get("nbgrader.server_extensions.formgrader.formgrader")
    if formgrader is not None:
        from jinja2 import Environment

        formgrader.Environment = partial(Environment, autoescape=True)  # type: ignore[attr-defined]
