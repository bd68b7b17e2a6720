"""The parent's side: which files hold text, and a child process for each of them."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from daemon.attachments import nursery
from daemon.attachments.child import MOST_CHARS, OUTPUT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

_PDF_WITHIN: Final = 1024  # bytes: where a PDF's mark may begin (ISO 32000-1, annex H)
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES: Final = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
_GRACE_S: Final = 5.0  # on the wall's clock, beyond the processor time


class FileState(StrEnum):
    """What became of an attachment. Stored, printed: they never change."""

    READ = "read"
    NOTHING = "nothing"  # it holds no text
    NEEDS_READING = "needs-reading"  # a scan, an old format, locked by a password
    TOO_LARGE = "too-large"
    FAILED = "failed"  # it broke, or was cut off at a limit


@dataclass(frozen=True, slots=True, kw_only=True)
class FileText:
    """What was read of one attachment."""

    state: FileState
    text: str = ""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentReader:
    """Reads attachments within limits; `by_eye` has scans read by tesseract."""

    max_bytes: int
    memory_mb: int
    cpu_s: int
    by_eye: bool = False
    stopping: Callable[[], bool] = _never  # asked again and again while a file is read

    def read(self, content: bytes) -> FileText | None:
        """Return what a file says; None where its kind holds no text to read. Never raises."""
        kind = kind_of(content)
        if kind is None:
            return None
        if kind == "old-office":
            return FileText(state=FileState.NEEDS_READING)
        if len(content) > self.max_bytes:
            return FileText(state=FileState.TOO_LARGE)
        return self._in_child(kind, content)

    def _in_child(self, kind: str, content: bytes) -> FileText:
        by_eye = "ocr" if self.by_eye else "text"
        try:
            # What it reads and prints lies in files: there the size limit holds, whatever it does.
            with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as out:
                source.write(content)
                source.seek(0)
                code = nursery.OURS.run(
                    (kind, str(self.memory_mb), str(self.cpu_s), by_eye),
                    files=(source.fileno(), out.fileno()),
                    within_s=self.cpu_s + _GRACE_S,
                    stopping=self.stopping,
                )
                if code:
                    return FileText(state=FileState.FAILED)
                out.seek(0)
                answer = json.loads(out.read(OUTPUT_BYTES))
            return FileText(state=FileState(answer["state"]), text=str(answer["text"])[:MOST_CHARS])
        except (OSError, ValueError, KeyError, TypeError):
            return FileText(state=FileState.FAILED)


def kind_of(content: bytes) -> str | None:
    """Return what a file is by its first bytes, whatever its name says; None for no text."""
    if b"%PDF-" in content[:_PDF_WITHIN]:
        return "pdf"
    if content.startswith(_OLD_OFFICE):
        return "old-office"
    if content.startswith(_PICTURES):
        return "picture"
    return "zip" if content.startswith(b"PK") else None
