"""Internal mail: never outside, the original whole, and a summary of our own words."""

from __future__ import annotations

import email
from datetime import UTC, date, datetime
from email import policy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daemon.compose import NoticeKind
from daemon.model import (
    Category,
    ClockKind,
    Criterion,
    Evidence,
    Hold,
    Register,
    RegisterEntry,
    Source,
    Step,
)
from tests.unit.composing import SIGNED, a_notice, an_office, body, both, read_back, some_facts
from tests.unit.test_compose_letters import ANYTHING, assert_sound

ORIGINAL = b"From: writer@example.org\r\nSubject: Help\r\n\r\nDear all,\r\nplease read.\r\n"


def attached_bytes(content: bytes) -> tuple[str, bytes]:
    """The type of the attached original, and its bytes exactly as they lie in the mail."""
    outer = email.message_from_bytes(content, policy=policy.default)
    if outer.get_content_type() != "multipart/mixed":
        return "", b""
    rule = b"\r\n--" + outer.get_boundary("").encode()
    *_, part, end = content.split(rule)
    assert end == b"--\r\n"
    head, _, raw = part.partition(b"\r\n\r\n")
    kind = outer.get_payload()[1].get_content_type()
    if b"base64" in head:
        return kind, outer.get_payload()[1].get_payload(decode=True)
    return kind, raw


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_a_notice_says_that_a_machine_sent_it_and_comes_back_to_us(kind):
    """RFC 3834 §5, and a Reply-To that is our own signed address."""
    mail = read_back(a_notice(kind=kind, original=ORIGINAL))
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Reply-To"] == SIGNED
    assert mail["To"] == "intake.team@ombudsman.example"


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_internal_mail_never_goes_outside(kind):
    """Neither the mail itself nor an answer to it."""
    with pytest.raises(ValueError, match="own addresses"):
        a_notice(kind=kind, recipient="writer@example.org")
    with pytest.raises(ValueError, match="own addresses"):
        a_notice(kind=kind, reply_to="writer@example.org")


def test_a_second_own_domain_counts_as_inside():
    """The config may name further domains of the office."""
    office = an_office(own_domains=frozenset({"team.example"}))
    composed = a_notice(office=office, recipient="intake@team.example")
    assert composed.recipient == "intake@team.example"


def test_the_subject_is_made_of_our_words_alone():
    """What, from whom, by when; soonest date first."""
    facts = some_facts(due=((ClockKind.OTHER, date(2026, 3, 9)), (ClockKind.FOI, date(2026, 3, 3))))
    assert (
        a_notice(facts).subject
        == "[PH-7K2M-9QXD] New complaint from a complainant: reply by 3 March 2026"
    )


def test_the_clock_of_the_alert_is_no_date_to_reply_by():
    """Acknowledgement and alert clocks run inside."""
    facts = some_facts(due=((ClockKind.VULNERABLE, date(2026, 2, 17)),))
    assert "reply by" not in a_notice(facts).subject


@pytest.mark.parametrize("kind", [NoticeKind.ENQUIRY, NoticeKind.FURTHER_MESSAGE, NoticeKind.ALERT])
def test_somebody_at_risk_stands_in_the_subject(kind):
    """A person scanning a mailbox sees it."""
    facts = some_facts(criteria=(Criterion.VULNERABLE,))
    assert "URGENT: someone may be at risk" in a_notice(facts, kind=kind).subject


def test_the_summary_says_what_why_by_when_and_what_to_do():
    """With the commands to copy, the hold and how to release it."""
    facts = some_facts(
        held=Hold.AUTHENTICATION,
        registers=(RegisterEntry(register=Register.SPECIFIC_HANDLING, proposed=True),),
        evidence=(Evidence(step=Step.RULE, name="pals", says="new-complaint", text="PALS said"),),
    )
    text = body(a_notice(facts), "plain")
    for said in (
        "New complaint from a complainant",
        "It is a new complaint in a public mailbox.",
        "Tuesday 3 March 2026",
        "specific handling (proposed)",
        "new-complaint (rule pals): “PALS said”",
        "the sender may be forged",
        "assurance release PH-7K2M-9QXD --by NAME",
        "assurance replied PH-7K2M-9QXD --by NAME",
        "assurance close PH-7K2M-9QXD --by NAME",
    ):
        assert said in text


