"""The main job, end to end: 200 mixed mails in four mailboxes, on a real Dovecot, over SMTP.

One day is taken in by one daemon; each test then looks at one side of what it has done.
"""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from daemon.deadlines import LONDON
from daemon.words import long_date
from tests.acceptance.day import COUNT, LOGIN, TWINS, live_through
from tests.acceptance.letter import STEM
from tests.acceptance.letters import Sent
from tests.acceptance.mails import Fate
from tests.acceptance.office import (
    ACKNOWLEDGER,
    DOMAIN,
    DOORS,
    SIGNED_ADDRESS,
    the_signer,
)
from tests.acceptance.people import NOTICE_ON
from tests.servers import short_folder
from tests.servers.smtp import MailServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.day import Day
    from tests.servers.certificates import Certificates
    from tests.servers.dovecot import Dovecot

DIAGRAM = "https://www.ombudsman.org.uk/about-us/contact-us/making-enquiry-ombudsman"

INSIDE = {"ack", "update"}  # clocks that no enquirer is told of


@pytest.fixture(scope="module")
def day(_dovecot: Dovecot, certificates: Certificates) -> Iterator[Day]:
    """Let a day's mail arrive, let the daemon work until it is done, and stop it."""
    _dovecot.start()
    with short_folder("day") as folder:
        (folder / "smtp").mkdir()
        server = MailServer(folder / "smtp", tls="starttls", certificates=certificates, login=LOGIN)
        server.start()
        try:
            yield live_through(folder, _dovecot, server, certificates)
        finally:
            server.stop()


def test_every_mail_is_stored_once_byte_for_byte(day: Day) -> None:
    """There is one receipt for each mail in each mailbox, with the very bytes Dovecot has."""
    stored = {(r["inbox"], r["external_id"]): r for r in day.receipts}
    assert len(stored) == len(day.receipts) == COUNT
    for door in DOORS:
        user = day.office.inboxes[door].user
        lying = day.office.dovecot.messages(user)
        ids = {int(i.rpartition(":")[2]): r for (inbox, i), r in stored.items() if inbox == door}
        assert ids.keys() == lying.keys()
        for uid, content in lying.items():
            assert ids[uid]["content"] in (content, None)
            assert (ids[uid]["content"] is None) == (ids[uid]["state"] == "private")


def test_private_mail_leaves_no_content(day: Day) -> None:
    """Of private mail a receipt is kept, and neither content nor message nor enquiry."""
    private = [r for r in day.receipts if r["state"] == "private"]
    assert len(private) == len(day.of(Fate.PRIVATE)) > 0
    assert all(r["content"] is None and r["message"] is None for r in private)


def test_nothing_is_quarantined_or_missed(day: Day) -> None:
    """Broken headers, lying charsets and missing boundaries are all read."""
    states = Counter(r["state"] for r in day.receipts)
    assert set(states) == {"stored", "private"}


@pytest.mark.parametrize(
    ("fate", "outcome", "skip", "held"),
    [
        (Fate.ANSWERED, "opened", False, False),
        (Fate.HELD, "opened", False, True),
        (Fate.LOGGED, "opened", True, False),
        (Fate.SILENT, "set-aside", True, False),
    ],
)
def test_every_mail_has_the_outcome_of_its_kind(
    day: Day, fate: Fate, outcome: str, skip: bool, held: bool
) -> None:
    """People's mail opens an enquiry, a machine's is set aside, and holds are on record."""
    wrong = [
        (mail.kind, mail.door, r["outcome"], r["skip"], r["hold"])
        for mail in day.of(fate)
        for r in [day.receipt(mail)]
        if (r["outcome"], bool(r["skip"]), bool(r["hold"])) != (outcome, skip, held)
        or bool(r["reference"]) != (outcome == "opened")
    ]
    assert not wrong


def test_every_mail_is_of_the_category_it_clearly_is(day: Day) -> None:
    """A request for information, a complaint about us and the like are told apart."""
    wrong = [
        (mail.kind, mail.door, day.receipt(mail)["category"])
        for mail in day.mails
        if mail.category and day.receipt(mail)["category"] != mail.category
    ]
    assert not wrong


def test_each_enquirer_is_answered_once_and_others_never(day: Day) -> None:
    """Whoever is to be answered got one acknowledgement an enquiry; machines and others none."""
    expected = Counter(mail.sender for mail in day.of(Fate.ANSWERED))
    accepted = [
        Sent.read(a.content)
        for a in day.server.accepted
        if not a.recipients[0].endswith(f"@{DOMAIN}")
    ]
    assert Counter(sent.recipients[0] for sent in accepted) == expected
    fetched = {address: len(sent) for address, sent in day.acknowledgements.items()}
    assert fetched == expected


