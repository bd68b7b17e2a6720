"""What is special to a Maildir: names instead of numbers, and mail that people drop in."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connectors.base import AccessDeniedError, Envelope, UnavailableError
from connectors.maildir import MaildirInbox, MaildirOutlet, make_maildir

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Receipts:
    """What a store would know; counts how often it is asked."""

    def __init__(self) -> None:
        self.had: set[str] = set()
        self.asked = 0

    def __call__(self, ids: Sequence[str]) -> set[str]:
        self.asked += 1
        return self.had & set(ids)


@pytest.fixture
def clock() -> Clock:
    """A clock at nine in the morning."""
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An empty Maildir."""
    make_maildir(tmp_path / "box")
    return tmp_path / "box"


def an_inbox(path: Path, clock: Clock, **changes: object) -> MaildirInbox:
    """Return an inbox on a Maildir."""
    return MaildirInbox(**({"name": "post", "path": path, "clock": clock} | changes))


def put(file: Path, content: bytes = b"Subject: x\n\ny\n", *, age_s: float = 60) -> Path:
    """Write a file that was last changed some seconds before NOW."""
    file.write_bytes(content)
    moment = NOW.timestamp() - age_s
    os.utime(file, (moment, moment))
    return file


def delivered(path: Path, number: int, **about: object) -> Path:
    """Deliver as a delivery agent does."""
    return put(path / "new" / f"1767600000.M{number:05}P1.host", b"%d" % number, **about)


def fetched(inbox: MaildirInbox) -> list[bytes]:
    """Return the contents of all that lies there."""
    return [m.content for m in inbox.fetch(None, limit=100).messages]


def test_an_id_lasts_when_another_program_moves_the_file(path: Path, clock: Clock) -> None:
    """A mail read in a mail program moves from new to cur, with flags, and stays the same mail."""
    file = delivered(path, 1)
    inbox = an_inbox(path, clock)
    first = inbox.fetch(None, limit=5)
    file.rename(path / "cur" / f"{file.name}:2,S")
    assert inbox.fetch(first.cursor, limit=5).messages == ()
    (again,) = inbox.fetch_ids([first.messages[0].external_id]).messages
    assert again.external_id == first.messages[0].external_id == file.name


def test_a_file_moved_between_list_and_read_is_found(path: Path, clock: Clock) -> None:
    """A mail that changes folder at the wrong moment is read where it now lies."""
    files = [delivered(path, n, age_s=60 - n) for n in range(3)]
    inbox = an_inbox(path, clock)
    first = inbox.fetch(None, limit=1)
    files[1].rename(path / "cur" / f"{files[1].name}:2,RS")
    files[2].unlink()
    rest = inbox.fetch(first.cursor, limit=5)
    assert [m.content for m in rest.messages] == [b"1"]
    assert [(m.external_id, m.reason) for m in rest.missed] == [(files[2].name, "vanished")]


def test_a_copied_mail_with_an_old_date_is_not_lost(path: Path, clock: Clock) -> None:
    """What sorts before mail already taken in is as new as any other."""
    delivered(path, 5)
    inbox = an_inbox(path, clock)
    first = inbox.fetch(None, limit=5)
    delivered(path, 1, age_s=10**8)
    assert [m.content for m in inbox.fetch(first.cursor, limit=5).messages] == [b"1"]


def test_what_is_known_is_asked_once(path: Path, clock: Clock) -> None:
    """After a restart receipts are looked up in bulk, and each known file only once."""
    for number in range(1200):
        delivered(path, number, age_s=5000 - number)
    receipts = Receipts()
    receipts.had = {f"1767600000.M{number:05}P1.host" for number in range(1199)}
    inbox = an_inbox(path, clock)
    batch = inbox.fetch(None, limit=100, known=receipts)
    assert [m.content for m in batch.messages] == [b"1199"]
    assert receipts.asked == 3
    inbox.fetch(batch.cursor, limit=100, known=receipts)
    assert receipts.asked == 3


def test_a_batch_that_was_not_stored_comes_again(path: Path, clock: Clock) -> None:
    """Handing out is not taking in: without its cursor passed on, a batch is repeated."""
    delivered(path, 1)
    inbox = an_inbox(path, clock)
    assert fetched(inbox) == fetched(inbox) == [b"1"]


def test_an_eml_dropped_in_the_folder_is_taken_in(path: Path, clock: Clock) -> None:
    """People drop mail as .eml files beside new and cur, in any capitals; other files stay."""
    put(path / "A letter.EML", b"1", age_s=30)
    put(path / "new" / "dropped without a name", b"2", age_s=20)
    put(path / "cur" / "scan 7.eml:2,S", b"3", age_s=10)
    put(path / "notes.txt")
    put(path / ".hidden.eml")
    put(path / "tmp" / "half.eml")
    assert fetched(an_inbox(path, clock)) == [b"1", b"2", b"3"]


