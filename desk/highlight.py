"""Others' words made safe to show: marked where they are evidence, or as formatted mail."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import nh3
from markupsafe import Markup, escape

from desk.rendering import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from daemon.model import Evidence

_SHORTEST: Final = 4  # fewer letters are everywhere
_BETWEEN: Final = " / "  # stands between the places that one piece of evidence was found at
_MOST: Final = 60  # pieces of evidence that are marked
_TAGS: Final = {
    *("a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd"),
    *("div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p"),
    *("pre", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td"),
    *("tfoot", "th", "thead", "tr", "u", "ul"),
}
# Nothing that reaches out, and nothing that looks as it wants: no picture, no style, no form.
_ATTRIBUTES: Final = {
    "a": {"href"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_CONTENT_GOES: Final = {"script", "style", "title", "head", "noscript", "template", "svg", "math"}


def marked(text: str, evidence: Iterable[Evidence]) -> Markup:
    """Return a text, escaped, with the words that are evidence in <mark>."""
    text = harmless(text)
    spans = _spans(text, [harmless(one.text) for one in evidence][:_MOST])
    parts: list[Markup | str] = []
    at = 0
    for begin, end in spans:
        parts += [escape(text[at:begin]), Markup("<mark>{}</mark>").format(text[begin:end])]
        at = end
    parts.append(escape(text[at:]))
    return Markup("").join(parts)


def _spans(text: str, words: Iterable[str]) -> Sequence[tuple[int, int]]:
    """Return where words stand, in order and without overlap; blanks match any blanks."""
    found: list[tuple[int, int]] = []
    for one in dict.fromkeys(w.strip() for many in words for w in many.split(_BETWEEN)):
        if len(one) < _SHORTEST:
            continue
        pattern = r"\s+".join(re.escape(part) for part in one.split())
        match = re.search(pattern, text, re.IGNORECASE)
        if match:
            found.append(match.span())
    united: list[tuple[int, int]] = []
    for begin, end in sorted(found):
        if united and begin < united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((begin, end))
    return united


def formatted(markup: str) -> Markup:
    """Return a mail's HTML with its structure alone: nothing in it loads, runs, asks or hides."""
    clean = nh3.clean(
        markup,
        tags=_TAGS,
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        clean_content_tags=set(_CONTENT_GOES),
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(harmless(clean))  # noqa: S704 -- the library has just cleaned it