def test_one_mail_in_two_mailboxes_is_one_enquiry(day: Day) -> None:
    """A mail to two of our boxes: one message, one enquiry, two receipts, one acknowledgement."""
    assert len(day.twins) == TWINS
    for mail, door in day.twins:
        copies = [r for r in day.receipts if r["content"] == mail.content]
        assert {r["inbox"] for r in copies} == {mail.door, door}
        assert len({r["message"] for r in copies}) == 1
        assert len(day.acknowledgements[mail.sender]) == 1


def test_an_acknowledgement_says_who_it_is_from_and_to(day: Day) -> None:
    """From is the office's own address, To the enquirer's From, never a Reply-To elsewhere."""
    for mail in day.of(Fate.ANSWERED):
        answer = day.answer(mail)
        assert answer.sender == ACKNOWLEDGER
        assert answer.recipients == [mail.sender]
        assert all(address.endswith(f"@{DOMAIN}") for address in answer.reply_to)


def test_an_acknowledgement_says_that_a_machine_sent_it(day: Day) -> None:
    """RFC 3834 and Microsoft's header keep other machines from answering."""
    for mail in day.of(Fate.ANSWERED):
        answer = day.answer(mail)
        assert answer.header("Auto-Submitted") == "auto-replied"
        assert answer.header("X-Auto-Response-Suppress") == "All"


def test_an_acknowledgement_stands_in_the_enquirers_thread(day: Day) -> None:
    """In-Reply-To is their Message-ID, References their thread and it."""
    for mail in day.of(Fate.ANSWERED):
        if not mail.message_id:
            continue
        answer = day.answer(mail)
        assert answer.header("In-Reply-To") == f"<{mail.message_id}>"
        thread = [f"<{one}>" for one in (*mail.references, mail.message_id)]
        assert answer.header("References").split() == thread


def test_an_acknowledgement_has_a_signed_message_id_of_its_own(day: Day) -> None:
    """Its Message-ID carries a token that verifies, for this enquiry, and stands in the store."""
    stored = {row["reference"]: row for row in day.office.ledger.outbox()}
    seen = set()
    for mail in day.of(Fate.ANSWERED):
        answer = day.answer(mail)
        reference = day.receipt(mail)["reference"]
        token = the_signer().verify(answer.message_id, prefix="PH")
        assert token is not None
        assert token.reference == reference
        assert stored[reference]["rfc_message_id"] == answer.message_id
        seen.add(answer.message_id)
    assert len(seen) == len(day.of(Fate.ANSWERED))


def test_an_acknowledgement_can_be_read_as_text_and_as_html(day: Day) -> None:
    """Both forms carry the reference, the link to the routing diagram and the telephone."""
    for mail in day.of(Fate.ANSWERED):
        answer = day.answer(mail)
        reference = day.receipt(mail)["reference"]
        assert answer.mail.get_content_type() == "multipart/alternative"
        for words in (answer.words("plain"), answer.words("html")):
            assert reference in words
            assert DIAGRAM in words
            assert "0345 015 4033" in words
        assert 'lang="en' in answer.words("html")


def test_an_acknowledgement_repeats_nothing_of_the_enquiry(day: Day) -> None:
    """Nothing that the enquirer wrote stands in it, so it is of no use to a spammer."""
    for answers in day.acknowledgements.values():
        for answer in answers:
            assert STEM not in answer.words("plain") + answer.words("html")
            assert STEM not in answer.header("Subject")


def test_the_day_to_reply_by_is_that_of_store_and_command(day: Day) -> None:
    """The clock of its kind runs, as `assurance deadline` has it; the letter names the first.

    That of the Commissioner counts from the notice's own date, which the command is not told.
    """
    clocks = _clocks(day)
    asked = {(mail.clock, clocks[mail.marker][mail.clock][0]) for mail in day.of(Fate.ANSWERED)}
    commanded = _commanded(day, asked)
    noticed = {key: NOTICE_ON + timedelta(days=30) for key in asked if key[0] == "ico"}
    commanded |= noticed
    for mail in day.of(Fate.ANSWERED):
        running = clocks[mail.marker]
        received_on, due_on = running[mail.clock]
        assert due_on == commanded[mail.clock, received_on], mail.kind
        first = long_date(min(due for kind, (_, due) in running.items() if kind not in INSIDE))
        answer = day.answer(mail)
        assert first in answer.words("plain"), mail.kind
        assert first in answer.words("html"), mail.kind