def test_nothing_is_said_of_a_hold_where_there_is_none():
    """The release command stands only where it can be used."""
    assert "release" not in both(a_notice())


def test_an_alert_says_how_to_confirm_it_and_by_when():
    """An open link confirms nothing; a person does."""
    facts = some_facts(confirm_by_at=datetime(2026, 7, 1, 9, 30, tzinfo=UTC))
    text = body(a_notice(facts, kind=NoticeKind.ALERT), "plain")
    assert "assurance confirm PH-7K2M-9QXD --by NAME" in text
    assert "10:30 on Wednesday 1 July 2026" in text
    assert "everybody on duty is alerted again, every 30 minutes until somebody confirms" in text


@pytest.mark.parametrize(
    ("known", "line"),
    [
        ({"box": None}, "Came in: 09:30 on Tuesday 17 February 2026"),
        ({"received_at": None}, "Came in: the Intake mailbox"),
        ({"box": None, "received_at": None}, None),
        ({}, "Came in: the Intake mailbox, 09:30 on Tuesday 17 February 2026"),
    ],
)
def test_what_is_not_known_leaves_no_gap(known, line):
    """No comma and no heading without its words."""
    text = body(a_notice(some_facts(sender="", **known), kind=NoticeKind.ALERT), "plain")
    shown = [one.strip("- ") for one in text.splitlines() if "Came in" in one]
    assert shown == ([line] if line else [])
    assert ":," not in text
    assert "From:" not in text


def test_what_is_to_be_sorted_is_called_so():
    """A guess is not sold as a fact."""
    facts = some_facts(to_be_sorted=True, category=Category.FOI_DPA, source=Source.UNKNOWN)
    assert a_notice(facts).subject.startswith("[PH-7K2M-9QXD] Enquiry to be sorted from")
    assert "not sure" in both(a_notice(facts))


def test_the_answer_link_carries_our_reference_and_copy_address():
    """RFC 6068; the enquirer's address is the target, ours the copy."""
    facts = some_facts(answer_to="writer@example.org", answer_copy=SIGNED)
    link = "mailto:writer@example.org?subject=Your%20enquiry%2C%20our%20reference%20PH-7K2M-9QXD"
    assert f"{link}&cc=casework%2Bk1.abc@ombudsman.example" in body(a_notice(facts), "plain")


def test_without_a_copy_address_the_answer_link_has_none():
    """The link still carries the reference."""
    text = body(a_notice(some_facts(answer_to="writer@example.org")), "plain")
    assert "mailto:writer@example.org?subject=" in text
    assert "cc=" not in text


def test_a_message_that_may_be_no_enquiry_is_called_so():
    """The model proposes; a person decides."""
    facts = some_facts(category=Category.NOT_AN_ENQUIRY, source=Source.UNKNOWN, due=())
    subject = a_notice(facts).subject
    assert subject == "[PH-7K2M-9QXD] Message that may be no enquiry from an unknown sender"


def test_an_address_that_cannot_be_mailed_gives_no_answer_link():
    """Nothing of it gets into a link."""
    facts = some_facts(answer_to="a@example.org?bcc=v@example.net&x=\r\n")
    assert "mailto:" not in both(a_notice(facts))


def test_a_reminder_stands_below_the_first_notice():
    """Given the earlier ids it threads."""
    composed = a_notice(
        kind=NoticeKind.REMINDER, in_reply_to="n1@ombudsman.example", references=("n0@x.example",)
    )
    assert read_back(composed)["References"].split() == ["<n0@x.example>", "<n1@ombudsman.example>"]


