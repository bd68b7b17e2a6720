"""One Markdown source, two forms to read: accessible HTML and plain text.

The words of others enter the Markdown only as `{{ values }}`, and every value passes `escape`,
so that nobody outside can write a heading, a link or a tag into our mail.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_UNSAFE_KINDS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ASCII_CONTROLS = dict.fromkeys((*range(32), 127), " ")
_SPACE = 0x20
_FIRST_UNCOMMON = 0x3000  # signs of East Asia and all that follows, which are many
_KEPT_JOINERS = frozenset("\u200c\u200d")  # needed to write several languages and names


class Raw(str):
    """Text of our own making that is already Markdown."""

    __slots__ = ()


class Code(Raw):
    """A code span of our own making."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A rendered Markdown source: its first heading, the HTML within the body, and plain text."""

    title: str
    html: str
    text: str
    main_headings: int
    links: tuple[str, ...]


def one_line(value: object) -> str:
    """Return a value as one line of text that can be sent: no controls, no odd direction marks.

    Whatever could end a header, hide text or turn its direction becomes a space.
    """
    text = str(value)
    if text.isascii():  # as most are: then a table does
        return " ".join(text.translate(_ASCII_CONTROLS).split())
    return " ".join(text.translate(_CONTROLS).split())


class _Controls(dict[int, int]):
    """What a character becomes, found when it first occurs; kept for those that are common."""

    def __missing__(self, code: int) -> int:
        found = code if _is_plain(chr(code)) else _SPACE
        if code < _FIRST_UNCOMMON:
            self[code] = found
        return found


def _is_plain(character: str) -> bool:
    if character in _KEPT_JOINERS:
        return True
    return unicodedata.category(character) not in _UNSAFE_KINDS


_CONTROLS = _Controls()


def escape(value: object) -> str:
    """Return a value as Markdown that reads exactly as the value does, on one line."""
    if isinstance(value, Raw):
        return str(value)
    return _PUNCTUATION.sub(r"\\\1", one_line(value))


def paragraphs(words: str) -> Raw:
    """Return what a colleague wrote as Markdown that reads the same: its paragraphs and lines."""
    blocks = re.split(r"\n\s*\n", words.strip().replace("\r\n", "\n").replace("\r", "\n"))
    lines = ([escape(line) for line in block.split("\n") if one_line(line)] for block in blocks)
    return Raw("\n\n".join("\\\n".join(some) for some in lines if some))


def code(value: object) -> Code:
    """Return a value as a Markdown code span, for a command to copy."""
    return Code("`" + one_line(value).replace("`", "") + "`")


def new_parser() -> MarkdownIt:
    """Return the Markdown dialect of the templates: CommonMark without images and raw HTML."""
    dialect = MarkdownIt("commonmark", {"html": False})
    return dialect.disable(["image", "html_block", "html_inline", "code", "fence"])


def render(parser: MarkdownIt, source: str) -> Page:
    """Render Markdown to a page."""
    tokens = parser.parse(source)
    titles = [
        _inline_text(tokens[index + 1].children or ())
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h1"
    ]
    return Page(
        title=titles[0] if titles else "",
        html=parser.renderer.render(tokens, parser.options, {}),
        text=_Text().read(tokens),
        main_headings=len(titles),
        links=tuple(_links(tokens)),
    )


def _links(tokens: Sequence[Token]) -> list[str]:
    children = [child for token in tokens for child in token.children or ()]
    return [str(child.attrGet("href")) for child in children if child.type == "link_open"]


@dataclass(slots=True)
class _Text:
    """A walk over block tokens that gathers paragraphs, list items and headings as text."""

    blocks: list[str] = field(default_factory=list)
    counters: list[int | None] = field(default_factory=list)  # a list each; None: bullets
    marker: str = ""

    def read(self, tokens: Sequence[Token]) -> str:
        for token in tokens:
            self._take(token)
        return "".join(self.blocks).strip() + "\n"

    def _take(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self.counters.append(None)
            case "ordered_list_open":
                self.counters.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                self._close_list()
            case "list_item_open":
                self.marker = self._next_marker()
            case "inline":
                self._add(_inline_text(token.children or ()))
            case "paragraph_close" if not token.hidden:
                self.blocks.append("\n")
            case "heading_close":
                self.blocks.append("\n")
            case _:
                pass

    def _next_marker(self) -> str:
        number = self.counters[-1]
        if number is None:
            return "- "
        self.counters[-1] = number + 1
        return f"{number}. "

    def _close_list(self) -> None:
        self.counters.pop()
        if not self.counters and self.blocks[-1:] != ["\n"]:
            self.blocks.append("\n")

    def _add(self, text: str) -> None:
        depth = max(0, len(self.counters) - 1)
        hanging = "  " * len(self.counters)
        lead = "  " * depth + self.marker if self.marker else hanging
        self.marker = ""
        self.blocks.append(lead + text.replace("\n", "\n" + hanging) + "\n")


def _inline_text(children: Sequence[Token]) -> str:
    """Return a paragraph as text; a link reads "text: URL"."""
    out: list[str] = []
    opened: list[tuple[str, int]] = []  # where a link goes, and where its text begins in `out`
    for child in children:
        match child.type:
            case "text" | "code_inline":
                out.append(child.content)
            case "softbreak":
                out.append(" ")
            case "hardbreak":
                out.append("\n")
            case "link_open":
                opened.append((str(child.attrGet("href") or ""), len(out)))
            case "link_close":
                target, start = opened.pop()
                out.append(_spelt_out(target, "".join(out[start:])))
            case _:
                pass
    return "".join(out)


def _spelt_out(target: str, text: str) -> str:
    """Return what follows a link's text, so that the target can be seen and copied."""
    shown = target in {text, f"mailto:{text}"} or target.startswith("tel:")
    return "" if shown else f": {target}"
