"""People write again, and staff act: replies to our acknowledgements, and the commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.letter import Letter
from tests.acceptance.letters import Sent
from tests.acceptance.mails import a_mail
from tests.acceptance.office import DOMAIN
from tests.acceptance.people import COMPLAINT
from tests.servers import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.office import Office, Running
    from tests.servers.smtp import MailServer

MARKER = "quillmark00001"
DUTY = {f"duty.officer@{DOMAIN}"}  # the second contact hears when it climbs
DESPAIR = "I cannot go on like this any more. I am going to kill myself tonight."
THANKS = "Thank you. I forgot to say that the ward was ward seven."


class Correspondent:
    """An enquirer whose complaint lies in Intake's mailbox, and the office that has it."""

    def __init__(self, office: Office, server: MailServer) -> None:
        self.office, self.server = office, server
        self.letter = Letter(marker=MARKER)
        self.sent = 0
        office.watch_doors(poll_s=0.3)
        self.running: Running = office.start()

    def write(self, words: str, *, answering: Sent | None = None, door: str = "intake") -> None:
        """Write to the office, perhaps in answer to what it sent."""
        self.sent += 1
        letter = Letter(marker=MARKER)
        subject = f"Re: {answering.header('Subject')}" if answering else "Complaint"
        mail = letter.message(subject, f"{words} ({self.sent})")
        del mail["Message-ID"]
        mail["Message-ID"] = f"<{self.sent}.{letter.message_id}>"
        if answering:
            mail["In-Reply-To"] = mail["References"] = f"<{answering.message_id}>"
        self.office.deliver(door, mail.as_bytes())
        self.office.wait_until_quiet()

    def answers(self) -> list[Sent]:
        """Return what the office has sent to the enquirer, in order."""
        return [
            Sent.read(a.content)
            for a in self.server.accepted
            if a.recipients == (self.letter.sender,)
        ]

    def complain(self) -> tuple[Sent, str]:
        """Complain about a hospital; return the acknowledgement and its reference."""
        self.write(COMPLAINT)
        (answer,) = self.answers()
        return answer, answer.header("Subject").rpartition(" ")[2]

    def mails_to(self, address: str) -> list[Sent]:
        """Return what the office has sent to one address."""
        accepted = (a for a in self.server.accepted if a.recipients == (address,))
        return [Sent.read(a.content) for a in accepted]

    def does(self, *arguments: str) -> str:
        """Let a member of staff use a command while the daemon runs."""
        done = self.office.command(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def correspondent(make_office: Callable[..., Office], mail_server: MailServer) -> Correspondent:
    """Somebody who writes to an office that works."""
    return Correspondent(make_office(mail_server), mail_server)


def _kinds(shown: dict[str, Any]) -> set[str]:
    return {clock["kind"] for clock in shown["deadlines"]}


def test_a_suicide_threat_in_a_reply_raises_its_alert(correspondent: Correspondent) -> None:
    """The duty officers are mailed, the clock starts, Intake's enquiry goes to Customer Care."""
    answer, reference = correspondent.complain()
    shown = correspondent.office.show(reference)
    assert (shown["route"], shown["status"]) == ("intake", "open")
    assert "vulnerable" not in _kinds(shown)

    correspondent.write(DESPAIR, answering=answer)

    for address in DUTY:
        (alert,) = correspondent.mails_to(address)
        assert reference in alert.header("Subject")
        assert DESPAIR.encode() in alert.original
    shown = correspondent.office.show(reference)
    assert (shown["route"], shown["team"]) == ("customer-care", "customer-care")
    assert "vulnerable" in _kinds(shown)
    assert "vulnerable" in {one["criterion"] for one in shown["criteria"]}
    assert [m["outcome"] for m in shown["messages"]] == ["opened", "joined"]
    assert len(correspondent.answers()) == 1
    notices = correspondent.mails_to(f"team.customer.care@{DOMAIN}")
    assert any(reference in notice.header("Subject") for notice in notices)


def test_a_further_message_joins_without_a_second_answer(correspondent: Correspondent) -> None:
    """It joins the open enquiry by our Message-ID, and its team hears of it."""
    answer, reference = correspondent.complain()
    correspondent.write(THANKS, answering=answer, door="customer-care")
    shown = correspondent.office.show(reference)
    assert [m["skip"] for m in shown["messages"]] == [None, "joined"]
    assert correspondent.office.ledger.count("enquiry") == 1
    assert len(correspondent.answers()) == 1
    notices = correspondent.mails_to(f"team.intake@{DOMAIN}")
    assert len([n for n in notices if reference in n.header("Subject")]) == 2


def test_a_stranger_in_the_thread_opens_an_enquiry_of_their_own(
    correspondent: Correspondent,
) -> None:
    """Whoever is no party does not join by knowing a Message-ID; the link is proposed."""
    answer, reference = correspondent.complain()
    stranger = Letter(marker="quillmark00002")
    mail = stranger.message("Re: my mother", COMPLAINT)
    mail["In-Reply-To"] = f"<{answer.message_id}>"
    correspondent.office.deliver("intake", mail.as_bytes())
    correspondent.office.wait_until_quiet()
    shown = correspondent.office.show(reference)
    assert len(shown["messages"]) == 1
    other = correspondent.office.ledger.reference_of(stranger.marker)
    assert correspondent.office.show(other)["linked_to"] == reference


@pytest.mark.parametrize(("command", "status"), [("replied", "replied"), ("close", "closed")])
def test_a_message_after_the_end_opens_a_linked_enquiry(
    correspondent: Correspondent, command: str, status: str
) -> None:
    """An enquiry replied to or closed stays so; what follows is a new one, linked, answered."""
    answer, reference = correspondent.complain()
    correspondent.does(command, reference, "--by", "Sam Okonedo", "--note", "by telephone")
    shown = correspondent.office.show(reference)
    assert shown["status"] == status
    assert all(clock["ended_at"] for clock in shown["deadlines"])

    correspondent.write("I do not accept this. The ward was ward seven.", answering=answer)

    assert correspondent.office.show(reference)["status"] == status
    assert correspondent.office.ledger.count("enquiry") == 2
    first, second = correspondent.answers()
    followed = second.header("Subject").rpartition(" ")[2]
    assert followed != reference == first.header("Subject").rpartition(" ")[2]
    shown = correspondent.office.show(followed)
    assert shown["linked_to"] == reference
    assert shown["status"] == "open"


def test_an_alert_is_confirmed_and_its_answer_released(correspondent: Correspondent) -> None:
    """The answer to somebody at risk waits; it goes when a person lets it, and not twice."""
    correspondent.write(DESPAIR)
    assert correspondent.answers() == []
    reference = correspondent.office.ledger.reference_of(MARKER)
    early = correspondent.office.command("close", reference, "--by", "Sam Okonedo")
    assert early.returncode == 65
    assert "confirm" in early.stderr

    correspondent.does("confirm", reference, "--by", "Sam Okonedo")
    shown = correspondent.office.show(reference)
    (clock,) = [one for one in shown["deadlines"] if one["kind"] == "vulnerable"]
    assert clock["ended_by"] == "confirmed"

    correspondent.does("release", reference, "--by", "Sam Okonedo")
    wait_until(correspondent.answers, what="the released answer")
    again = correspondent.office.command("release", reference, "--by", "Sam Okonedo")
    assert again.returncode == 65
    correspondent.does("close", reference, "--by", "Sam Okonedo")
    shown = correspondent.office.show(reference)
    assert [act["what"] for act in shown["acts"]] == ["confirmed", "released", "closed"]
    assert {act["by_name"] for act in shown["acts"]} == {"Sam Okonedo"}
    assert len(correspondent.answers()) == 1


def test_commands_refuse_what_cannot_be(correspondent: Correspondent) -> None:
    """An unknown reference, and an act twice, end with 65 and a sentence."""
    _, reference = correspondent.complain()
    for arguments in (("close", "PH-AAAAA-AAAAA"), ("confirm", reference), ("release", reference)):
        done = correspondent.office.command(*arguments, "--by", "Sam Okonedo")
        assert done.returncode == 65
        assert done.stderr.strip().endswith((".", "notice."))
    correspondent.does("replied", reference, "--by", "Sam Okonedo")
    assert correspondent.office.command("replied", reference, "--by", "Sam").returncode == 65
    assert "Okonedo" not in correspondent.office.log_text()


def test_an_information_request_in_a_reply_is_an_enquiry_of_its_own(
    correspondent: Correspondent,
) -> None:
    """It has its own clock and acknowledgement, linked to the enquiry it came in."""
    answer, reference = correspondent.complain()
    correspondent.write(
        "Under the Freedom of Information Act 2000 please send me your guidance on delays.",
        answering=answer,
    )
    assert correspondent.office.ledger.count("enquiry") == 2
    second = correspondent.answers()[1].header("Subject").rpartition(" ")[2]
    shown = correspondent.office.show(second)
    assert shown["linked_to"] == reference
    assert "foi" in _kinds(shown)


def test_a_colleagues_answer_to_a_notice_opens_nothing(correspondent: Correspondent) -> None:
    """Staff answer the notice at our signed address, wherever that arrives: kept, and no more."""
    correspondent.complain()
    (notice,) = correspondent.mails_to(f"team.intake@{DOMAIN}")
    colleague = Letter(marker="quillmark00003", host=DOMAIN, local="sam.okonedo")
    mail = colleague.message("Re: the notice", "I have it, thank you.", to=notice.reply_to[0])
    mail["In-Reply-To"] = f"<{notice.message_id}>"
    before = len(correspondent.server.accepted)
    correspondent.office.deliver("customer-care", mail.as_bytes())
    correspondent.office.wait_until_quiet()
    assert correspondent.office.ledger.count("enquiry") == 1
    assert len(correspondent.server.accepted) == before


def test_show_tells_an_enquirys_whole_story(correspondent: Correspondent) -> None:
    """Messages with their receipts and reasons, clocks with their working, letters and audit."""
    mail = a_mail("mp-asks", 5, "ombudsman")
    correspondent.office.deliver("ombudsman", mail.content)
    correspondent.office.deliver("intake", mail.content)
    correspondent.office.wait_until_quiet()
    shown = correspondent.office.show(correspondent.office.ledger.reference_of(mail.marker))
    (message,) = shown["messages"]
    assert {receipt["inbox"] for receipt in message["receipts"]} == {"ombudsman", "intake"}
    assert message["reasons"]
    assert message["classifications"][0]["evidence"]
    assert {"mp", "ack"} <= _kinds(shown)
    assert all(clock["working"] for clock in shown["deadlines"] if clock["kind"] == "mp")
    assert "mp-oversight" in {entry["register"] for entry in shown["registers"]}
    assert {"acknowledgement", "notice"} <= {letter["kind"] for letter in shown["outbox"]}
    assert shown["audit"]
