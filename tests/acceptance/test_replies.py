"""Replies as they happen: staff answer from their own mailbox, and the real daemon reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.acceptance.letter import Letter
from tests.acceptance.letters import Sent
from tests.acceptance.office import DOMAIN
from tests.acceptance.people import COMPLAINT
from tests.acceptance.reports import a_report
from tests.servers import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.office import Office
    from tests.servers.smtp import MailServer

MARKER = "quillmark00011"


def _reply(letter: Letter, original_id: str) -> bytes:
    """A colleague's answer to the enquirer, as their mail program keeps it."""
    colleague = Letter(marker="quillmark00012", host=DOMAIN, local="sam.okonedo")
    mail = colleague.message("Re: my complaint", "Here is our answer.", to=letter.sender)
    mail["In-Reply-To"] = mail["References"] = f"<{original_id}>"
    return mail.as_bytes()


def test_a_reply_is_seen_comes_back_and_is_made_good(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """Sent folder first, then the enquiry, then the report: each finds the others."""
    office = make_office(mail_server)
    office.watch_doors(poll_s=0.3)
    care = f"customer.care@{DOMAIN}"
    office.watch("care-sent", box="customer-care", address=care, role="sent", poll_s=0.3)
    returns = f"returns@{DOMAIN}"
    office.watch("returns", box="customer-care", address=returns, role="bounces", poll_s=0.3)
    office.start()
    letter = Letter(marker=MARKER)
    content = letter.message("Complaint", COMPLAINT).as_bytes()
    office.deliver("intake", content)
    office.wait_until_quiet()
    reference = office.ledger.reference_of(MARKER)

    reply = _reply(letter, letter.message_id)
    office.deliver("care-sent", reply)
    wait_until(lambda: office.show(reference)["reply_seen_at"], what="the seen reply")
    shown = office.show(reference)
    assert shown["status"] == "open"
    assert "seen" in {clock["ended_by"] for clock in shown["deadlines"]}
    office.wait_until_quiet()
    asked = [Sent.read(a.content) for a in mail_server.accepted]
    assert any("Please confirm" in one.header("Subject") for one in asked)

    rfc_id = Sent.read(reply).message_id
    report = a_report(to=returns, recipient="writer@home.example", original=rfc_id)
    office.deliver("returns", report)
    wait_until(lambda: office.show(reference)["reply_failed_at"], what="the failed reply")
    assert "seen" not in {clock["ended_by"] for clock in office.show(reference)["deadlines"]}
    said = office.command("show", reference)
    assert "Reply came back" in said.stdout

    done = office.command("replied", reference, "--by", "Sam Okonedo", "--note", "by post")
    assert done.returncode == 0, done.stderr
    assert office.show(reference)["status"] == "replied"


def test_a_letter_is_recorded_while_the_daemon_runs(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """The same door: logged, routed, put on the clock; its acknowledgement goes by mail."""
    office = make_office(mail_server)
    office.watch_doors(poll_s=0.3)
    office.start()
    words = office.folder / "letter.txt"
    words.write_text(COMPLAINT)
    arguments = (
        *("record", "letter", "--from-name", "A. Writer", "--from-address", "writer@home.example"),
        *("--received", "2026-01-05", "--subject", "My mother", "--text", str(words)),
        *("--by", "P. Room", "--json"),
    )
    first, second = office.command(*arguments), office.command(*arguments)
    assert first.returncode == second.returncode == 0, first.stderr
    said = json.loads(first.stdout)
    assert said["new"]
    assert not json.loads(second.stdout)["new"]
    office.wait_until_quiet()
    answers = [a for a in mail_server.accepted if a.recipients == ("writer@home.example",)]
    assert len(answers) == 1
    shown = office.show(said["reference"])
    assert shown["messages"][0]["box"] == "post"
    assert "P. Room" not in office.log_text()
