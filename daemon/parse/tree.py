"""The MIME tree of a message, built by the standard library within bounds (RFC 2046).

The library calls `Node` for each part it meets. A node too deep, or of a type that holds one
message, says that it is text, so the library leaves it whole; attached messages are framed and
built anew from their bytes. At the last part allowed the building stops with what is there.
"""

from __future__ import annotations

import email.message
import re
from email.feedparser import BytesFeedParser
from email.policy import compat32
from typing import TYPE_CHECKING, Any

from daemon.parse.bulk import Bulk
from daemon.parse.charsets import decode
from daemon.parse.limits import MAX_DEPTH, MAX_NESTED_BYTES, MAX_PARTS
from daemon.parse.transfer import decoded

if TYPE_CHECKING:
    from collections.abc import Sequence

_HOSTILE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
_TYPE = re.compile(r"[!-~]{1,127}/[!-~]{1,127}")
_FIRST_DELIMITER = re.compile(
    rb"^--([!-~][ -~]{0,69})[ \t]*\r?\n(?=content-[a-z-]{1,40}[ \t]*:|\r?\n)",
    re.IGNORECASE | re.MULTILINE,
)
_SNIFFED_BYTES = 64 * 1024


class Budget:
    """How many parts and levels one message may still use; attached messages draw on it too."""

    def __init__(self, *, keep_files: bool = False) -> None:
        self.keep_files = keep_files  # the bytes of attachments, beside their description
        self.parts = MAX_PARTS
        self.depth = MAX_DEPTH
        self.nested_bytes = MAX_NESTED_BYTES
        self.defects: list[str] = []
        self.bulk = Bulk()

    def note(self, defect: str) -> None:
        """Remember what had to be left out or mended, once."""
        if defect not in self.defects:
            self.defects.append(defect)


class _EnoughError(Exception):
    """The last part allowed has been met."""


class Node(email.message.Message):
    """One part as the library builds it; `Part` is how it is read."""

    level: int = 0
    deepest: int = MAX_DEPTH

    def attach(self, payload: Any) -> None:  # noqa: ANN401 - the library's own signature
        """Hang a part below this one, one level deeper."""
        payload.level = self.level + 1
        payload.deepest = self.deepest
        super().attach(payload)

    def get_content_type(self) -> str:
        """Return the type by which the library decides whether to look inside."""
        content_type = super().get_content_type()
        whole = self.level >= self.deepest or content_type.startswith("message/")
        return "text/plain" if whole else content_type


class Part:
    """A guarded view of one node: every reading has an answer, whatever the header says."""

    def __init__(self, node: Node, budget: Budget) -> None:
        self.node = node
        self.budget = budget
        self._headers = _mime_headers(node)

    @property
    def content_type(self) -> str:
        """The type in lower case; text/plain where it is missing or makes no sense."""
        value = self.header("content-type").partition(";")[0].strip().lower()
        value = value.replace(" ", "")
        return value if _TYPE.fullmatch(value) else self.node.get_default_type()

    def header(self, name: str) -> str:
        """Return a header of this part as text, "" where it is missing."""
        return str(self._headers.get(name, ""))

    def param(self, name: str, header: str = "content-type") -> str:
        """Return a parameter of a header (RFC 2231 forms joined and decoded), or ""."""
        try:
            value = self._headers.get_param(name, header=header)
        except _HOSTILE:
            return ""
        match value:
            case (charset, _, text):
                return _extended(charset, text)
            case str():
                return value
        return ""

    @property
    def disposition(self) -> str:
        """`attachment`, `inline`, another word, or ""."""
        return self.header("content-disposition").partition(";")[0].strip().lower()

    @property
    def filename(self) -> str:
        """The name that the sender gave, as sent; "" where there is none."""
        return self.param("filename", "content-disposition") or self.param("name")

    @property
    def children(self) -> Sequence[Part]:
        """The parts of a multipart; where its boundary is lost, the parts that can be told."""
        return [Part(node, self.budget) for node in _nodes(self.node) or self._found_anyway()]

    @property
    def data(self) -> bytes:
        """The decoded bytes of a part that has no children."""
        return decoded(self._encoded(), self.header("content-transfer-encoding"))

    @property
    def around(self) -> bytes:
        """What stands before the first and after the last boundary of a multipart."""
        texts = (self.node.preamble, self.node.epilogue)
        around = b"\n".join((text or "").encode("ascii", "surrogateescape") for text in texts)
        return self.budget.bulk.restored(around)

    def _encoded(self) -> bytes:
        """Return the payload before transfer decoding; the library shows it only so."""
        del self.node["content-transfer-encoding"]
        try:
            payload = self.node.get_payload(decode=True)
        except _HOSTILE:
            return b""
        return self.budget.bulk.restored(payload) if isinstance(payload, bytes) else b""

    def _found_anyway(self) -> list[Node]:
        body = self._encoded()
        match = _FIRST_DELIMITER.search(body[:_SNIFFED_BYTES])
        if self.node.level >= self.node.deepest:
            self.budget.note("the message is nested too deep; its innermost parts were not read")
            return []
        if match is None:
            return []
        self.budget.note("a multipart boundary was missing or wrong and was guessed")
        boundary = match[1].rstrip().replace(b'"', b"")
        header = b'multipart/mixed; boundary="' + boundary + b'"'
        root = build((("content-type", header),), body, self.budget, level=self.node.level)
        return _nodes(root.node)


def build(
    fields: Sequence[tuple[str, bytes]],
    body: bytes,
    budget: Budget,
    *,
    level: int = 0,
) -> Part:
    """Build the tree of a body under its MIME header fields; never raises."""
    made: list[Node] = []

    def factory(policy: Any = compat32) -> Node:  # noqa: ANN401 - the library's own signature
        if made and budget.parts <= 0:
            raise _EnoughError
        budget.parts -= 1
        made.append(Node(policy))
        if len(made) == 1:
            made[0].level = level
            made[0].deepest = budget.depth
        return made[-1]

    parser = BytesFeedParser(factory, policy=compat32)  # tries the factory once by itself
    made.clear()
    budget.parts += 1
    header = b"".join(name.encode() + b": " + value + b"\n" for name, value in fields)
    try:
        parser.feed(header + b"\n" + budget.bulk.lifted(body))
        parser.close()
    except _EnoughError:
        budget.note("the message has too many parts; the rest was not read")
    except _HOSTILE:
        budget.note("the structure of the message could not be followed to its end")
    return Part(made[0] if made else Node(compat32), budget)


def _nodes(node: Node) -> list[Node]:
    payload = node.get_payload()
    return [child for child in payload if isinstance(child, Node)] if node.is_multipart() else []


def _mime_headers(node: Node) -> email.message.Message:
    """Copy a node's MIME headers as text; from 8-bit bytes the library makes question marks."""
    headers = email.message.Message(compat32)
    for name, value in node.raw_items():
        if name.lower().startswith("content-") and str(value).strip():
            octets = str(value).encode("utf-8", "surrogateescape")
            headers[name] = " ".join(decode(octets).split())
    return headers


def _extended(charset: object, text: object) -> str:
    """Decode an RFC 2231 value: its text holds one character a byte."""
    data = str(text).encode("latin-1", "replace")
    return decode(data, str(charset or ""))
