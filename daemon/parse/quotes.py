"""Tell what the writer wrote from what the message quotes or passes on.

Line by line, in linear time: nothing is thrown away, lines only go to one side or the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.parse import phrases
from daemon.parse.pasted import header_block

if TYPE_CHECKING:
    from collections.abc import Sequence

_RULED = re.compile(
    r"[-_=*~\u2013\u2014 ]{0,60}([^-_=*~\u2013\u2014].{1,60}?)[-_=*~:\u2013\u2014 ]{0,60}\Z"
)
_UNDERLINE = re.compile(r"[_\u2500-]{10,200}\Z")
_GROUPWISE = re.compile(r">>> .{3,200}\d.{0,40} >>>\Z")
_DATE_OR_ADDRESS = re.compile(r"\d|@|,")
_TIME_OR_ADDRESS = re.compile(r"\d{1,2}[:.h]\d{2}|@")
_GMAIL_ISO = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.{1,300}[<@].{1,300}:\Z")
_MAX_MARK_CHARS = 120
_MAX_ATTRIBUTION_CHARS = 500
_MAX_ATTRIBUTION_LINES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A text told apart; `forward` says that the quoted part was passed on, by its own words."""

    new: str
    quoted: str
    forward: bool = False


def split_quotes(text: str) -> Split:
    """Return the new and the quoted part of a text; together they hold each of its lines.

    Where the quoted lines carry `>` the writer's lines between them stay new; where a mail
    program put the quotation below an attribution or a header block, all that follows is quoted.
    """
    lines = text.split("\n")
    new: list[str] = []
    quoted: list[str] = []
    forward = False
    index = 0
    while index < len(lines):
        marked = _is_marked(lines[index])
        length = 1 if marked else _announcement(lines, index)
        forward = forward or (length > 0 and not marked and _is_forward_rule(lines[index].strip()))
        if length and not marked and not _marked_at(lines, index + length):
            quoted.extend(lines[index:])
            break
        (quoted if length else new).extend(lines[index : index + max(1, length)])
        index += max(1, length)
    return Split(new=_joined(new), quoted=_joined(quoted), forward=forward)


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines).strip("\n") if any(line.strip() for line in lines) else ""


def _is_marked(line: str) -> bool:
    words = line.strip()
    if not words.startswith(">"):
        return False
    # ">> PAY NOW <<" is a button; ">>> Ada 5/3/18 10:02 >>>" is how GroupWise announces.
    return not words.endswith("<<") and not (words.endswith(">>>") and _GROUPWISE.match(words))


def _marked_at(lines: Sequence[str], index: int) -> bool:
    """Whether the next line that is not blank carries a `>`."""
    following = (line for line in lines[index : index + 3] if line.strip())
    return _is_marked(next(following, ""))


def _announcement(lines: Sequence[str], index: int) -> int:
    """Return how many lines from `index` on announce a quotation, 0 for none."""
    line = lines[index].strip()
    if not line:
        return 0
    if _is_rule(line) or _GROUPWISE.match(line):
        return 1
    if header_block(lines, index) is not None:
        return 1
    if _UNDERLINE.match(line) and _block_below(lines, index + 1):
        return 1
    return _attribution(lines, index)


def _block_below(lines: Sequence[str], index: int) -> bool:
    for at in range(index, min(index + 3, len(lines))):
        if lines[at].strip():
            return header_block(lines, at, announced=True) is not None
    return False


def _is_rule(line: str) -> bool:
    return _rule_words(line) in phrases.ORIGINAL or _is_forward_rule(line)


def _is_forward_rule(line: str) -> bool:
    words = _rule_words(line)
    return words in phrases.FORWARDED or words.startswith("forwarded by ")


def _rule_words(line: str) -> str:
    """Return the words between the dashes of a line, lower case; "" where it is no such line."""
    plain = line[:1].isalnum()  # "Begin forwarded message:" has a colon where others have dashes
    if len(line) > _MAX_MARK_CHARS or (plain and not line.endswith(":")):
        return ""
    match = _RULED.match(line)
    return match[1].strip(" :-*_").lower().replace("\u2019", "'") if match else ""


def _attribution(lines: Sequence[str], index: int) -> int:
    """Return the length of an "On … wrote:" that starts here, wrapped over up to four lines."""
    joined = ""
    for count, line in enumerate(lines[index : index + _MAX_ATTRIBUTION_LINES], start=1):
        stripped = line.strip()
        if not stripped or _is_marked(line) or len(joined) > _MAX_ATTRIBUTION_CHARS:
            return 0
        joined = f"{joined} {stripped}".strip()
        if len(joined) > _MAX_ATTRIBUTION_CHARS:
            return 0
        if joined.endswith((":", "\uff1a")):
            marked = _marked_at(lines, index + count)
            return count if _attributes(joined.lower(), marked=marked) else 0
        if count == 1 and not _may_start(joined.lower()):
            return 0
    return 0


def _may_start(line: str) -> bool:
    return line.startswith(phrases.STARTS) or "<" in line or line[0].isdigit()


def _attributes(line: str, *, marked: bool) -> bool:
    """Whether a lower-case line that ends in a colon says who wrote, and when or from where.

    Without `>` below it must look made by a program, with a time of day or an address: people
    too write "on 3 May your caseworker wrote:" and go on in their own words.
    """
    if not (_DATE_OR_ADDRESS if marked else _TIME_OR_ADDRESS).search(line):
        return False
    if _GMAIL_ISO.match(line):
        return True
    words = line.rstrip(":\uff1a \xa0*")
    ends = words.endswith(phrases.WROTE)
    german = line.startswith(("am ", "den ", "op ")) and (" schrieb" in line or " schreef" in line)
    starts = line.startswith(phrases.STARTS) or "@" in line or line[0].isdigit()
    within = any(
        f" {verb} " in line
        for verb in ("schrieb", "schreef", "napisał(a)", "skrev", "ysgrifennodd")
    )
    return (ends and (starts or "," in line)) or german or (within and starts)
