"""The text inside attachments, each read in a child process with limits."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import time
import zipfile

import pytest

from daemon.attachments import nursery
from daemon.attachments.reader import AttachmentReader, FileState, kind_of
from tests.unit.attached import a_pdf, a_word_file

LETTER = "Dear Ombudsman, I write about my constituent Mrs Example and her late husband."


def a_reader(**changes) -> AttachmentReader:
    values = {"max_bytes": 1 << 20, "memory_mb": 512, "cpu_s": 20}
    return AttachmentReader(**{**values, **changes})


def test_a_pdf_is_read():
    """Its text, page by page."""
    found = a_reader().read(a_pdf(LETTER, "Second page with more about the ward and the nurses."))
    assert found is not None
    assert found.state is FileState.READ
    assert LETTER in found.text
    assert "Second page" in found.text


def test_a_word_file_is_read_with_its_tables():
    """Offices put dates and reference numbers into tables."""
    found = a_reader().read(a_word_file(LETTER, table=(("Our ref", "JB/2231"),)))
    assert found is not None
    assert found.state is FileState.READ
    assert LETTER in found.text
    assert "Our ref\tJB/2231" in found.text


def test_a_scan_needs_a_reader():
    """Pages without text are pictures."""
    assert a_reader().read(a_pdf("", "")).state is FileState.NEEDS_READING


@pytest.mark.parametrize(
    "content",
    [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old .doc", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"],
)
def test_old_formats_and_pictures_need_a_reader(content):
    """Said so, and never guessed at."""
    assert a_reader().read(content).state is FileState.NEEDS_READING


def test_a_file_of_another_kind_is_no_text():
    """Sound, spreadsheets, archives."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("notes.bin", b"\0" * 100)
    assert a_reader().read(out.getvalue()).state is FileState.NOTHING
    assert a_reader().read(b"RIFF....WAVE") is None


def test_a_name_proves_nothing():
    """The first bytes say what a file is."""
    assert kind_of(a_pdf("x")) == "pdf"
    assert kind_of(b"junk before " + a_pdf("x")) == "pdf"
    assert kind_of(b"plain words") is None


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n" + os.urandom(2_000),
        b"%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 1 0 R >> endobj\ntrailer << /Root 1 0 R >>",
        b"PK\x03\x04" + os.urandom(500),
        a_pdf(LETTER)[:300],
    ],
)
def test_a_broken_file_costs_its_own_text_alone(content):
    """Never an exception, never a hang."""
    found = a_reader().read(content)
    assert found.state in {FileState.FAILED, FileState.NEEDS_READING, FileState.NOTHING}
    assert found.text == ""


def a_bomb() -> bytes:
    """A Word file that unpacks to far more than it may."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b"<a>" + b" " * (300 << 20))
    return out.getvalue()


def test_a_zip_bomb_is_not_unpacked():
    """Its list of contents says how large it would become."""
    assert a_reader().read(a_bomb()).state is FileState.NEEDS_READING


def test_a_file_that_takes_too_much_memory_is_cut_off():
    """The limit is the child's own; the parent goes on."""
    content = a_pdf(LETTER) + b"\0" * (8 << 20)
    assert a_reader(max_bytes=16 << 20).read(content).state is FileState.READ
    assert a_reader(max_bytes=16 << 20, memory_mb=24).read(content).state is FileState.FAILED
    assert a_reader().read(a_pdf(LETTER)).state is FileState.READ


def test_a_file_too_large_is_not_read():
    """No process is started for it."""
    assert a_reader(max_bytes=10).read(a_pdf(LETTER)).state is FileState.TOO_LARGE


def test_a_stop_ends_the_child_at_once():
    """The daemon has ten seconds to stop in."""
    began = time.monotonic()
    found = a_reader(cpu_s=60, stopping=lambda: True).read(a_pdf(LETTER))
    assert found.state is FileState.FAILED
    assert time.monotonic() - began < 5


def test_a_child_that_takes_too_long_is_ended(tmp_path):
    """Whatever it does; the next one is served."""
    source, out = tmp_path / "source", tmp_path / "out"
    source.write_bytes(a_pdf(*([LETTER] * 150)))
    with source.open("rb") as read, out.open("wb") as written:
        code = nursery.OURS.run(
            ("pdf", "512", "20", "text"),
            files=(read.fileno(), written.fileno()),
            within_s=0.0,
            stopping=lambda: False,
        )
    assert code == -signal.SIGKILL
    assert out.read_bytes() == b""
    assert a_reader().read(a_pdf(LETTER)).state is FileState.READ


def test_one_nursery_serves_many_files_and_is_replaced_when_it_dies():
    """Loading what reads files takes long; a process that was killed must not stop the reading."""
    nursery.OURS.close()
    assert a_reader().read(a_pdf(LETTER)).state is FileState.READ
    first = nursery.OURS.pid
    assert a_reader().read(a_pdf(LETTER)).state is FileState.READ
    assert nursery.OURS.pid == first
    os.kill(first, signal.SIGKILL)
    assert a_reader().read(a_pdf(LETTER)).state is FileState.READ
    assert nursery.OURS.pid != first


MISSING = [name for name in ("tesseract", "pdftoppm") if not shutil.which(name)]


@pytest.mark.skipif(
    bool(MISSING) and not os.environ.get("CI"),
    reason="install tesseract-ocr and poppler-utils (make servers)",
)
def test_a_scan_is_read_by_eye_where_that_is_configured(tmp_path):
    """A picture of a letter becomes its words."""
    assert MISSING == []
    page = tmp_path / "page.pdf"
    page.write_bytes(a_pdf("Dear Ombudsman, please help my mother."))
    command = ["pdftoppm", "-png", "-r", "200", "-singlefile", str(page), str(tmp_path / "scan")]
    subprocess.run(command, check=True)
    reader = a_reader(memory_mb=2048, by_eye=True)
    found = reader.read((tmp_path / "scan.png").read_bytes())
    assert found.state is FileState.READ
    assert "Ombudsman" in found.text
