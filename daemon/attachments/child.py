"""The child: one file on standard input, its text as JSON on standard output.

It limits itself before it looks at a byte: memory, processor time, size of what it writes, open
files. It prints nothing else; whatever goes wrong is an exit status.
"""

from __future__ import annotations

import io
import json
import resource
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_CHARS: Final = 200_000
MOST_PAGES: Final = 200
MOST_PAGES_BY_EYE: Final = 10  # a page takes seconds
FEWEST_CHARS_A_PAGE: Final = 25  # less, and the page is a picture
MOST_UNPACKED_BYTES: Final = 100 << 20
OUTPUT_BYTES: Final = 4 << 20
IMAGE_BYTES: Final = 64 << 20
_OPEN_FILES: Final = 64
_DOTS_AN_INCH: Final = "200"

_WORD_TEXT: Final = "word/document.xml"

READ, NEEDS_READING, NOTHING = "read", "needs-reading", "nothing"


def load() -> None:
    """Load what reads files, once for all children."""
    import docx  # noqa: F401, PLC0415 -- never into the daemon itself
    import pypdf  # noqa: F401, PLC0415


def run(arguments: Sequence[str]) -> int:
    """Read one file, by KIND MEMORY_MB CPU_S OCR; return the exit status. Nothing is raised."""
    try:
        _read(arguments)
    except BaseException:  # noqa: BLE001 -- also what ends a process: the status says it
        return 1
    return 0


def _read(arguments: Sequence[str]) -> None:
    kind, memory_mb, cpu_s, by_eye = arguments
    is_seen = by_eye == "ocr"
    _limit(int(memory_mb) << 20, int(cpu_s), IMAGE_BYTES if is_seen else OUTPUT_BYTES)
    with open(0, "rb", closefd=False) as source:
        content = source.read()
    text, is_picture = _READERS[kind](content)
    if is_picture and is_seen:
        text = _seen(kind, content)
        is_picture = not text.strip()
    state = NEEDS_READING if is_picture else READ if text.strip() else NOTHING
    with open(1, "w", encoding="utf-8", closefd=False) as out:
        json.dump({"state": state, "text": text[:MOST_CHARS]}, out)


def _limit(memory: int, cpu_s: int, file_bytes: int) -> None:
    """Take on limits that cannot be lifted again."""
    limits = (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    )
    for what, most in limits:
        resource.setrlimit(what, (most, most))


def _pdf(content: bytes) -> tuple[str, bool]:
    """Return the text of a PDF, and whether it is rather a picture of one."""
    from pypdf import PdfReader  # noqa: PLC0415 -- never into the daemon itself

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        return "", True
    texts: list[str] = []
    for page in reader.pages[:MOST_PAGES]:
        texts.append(page.extract_text())
        if sum(map(len, texts)) > MOST_CHARS:
            break
    text = "\n\n".join(texts)
    return text, len("".join(text.split())) < FEWEST_CHARS_A_PAGE * max(1, len(texts))


def _zip(content: bytes) -> tuple[str, bool]:
    """Return the text of a Word document: its paragraphs and tables, in their order."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if _WORD_TEXT not in archive.namelist():
            return "", False  # some other archive: nothing to read
        if sum(item.file_size for item in archive.infolist()) > MOST_UNPACKED_BYTES:
            return "", True
    from docx import Document  # noqa: PLC0415 -- never into the daemon itself
    from docx.table import Table  # noqa: PLC0415

    texts: list[str] = []
    for block in Document(io.BytesIO(content)).iter_inner_content():
        if isinstance(block, Table):
            texts += ["\t".join(cell.text for cell in row.cells) for row in block.rows]
        else:
            texts.append(block.text)
    return "\n".join(texts), False


def _picture(_content: bytes) -> tuple[str, bool]:
    return "", True


_READERS: Final = {"pdf": _pdf, "zip": _zip, "picture": _picture}


def _seen(kind: str, content: bytes) -> str:
    """Return what tesseract sees on the pages of a scan."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        source.write_bytes(content)
        pages = [source]
        if kind == "pdf":
            command = ("-png", "-gray", "-r", _DOTS_AN_INCH, "-l", str(MOST_PAGES_BY_EYE))
            _run("pdftoppm", *command, str(source), f"{folder}/page")
            pages = sorted(Path(folder).glob("page*.png"))
        return "\n\n".join(_run("tesseract", str(page), "stdout", "-l", "eng") for page in pages)


def _run(program: str, *arguments: str) -> str:
    """Run a program of the system under our own limits; return what it printed."""
    path = shutil.which(program)
    if path is None:
        return ""
    done = subprocess.run(  # noqa: S603 -- fixed programs, files of our own
        [path, *arguments], capture_output=True, check=False
    )
    return done.stdout.decode("utf-8", "replace")
