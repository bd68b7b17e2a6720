"""New text told from quoted text, and the messages that were pasted into it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.model import Box, Message
from daemon.parse import message_from_fields
from daemon.parse.quotes import split_quotes
from tests.unit.parsing import a_mail, read

QUOTED = "Dear Madam\nyour case is closed"


def a_letter(body: str, subject: str = "Re: case") -> Message:
    """Return a message with this text."""
    return message_from_fields(
        box=Box.INTAKE, from_name="Ada", from_addr="ada@example.org", subject=subject, body=body
    )


@pytest.mark.parametrize(
    "announcement",
    [
        "On Mon, 5 Mar 2018 at 10:02, PHSO <care@phso.example> wrote:",
        "On 5 Mar 2018, at 10:02, PHSO <care@phso.example>\nwrote:",
        "On Monday, 5 March 2018, 10:02:11 GMT, PHSO\n<care@phso.example> wrote:",
        "Am 05.03.2018 um 10:02 schrieb PHSO <care@phso.example>:",
        "Le lun. 5 mars 2018 à 10:02, PHSO <care@phso.example> a écrit :",
        "El lun, 5 mar 2018 a las 10:02, PHSO (<care@phso.example>) escribió:",
        "Il giorno lun 5 mar 2018 alle ore 10:02 PHSO <care@phso.example> ha scritto:",
        "Op ma 5 mrt. 2018 om 10:02 schreef PHSO <care@phso.example>:",
        "Em seg, 5 de mar de 2018 às 10:02, PHSO <care@phso.example> escreveu:",
        "Den mån 5 mars 2018 kl 10:02 skrev PHSO <care@phso.example>:",
        "W dniu 05.03.2018 o 10:02, PHSO pisze:",
        "pon., 5 mar 2018 o 10:02 PHSO <care@phso.example> napisał(a):",
        "Ar Llun, 5 Maw 2018 am 10:02, ysgrifennodd PHSO <care@phso.example>:",
        "2018-03-05 10:02 GMT+00:00 PHSO <care@phso.example>:",
        ">>> PHSO Care 05/03/18 10:02 AM >>>",
        "-----Original Message-----",
        "-----Ursprüngliche Nachricht-----",
        "-----Message d'origine-----",
        "----- Mensaje original -----",
        "-----Neges Wreiddiol-----",
        "________________________________\nFrom: PHSO\nSent: 05 March 2018 10:02\nTo: Ada",
        "From: PHSO <care@phso.example>\nSent: 05 March 2018 10:02\nTo: Ada\nSubject: Case",
        "*From:* PHSO <care@phso.example>\n*Date:* 5 March 2018 10:02\n*Subject:* Case",
        "Von: PHSO [mailto:care@phso.example]\nGesendet: 5. März 2018 10:02\nAn: Ada\nBetreff: x",
        "De : PHSO\nEnvoyé : lundi 5 mars 2018 10:02\nÀ : Ada\nObjet : x",
        "Oddi wrth: PHSO\nAnfonwyd: 05 Mawrth 2018 10:02\nAt: Ada\nPwnc: x",
    ],
)
def test_what_stands_below_an_announcement_is_quoted(announcement: str) -> None:
    """Attributions, rules and header blocks, in the languages people write in."""
    message = a_letter(f"I disagree.\n\n{announcement}\n\n{QUOTED}")
    assert message.new_text == "I disagree."
    assert message.quoted_text == f"{announcement}\n\n{QUOTED}"


def test_answers_between_quoted_lines_stay_new() -> None:
    """Interleaved replies keep the writer's lines."""
    body = "On 5 Mar, PHSO wrote:\n> First point.\nI agree.\n>> Second.\nI do not.\n"
    message = a_letter(body)
    assert message.new_text == "I agree.\nI do not."
    assert message.quoted_text == "On 5 Mar, PHSO wrote:\n> First point.\n>> Second."


@pytest.mark.parametrize(
    "body",
    [
        "On 3 May your caseworker wrote:\n'no further action'\nI do not accept that.",
        "From: a worried mother\nTo: the Ombudsman\nI write about my son.",
        "From: Mrs A Byron\nTo: The Ombudsman\nDate: 3 May 2018\nSubject: my complaint\nDear Sir",
        "I was told this:\nNothing can be done.",
        "Original message was lost.\nPlease send it again.",
        "To: whoever reads this\nSubject: everything",
        "Act now\n>> PAY NOW <<\nor else",
        "-----\nA line of dashes is no quotation\n-----",
    ],
)
def test_a_writers_own_words_are_never_taken_for_a_quotation(body: str) -> None:
    """Letters have headings and quote people in their own way."""
    message = a_letter(body)
    assert (message.new_text, message.quoted_text) == (body, "")


