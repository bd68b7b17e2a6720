"""Header fields, each decoded behind its own guard (RFC 5322, RFC 2047)."""

from __future__ import annotations

import email.errors
import email.header
import re
from typing import TYPE_CHECKING

from daemon.parse import charsets
from daemon.parse.limits import (
    MAX_KEPT_HEADER_CHARS,
    MAX_KEPT_REPEATS,
    MAX_KEPT_VALUE_CHARS,
    MAX_VALUE_CHARS,
)
from daemon.parse.storable import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What later steps ask for: who, when, which thread, and whether a machine wrote it.
_KEPT = frozenset(
    {
        "from", "sender", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id",
        "in-reply-to", "references", "mime-version", "content-type", "content-disposition",
        "content-language", "content-description", "content-class", "return-path", "received",
        "received-spf", "delivered-to", "envelope-to", "apparently-to", "authentication-results",
        "require-recipient-valid-since", "precedence", "priority", "importance", "sensitivity",
        "expires", "errors-to", "organization", "user-agent", "feedback-id",
        "original-message-id", "disposition-notification-to", "return-receipt-to",
        "preferred-language", "accept-language", "comments", "keywords", "campaign-id",
        "cfbl-address", "thread-topic", "thread-index", "failed-recipients", "report-type",
        "status", "supersedes", "x-postal-address",
    },
)  # fmt: skip
_KEPT_PREFIXES = (
    "auto-", "list-", "resent-", "x-auto", "x-failed", "x-mail", "x-spam", "x-campaign",
    "x-loop", "x-original", "x-envelope", "x-ms-exchange-", "x-forefront", "x-report",
    "x-priority", "x-originating", "x-forwarded", "x-list", "x-mailing", "x-bulk", "x-precedence",
    "x-google-groups", "x-notification", "x-vacation", "x-away", "x-feedback", "x-abuse",
    "x-complaints", "x-csa", "x-mc-", "x-sg-", "x-mj-", "x-pm-", "x-php", "x-beenthere", "x-dsn",
    "x-delivery", "x-bounce", "x-confirm", "x-facebook", "x-linkedin", "x-twitter", "x-github",
    "x-gitlab", "x-jira", "x-zendesk", "x-ticket", "x-rt-", "x-ebay", "x-amz", "x-ses",
    "x-mimecast", "x-egress", "x-sensitivity", "x-sender", "x-virus", "x-quarantine",
    "x-received", "x-barracuda", "x-proofpoint", "x-cron", "x-message-flag", "x-newsletter",
    "x-job", "x-fc-machine", "x-post-message", "x-hs-", "x-rext", "x-sfmc", "x-marketo",
    "x-unsubscribe", "arc-authentication", "arc-seal", "delivery-", "disposition-",
)  # fmt: skip

_CHARSET = re.compile(rb"charset[ ]?=[ ]?\"?([\w.:-]{2,40})", re.IGNORECASE | re.ASCII)


class Fields:
    """The fields of one header block, in order; reading one never raises."""

    def __init__(self, fields: Iterable[tuple[str, bytes]]) -> None:
        raw = tuple(fields)
        charset = _body_charset(raw)
        self._raw = raw
        self._fields = tuple((name, as_text(value, charset)) for name, value in raw)

    def raw(self, name: str) -> tuple[str, ...]:
        """Return every value of a header (lower-case name), encoded words left as they stand."""
        return tuple(value for field, value in self._fields if field == name)

    def first(self, name: str) -> str:
        """Return the first value of a header that is not empty, or ""."""
        return next((value for value in self.raw(name) if value.strip()), "")

    def text(self, name: str) -> str:
        """Return the first value that is not empty, encoded words decoded; not yet storable."""
        return decode_words(self.first(name))

    def mime(self) -> tuple[tuple[str, bytes], ...]:
        """Return the fields that say how the body is built (RFC 2045), the empty ones left out."""
        return tuple(
            (name, value) for name, value in self._raw if name.startswith("content-") and value
        )

    def kept(self) -> Mapping[str, tuple[str, ...]]:
        """Return the headers that matter to later steps, decoded, bounded and storable."""
        kept: dict[str, list[str]] = {}
        room = MAX_KEPT_HEADER_CHARS
        for name, value in self._fields:
            values = kept.get(name, [])
            if room <= 0 or len(values) >= MAX_KEPT_REPEATS or not _matters(name):
                continue
            text = one_line(decode_words(value), min(room, MAX_KEPT_VALUE_CHARS))
            room -= len(text) + len(name)
            kept[name] = [*values, text]
        return {name: tuple(values) for name, values in kept.items()}


def as_text(value: bytes, charset: str = "") -> str:
    """Return a raw value as text: ASCII, UTF-8 (RFC 6532), or 8-bit in the body's charset."""
    value = value[:MAX_VALUE_CHARS]
    try:
        return value.decode()
    except UnicodeDecodeError:
        return charsets.decode(value, charset)


def _body_charset(fields: tuple[tuple[str, bytes], ...]) -> str:
    for name, value in fields:
        if name == "content-type" and (match := _CHARSET.search(value[:MAX_VALUE_CHARS])):
            return match[1].decode("ascii")
    return ""


def decode_words(value: str) -> str:
    """Decode the encoded words of a value (RFC 2047); what cannot be decoded stays as it is."""
    if "=?" not in value:
        return value
    try:
        chunks = email.header.decode_header(" ".join(value[:MAX_VALUE_CHARS].split()))
    except (email.errors.HeaderParseError, ValueError, LookupError):
        return _word_by_word(value)
    return "".join(_chunk(data, charset) for data, charset in chunks)


def _word_by_word(value: str) -> str:
    """Decode what can be, where one bad word spoils the whole value."""
    words = []
    for word in value[:MAX_VALUE_CHARS].split():
        try:
            chunks = email.header.decode_header(word)
        except (email.errors.HeaderParseError, ValueError, LookupError):
            chunks = [(word, None)]
        words.append("".join(_chunk(data, charset) for data, charset in chunks))
    return " ".join(words)


def _chunk(data: bytes | str, charset: str | None) -> str:
    if isinstance(data, str):
        return data
    if charset is None:
        # Text between encoded words: the library gave it back as raw-unicode-escape.
        return data.decode("raw-unicode-escape", "replace")
    return charsets.decode(data, charset)


def _matters(name: str) -> bool:
    return name in _KEPT or name.startswith(_KEPT_PREFIXES)
