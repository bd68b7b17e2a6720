"""Header blocks pasted into a text: "From: … Sent: … To: … Subject: …", in any language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.model import Forwarded
from daemon.parse import phrases
from daemon.parse.addresses import read_sender
from daemon.parse.limits import MAX_FORWARDED, MAX_SUBJECT_CHARS
from daemon.parse.storable import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LABELLED = re.compile(
    r"[*_ \t]{0,4}([^\W\d_][^:\uff1a*<>@\d]{0,23}?)[*_ \t]{0,4}[:\uff1a][*_ \t]{0,4}(.*)",
)
_DATE = re.compile(r"\d")
_TIME = re.compile(r"\d[:.h]\d{2}")
_OTHERS = frozenset({"cc", "bcc", "reply-to", "importance", "attachments", "anlagen", "priority"})
_MAX_BLOCK_LINES = 14
_MAX_LINE_CHARS = 2_000
_KINDS = (
    ("from", phrases.FROM),
    ("sent", phrases.SENT),
    ("subject", phrases.SUBJECT),
    ("to", phrases.TO),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A pasted header: its From and Subject lines, and how many lines it takes."""

    sender: str
    subject: str
    length: int


def header_block(lines: Sequence[str], index: int, *, announced: bool = False) -> Block | None:
    """Return the header block that starts at a line, or None where none does.

    Unless something above announced it, it starts with who wrote; it also says when, and to whom
    or about what, as programs do: a letter that begins with "From: a worried mother" has none.
    """
    first = _kind_of(lines[index])[0]
    if not first or (first != "from" and not announced):
        return None
    found: dict[str, str] = {}
    length = 0
    for at in range(index, min(index + _MAX_BLOCK_LINES, len(lines))):
        kind, value = _kind_of(lines[at])
        if kind in found or not (kind or _goes_on(lines[at], found)):
            break
        if kind:
            found[kind] = value
            length = at - index + 1
    if not (_convinces(found) or (announced and found.get("from") and len(found) > 1)):
        return None
    return Block(sender=found["from"], subject=found.get("subject", ""), length=length)


def _goes_on(line: str, found: dict[str, str]) -> bool:
    """Whether a line without a label still belongs to the block: blank between, or a fold."""
    if not line.strip():
        return len(found) < len(_KINDS) and "subject" not in found
    return line[:1] in " \t" or "@" in line or line.rstrip().endswith((";", ","))


def pasted_messages(quoted: str) -> tuple[Forwarded, ...]:
    """Return the messages that stand below header blocks in a quoted text, outermost first."""
    lines = [_unmarked(line) for line in quoted.split("\n")]
    blocks = list(_blocks(lines))
    if not blocks:
        return ()
    ends = [at for at, _ in blocks[1:]] + [len(lines)]
    return tuple(
        Forwarded(
            sender=read_sender(block.sender),
            subject=one_line(block.subject, MAX_SUBJECT_CHARS),
            text="\n".join(lines[at + block.length : end]).strip("\n"),
            attached=False,
        )
        for (at, block), end in zip(blocks, ends, strict=True)
    )


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, Block]]:
    index = count = 0
    announced = True  # all of it is quoted already
    while index < len(lines) and count < MAX_FORWARDED:
        block = header_block(lines, index, announced=announced)
        if block is not None:
            yield index, block
            count += 1
        index += block.length if block else 1


def _unmarked(line: str) -> str:
    """Take the quote marks off a line."""
    return line.lstrip("> ") if line.lstrip().startswith(">") else line


def _kind_of(line: str) -> tuple[str, str]:
    match = _LABELLED.match(line) if len(line) <= _MAX_LINE_CHARS else None
    if match is None:
        return "", ""
    label = match[1].strip().lower()
    for kind, labels in _KINDS:
        if label in labels:
            return kind, match[2].strip()
    return (label, match[2]) if label in _OTHERS else ("", "")


def _convinces(found: dict[str, str]) -> bool:
    sent, others = found.get("sent", ""), ("to" in found) + ("subject" in found)
    timed = bool(_TIME.search(sent)) and others > 0
    addressed = "@" in found.get("from", "") and others + bool(_DATE.search(sent)) > 1
    return bool(found.get("from")) and (timed or addressed)
