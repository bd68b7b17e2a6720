"""Undo content transfer encodings (RFC 2045 §6), the broken ones as mail clients do."""

from __future__ import annotations

import binascii
import quopri
import re
import string

from mailparser.utils import decode_base64_payload

_UU_BEGIN = re.compile(rb"^begin (?:[0-7]{3,4}) ([^\r\n]{1,255})\r?\n", re.MULTILINE)
_UU_END = re.compile(rb"^end[ \t]*\r?$", re.MULTILINE)
_UU_NAMES = frozenset({"x-uuencode", "uuencode", "uue", "x-uue"})
_SAMPLE_BYTES, _SAMPLE_LINES = 2_000, 20
_STRANGE = bytes(
    set(range(256)) - set(string.ascii_letters.encode() + string.digits.encode() + b"+/=")
)
_UU_MAX_LINE = 45  # bytes that one line can hold


def decoded(data: bytes, encoding: str) -> bytes:
    """Return the bytes that a part stands for; an unknown encoding leaves them as they are.

    Text that was sent as it is gets plain line ends, so that it is the same by every road.
    """
    name = encoding.partition(";")[0].strip().lower().strip("\"' ")
    if name == "base64" and _looks_like_base64(data[:_SAMPLE_BYTES]):
        return _base64_decoded(data)
    if name.startswith("quoted-print"):
        return _plain_ends(quopri.decodestring(data))
    if name in _UU_NAMES:
        files, _ = uu_files(data)
        return files[0][1] if files else data
    return data if name == "binary" else _plain_ends(data)


def _base64_decoded(data: bytes) -> bytes:
    """Decode what keeps to the standard in one go, and the rest as mail clients do."""
    try:
        return binascii.a2b_base64(data.translate(None, b"\r\n"), strict_mode=True)
    except binascii.Error:
        octets: bytes = decode_base64_payload(data.decode("ascii", "ignore"))
        return octets


def uu_files(data: bytes) -> tuple[list[tuple[str, bytes]], bytes]:
    """Take the uuencoded files out of a text: (name, bytes) of each, and the text that is left."""
    files: list[tuple[str, bytes]] = []
    rest: list[bytes] = []
    position = 0
    while begin := _UU_BEGIN.search(data, position):
        end = _UU_END.search(data, begin.end())
        content = _uu_decoded(data[begin.end() : end.start()]) if end else None
        if end is None:
            break
        rest.append(data[position : begin.start() if content is not None else end.end()])
        if content is not None:
            files.append((begin[1].decode("utf-8", "replace").strip(), content))
        position = end.end()
    return files, b"".join((*rest, data[position:]))


def _uu_decoded(block: bytes) -> bytes | None:
    """Decode the lines of a block, or None where they are something else."""
    lines = []
    for line in block.splitlines():
        if not line.strip(b"` \t"):
            continue
        size = (line[0] - 32) & 63
        if size > _UU_MAX_LINE:
            return None
        try:
            lines.append(binascii.a2b_uu(line[: 1 + (size + 2) // 3 * 4]))
        except binascii.Error:
            return None
    return b"".join(lines)


def _looks_like_base64(sample: bytes) -> bool:
    """Whether a label of base64 may be true: words with spaces between them are none."""
    lines = [line.strip() for line in sample.splitlines()[:_SAMPLE_LINES]]
    strange = sum(len(line) - len(line.translate(None, _STRANGE)) for line in lines)
    return strange * 10 <= sum(map(len, lines))


def _plain_ends(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n")
