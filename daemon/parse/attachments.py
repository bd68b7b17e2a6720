"""Attachments as they are listed: a safe name, a type, a size, a digest."""

from __future__ import annotations

import hashlib
import re

from daemon.model import Attachment
from daemon.parse.fields import decode_words
from daemon.parse.storable import one_line

_MAX_NAME_CHARS = 150
_MAX_EXTENSION_CHARS = 16
_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>:\"|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)", re.IGNORECASE)


def attachment(name: str, content_type: str, data: bytes) -> Attachment:
    """Describe a part by its decoded bytes."""
    return Attachment(
        name=safe_name(name),
        content_type=content_type,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def safe_name(name: str) -> str:
    """Return a file name without path, controls and reserved words, at most 150 characters."""
    name = one_line(decode_words(name[:2_000]), 2_000).replace("\\", "/").rpartition("/")[2]
    name = _UNSAFE.sub("_", name).strip(" .")
    if _RESERVED.match(name):
        name = f"_{name}"
    if len(name) <= _MAX_NAME_CHARS:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > _MAX_EXTENSION_CHARS:
        return name[:_MAX_NAME_CHARS]
    return stem[: _MAX_NAME_CHARS - len(extension) - 1] + dot + extension
