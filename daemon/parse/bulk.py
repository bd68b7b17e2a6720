"""Keep the bulk of attachments away from what builds the MIME tree line by line.

To the builder a run of base64 lines is neither a delimiter nor a header. Before it builds, a word
of the same letters takes the place of each long run, and gives way to it when bytes are asked for.
"""

from __future__ import annotations

import secrets
import string
from typing import Final

LEAST_BYTES: Final = 8 * 1024  # below it nothing is gained
_SAMPLE_BYTES: Final = 512
_BASE64_LINES: Final = (string.ascii_letters + string.digits + "+/=\r\n").encode()


class Bulk:
    """The long runs of one message, those of the messages inside it among them."""

    def __init__(self) -> None:
        """Start with none."""
        self._word = b"bulk" + secrets.token_hex(16).encode()  # no writer can know it
        self._runs: list[bytes] = []

    def lifted(self, body: bytes) -> bytes:
        """Return a body with words in place of its long runs of base64 lines.

        A run stands at the beginning, or below the blank line that ends the header of a part, and
        goes on to the next delimiter. Where line ends are mixed, some runs stay where they are.
        """
        if len(body) < LEAST_BYTES or self._word in body:
            return body
        blank = b"\r\n\r\n" if b"\r\n\r\n" in body else b"\n\n"
        kept: list[bytes] = []
        done = first = 0
        end = 0 if body.startswith(b"--") else _delimiter(body, 0)
        while True:
            if end - first >= LEAST_BYTES and _is_base64(body, first, end):
                run = body[first:end].rstrip(b"\r\n")
                kept += (body[done:first], b"%bn%dn" % (self._word, len(self._runs)))
                done = first + len(run)
                self._runs.append(run)
            found = body.find(blank, end)
            if found < 0:
                break
            first = found + len(blank)
            end = _delimiter(body, first)
        return b"".join((*kept, body[done:])) if kept else body

    def restored(self, data: bytes) -> bytes:
        """Return bytes with each run where its word stood."""
        if not self._runs or self._word not in data:
            return data
        before, *places = data.split(self._word)
        pieces = [before]
        for place in places:
            number, _, after = place.removeprefix(b"n").partition(b"n")
            pieces += (self._runs[int(number)], after)
        return b"".join(pieces)


def _delimiter(body: bytes, first: int) -> int:
    """Return where the line before the next delimiter ends, or the body."""
    found = body.find(b"\n--", first)
    return found if found >= 0 else len(body)


def _is_base64(body: bytes, first: int, end: int) -> bool:
    sample = body[first : min(end, first + _SAMPLE_BYTES)]
    return not sample.translate(None, _BASE64_LINES) and not body[first:end].translate(
        None, _BASE64_LINES
    )