def test_quoted_html_is_told_apart_as_plain_text_is() -> None:
    """A cited blockquote counts like `>`; an indent of the writer's own does not."""
    markup = (
        "<p>Above</p><blockquote type=cite><p>their words</p></blockquote>"
        "<p>Below</p><blockquote style='margin:0'>my indent</blockquote>"
    )
    message = read(a_mail("Content-Type: text/html", body=markup))
    assert message.quoted_text == "> their words"
    assert message.new_text.split() == ["Above", "Below", "my", "indent"]


@pytest.mark.parametrize(
    "block",
    [
        (
            "---------- Forwarded message ---------\nFrom: Ben Lee <ben@example.net>\n"
            "Date: 5 Mar 2018\nSubject: Help\nTo: <mp@parliament.example>\n\n"
        ),
        "From: Ben Lee [mailto:ben@example.net]\nSent: 5 Mar 10:02\nTo: MP\nSubject: Help\n\n",
        (
            "-------- Original Message --------\nSubject: Help\nDate: 5 Mar 2018 10:02:00 +0000\n"
            "From: Ben Lee <ben@example.net>\nTo: MP\n\n"
        ),
        "> From: Ben Lee <ben@example.net>\n> To: MP\n> Subject: Help\n>\n",
    ],
)
def test_a_pasted_forward_gives_the_inner_sender_subject_and_text(block: str) -> None:
    """What a staff member or an MP passes on is found below its header block."""
    text = "> Please help me" if block.startswith(">") else "Please help me"
    message = a_letter(f"One for you.\n\n{block}{text}", subject="FW: Help")
    (found,) = message.forwarded
    assert (found.sender.address, found.sender.name) == ("ben@example.net", "Ben Lee")
    assert (found.subject, found.text, found.attached) == ("Help", "Please help me", False)
    assert message.new_text == "One for you."


def test_a_pure_forward_has_no_new_text() -> None:
    """Its body is quoted and stands in `forwarded`."""
    body = "From: Ben <ben@example.net>\nSent: 05 March 2018 10:02\nTo: MP\nSubject: Help\n\nPlease"
    message = a_letter(body, subject="Help")
    assert (message.new_text, message.quoted_text) == ("", body)
    assert message.forwarded[0].sender.address == "ben@example.net"


def test_below_a_forward_mark_a_name_alone_is_a_sender() -> None:
    """Some programs give neither address nor date; the mark says enough."""
    body = "---------- Forwarded message ---------\nFrom: Ben Lee\nSubject: Help\n\nPlease"
    (found,) = a_letter(f"FYI\n\n{body}").forwarded
    assert (found.sender.name, found.sender.address, found.text) == ("Ben Lee", "", "Please")


def test_the_quotation_of_a_reply_is_no_forward() -> None:
    """A header block below an answer is what it answers."""
    block = "From: PHSO <care@phso.example>\nSent: 05 March 2018 10:02\nTo: Ada\nSubject: Case"
    assert a_letter(f"I disagree.\n\n{block}\n\n{QUOTED}").forwarded == ()


line = st.one_of(
    st.sampled_from(
        [
            "> quoted",
            "On Mon, 5 Mar 2018 at 10:02, A <a@b.example> wrote:",
            "From: A <a@b.example>",
            "Sent: 5 March 2018 10:02",
            "To: B",
            "Subject: c",
            "-----Original Message-----",
            "________________________________",
            "",
        ],
    ),
    st.text(max_size=30).map(lambda text: text.replace("\n", " ")),
)


@given(st.lists(line, max_size=25))
def test_every_line_is_kept_on_one_side_or_the_other(lines: list[str]) -> None:
    """Nothing is lost and nothing is doubled by the split."""
    split = split_quotes("\n".join(lines))
    kept = [part for part in (*split.new.split("\n"), *split.quoted.split("\n")) if part.strip()]
    assert sorted(kept) == sorted(part for part in lines if part.strip())
