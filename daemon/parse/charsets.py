"""Bytes to text where the label is missing, unknown or wrong.

A label that fits is always believed. Guessing begins only where the bytes contradict it,
and the Western labels are read as the supersets that senders in fact use (WHATWG Encoding).
"""

from __future__ import annotations

import codecs
import re

# What senders write, and the superset to read it with.
_SUPERSETS = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "ansi_x3.4-1968": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "ansi": "cp1252",
    "win-1252": "cp1252",
    "x-ansi": "cp1252",
    "x-cp1252": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "iso-8859-8-i": "cp1255",
    "iso-8859-8-e": "cp1255",
    "iso-8859-8": "cp1255",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gb-2312": "gb18030",
    "euc-cn": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "chinese": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "cp950",
    "x-x-big5": "cp950",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "ksc_5601": "cp949",
    "euc-kr": "cp949",
    "korean": "cp949",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode-2-0-utf-7": "utf-7",
    "utf-8-sig": "utf-8",
    "utf8mb4": "utf-8",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-koi8-r": "koi8_r",
    "koi8r": "koi8_r",
    "koi8": "koi8_r",
}
_LABEL = re.compile(r"[a-z0-9][a-z0-9._:+-]{0,39}")
# These decode something else than text, run forever on hostile input, or always raise.
_NOT_TEXT = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"})
_WESTERN = frozenset({"cp1252", "iso8859-15", "mac-roman"})
_ESCAPES = ((b"\x1b$)C", "iso2022_kr"), (b"\x1b$", "iso2022_jp_ext"), (b"\x1b(J", "iso2022_jp_ext"))
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Letters that a single-byte reading must show often before it is taken over Western.
_CYRILLIC = ("cp1251", "koi8_r", "iso8859_5", "cp866")
_FREQUENT_CYRILLIC = frozenset("оеаинтсрвлкмдпуяы")
_EAST_ASIAN = ("gb18030", "cp932", "cp949", "cp950")
_SAMPLE_BYTES = 4_096
_IDEOGRAPHIC = (("\u3000", "\u9fff"), ("\uac00", "\ud7a3"), ("\uff00", "\uffef"))
_MOSTLY = 0.9
_SURROGATE = re.compile("[\ud800-\udfff]")


def codec_of(label: str) -> str | None:
    """Return the Python codec to read a charset label with, or None for an unknown one."""
    name = label.strip(" \t\"'<>=").partition("*")[0].lower().replace(" ", "-")
    if not _LABEL.fullmatch(name):
        return None
    name = _SUPERSETS.get(name, name)
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError, ImportError):
        return None
    return None if codec.replace("-", "_") in _NOT_TEXT else codec


def decode(data: bytes, label: str = "") -> str:
    """Return the text of `data`; `label` is what the sender says, "" where nothing is said."""
    codec = codec_of(label) if label else None
    if data.isascii() and not _has_escapes(data) and not _is_wide(codec):
        return data.decode("ascii")
    return _by_mark(data) or _by_label(data, codec) or _guessed(data, codec)


def _is_wide(codec: str | None) -> bool:
    return codec is not None and codec.startswith(("utf-7", "utf-16", "utf-32", "hz"))


def _has_escapes(data: bytes) -> bool:
    return b"\x1b" in data


def _by_mark(data: bytes) -> str | None:
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return _strictly(data, codec)
    return None


def _by_label(data: bytes, codec: str | None) -> str | None:
    if codec is None or (codec in _WESTERN and _has_escapes(data) and data.isascii()):
        return None
    if codec in _WESTERN:
        # Western text that happens to be flawless UTF-8 is UTF-8 under a wrong label.
        return _strictly(data, "utf-8") or _strictly(data, codec)
    return _strictly(data, codec)


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        text = data.decode(codec)
    except (LookupError, ValueError):
        return None
    return text if not codec.startswith("utf-7") or _SURROGATE.search(text) is None else None


def _guessed(data: bytes, codec: str | None) -> str:
    for escape, by_escape in _ESCAPES:
        if escape in data:
            return data.decode(by_escape, "replace")
    text = _strictly(data, "utf-8")
    if text is not None:
        return text
    for likely in ("utf-8", codec or "utf-8"):
        text = _leniently(data, likely)
        if text is not None and likely not in _WESTERN:
            return text
    return data.decode(_likely(data[:_SAMPLE_BYTES]), "replace")


def _leniently(data: bytes, codec: str) -> str | None:
    """Read with the label's codec where only little of it is broken."""
    try:
        text = data.decode(codec, "replace")
    except (LookupError, ValueError):
        return None
    strange = sum(1 for character in text if character > "\x7f")
    broken = text.count("\ufffd")
    return text if broken * 5 <= strange else None


def _likely(sample: bytes) -> str:
    """Name a codec for unlabelled bytes that are not UTF-8; Western where in doubt."""
    high = sum(1 for byte in sample if byte > 127)  # noqa: PLR2004 - the end of ASCII
    letters = sum(1 for byte in sample if byte > 64)  # noqa: PLR2004 - roughly the letters
    if high * 3 < letters:
        return "cp1252"
    scores = {codec: _cyrillic_share(sample, codec) for codec in _CYRILLIC}
    best = max(_CYRILLIC, key=scores.__getitem__)
    if scores[best] > 0.5:  # noqa: PLR2004 - most letters are the frequent ones
        return best
    return next((codec for codec in _EAST_ASIAN if _reads_as_ideographs(sample, codec)), "cp1252")


def _cyrillic_share(sample: bytes, codec: str) -> float:
    strange = [c for c in sample.decode(codec, "replace") if c > "\x7f"]
    return sum(1 for c in strange if c in _FREQUENT_CYRILLIC) / max(1, len(strange))


def _reads_as_ideographs(sample: bytes, codec: str) -> bool:
    strange = [c for c in sample.decode(codec, "ignore") if c > "\x7f"]
    common = sum(1 for c in strange if any(low <= c <= high for low, high in _IDEOGRAPHIC))
    high = sum(1 for byte in sample if byte > 127)  # noqa: PLR2004 - the end of ASCII
    return common > _MOSTLY * max(1, len(strange)) and common * 2 > _MOSTLY * high