def test_a_dropped_file_must_have_lain_still_for_a_second(path: Path, clock: Clock) -> None:
    """A copy still under way is left alone until it has been quiet for a second."""
    file = put(path / "letter.eml", b"Subject: ha", age_s=0)
    inbox = an_inbox(path, clock)
    assert fetched(inbox) == []
    assert inbox.list_ids(None) == []
    clock.now += timedelta(seconds=0.9)
    put(file, b"Subject: half\n\nwhole", age_s=-0.9)
    clock.now += timedelta(seconds=0.5)
    assert fetched(inbox) == []
    clock.now += timedelta(seconds=1)
    assert fetched(inbox) == [b"Subject: half\n\nwhole"]


def test_a_dropped_file_from_the_future_is_taken_in_all_the_same(path: Path, clock: Clock) -> None:
    """A file dated ahead of our clock is watched instead: a second without change will do."""
    put(path / "letter.eml", b"1", age_s=-86400)
    inbox = an_inbox(path, clock)
    assert fetched(inbox) == []
    clock.now += timedelta(seconds=2)
    assert fetched(inbox) == [b"1"]


def test_an_empty_dropped_file_waits_for_its_content(path: Path, clock: Clock) -> None:
    """A file of no bytes is one that is about to be written."""
    put(path / "letter.eml", b"")
    assert fetched(an_inbox(path, clock)) == []


def test_another_letter_of_the_same_name_is_another_message(path: Path, clock: Clock) -> None:
    """Two letters dropped one after the other as letter.eml both come in."""
    file = put(path / "letter.eml", b"the first", age_s=60)
    inbox = an_inbox(path, clock)
    first = inbox.fetch(None, limit=5)
    put(file, b"the second", age_s=30)
    second = inbox.fetch(first.cursor, limit=5)
    assert [m.content for m in second.messages] == [b"the second"]


def test_a_scan_under_a_program_s_name_must_lie_still_too(path: Path, clock: Clock) -> None:
    """A scanner writes an .eml of numbers and dots bit by bit: its name proves nothing."""
    for name in ("20260115103000.scan0001.eml", "20260115103000.scan0002.EML:2,S"):
        file = put(path / "new" / name, b"Subject: ha", age_s=0)
        inbox = an_inbox(path, clock)
        assert fetched(inbox) == []
        put(file, b"Subject: half\n\nwhole")
        assert fetched(inbox) == [b"Subject: half\n\nwhole"]
        file.unlink()


@pytest.mark.parametrize("folder", ["new", "cur", ""])
def test_a_name_in_any_encoding_is_an_id_in_ascii(path: Path, clock: Clock, folder: str) -> None:
    """Names are bytes: one that is no UTF-8 is taken in, kept apart, and found again."""
    names = [b"caf\xe9.eml", "café.eml".encode(), b"caf%E9.eml", b"caf\x1b[2J\n.eml", b"a@b.eml"]
    for name in names:
        put(Path(os.fsdecode(os.path.join(os.fsencode(path / folder), name))), name)  # noqa: PTH118 - of bytes
    inbox = an_inbox(path, clock, when_done="move")
    messages = inbox.fetch(None, limit=9).messages
    ids = [m.external_id for m in messages]
    assert len(set(ids)) == len(names)
    assert all(i.isascii() and i.isprintable() for i in ids)
    again = an_inbox(path, clock).fetch_ids(ids).messages
    assert {m.external_id: m.content for m in again} == {m.external_id: m.content for m in messages}
    inbox.mark_done(ids)
    assert inbox.list_ids(None) == []


def test_a_delivered_name_in_no_encoding_is_an_id_in_ascii(path: Path, clock: Clock) -> None:
    """Nor does a delivery agent's host name stop the inbox."""
    put(path / "new" / os.fsdecode(b"1767600000.M1P1.caf\xe9,S=5"), b"1")
    (message,) = an_inbox(path, clock).fetch(None, limit=5).messages
    assert message.external_id == "1767600000.M1P1.caf%E9,S=5"


def test_a_long_name_has_an_id_that_fits_a_receipt(path: Path, clock: Clock) -> None:
    """Two long names of many letters beyond ASCII stay two, within 300 characters."""
    for ending in "ab":
        put(path / ("ŵ" * 120 + f"{ending}.eml"))
    ids = an_inbox(path, clock).list_ids(None)
    assert len(set(ids)) == 2
    assert max(map(len, ids)) <= 300


