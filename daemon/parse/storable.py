"""Make strings that SQLite and PostgreSQL both store: UTF-8, no NUL, no lone surrogate."""

from __future__ import annotations

import re
import unicodedata

from daemon.parse.limits import MAX_NORMALISED_LINE

_SURROGATE = re.compile("[\ud800-\udfff]")
# Controls say nothing to a reader; NUL is refused by PostgreSQL, ESC by a workbook.
_DROPPED = dict.fromkeys((*range(9), *range(14, 32), 127, 0xFEFF))
# C1 controls are Windows' quotes, dashes and euro signs that lost their label on the way.
_WINDOWS = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
_CONTROLS = {**_DROPPED, **_WINDOWS, 11: "\n", 12: "\n"}
_LINE_ENDS = re.compile("\r\r\n|\r\n|\r|\u2028|\u2029")


def storable(text: str) -> str:
    r"""Return the text in NFC with `\n` line ends, without controls and lone surrogates."""
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if text.isascii() and text.isprintable():
        return text
    text = _LINE_ENDS.sub("\n", text).translate(_CONTROLS)
    return text if text.isascii() else "\n".join(map(_nfc, text.split("\n")))


def one_line(text: str, limit: int) -> str:
    """Return storable text on a single line, white space collapsed, at most `limit` characters."""
    return " ".join(storable(text[: 2 * limit]).split())[:limit]


def _nfc(line: str) -> str:
    if len(line) > MAX_NORMALISED_LINE:
        return line
    return unicodedata.normalize("NFC", line)
