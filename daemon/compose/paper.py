"""One Markdown source as a letter on A4, in PDF that a screen reader can read too (PDF/UA-1).

Typeset by Typst. Every word of ours and of others enters its source as a string literal, so that
nothing in a name or an address is taken for markup. The same letter always has the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

_PAGE: Final = """
#set page(paper: "a4", margin: (x: 25mm, top: 20mm, bottom: 22mm),
  footer: context align(right, text(size: 10pt)[
    #{reference} · #counter(page).display() / #counter(page).final().first()]))
#set text(size: 13pt, hyphenate: false)
#set par(leading: 0.75em, spacing: 1.1em, justify: false)
#set list(spacing: 0.9em)
#set enum(spacing: 0.9em)
#show heading: set block(above: 1.4em, below: 0.8em)
#show heading.where(level: 1): set text(size: 17pt)
#show heading.where(level: 2): set text(size: 14pt)
#block(height: 22mm)[#text(weight: "bold")[#{office}]]
#block(height: 42mm, width: 85mm)[#{address}]
"""
# The window of a DL envelope shows what stands from 42 to 84 mm below the upper edge.


def typeset(
    tokens: Sequence[Token],
    *,
    title: str,
    language: str,
    office: str,
    address: Sequence[str],
    written_on: str,
    reference: str,
) -> bytes:
    """Return a letter as PDF: who it is from, the address block, the date, then the text.

    `address` are the lines of the block, `written_on` is a date in words.

    Raises:
        RuntimeError: Typst found a mistake in its source (`typst.TypstError`).
    """
    main, _, region = language.partition("-")
    lines = "#linebreak()".join(f"#{_string(line)}" for line in address)
    page = (
        _PAGE.replace("{reference}", _string(reference))
        .replace("{office}", _string(office))
        .replace("#{address}", lines)
    )
    source = (
        f"#set document(title: {_string(title)}, author: {_string(office)}, date: none)\n"
        f"#set text(lang: {_string(main)}{f', region: {_string(region)}' if region else ''})\n"
        f"{page}#par[#{_string(written_on)}]\n{''.join(_blocks(tokens))}"
    )
    # A string that no font here can show (a name in a rare script) keeps a letter from being
    # fully accessible, not from being written: the post room sees the gap.
    import typst  # noqa: PLC0415 -- 6 MB, and few letters go on paper

    try:
        return bytes(typst.compile(source.encode(), format="pdf", pdf_standards=["ua-1"]))
    except typst.TypstError:
        return bytes(typst.compile(source.encode(), format="pdf"))


def _string(words: str) -> str:
    """Return a string literal of Typst."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", " ") + '"'


_AROUND: Final = {
    "paragraph_open": "#par[",
    "paragraph_close": "]\n",
    "heading_close": "]\n",
    "bullet_list_open": "#list(",
    "bullet_list_close": ")\n",
    "ordered_list_close": ")\n",
    "list_item_open": "[",
    "list_item_close": "],",
}


def _blocks(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        match token.type:
            case "heading_open":
                yield f"#heading(level: {token.tag[1:]})["
            case "ordered_list_open":
                yield f"#enum(start: {int(token.attrGet('start') or 1)}, "
            case "inline":
                yield from _inline(token.children or ())
            case kind if not token.hidden:  # of a tight list's paragraphs only the words count
                yield _AROUND.get(kind, "")
            case _:
                pass


def _inline(children: Sequence[Token]) -> Iterator[str]:
    """Give the words; where a link goes is written out, since nobody can click on paper."""
    target, words = "", ""
    for child in children:
        match child.type:
            case "text" | "code_inline":
                words += child.content
                yield f"#{_string(child.content)}"
            case "softbreak":
                yield ' #" "'
            case "hardbreak":
                yield "#linebreak()"
            case "strong_open":
                yield "#strong["
            case "em_open":
                yield "#emph["
            case "strong_close" | "em_close":
                yield "]"
            case "link_open":
                target, words = str(child.attrGet("href") or ""), ""
            case "link_close":
                known = target in {words, f"mailto:{words}"} or target.startswith("tel:")
                yield "" if known else f"#{_string(f': {target}')}"
            case _:
                pass