def test_links_and_folders_are_not_followed(path: Path, clock: Clock, tmp_path: Path) -> None:
    """A link may lead anywhere, so it leads nowhere."""
    secret = put(tmp_path / "secret", b"not a mail")
    (path / "new" / "1767600000.M1P1.host").symlink_to(secret)
    (path / "link.eml").symlink_to(secret)
    (path / "new" / "1767600000.M2P1.host").mkdir()
    inbox = an_inbox(path, clock)
    batch = inbox.fetch(None, limit=5)
    assert (batch.messages, batch.missed) == ((), ())
    assert inbox.list_ids(None) == []


def test_a_file_swapped_for_a_link_is_not_followed(
    path: Path, clock: Clock, tmp_path: Path
) -> None:
    """Between list and read a file may turn into a link; it is missed."""
    secret = put(tmp_path / "secret", b"not a mail")
    files = [delivered(path, n, age_s=60 - n) for n in range(2)]
    inbox = an_inbox(path, clock)
    first = inbox.fetch(None, limit=1)
    files[1].unlink()
    files[1].symlink_to(secret)
    batch = inbox.fetch(first.cursor, limit=5)
    assert (batch.messages, [m.reason for m in batch.missed]) == ((), ["unfetchable"])


def test_moving_what_is_done_overwrites_nothing(path: Path, clock: Clock) -> None:
    """Two letters of one name are both kept in .Done."""
    inbox = an_inbox(path, clock, when_done="move")
    for content in (b"the first", b"the second"):
        put(path / "letter.eml", content)
        inbox.mark_done([m.external_id for m in inbox.fetch(None, limit=5).messages])
    kept = [file.read_bytes() for file in (path / ".Done").rglob("*") if file.is_file()]
    assert sorted(kept) == [b"the first", b"the second"]
    assert not (path / "letter.eml").exists()


def test_a_plain_folder_of_mails_will_do(tmp_path: Path, clock: Clock) -> None:
    """Without new and cur the .eml files of a folder are read all the same."""
    put(tmp_path / "letter.eml", b"1")
    assert fetched(an_inbox(tmp_path, clock)) == [b"1"]


def test_a_batch_is_bounded_by_its_bytes(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large mails come fewer at a time, in order and none lost."""
    monkeypatch.setattr("connectors.maildir.inbox.BATCH_BYTES", 250)
    for number in range(5):
        put(path / "new" / f"1767600000.M{number}P1.host", b"%d" % number * 100, age_s=60 - number)
    inbox = an_inbox(path, clock)
    batch = inbox.fetch(None, limit=5)
    sizes = [len(batch.messages)]
    while batch.more:
        batch = inbox.fetch(batch.cursor, limit=5)
        sizes.append(len(batch.messages))
    assert sizes == [2, 2, 1]


def test_a_time_that_no_calendar_has_is_no_time(path: Path, clock: Clock) -> None:
    """A file dated beyond all calendars is read; its time is unknown."""
    file = delivered(path, 1)
    os.utime(file, ns=(2**62, 2**62))
    (message,) = an_inbox(path, clock).fetch(None, limit=5).messages
    assert message.content == b"1"
    assert message.arrived_at is None or message.arrived_at.year > 2100


def test_a_missing_folder_is_unavailable(tmp_path: Path, clock: Clock) -> None:
    """A folder that is not mounted yet may come back."""
    with pytest.raises(UnavailableError, match="cannot be used"):
        an_inbox(tmp_path / "gone", clock).fetch(None, limit=5)


def test_a_forbidden_folder_is_access_denied(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that may not be read is a matter for a person."""

    def forbidden(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("connectors.maildir.files.os.scandir", forbidden)
    with pytest.raises(AccessDeniedError, match="Permission denied"):
        an_inbox(path, clock).fetch(None, limit=5)


def test_what_goes_out_opens_by_a_double_click_and_can_be_read_back(
    path: Path, clock: Clock
) -> None:
    """Sent mails are .eml files of distinct names, and an inbox on the same folder reads them."""
    outlet = MaildirOutlet(name="sent", path=path)
    for number in range(3):
        content = b"Subject: %d\r\n\r\n" % number
        outlet.send(Envelope(sender="a@example.org", recipient="b@example.org", content=content))
    files = list((path / "new").iterdir())
    assert len(files) == 3
    assert all(file.suffix == ".eml" for file in files)
    for file in files:  # else they are as new as the day of this test
        put(file, file.read_bytes())
    messages = an_inbox(path, clock).fetch(None, limit=5).messages
    names = {m.external_id.rpartition("@")[0] for m in messages}
    assert names == {file.name for file in files}


def test_a_full_disk_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that cannot be written is unavailable, and no half of it stays in tmp."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("connectors.maildir.outlet.os.fsync", full)
    with pytest.raises(UnavailableError, match="No space left"):
        MaildirOutlet(name="sent", path=path).send(
            Envelope(sender="a@example.org", recipient="b@example.org", content=b"x")
        )
    assert list((path / "tmp").iterdir()) == list((path / "new").iterdir()) == []
