"""Put together what was read: bytes or plain fields in, one `Message` out."""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import replace

from daemon.model import Address, Attachment, Box, Message
from daemon.parse.addresses import addresses_of, bare, sender_of
from daemon.parse.bodies import ATTACHED, first_html, read_body
from daemon.parse.dates import date_at
from daemon.parse.fields import Fields
from daemon.parse.framing import Framed, frame
from daemon.parse.identifiers import message_id, message_ids
from daemon.parse.limits import (
    CUT_HASH_CHARS,
    MAX_FORWARDED,
    MAX_NAME_CHARS,
    MAX_SUBJECT_CHARS,
    MAX_TEXT_CHARS,
)
from daemon.parse.pasted import pasted_messages
from daemon.parse.phrases import FORWARD_PREFIXES
from daemon.parse.posts import is_post, message_of_post
from daemon.parse.quotes import split_quotes
from daemon.parse.storable import one_line, storable
from daemon.parse.tree import Budget

_SAMPLE_BYTES = 4_096
_CONTROLS = bytes({*range(9), *range(14, 27), *range(28, 32)})  # not in text; ESC is, in Japan's
_CUT = "the text is too long and was cut"
_CUTS = (_CUT, "the message has too many parts; the rest was not read")


class ParseError(Exception):
    """A message that cannot be read at all: one sentence why, without a word of the message."""


def parse(content: bytes, *, box: Box, complete: bool = True) -> Message:
    """Read one raw mail that came through `box` (RFC 5322, 2045-2047, 2231, 3676), or one post.

    `complete` is false where `content` is only the beginning of the message.

    Raises:
        ParseError: there is nothing to read; no other exception, whatever the bytes.
    """
    try:
        if box.is_social and is_post(content):
            return _hashed(message_of_post(content, box=box))
        return _parsed(content, box, complete=complete)
    except ParseError:
        raise
    except Exception as error:  # noqa: BLE001 - the one promise: whatever it is, a ParseError
        why = f"The message could not be read: {type(error).__name__}."
        raise ParseError(why) from None


def files_of(content: bytes) -> list[tuple[Attachment, bytes]]:
    """Return the attachments of a raw mail with their decoded bytes; none where it is unreadable.

    They are those that `parse` lists, in the same order.
    """
    try:
        framed = frame(content)
        reading = read_body(Fields(framed.fields).mime(), framed.body, Budget(keep_files=True))
    except Exception:  # noqa: BLE001 - as `parse`: whatever the bytes, the caller is not surprised
        return []
    return reading.files


def html_of(content: bytes) -> str:
    """Return the HTML of a raw mail as its writer made it, neither cleaned nor cut to what is new.

    "" where it has none, or cannot be read.
    """
    try:
        framed = frame(content)
        return first_html(Fields(framed.fields).mime(), framed.body, Budget())
    except Exception:  # noqa: BLE001 - as `parse`: whatever the bytes, the caller is not surprised
        return ""


def message_from_fields(
    *,
    box: Box,
    from_name: str,
    from_addr: str,
    subject: str,
    body: str,
) -> Message:
    """Return the message of an enquiry that is no raw mail: a letter, a call, a post.

    `from_addr` may be a bare address or a `@handle`.
    """
    text = storable(body[: MAX_TEXT_CHARS + 1]).strip("\n")
    name = one_line(from_name, MAX_NAME_CHARS)
    message = Message(
        channel=box.channel,
        box=box,
        sender=Address(address=bare(from_addr), name=name),
        subject=one_line(subject, MAX_SUBJECT_CHARS),
    )
    return _hashed(_with_text(message, text))


