"""Who writes, which numbers and dates stand in it, and which clocks it asks for."""

from __future__ import annotations

from datetime import date

import pytest

from daemon.model import Box, Category, ClockKind, Criterion, Forwarded, Source
from tests.unit.classifying import KNOWN_CHAIR, KNOWN_OFFICE, a_message, classified, the_classifier

REFERRAL = (
    "Please find attached the signed form of my constituent Mrs Ada Finch, who would like you to"
    " consider her complaint about the pension service. The department's final response is"
    " enclosed. I am happy to refer it."
)


def source(*args, **kwargs):
    return classified(*args, **kwargs).source


def test_a_known_office_and_a_known_chair_are_known_by_address():
    """Whatever they write."""
    assert source("Hello.", sender=KNOWN_OFFICE, name="Office") is Source.MP
    assert source("Hello.", sender=KNOWN_CHAIR, name="Desk") is Source.COMMITTEE_CHAIR


@pytest.mark.parametrize(
    ("name", "address", "text", "expected"),
    [
        ("Ada Finch MP", "finch@parliament.uk", "Good morning.", Source.MP),
        ("Casework", "casework.finch@parliament.uk", "Good morning.", Source.MP),
        ("Lord Ash", "ash@parliament.uk", "I sit in the other place.", Source.STAKEHOLDER),
        ("J Smith", "smithj@parliament.uk", "The car park is closed.", Source.STAKEHOLDER),
        ("Baroness Oak MP", "oak@parliament.uk", "My constituent asks.", Source.MP),
        ("Barns Committee", "barnscom@parliament.uk", "A letter from the Chair.", Source.MP),
        (
            "Barns Committee",
            "barnscom@parliament.uk",
            "As the Chair of PACAC said, our Chair has asked me.",
            Source.MP,
        ),
        (
            "Chair, Public Administration & Constitutional Affairs Committee",
            "ashm@parliament.uk",
            "Good morning.",
            Source.COMMITTEE_CHAIR,
        ),
    ],
)
def test_a_parliament_address_alone_proves_nothing(name, address, text, expected):
    """Members and their staff; peers, clerks and House staff are not."""
    assert source(text, name=name, sender=address) is expected


@pytest.mark.parametrize(
    ("name", "address"),
    [
        (KNOWN_CHAIR, "zoe@evil.example"),
        (f"The Chair <{KNOWN_CHAIR}>", "zoe@evil.example"),
        (KNOWN_OFFICE, "zoe@evil.example"),
        ("maria.oakes.MP@parliament.uk", "zoe@evil.example"),
        ("officer@ico.org.uk", "zoe@evil.example"),
        ("finch@parliament.uk", "finch@parliament.uk.evil.example"),
    ],
)
def test_an_address_in_a_name_is_a_sign_of_forgery(name, address):
    """It makes nobody known: a person looks, and sees why."""
    found = classified(REFERRAL, name=name, sender=address)
    assert found.source not in {Source.COMMITTEE_CHAIR, Source.ICO}
    assert found.source is not Source.MP or found.evidence[0].name == "signature"
    assert found.to_be_sorted
    assert any(item.name == "other-address" for item in found.evidence)


def test_a_second_address_beside_the_senders_is_a_sign_of_forgery():
    """Two authors in one From, of which one is known: a person looks."""
    headers = {"from": f"{KNOWN_CHAIR}, x <zoe@evil.example>"}
    assert classified(REFERRAL, sender=KNOWN_CHAIR, headers=headers).to_be_sorted


@pytest.mark.parametrize("name", ["finch.mp@parliament.uk", "'Finch.MP@Parliament.UK'", "A (MP)"])
def test_the_senders_own_address_as_its_name_is_none(name):
    """Many programs write it so; upper case and quotation marks do not matter."""
    headers = {"from": f'"{name}" <finch.mp@parliament.uk>'}
    found = classified(REFERRAL, name=name, sender="finch.mp@parliament.uk", headers=headers)
    assert (found.source, found.to_be_sorted) == (Source.MP, False)


def test_a_domain_that_only_begins_with_parliaments_is_not_parliaments():
    """It belongs to whoever owns what stands last."""
    found = classified("Good morning.", name="Jo Bell", sender="jo@parliament.uk.evil.example")
    assert found.source is Source.COMPLAINANT


@pytest.mark.parametrize(("box", "sorted_"), [(Box.INTAKE, True), (Box.POST, False)])
def test_an_mp_by_name_alone_is_to_be_sorted(box, sorted_):
    """Anybody can sign so in an email; a letter somebody in the office has read."""
    found = classified(REFERRAL, name="Ada Finch MP", sender="ada@mail.example", box=box)
    assert (found.source, found.category) == (Source.MP, Category.NEW_COMPLAINT)
    assert found.to_be_sorted is sorted_


