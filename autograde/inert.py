"""What a student wrote, made inert: a browser that shows it runs nothing of it and loads nothing for it.

nbgrader's formgrader and feedback pages render Markdown with raw HTML, every link scheme and every image, and they put
HTML and JavaScript outputs into the page as they are. So nothing active may stand in a graded notebook from the start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import nh3

BREAK = "\u2060"  # word joiner: no width, no line break, and no tag, link or command goes on after it
MAX_TEXT = 100_000  # characters of one output
MAX_IMAGE = 4 << 20  # characters of one picture in base64
MAX_OUTPUTS = 100  # of one cell
IMAGES = ("image/png", "image/jpeg")

# A tag; the middle of a link or image; a link's definition; a diagram; MathJax's commands that make links or load code.
_ACTIVE = re.compile(
    r"<(?=[A-Za-z/!?])"
    r"|\](?=[(\[:])"
    r"|!(?=\[)"
    r"|(?<=`)(?=\s*\{?\.?mermaid)|(?<=~)(?=\s*\{?\.?mermaid)"
    r"|\\(?=(?:href|url|require|cssId|class|style|data|includegraphics|HTML|unicode|bbox|html\w*)\b)",
    re.I,
)
_PICTURE = re.compile(r"!\[([\w .,-]*)\]\(attachment:([\w.-]+)\)")
_DATA_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def markdown(text: str, pictures: Iterable[str] = ()) -> str:
    """Markdown in which tags, links and images are shown as typed; `pictures` are attachments that stay pictures.

    >>> markdown("a < b, <b>bold</b>").replace(BREAK, "|")
    'a < b, <|b>bold<|/b>'
    >>> markdown("[x](javascript:go())").replace(BREAK, "|")
    '[x]|(javascript:go())'
    """
    known, out, start = set(pictures), [], 0
    for match in _PICTURE.finditer(text):
        if match.group(2) in known:
            out += [_still(text[start : match.start()]), match.group()]
            start = match.end()
    return "".join([*out, _still(text[start:])])


def _still(text: str) -> str:
    return _ACTIVE.sub(lambda match: match.group() + BREAK, text)


def html(text: str) -> str:
    """HTML with nothing in it but text, structure, tables and pictures that it carries itself."""
    return nh3.clean(
        text,
        tags=nh3.ALLOWED_TAGS - {"a", "area", "map"},
        clean_content_tags={"script", "style", "template", "noscript", "iframe", "svg", "math"},
        attributes={"img": {"src", "alt"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
        attribute_filter=_own_pictures,
        url_schemes={"data"},
        link_rel=None,
    )


def _own_pictures(tag: str, name: str, value: str) -> str | None:
    return None if name == "src" and not _DATA_PICTURE.fullmatch(value) else value


def attachments(given: Mapping[str, Any] | None) -> dict[str, dict[str, str]]:
    """The attached pictures of a cell."""
    kept = {}
    for name, file in (given or {}).items():
        data = picture(file) if isinstance(file, dict) else {}
        if data and re.fullmatch(r"[\w.-]+", name):
            kept[name] = data
    return kept


def picture(data: Mapping[str, Any]) -> dict[str, str]:
    """The PNG and JPEG pictures of a MIME bundle."""
    found = {kind: re.sub(r"\s", "", _text(data.get(kind), MAX_IMAGE + 1)) for kind in IMAGES if kind in data}
    return {kind: code for kind, code in found.items() if code and len(code) <= MAX_IMAGE and _BASE64.fullmatch(code)}


def outputs(given: Iterable[Any]) -> list[dict[str, Any]]:
    """Outputs of a cell as nbformat 4 has them, whatever stood there."""
    shown = (_output(one) for one in list(given)[:MAX_OUTPUTS] if isinstance(one, dict))
    return [one for one in shown if one is not None]


def _output(given: dict[str, Any]) -> dict[str, Any] | None:
    kind = given.get("output_type")
    if kind == "stream":
        name = "stderr" if given.get("name") == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": _text(given.get("text"))}
    if kind == "error":
        lines = given.get("traceback")
        lines = [_text(line) for line in lines[:MAX_OUTPUTS]] if isinstance(lines, list) else []
        name, value = _text(given.get("ename")), _text(given.get("evalue"))
        return {"output_type": "error", "ename": name, "evalue": value, "traceback": lines}
    if kind in ("display_data", "execute_result", "pyout"):
        data = given.get("data")
        data = _bundle(data) if isinstance(data, dict) else {}
        return {"output_type": "display_data", "data": data, "metadata": {}} if data else None
    return None


def _bundle(data: dict[str, Any]) -> dict[str, str]:
    """What of a MIME bundle can be shown. SVG, JavaScript and widgets are left out: their text stands beside them."""
    shown = picture(data)
    for kind, clean in (
        ("text/plain", str),
        ("text/latex", markdown),
        ("text/markdown", markdown),
        ("text/html", html),
    ):
        if kind in data:
            shown[kind] = clean(_text(data[kind]))
    return shown


def _text(value: Any, limit: int = MAX_TEXT) -> str:
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    return value[:limit] if isinstance(value, str) else ""
