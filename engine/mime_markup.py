"""HTML, SVG and XML told by their first tag.

Browsers run scripts in these types, so they are recognised whatever the file is called. Where a file name vouches
for a kind of text that may well begin with a tag (Markdown, templates, source code), only a tag that such a text
has no use for counts.

Source: WHATWG MIME Sniffing Standard, section 7.1; XML 1.0, section 2.8.
"""

from __future__ import annotations

import re
from typing import Final

_HTML: Final = "text/html"
_SVG: Final = "image/svg+xml"
_XML: Final = "application/xml"

_ROOTS: Final = {
    "svg": _SVG,
    "html": "application/xhtml+xml",
    "rss": "application/rss+xml",
    "feed": "application/atom+xml",
    "kml": "application/vnd.google-earth.kml+xml",
    "gpx": "application/gpx+xml",
    "plist": "application/x-plist",
    "mathml": "application/mathml+xml",
}

_ACTIVE_TAGS: Final = frozenset({"html", "head", "body", "script", "iframe", "frameset", "object", "embed", "base"})
_PASSIVE_TAGS: Final = frozenset(
    {"a", "abbr", "article", "audio", "b", "big", "blockquote", "br", "button", "center", "code", "dd", "div", "dl"}
    | {"dt", "em", "fieldset", "figure", "font", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr"}
    | {"i", "img", "input", "li", "link", "main", "meta", "nav", "ol", "p", "pre", "section", "select", "small"}
    | {"span", "strong", "style", "table", "tbody", "td", "template", "textarea", "th", "title", "tr", "u", "ul"}
)
_SOURCES_WITH_TAGS: Final = frozenset(
    {"md", "markdown", "vue", "svelte", "php", "jsx", "tsx", "rst", "tmpl", "jinja", "j2", "ejs", "hbs"}
)

_SKIPPED: Final = re.compile(r"\A(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_DOCTYPE: Final = re.compile(r"<!doctype\s+(?:[\w.-]+:)?([\w.-]+)", re.IGNORECASE)
_TAG: Final = re.compile(r"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)(?=[\s/>]|\Z)")


def markup_type(text: str, extension: str, named: str | None) -> str | None:
    """Tell markup by what it begins with.

    Args:
        text: The beginning of the content, without a byte order mark.
        extension: The file name's extension, lower case.
        named: The type that goes by that extension if it is one of text, else None.

    Returns:
        The MIME type, or None if this is no markup.
    """
    body = _SKIPPED.sub("", text, count=1)
    doctype, tag = _DOCTYPE.match(body), _TAG.match(body)
    declared = doctype or tag
    first = declared[1].lower() if declared else ""
    if first == "svg":
        return _SVG
    if text.lstrip().startswith("<?xml"):
        return _xml_type(first, named)
    if doctype:
        return _HTML if first == "html" else _xml_type(first, named)
    return _HTML if _begins_html(first, body, extension, named) else None


def _xml_type(root: str, named: str | None) -> str:
    if root == "html" and named == _HTML:
        return _HTML
    if named is not None and named.endswith("+xml"):
        return _ROOTS.get(root, named)
    return _ROOTS.get(root, _XML)


def _begins_html(tag: str, body: str, extension: str, named: str | None) -> bool:
    if extension in _SOURCES_WITH_TAGS:
        return tag == "html"
    if named in {None, "text/plain"}:
        return tag in _ACTIVE_TAGS or tag in _PASSIVE_TAGS or body.startswith("<!--")
    return tag in _ACTIVE_TAGS and not (named.endswith("+xml") or named == _XML)