def test_a_chair_by_signature_alone_is_to_be_sorted():
    """The same for those who say that they write for a committee."""
    text = "P-004123. Dear Ombudsman, I write as Chair of the Health and Social Care Committee."
    found = classified(text, name="Ada Finch", sender="ada@mail.example")
    assert (found.source, found.to_be_sorted) == (Source.COMMITTEE_CHAIR, True)


def test_an_mp_who_writes_as_a_private_person_is_a_complainant():
    """Said so in the letter."""
    text = "I write in a purely private capacity about my late father's care."
    assert source(text, name="Ada Finch MP", sender="finch.mp@parliament.uk") is Source.COMPLAINANT


def test_the_chairs_of_two_committees_are_chairs_and_another_is_an_mp():
    """PACAC and the Health and Social Care Committee only."""
    text = "Dear Ombudsman, the Committee would like a memorandum. From the Chair."
    pacac = classified(text, name="PACAC", sender="pacac.desk@parliament.uk")
    other = classified(text, name="Ada Finch MP, Transport Committee", sender="t@parliament.uk")
    assert (pacac.source, pacac.criteria) == (
        Source.COMMITTEE_CHAIR,
        (Criterion.COMMITTEE_CHAIR,),
    )
    assert other.source is Source.MP
    assert Criterion.MP_NON_ROUTINE in other.criteria


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("officer@ico.org.uk", Source.ICO),
        ("officer@mail.ico.org.uk", Source.ICO),
        ("officer@ico.org.uk.example", Source.COMPLAINANT),
        ("pals@westshore.nhs.uk", Source.ORGANISATION),
        ("a.b@nhs.net", Source.ORGANISATION),
        ("x@department.gov.uk", Source.ORGANISATION),
        ("reader@college.ac.uk", Source.STAKEHOLDER),
        ("jo@mail.example", Source.COMPLAINANT),
    ],
)
def test_a_domain_says_who_writes(address, expected):
    """The domain itself or one below it; never one that only looks like it."""
    assert source("Good morning to you all.", sender=address, name="A B") is expected


def test_an_mp_on_x_is_known_by_name():
    """Handles have no domain."""
    kwargs = {"box": Box.X_DM, "sender": "@adafinchmp", "name": "Ada Finch MP", "subject": ""}
    assert source("Could someone ring me about my constituent?", **kwargs) is Source.MP


def test_a_referral_with_nothing_else_is_routine():
    """Guide §1.4: passes on a new complaint."""
    result = classified(REFERRAL, name="Ada Finch MP", sender="finch.mp@parliament.uk")
    assert (result.category, result.routine) == (Category.NEW_COMPLAINT, True)
    assert result.criteria == ()


@pytest.mark.parametrize(
    "more",
    [
        " I should be grateful if you would look at it personally.",
        " She told me she cannot go on and I fear she will take her own life.",
        " It is the fortieth such case: 40 families here have the same letter.",
    ],
)
def test_a_referral_that_asks_for_more_is_not_routine(more):
    """Personal attention, special concern or a criterion."""
    result = classified(REFERRAL + more, name="Ada Finch MP", sender="finch.mp@parliament.uk")
    assert not result.routine
    assert Criterion.MP_NON_ROUTINE in result.criteria


def test_what_an_mp_passes_on_counts_for_risk():
    """The constituent's words stand below the MP's."""
    message = a_message(
        REFERRAL,
        name="Ada Finch MP",
        sender="finch.mp@parliament.uk",
        forwarded=(
            Forwarded(
                sender=a_message().sender,
                subject="help",
                text="I want to end my life.",
                attached=False,
            ),
        ),
    )
    assert Criterion.VULNERABLE in the_classifier().classify(message).criteria


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My case is P-004123, the trust calls it PALS-5521.", "P-004123"),
        ("Case c-2081136 please.", "c-2081136"),
        ("Our ref: AF/1187", "AF/1187"),
        ("IC-123456-A1B2 refers.", "IC-123456-A1B2"),
        ("I was born in 1957 and have no number.", None),
        ("My flat is XP-0041234567.", None),
    ],
)
def test_our_own_number_comes_before_any_other(text, expected):
    """As written, or none."""
    assert classified(text).reference == expected


def test_personal_attention_is_more_than_a_salutation():
    """The writer says that the person is to deal with it themselves."""
    assert not classified("Dear Ombudsman, I would like to complain.").personal_attention
    assert classified("Dear Ombudsman, please look at P-004123 yourself.").personal_attention


def test_a_letter_of_the_ico_gives_its_dates():
    """Plain dates only: the notice's own and the answer's."""
    text = (
        "Decision notice dated 4 March 2026. The Commissioner has decided that the office must"
        " disclose the file. Please respond by 5pm on Tuesday 14th April 2026."
    )
    result = classified(text, sender="officer@ico.org.uk", name="ICO")
    assert (result.notice_on, result.reply_by_on) == (date(2026, 3, 4), date(2026, 4, 14))
    assert ClockKind.ICO in result.matters