def _parsed(content: bytes, box: Box, *, complete: bool) -> Message:
    framed = frame(content)
    fields = Fields(framed.fields)
    budget = Budget()
    reading = read_body(fields.mime(), framed.body, budget)
    text, passed_on = reading.text, ""
    if not text and reading.content_types[0] in ATTACHED and reading.forwarded:
        passed_on = reading.forwarded[0].text  # the body itself is a message, not an attachment
    # An empty message says nothing, but it can be read: nothing stands in it.
    if content.strip() and not framed.has_header and not _is_readable(content, text):
        why = "The message has neither a header nor readable text."
        raise ParseError(why)
    message = replace(
        _with_headers(fields, box),
        content_types=tuple(reading.content_types),
        attachments=tuple(reading.attachments),
        forwarded=tuple(reading.forwarded),
    )
    message = _with_text(message, text)
    if passed_on:
        message = replace(message, quoted_text=passed_on, text_chars=len(passed_on))
    defects = (*framed.defects, *_header_defects(fields, framed), *budget.defects, *message.defects)
    complete = complete and not any(cut in defects for cut in _CUTS)
    return _hashed(replace(message, defects=tuple(dict.fromkeys(defects)), complete=complete))


def _with_headers(fields: Fields, box: Box) -> Message:
    return Message(
        channel=box.channel,
        box=box,
        sender=sender_of(fields),
        subject=one_line(fields.text("subject"), MAX_SUBJECT_CHARS),
        message_id=message_id(fields),
        in_reply_to=message_ids(fields, "in-reply-to"),
        references=message_ids(fields, "references"),
        reply_to=addresses_of(fields.raw("reply-to")),
        to=addresses_of(fields.raw("to")),
        cc=addresses_of(fields.raw("cc")),
        date_at=date_at(fields.first("date")),
        headers=fields.kept(),
    )


def _with_text(message: Message, text: str) -> Message:
    """Tell new from quoted text, and find the messages pasted into it."""
    defects = message.defects
    if len(text) > MAX_TEXT_CHARS:
        text, defects = text[:MAX_TEXT_CHARS], (*defects, _CUT)
    split = split_quotes(text)
    forwarded = message.forwarded
    if split.quoted and (split.forward or _is_forward(message, split.new)):
        forwarded = (*forwarded, *pasted_messages(split.quoted))[:MAX_FORWARDED]
    return replace(
        message,
        new_text=split.new,
        quoted_text=split.quoted,
        text_chars=len(text),
        forwarded=forwarded,
        defects=defects,
        complete=_CUT not in defects,
    )


def _is_forward(message: Message, new_text: str) -> bool:
    """Whether a message passes another one on, rather than answering it."""
    named = message.subject.lower().startswith(FORWARD_PREFIXES)
    return named or not (new_text or message.in_reply_to or message.references)


def _header_defects(fields: Fields, framed: Framed) -> list[str]:
    if not framed.has_header:
        return []
    senders = len([value for value in fields.raw("from") if value])
    found = []
    if senders != 1:
        found.append("there is no From header" if not senders else "there are several From headers")
    if fields.first("date") and date_at(fields.first("date")) is None:
        found.append("the Date header cannot be read")
    return found


def _is_readable(content: bytes, text: str) -> bool:
    """Whether bytes without a header are words, not those of some file."""
    sample = content[:_SAMPLE_BYTES]
    strange = len(sample) - len(sample.translate(None, _CONTROLS))
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return any(map(str.isalnum, text)) and (wide or strange * 20 <= len(sample))


def _hashed(message: Message) -> Message:
    """Add the fingerprint that copies of one mail share, whatever road they came by."""
    words = " ".join((message.new_text or message.text).split())
    inside = [f"{m.subject} {' '.join(m.text.split())}" for m in message.forwarded if m.attached]
    files = sorted(attachment.sha256 for attachment in message.attachments)
    if not message.complete:
        # Where it was cut depends on the length of each copy's header: the beginning counts.
        words, inside, files = words[:CUT_HASH_CHARS], [], []
    canonical = "\0".join((words, *inside, *files))
    return replace(message, content_hash=hashlib.sha256(canonical.encode()).hexdigest())