def _clocks(day: Day) -> dict[str, dict[str, tuple[date, date]]]:
    """Return by marker and kind of clock the date of receipt and the last day, by the store."""
    rows = day.office.ledger.rows(
        "SELECT e.reference, d.kind, d.due_on, d.received_at FROM deadline d"
        " JOIN enquiry e ON e.id = d.enquiry_id"
    )
    found: dict[str, dict[str, tuple[date, date]]] = {}
    for mail in day.of(Fate.ANSWERED):
        reference = day.receipt(mail)["reference"]
        found[mail.marker] = {
            row["kind"]: (
                datetime.fromisoformat(row["received_at"])
                .replace(tzinfo=UTC)
                .astimezone(LONDON)
                .date(),
                date.fromisoformat(row["due_on"]),
            )
            for row in rows
            if row["reference"] == reference
        }
    return found


def _commanded(day: Day, asked: set[tuple[str, date]]) -> dict[tuple[str, date], date]:
    """Ask the command for the last day of each kind and date, two at a time."""

    def ask(one: tuple[str, date]) -> tuple[tuple[str, date], date]:
        kind, on = one
        received = datetime(on.year, on.month, on.day, 12, tzinfo=UTC).isoformat()
        done = day.office.command("deadline", "--kind", kind, "--received", received, "--json")
        assert done.returncode == 0, done.stderr
        return one, date.fromisoformat(json.loads(done.stdout)["due_on"])

    with ThreadPoolExecutor(2) as two:
        return dict(two.map(ask, sorted(asked)))


def test_each_team_gets_a_notice_with_the_original_whole(day: Day) -> None:
    """The notice goes to the team of the route, with every byte of the mail attached."""
    teams = {"intake": f"team.intake@{DOMAIN}", "customer-care": f"team.customer.care@{DOMAIN}"}
    for mail in day.of(Fate.ANSWERED, Fate.HELD, Fate.LOGGED):
        receipt = day.receipt(mail)
        mailbox = teams[receipt["route"]]
        notices = [n for n in day.notices[mailbox] if receipt["reference"] in n.header("Subject")]
        assert len(notices) == 1, mail.kind
        assert notices[0].original.rstrip() == mail.content.rstrip(), mail.kind


def test_answers_to_a_notice_come_back_to_us_signed(day: Day) -> None:
    """A notice's Reply-To is our signed address, and the enquirer stands in no such header."""
    local, _, domain = SIGNED_ADDRESS.partition("@")
    for notices in day.notices.values():
        for notice in notices:
            (address,) = notice.reply_to
            assert address.startswith(f"{local}+")
            assert address.endswith(f"@{domain}")
            assert the_signer().verify(address, prefix="PH") is not None
            for header in ("From", "Sender", "Return-Path", "To", "Cc"):
                assert STEM not in notice.header(header)


def test_all_our_mail_has_an_envelope_that_takes_reports(day: Day) -> None:
    """Delivery reports about our mail come back to the office."""
    assert {accepted.sender for accepted in day.server.accepted} == {f"returns@{DOMAIN}"}


def test_the_duty_officers_are_alerted(day: Day) -> None:
    """Whoever may be at risk: each duty officer gets one mail about them."""
    at_risk = [mail for mail in day.mails if mail.kind == "at-risk"]
    alerts = [a for a in day.server.accepted if a.recipients[0].startswith("duty.")]
    assert len(alerts) == len(at_risk) > 0


def test_no_mail_is_marked_as_seen(day: Day) -> None:
    r"""Reading leaves no trace: no message in any mailbox has \Seen or another flag."""
    for inbox in day.office.inboxes.values():
        flags = day.office.dovecot.flags(inbox.user)
        assert set().union(*flags.values()) == set()


def test_the_log_holds_nothing_anybody_wrote(day: Day) -> None:
    """Each line is JSON; no marker, no address, no name, no subject stands in any of them."""
    lines = day.log.splitlines()
    assert len(lines) > COUNT
    for line in lines:
        assert "event" in json.loads(line)
    low = day.log.lower()
    assert STEM not in low
    assert "@" not in low
    for words in ("morgan", "tarn valley", "low harbour", "maria oakes", "szpital", "fracture"):
        assert words not in low


def test_the_log_reports_no_failure(day: Day) -> None:
    """Nothing went wrong on an ordinary day."""
    bad = [line for line in day.log.splitlines() if json.loads(line)["level"] == "error"]
    assert not bad
