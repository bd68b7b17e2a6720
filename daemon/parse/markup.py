"""HTML to text: lxml reads it however broken, inscriptis lays it out, bounds keep it short."""

from __future__ import annotations

import html
import re
from itertools import islice
from typing import TYPE_CHECKING

from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig
from lxml import etree
from lxml.html import HTMLParser, document_fromstring

from daemon.parse.limits import MAX_HTML_CHARS, MAX_HTML_ELEMENTS
from daemon.parse.storable import storable

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_UNREAD = ("head", "script", "style", "title", "template", "noscript", "object", "svg", "xml")
# Tables in mail are nearly always layout: a row is a line, a cell a run of words in it.
_ROWS = ("table", "tbody", "thead", "tfoot", "tr", "caption")
_CELLS = ("td", "th")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_UNREAD_TAG = re.compile(r"<(/?)(head|script|style|title)\b[^<>]{0,2000}>", re.IGNORECASE)
_HIDDEN = re.compile(r"(?:display|visibility)\s{0,5}:\s{0,5}(?:none|hidden)", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n{3,}")
_QUOTE_CLASSES = ("gmail_quote", "yahoo_quoted", "moz-cite", "protonmail_quote", "zmail_extra")
_OPEN, _CLOSE = "\ue000", "\ue001"  # stand for the ends of a quotation while text is laid out
_PARSE_ERRORS = (etree.LxmlError, ValueError, TypeError, AssertionError, RecursionError)
_CONFIG = ParserConfig(css=CSS_PROFILES["strict"])


def html_to_text(markup: str) -> str:
    """Return what a reader of the HTML sees; quotations are marked with `> ` as in plain text.

    Never raises; time and result are bounded, whatever the nesting.
    """
    markup = storable(markup[:MAX_HTML_CHARS]).replace(_OPEN, "").replace(_CLOSE, "")
    tree = _tree(markup)
    text = _stripped(markup) if tree is None else _laid_out(tree)
    return _BLANK_LINES.sub("\n\n", _with_marks(_tidy(text))).strip("\n")


def looks_like_html(text: str) -> bool:
    """Whether text sent as plain is in truth an HTML document."""
    start = text[:200].lstrip().lower()
    return start.startswith(("<!doctype html", "<html", "<body", "<head"))


def _tree(markup: str) -> HtmlElement | None:
    if not markup.strip():
        return None
    # In ASCII with references no odd character can make lxml change its mind on the charset.
    octets = markup.encode("ascii", "xmlcharrefreplace")
    parser = HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        tree = document_fromstring(octets, parser=parser)
        etree.strip_elements(tree, *_UNREAD, with_tail=False)
    except _PARSE_ERRORS:
        return None
    # Beyond its limits lxml stops and says nothing of the rest.
    cut = any(
        entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log.filter_from_fatals()
    )
    return None if cut else tree


def _stripped(markup: str) -> str:
    """Return what stands between the tags, for what lxml cannot hold."""
    pieces = []
    position = 0
    unread = ""
    for tag in _UNREAD_TAG.finditer(markup):
        if not unread:
            pieces.append(markup[position : tag.start()])
            unread = "" if tag[1] else tag[2].lower()
        elif tag[1] and tag[2].lower() == unread:
            unread = ""
        position = tag.end()
    pieces.append("" if unread else markup[position:])
    return html.unescape(_TAG.sub(" ", " ".join(pieces)))


def _laid_out(tree: HtmlElement) -> str:
    if next(islice(tree.iter(), MAX_HTML_ELEMENTS, None), None) is not None:
        return _drawn_out(tree)
    _mark_quotations(tree)
    _flatten_tables(tree)
    _simplify_styles(tree)
    try:
        text: str = Inscriptis(tree, _CONFIG).get_text()
    except _PARSE_ERRORS:
        return _drawn_out(tree)
    return text


def _drawn_out(tree: HtmlElement) -> str:
    """Return the bare text, a line for each piece: for what is too large or deep to lay out."""
    return "\n".join(piece for piece in map(str.strip, tree.itertext()) if piece)


def _mark_quotations(tree: HtmlElement) -> None:
    for element in tree.iter("blockquote"):
        classes = element.get("class", "")
        if element.get("type") == "cite" or any(name in classes for name in _QUOTE_CLASSES):
            element.text = _OPEN + (element.text or "")
            last = element[-1] if len(element) else None
            if last is None:
                element.text += _CLOSE
            else:
                last.tail = (last.tail or "") + _CLOSE


def _flatten_tables(tree: HtmlElement) -> None:
    for element in tree.iter(*_ROWS):
        element.tag = "div"
    for element in tree.iter(*_CELLS):
        element.tag = "span"
        element.tail = " " + (element.tail or "")


def _simplify_styles(tree: HtmlElement) -> None:
    """Keep of the styles whether something is shown at all; indents only make room for harm."""
    for element in tree.iter():
        style = element.attrib.pop("style", None)
        if style and _HIDDEN.search(style[:2000]):
            element.set("style", "display: none")


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.replace("\xa0", " ").split("\n"))


def _with_marks(text: str) -> str:
    """Turn the marks of quotations into a `> ` before each of their lines."""
    if _OPEN not in text and _CLOSE not in text:
        return text
    depth = 0
    lines: list[str] = []
    for line in text.split("\n"):
        depth += line.count(_OPEN)
        words = line.replace(_OPEN, "").replace(_CLOSE, "").rstrip()
        if words or not (depth or _CLOSE in line):
            lines.append("> " * min(depth, 5) + words.lstrip() if depth else words)
        elif lines and lines[-1].strip(">"):
            lines.append(">")
        depth = max(0, depth - line.count(_CLOSE))
        if not depth and lines and lines[-1] == ">":
            lines[-1] = ""
    return "\n".join(lines)
