"""What goes out, on real servers: paused while mails flow, and returned to a signed sender."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.acceptance.letter import Letter
from tests.acceptance.office import DOMAIN
from tests.acceptance.people import COMPLAINT
from tests.acceptance.reports import a_report
from tests.servers import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.office import Office
    from tests.servers.smtp import MailServer


def test_nothing_leaves_while_sending_is_paused(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """Mails go on coming in and are logged; what was written meanwhile leaves once, afterwards."""
    office = make_office(mail_server)
    office.watch_doors(poll_s=0.3)
    office.start()
    writers = [Letter(marker=f"quillmark0002{n}", local=f"writer.{n}") for n in range(6)]
    _deliver(office, writers[:3])
    office.wait_until_quiet()

    paused = office.command("pause", "--outlet", "out", "--by", "Sam Okonedo")
    assert paused.returncode == 0, paused.stderr
    before = len(mail_server.accepted)
    _deliver(office, writers[3:])
    ledger = office.ledger
    wait_until(lambda: ledger.count("enquiry") >= 6, what="six enquiries")
    wait_until(lambda: ledger.unsent() >= 3, what="letters that wait")
    waiting = json.loads(office.command("outbox", "--json").stdout)
    assert waiting["entries"], waiting
    assert "out" in office.command("outbox").stdout
    assert len(mail_server.accepted) == before

    resumed = office.command("resume", "--outlet", "out", "--by", "Sam Okonedo")
    assert resumed.returncode == 0, resumed.stderr
    office.wait_until_quiet()
    for writer in writers:
        letters = [a for a in mail_server.accepted if a.recipients == (writer.sender,)]
        assert len(letters) == 1, writer.sender


def test_a_report_without_our_words_is_tied_by_the_sender_it_came_back_to(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """Each mail has an envelope sender of its own, whose mailbox takes what stands after a plus."""
    office = make_office(mail_server)
    office.change("office.toml", "bounce_plus_addressing = false", "bounce_plus_addressing = true")
    office.watch_doors(poll_s=0.3)
    returns = f"returns@{DOMAIN}"
    office.watch("returns", box="customer-care", address=returns, role="bounces", poll_s=0.3)
    office.start()
    first, second = (Letter(marker=f"quillmark0003{n}", local=f"writer.{n}") for n in range(2))
    _deliver(office, [first, second])
    office.wait_until_quiet()
    senders = {a.recipients[0]: a.sender for a in mail_server.accepted}
    assert senders[first.sender] != senders[second.sender]
    assert all(one.startswith("returns+") for one in senders.values())

    report = a_report(to=senders[second.sender], recipient="hidden@elsewhere.example")
    office.deliver("returns", report)
    came_back = office.ledger.reference_of(second.marker)
    wait_until(
        lambda: _acknowledgements(office, came_back)[0]["not_delivered_at"], what="the return"
    )
    assert _acknowledgements(office, came_back)[1]["state"] == "post"
    assert came_back in office.command("letters").stdout
    (kept,) = _acknowledgements(office, office.ledger.reference_of(first.marker))
    assert not kept["not_delivered_at"]
    assert office.ledger.count("enquiry") == 2


def _deliver(office: Office, writers: list[Letter]) -> None:
    for writer in writers:
        office.deliver("intake", writer.message("My mother", COMPLAINT).as_bytes())


def _acknowledgements(office: Office, reference: str) -> list[dict[str, Any]]:
    """Return what was written for the enquirer: by mail first, then the letter to post."""
    return [e for e in office.show(reference)["outbox"] if e["kind"] == "acknowledgement"]
