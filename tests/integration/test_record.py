"""Letters and telephone calls: recorded by a person, through the same door, by the same rules."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from daemon import __main__ as command
from daemon.app import connect_store
from daemon.casework import CaseworkError
from daemon.config import load
from daemon.model import Box, Category, Criterion, Principals, Route, Source
from daemon.postroom import PostRoom
from daemon.record import CallBack, Recorder, RecordError, Recording, Scan
from daemon.store import schema
from tests.builders import (
    NOW,
    OFFICE,
    a_classification,
    a_policy,
    an_office_over,
    printed_words,
    text_of,
)
from tests.integration.taking_in import count, everything, rows
from tests.unit.config_folders import SHIPPED, Folder

LONDON = ZoneInfo("Europe/London")
PRIVATE_OFFICE = f"private.office@{OFFICE}"


@pytest.fixture
def office(store):
    principals = Principals(private_office=PRIVATE_OFFICE)
    return an_office_over(store, policy=a_policy(principals=principals))


@pytest.fixture
def recorder(office):
    return Recorder(
        store=office.store,
        intake=office.intake,
        policy=office.policy,
        letters=office.letters,
        signer=office.signer,
        clock=office.clock,
    )


def a_letter(**changes) -> Recording:
    values = {
        "box": Box.POST,
        "from_name": "Máire Ní Writer",
        "received_at": NOW - timedelta(days=3),
        "subject": "My mother's care",
        "text": "Please look into this.",
    }
    return Recording(**{**values, **changes})


def a_call(**changes) -> Recording:
    return a_letter(**{"box": Box.PHONE, "subject": "Telephone call", **changes})


PLAIN = a_classification()
ABOUT_US = a_classification(category=Category.COMPLAINT_ABOUT_US)
ROUTINE = a_classification(source=Source.MP, routine=True)
AN_MPS = a_classification(source=Source.MP, criteria=(Criterion.MP_NON_ROUTINE,))
SYSTEMIC = a_classification(criteria=(Criterion.SYSTEMIC_ISSUE,))


@pytest.mark.parametrize(
    ("box", "found", "route"),
    [
        pytest.param(Box.POST, PLAIN, Route.INTAKE, id="§1.4-new-complaint-by-post"),
        pytest.param(Box.POST, ROUTINE, Route.INTAKE, id="§1.3-1.4-routine-referral-by-post"),
        pytest.param(Box.POST, AN_MPS, Route.CUSTOMER_CARE, id="§1.4-1.11-mp-by-post"),
        pytest.param(Box.POST, SYSTEMIC, Route.CUSTOMER_CARE, id="§1.4-criterion-by-post"),
        pytest.param(
            Box.POST,
            replace(PLAIN, personal_attention=True),
            Route.CUSTOMER_CARE,
            id="§1.6-personal-attention-by-post",
        ),
        pytest.param(Box.POST, ABOUT_US, Route.CUSTOMER_CARE, id="§1.7-everything-else-by-post"),
        pytest.param(Box.PHONE, PLAIN, Route.CUSTOMER_CARE, id="§1.7-new-complaint-by-telephone"),
        pytest.param(Box.PHONE, ROUTINE, Route.CUSTOMER_CARE, id="§1.7-routine-by-telephone"),
        pytest.param(Box.PHONE, AN_MPS, Route.CUSTOMER_CARE, id="§1.4-1.11-mp-by-telephone"),
    ],
)
def test_letters_and_calls_take_the_routes_of_the_guide(office, recorder, box, found, route):
    """Rules 5 to 10: `public box or by post` is what a letter is, and a call is not."""
    office.classifier.usual = found
    done = recorder.record(a_letter(box=box), by="A. Name")
    assert office.view(done.reference)["route"] == route


def test_a_letter_counts_from_the_day_it_was_delivered(office, recorder):
    """§1.1: the clocks run from there."""
    office.classifier.usual = a_classification(category=Category.OTHER)
    done = recorder.record(a_letter(), by="A. Name")
    view = office.view(done.reference)
    assert view["received_at"] == (NOW - timedelta(days=3)).isoformat()
    (due,) = (c["due_on"] for c in view["deadlines"] if c["kind"] == "other")
    assert due == "2026-12-04"  # 10 working days after Friday 20 November
    (message,) = view["messages"]
    assert (message["box"], message["sender_name"]) == ("post", "Máire Ní Writer")


def test_without_an_address_the_acknowledgement_is_printed_and_posted(office, recorder, tmp_path):
    """Guide, footnote 3."""
    address = "1 High Street\nTown"
    done = recorder.record(a_letter(postal_address=address), by="A. Name")
    (answer,) = office.letters_of(done.reference)
    assert (answer["outlet"], answer["recipient"], answer["state"]) == ("post", "", "post")
    room = PostRoom(store=office.store, folder=tmp_path / "letters")
    assert (room.lay_out(), room.lay_out()) == (1, 0)
    (file,) = room.folder.iterdir()
    assert file.name.startswith(done.reference)
    said = printed_words(file.read_bytes())
    assert "1 High Street Town" in said
    assert done.reference in said
    file.unlink()
    assert room.lay_out() == 1  # deleted by mistake
    (room.folder / "notes.txt").write_text("The post room's own.")
    office.casework.posted(done.reference, by="P. Room")
    room.lay_out()
    assert [one.name for one in room.folder.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("end", ["replied", "close"])
def test_a_letter_that_has_not_gone_is_not_posted_after_the_reply(office, recorder, tmp_path, end):
    """It would tell somebody to wait for what they have."""
    done = recorder.record(a_letter(), by="A. Name")
    room = PostRoom(store=office.store, folder=tmp_path / "letters")
    assert room.lay_out() == 1
    getattr(office.casework, end)(done.reference, by="A. Name")
    room.lay_out()
    assert list(room.folder.iterdir()) == []


def test_a_letter_gets_its_address_later(office, recorder, tmp_path):
    """Where it was not known; the earlier letter is taken out of the folder."""
    done = recorder.record(a_letter(), by="A. Name")
    room = PostRoom(store=office.store, folder=tmp_path / "letters")
    room.lay_out()
    office.casework.letter(done.reference, ["A. Writer", "2 Low Road"], by="A. Name")
    assert room.lay_out() == 1
    (file,) = room.folder.iterdir()
    assert "A. Writer 2 Low Road" in printed_words(file.read_bytes())
    with pytest.raises(CaseworkError, match="Give the address"):
        office.casework.letter(done.reference, [], by="A. Name")


def test_with_an_address_it_goes_by_mail(office, recorder):
    """They gave it themselves."""
    done = recorder.record(a_letter(from_address="writer@home.example"), by="A. Name")
    (answer,) = office.letters_of(done.reference)
    assert (answer["recipient"], answer["state"]) == ("writer@home.example", "waiting")


def test_the_same_recorded_twice_is_the_same(office, recorder):
    """One enquiry, one acknowledgement, one act; also by somebody else, and with a scan."""
    given = a_letter(scans=(Scan(name="letter.pdf", content=b"%PDF-1.4 scan"),))
    one = recorder.record(given, by="A. Name")
    two = recorder.record(given, by="B. Name")
    assert (one.is_new, two.is_new, one.reference) == (True, False, two.reference)
    found = count(office.store)
    assert (found["enquiry"], found["message"], found["act"]) == (1, 1, 1)
    assert len(office.letters_of(one.reference)) == 1


def test_what_was_cut_off_half_way_is_completed(office, recorder, monkeypatch):
    """The process died after the commit: the same command adds what is missing."""
    given = a_call(call_back=CallBack(asked_for="ceo", number="+441632960001"))
    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "_note", lambda *_args, **_kwargs: None)
        recorder.record(given, by="A. Name")
    done = recorder.record(given, by="A. Name")
    view = office.view(done.reference)
    assert [act["what"] for act in view["acts"]] == ["recorded"]
    assert len(view["call_backs"]) == 1


def test_who_recorded_it_stands_in_an_act_and_hashed_in_the_audit(office, recorder, store):
    """Ids and enums alone."""
    done = recorder.record(a_letter(), by="Zebedee Quixotic")
    view = office.view(done.reference)
    assert view["acts"][0]["by_name"] == "Zebedee Quixotic"
    (line,) = (one for one in view["audit"] if one["event"] == "enquiry_recorded")
    assert line["detail"] == {"message": 1, "channel": "letter"}
    assert "Zebedee" not in str(rows(store, schema.audit, "actor", "detail"))


@pytest.mark.parametrize(("to", "who"), [("ombudsman", "Ombudsman"), ("ceo", "Chief Executive")])
def test_the_mark_on_the_envelope_stands_first_in_the_text(office, recorder, to, who):
    """§1.6: there it is read, and read again when rules change."""
    done = recorder.record(a_letter(to=to), by="A. Name")
    with office.store.read() as tx:
        kept = tx.kept(tx.messages_of(tx.enquiry(done.reference).id)[0])
    assert kept.new_text.startswith(f"For the personal attention of the {who}.")


def test_the_postal_address_is_kept_with_the_letter(office, recorder):
    """The post room needs it; it is erased with the message."""
    done = recorder.record(a_letter(postal_address="1 High Street\nTown"), by="A. Name")
    with office.store.read() as tx:
        kept = tx.kept(tx.messages_of(tx.enquiry(done.reference).id)[0])
    assert "1 High Street\nTown" in kept.new_text


def test_a_scan_waits_to_be_read(recorder, store):
    """The attachment reader has it like that of a mail."""
    scan = Scan(name="letter.pdf", content=b"%PDF-1.4 scan")
    recorder.record(a_letter(text="", scans=(scan,)), by="A. Name")
    assert count(store)["enrichment"] == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"received_at": NOW + timedelta(minutes=1)}, "lies ahead"),
        ({"text": " "}, "no words"),
        ({"from_address": "no address"}, "cannot be written to"),
    ],
)
def test_what_cannot_be_recorded_is_refused_in_a_sentence(office, recorder, changes, why):
    """And nothing is written."""
    with pytest.raises(RecordError, match=why):
        recorder.record(a_letter(**changes), by="A. Name")
    assert count(office.store)["message"] == 0


def test_hostile_names_and_subjects_stay_in_their_header(office, recorder):
    """A line end cannot make a header of its own."""
    given = a_letter(from_name="A\r\nBcc: x@else.example", subject="S\nX-Evil: 1")
    done = recorder.record(given, by="A. Name")
    (message,) = office.view(done.reference)["messages"]
    assert message["subject"] == "S X-Evil: 1"
    assert message["sender_address"] == ""


# Calls back


def test_a_wish_to_be_called_back_goes_to_private_office_for_a_yes_or_no(office, recorder):
    """§1.17, 1.19: who calls and for whom; no case, no number."""
    wish = CallBack(asked_for="ombudsman", number="+441632960001")
    done = recorder.record(a_call(call_back=wish), by="A. Name")
    view = office.view(done.reference)
    (waiting,) = view["call_backs"]
    assert (waiting["state"], waiting["number"]) == ("waiting", "+441632960001")
    row = schema.outbox.c
    with office.store.read() as tx:
        (mail,) = tx.connection.execute(
            schema.outbox.select().where(row.recipient == PRIVATE_OFFICE)
        ).all()
    text = text_of(mail.content)
    assert f"assurance call-back {done.reference} --yes --by NAME" in text
    assert "the Ombudsman" in text
    assert "960001" not in mail.content.decode()
    assert "Please look into this" not in mail.content.decode()
    office.casework.answer_call_back(done.reference, agreed=True, by="P. Office")
    assert office.view(done.reference)["call_backs"][0]["state"] == "yes"


def test_the_number_stands_with_the_wish_and_nowhere_else(recorder, store):
    """Not in the message, the audit or a letter."""
    wish = CallBack(asked_for="ceo", number="+441632960001")
    recorder.record(a_call(call_back=wish), by="A. Name")
    assert everything(store).count("960001") == 1


def test_without_a_private_office_the_team_for_call_backs_is_asked(store):
    """By the table of who replies, routes.toml."""
    policy = a_policy(suggestions={"call-back": "operations"})
    office = an_office_over(store, policy=policy)
    recorder = Recorder(
        store=store,
        intake=office.intake,
        policy=policy,
        letters=office.letters,
        signer=office.signer,
        clock=office.clock,
    )
    recorder.record(a_call(call_back=CallBack(asked_for="ceo", number="1")), by="A. Name")
    assert f"holder.operations@{OFFICE}" in rows(store, schema.outbox, "recipient")


# The commands, with the real classifier


@pytest.fixture
def folder(tmp_path) -> Folder:
    folder = Folder(tmp_path)
    (folder.path / "rules.toml").write_bytes((SHIPPED / "rules.toml").read_bytes())
    folder.change("daemon.toml", 'state = ""', f'state = "{folder.state}"')
    folder.state.mkdir(parents=True, exist_ok=True)
    store = connect_store(load(folder.path, env={}))
    store.prepare()
    store.close()
    return folder


def run(folder, *arguments, code=0, words=None):
    done = CliRunner().invoke(
        command.app, ["record", *arguments, "--config", str(folder.path)], input=words
    )
    assert done.exit_code == code, done.output
    return done


LETTER = (
    "letter",
    *("--from-name", "A. Writer", "--received", "2026-01-05", "--subject", "A complaint"),
    *("--text", "-", "--by", "P. Room"),
)
WORDS = "I want to complain about the hospital that treated my mother. Please investigate."


def test_the_command_says_reference_category_route_and_dates(folder):
    """And how the acknowledgement goes."""
    said = json.loads(run(folder, *LETTER, "--json", words=WORDS).stdout)
    assert said["new"]
    assert said["acknowledge_by_post"]
    day = datetime.fromisoformat(said["received_at"]).astimezone(LONDON)
    assert (day.date().isoformat(), day.hour) == ("2026-01-05", 9)
    assert said["due"]
    again = run(folder, *LETTER, words=WORDS).stdout
    assert f"{said['reference']} was recorded before" in again
    assert f"assurance posted {said['reference']}" in again


def test_a_letter_marked_for_the_ombudsman_goes_to_customer_care(folder):
    """§1.6, by the shipped rules: the mark is read from the text."""
    said = json.loads(run(folder, *LETTER, "--to", "ombudsman", "--json", words=WORDS).stdout)
    assert said["route"] == "customer-care"


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("--received", "2099-01-01"), 64, "lies ahead"),
        (("--received", "yesterday"), 64, "no ISO 8601"),
        (("--text", "/nowhere/letter.txt"), 66, "cannot be read"),
        (("--scan", "/nowhere/scan.pdf"), 66, "cannot be read"),
        (("--by", " "), 64, "who you are"),
        (("--from-address", "nobody"), 65, "cannot be written to"),
    ],
)
def test_mistakes_end_with_their_code_and_a_sentence(folder, arguments, code, why):
    """Nothing is recorded."""
    assert why in run(folder, *LETTER, *arguments, code=code, words=WORDS).stderr


CALL = (
    *("call", "--from-name", "A. Caller", "--at", "2026-01-05T10:30", "--notes", "-"),
    *("--by", "C. Care"),
)


def test_a_call_with_a_wish_to_be_called_back(folder):
    """Number and wish belong together."""
    both = ("--call-back", "ceo", "--number", "01632 960001")
    said = json.loads(run(folder, *CALL, *both, "--json", words="Asks for news.").stdout)
    assert said["received_at"].startswith("2026-01-05T10:30")
    for half in (both[:2], both[2:]):
        run(folder, *CALL, *half, code=64, words="Asks for news.")