def test_a_date_that_is_none_is_left_out():
    """31 June, or no year."""
    text = "Please respond by 31 June 2026, or by the 4th of May."
    assert classified(text, sender="officer@ico.org.uk").reply_by_on is None


@pytest.mark.parametrize(
    ("text", "clocks"),
    [
        ("Under the Freedom of Information Act 2000 please send the rota.", {ClockKind.FOI}),
        ("This is a subject access request for all you hold on me.", {ClockKind.DPA}),
        (
            "Under the Environmental Information Regulations please send the survey.",
            {ClockKind.EIR},
        ),
        (
            "I ask for an internal review of your reply to my FOI request FOI-2026-11.",
            {ClockKind.FOI_REVIEW},
        ),
        (
            "A freedom of information request for the rota, and a subject access request for mine.",
            {ClockKind.FOI, ClockKind.DPA},
        ),
    ],
)
def test_what_is_asked_starts_its_clock(text, clocks):
    """Both where both are asked; a review is not a new request."""
    result = classified(text)
    assert result.category is Category.FOI_DPA
    assert set(result.matters) == clocks


def test_misused_data_runs_a_clock_beside_the_complaint():
    """DPA 2018 s.164A, whatever the category."""
    text = "P-004123. You sent my letter to the wrong address. This is a data breach. I complain."
    assert ClockKind.DPA_COMPLAINT in classified(text).matters


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rwyf am wneud cwyn am y gofal a gafodd fy nhad yn yr ysbyty ym mis Chwefror.", "cy"),
        ("Chciałbym złożyć skargę na szpital, w którym leżała moja matka.", "pl"),
        ("I would like to complain about the hospital where my mother lay.", "en"),
        ("ok", None),
    ],
)
def test_the_language_is_shown_and_another_is_left_to_a_person(text, expected):
    """ISO 639-1; too little text has none."""
    result = classified(text, subject="")
    assert result.language == expected
    assert result.to_be_sorted or expected == "en"


@pytest.mark.parametrize(
    "text",
    [
        "I can't go on like this, I have the tablets lined up.",
        "He is under section 3 and I am frightened of him.",
        "I have given notice on the flat and the cat has gone to my sister's.",
        "She fled her violent husband and is in a refuge.",
    ],
)
def test_somebody_at_risk_is_seen(text):
    """Said outright or between the lines; needless looks cost less than one miss."""
    assert Criterion.VULNERABLE in classified(text).criteria


@pytest.mark.parametrize(
    "text",
    [
        "My brother took his life in 2016 and the trust never answered my complaint.",
        "I could kill for an answer. It has been nine months.",
        "My late wife was very ill. The funeral was in March.",
    ],
)
def test_grief_and_figures_of_speech_raise_no_alert(text):
    """Calm talk of the past, and turns of phrase."""
    assert Criterion.VULNERABLE not in classified(text).criteria


@pytest.mark.parametrize(
    ("handle", "name", "expected"),
    [
        ("@adafinchmp", "Ada Finch", Source.MP),
        ("@adafinchmpoffice", "Ada Finch", Source.MP),
        ("@debthetemp", "Deb the Temp", Source.COMPLAINANT),
        ("@camp", "", Source.COMPLAINANT),
    ],
)
def test_a_handle_is_an_mps_where_it_is_the_surname_and_mp(handle, name, expected):
    """A handle that merely ends in those letters is nobody's office."""
    assert source("My surgery is shut.", sender=handle, name=name, box=Box.X_DM) is expected


def test_the_title_of_our_own_letter_is_not_the_writers_words():
    """An answer to the acknowledgement carries it; the number in it still counts."""
    title = "I want to make a complaint: our reference PH-7K3M9-QXDT2"
    found = classified("Thank you.", subject=f"RE: Fwd: {title}")
    assert found.reference == "PH-7K3M9-QXDT2"
    assert not [one for one in found.evidence if one.name == "wants-to-complain"]
    by_themselves = classified("Thank you.", subject="I want to make a complaint: one-forty-eight")
    assert [one for one in by_themselves.evidence if one.name == "wants-to-complain"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Good day.\n\nYours sincerely\nAda Finch MP", Source.MP),
        (
            "Good day. My MP has signed it.\nThe form was signed by Ada Finch MP.",
            Source.COMPLAINANT,
        ),
        ("My form is signed by Ada Finch MP, Member for Wold. Jo Bell", Source.COMPLAINANT),
    ],
)
def test_whoever_names_an_mp_is_none(text, expected):
    """An MP's name is a signature where a line begins or ends with it."""
    assert source(f"{text}\n", name="Jo") is expected