@pytest.mark.parametrize("original", [ORIGINAL, ORIGINAL.replace(b"\r\n", b"\n"), ORIGINAL[:-2]])
def test_a_clean_original_opens_as_a_message(original):
    """message/rfc822, every byte as it was but for the line ends."""
    kind, inside = attached_bytes(a_notice(original=original).content)
    assert kind == "message/rfc822"
    assert inside == original.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    "original",
    [
        b"",
        b"no header here\n",
        b"From x@example.org Mon Nov 23\nSubject: mbox\n\nx\n",
        "Subject: caffè\n\nx\n".encode(),
        b"Subject: x\n\n" + b"y" * 999 + b"\n",
        b"Subject: x\r\n\r\nmixed\nends\r\n",
        b"Subject: x\n\nbare\rreturn\n",
        b"Subject: x\n\nnul\0\n",
    ],
)
def test_an_original_that_would_be_altered_goes_as_a_file(original):
    """Base64, so that every byte arrives."""
    kind, inside = attached_bytes(a_notice(original=original).content)
    assert kind == "application/octet-stream"
    assert inside == original


def test_a_message_that_could_not_be_read_goes_as_a_file():
    """No mail program is made to open what broke the parser."""
    composed = a_notice(kind=NoticeKind.QUARANTINED, original=ORIGINAL)
    assert attached_bytes(composed.content) == ("application/octet-stream", ORIGINAL)


def test_the_beginning_of_a_large_message_is_called_that():
    """Nobody takes a part for the whole."""
    composed = a_notice(some_facts(original_complete=False), original=ORIGINAL)
    assert attached_bytes(composed.content)[0] == "application/octet-stream"
    assert "too large" in both(composed)


@given(
    original=st.binary(max_size=300)
    | st.lists(
        st.sampled_from([b"A: b", b"", b"--=_", b".", b"From x", b"\xff", b"\r", b"\n"])
    ).map(b"\r\n".join)
)
@example(original=ORIGINAL + b"--=_0\r\n--=_0--\r\n")
def test_every_original_arrives_byte_for_byte(original):
    """Whatever came in lies in the notice exactly (a clean one with CRLF line ends)."""
    composed = a_notice(original=original)
    assert_sound(composed.content)
    kind, inside = attached_bytes(composed.content)
    if kind == "message/rfc822":
        original = original.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert inside == original


@given(
    sender=ANYTHING,
    why=st.lists(ANYTHING, max_size=3).map(tuple),
    words=ANYTHING,
    holder=ANYTHING,
    problem=ANYTHING,
    kind=st.sampled_from(NoticeKind),
)
def test_no_fact_can_add_a_header_a_link_or_an_address(sender, why, words, holder, problem, kind):
    """Every notice re-parses with its own sender, recipient and Reply-To, and no foreign link."""
    evidence = Evidence(step=Step.MODEL, name="n", says="s", text=words)
    facts = some_facts(sender=sender, why=why, evidence=(evidence,), holder=holder, problem=problem)
    composed = a_notice(facts, kind=kind)
    assert_sound(composed.content)
    mail = read_back(composed)
    assert len(mail.keys()) == len(set(mail.keys())) == 11
    assert mail["To"] == "intake.team@ombudsman.example"
    assert mail["Reply-To"] == SIGNED
    assert "<a " not in body(composed, "html")
    assert "<script" not in body(composed, "html")


def test_one_long_item_of_evidence_is_cut():
    """The whole words stand in the original, which is attached."""
    evidence = Evidence(step=Step.RULE, name="n", says="s", text="w" * 5000)
    assert len(body(a_notice(some_facts(evidence=(evidence,))), "plain")) < 3000


@pytest.mark.parametrize(
    ("lengths", "opens_with_a_click"),
    [([998], True), ([999], False), ([10, 998, 998], True), ([998, 1, 999, 1], False), ([0], True)],
)
def test_an_original_with_long_lines_goes_as_a_file(lengths, opens_with_a_click):
    """A server on the way may break a line of more than 998 characters (RFC 5322 §2.1.1)."""
    text = b"\r\n".join(b"x" * length for length in lengths)
    original = b"From: writer@example.org\r\n\r\n" + text
    kind, _ = attached_bytes(a_notice(original=original).content)
    assert (kind == "message/rfc822") is opens_with_a_click
