"""Pages from the templates of this package. What is put into them is escaped; a name that is missing is an error."""

from __future__ import annotations

from functools import cache
from typing import Any


def render(name: str, **names: Any) -> str:
    """The page made of `templates/<name>`. Raises `jinja2.UndefinedError` where a name that stands in it is missing."""
    return str(_environment().get_template(name).render(**names))


@cache
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("autograde", "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
