"""What is held on somebody, giving it to them, and taking it out so that nothing comes back."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Text, select, text
from typer.testing import CliRunner

from daemon.__main__ import app
from daemon.app import App, load_templates, open_store
from daemon.audit import Auditor
from daemon.model import Category, RetentionRule, Skip
from daemon.privacy import Privacy, PrivacyError
from daemon.service import Stop
from daemon.startup import AdoptedModel, share
from daemon.store import schema
from daemon.store.erasing import columns_of_words
from tests.builders import NOW, a_batch, a_classification, a_mail, a_raw, an_inbox, an_office_over
from tests.fakes import FakeClock, FakeOutlet
from tests.unit.config_folders import Folder

JO = "jo@home.example"
WORD = "zqxmarker"
ENDED = [RetentionRule(what="enquiries", months=36)]


@pytest.fixture
def office(store):
    return an_office_over(store)


@pytest.fixture
def privacy(office):
    return Privacy(store=office.store, signer=office.signer, clock=office.clock)


def write(office, *, sender=JO, text=f"My {WORD} complaint", close=True, **mail):
    """Somebody writes, and the office answers and closes."""
    taken = office.take(a_mail(text=text, sender=sender, **mail))
    if close and taken.reference:
        office.casework.close(taken.reference, by="Sam", note=f"Note of {WORD}")
    return taken


def everything(store):
    """All that any table holds, as text: where a word still stands shows."""
    found = []
    with store.read() as tx:
        for table in schema.metadata.sorted_tables:
            for row in tx.connection.execute(select(table)):
                for name, value in row._mapping.items():
                    said = (
                        value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    )
                    found.append((f"{table.name}.{name}", said))
    return found


def holding(store, *words):
    return sorted({place for place, said in everything(store) if any(w in said for w in words)})


def test_nothing_of_a_person_is_left_anywhere(office, privacy):
    """Not in the mail, the index, the evidence, the letters, the notes; the audit verifies."""
    write(office, subject=f"About {WORD}", headers=[("Reply-To", "Jo Marlow <jo@home.example>")])
    write(office, text=f"More {WORD}", subject="Second")
    assert holding(office.store, WORD, JO, "Marlow")
    auditor = Auditor(store=office.store, signer=office.signer, clock=office.clock)
    auditor.seal()
    done = privacy.erase(JO, by="Sam")
    assert (done.messages, len(done.enquiries)) == (2, 2)
    assert holding(office.store, WORD, JO, "Marlow") == []
    auditor.seal()
    assert auditor.verify([]).ok


def test_figures_stay(office, privacy):
    """Reference, category, dates and clocks: the registers of the year still add up."""
    taken = write(office)
    before = office.view(taken.reference)
    privacy.erase(JO, by="Sam")
    after = office.view(taken.reference)
    for key in ("reference", "category", "source", "received_at", "status"):
        assert after[key] == before[key]
    assert len(after["messages"]) == 1
    assert len(after["deadlines"]) == len(before["deadlines"])


@pytest.mark.parametrize("again", ["same-place", "renumbered", "much-later", "another-inbox"])
def test_what_is_erased_does_not_come_back(office, privacy, again):
    """The mailbox is read anew, numbered anew, put back from a back-up, or copied elsewhere."""
    content = a_mail(text=f"My {WORD} complaint", sender=JO)
    raw = a_raw(content, external_id="1")
    (taken,) = office.intake.take_in(an_inbox(), a_batch(raw), lease=None)
    office.casework.close(taken.reference, by="Sam", note="")
    privacy.erase(JO, by="Sam")
    inbox, later = an_inbox(), raw.arrived_at
    if again == "much-later":
        office.clock.move(days=400)
        later = office.clock()
    if again == "another-inbox":
        inbox = an_inbox("intake")
    number = "1" if again == "same-place" else "99"
    second = a_raw(content, external_id=number, inbox=inbox.name, arrived_at=later)
    (found,) = office.intake.take_in(inbox, a_batch(second), lease=None)
    assert found.state in {"known", "private"}
    assert holding(office.store, WORD, JO) == []
    with office.store.read() as tx:
        assert tx.counts()["enquiries"] == 1


def test_a_new_mail_of_the_same_person_is_heard(office, privacy):
    """Erased is what was written, not the person's right to write again."""
    write(office)
    privacy.erase(JO, by="Sam")
    assert office.take(a_mail(text="Something else altogether", sender=JO)).reference


def test_what_is_open_is_closed_first(office, privacy):
    """Nothing at all is taken out before."""
    write(office, close=False)
    with pytest.raises(PrivacyError, match="Still open: PH-"):
        privacy.erase(JO, by="Sam")
    assert holding(office.store, WORD)


def test_what_is_held_back_stays_until_it_is_let_go(office, privacy):
    """By request and by age; who holds it and why can be listed."""
    kept, gone = write(office), write(office, text="Other words", subject="Other")
    privacy.hold(kept.reference, reason="Judicial review", by="Sam")
    (held,) = privacy.held_back()
    assert (held.reference, held.reason) == (kept.reference, "Judicial review")
    done = privacy.erase(JO, by="Sam")
    assert (done.kept, done.enquiries) == ((kept.reference,), (gone.reference,))
    assert holding(office.store, WORD)
    office.clock.move(days=2000)
    assert privacy.retain(ENDED).enquiries == ()
    assert privacy.let_go(kept.reference, by="Sam")
    assert not privacy.let_go(kept.reference, by="Sam")
    privacy.erase(JO, by="Sam")
    assert holding(office.store, WORD) == []


def test_others_in_the_same_enquiry_keep_their_words(office, privacy):
    """Only what this person wrote goes, and their place among the parties."""
    taken = write(office, close=False)
    reference = taken.reference
    office.take(
        a_mail(text=f"I am the son. {reference}", sender="son@home.example", subject=reference)
    )
    with office.store.write() as tx:
        (m, e) = (schema.message.c, tx.enquiry(reference))
        tx.connection.execute(
            schema.message.update()
            .where(m.sender_address == "son@home.example")
            .values(enquiry_id=e.id)
        )
    for one in ("son@home.example", JO):
        found = privacy.find(one)
        for open_one in found.open:
            office.casework.close(open_one, by="Sam", note="")
    privacy.erase(JO, by="Sam")
    assert holding(office.store, "I am the son")
    assert holding(office.store, WORD, JO) == []


def test_the_same_words_of_somebody_else_stay(office, privacy):
    """Two people sent the same circular: one is erased, the other is not, nor is their mail."""
    write(office, text="The same circular", sender="one@home.example")
    write(office, text="The same circular", sender="two@home.example")
    privacy.erase("one@home.example", by="Sam")
    assert holding(office.store, "one@home.example") == []
    assert "raw.content" in holding(office.store, "two@home.example")


def test_an_open_enquiry_is_found_however_much_somebody_wrote(office, privacy):
    """Behind six hundred other mails, and where they are no party to it any more."""
    office.classifier.by_word["News"] = a_classification(
        category=Category.NOT_AN_ENQUIRY, automation=Skip.BULK
    )
    first = office.take(a_mail(text="News", sender=JO))
    with office.store.write() as tx:
        m = schema.message
        row = tx.connection.execute(select(m).where(m.c.id == first.message_id)).one()._mapping
        kept = {name: value for name, value in row.items() if name not in {"id", "ordinal"}}
        copies = [{**kept, "ordinal": number} for number in range(1, 601)]
        tx.connection.execute(m.insert(), copies)
    taken = write(office, close=False)
    with office.store.write() as tx:
        tx.connection.execute(schema.party.delete())
    found = privacy.find(JO)
    assert (found.messages, found.open) == (602, (taken.reference,))


def test_an_export_holds_the_mail_the_letters_and_the_record(office, privacy, tmp_path):
    """Byte for byte; only its owner can read it."""
    content = a_mail(text=f"My {WORD} complaint", sender=JO)
    taken = office.take(content)
    count = privacy.export(JO, tmp_path / "out", by="Sam")
    files = {path.name: path for path in (tmp_path / "out").iterdir()}
    assert count == len(files) == 3
    (mail,) = (path for name, path in files.items() if name.startswith("message-"))
    assert mail.read_bytes() == content
    assert json.loads(files[f"{taken.reference}.json"].read_text())["reference"] == taken.reference
    assert all(path.stat().st_mode & 0o077 == 0 for path in files.values())
    with pytest.raises(PrivacyError, match="there already"):
        privacy.export(JO, tmp_path / "out", by="Sam")
    with pytest.raises(PrivacyError, match="Nothing is held"):
        privacy.export("nobody@home.example", tmp_path / "none", by="Sam")


# By age


def test_enquiries_go_some_months_after_they_ended(office, privacy):
    """Neither earlier nor while they are open."""
    write(office)
    write(office, sender="open@home.example", text="Still open", subject="Open", close=False)
    office.clock.move(days=30 * 35)
    assert privacy.retain(ENDED).enquiries == ()
    office.clock.move(days=60)
    assert len(privacy.retain(ENDED, dry=True).enquiries) == 1
    assert holding(office.store, WORD)
    assert len(privacy.retain(ENDED).enquiries) == 1
    assert holding(office.store, WORD, JO) == []
    assert holding(office.store, "open@home.example")
    assert privacy.retain(ENDED).enquiries == ()


def test_a_rule_by_category_goes_before_the_rule_of_all_the_rest(office, privacy):
    """Kept longer, or not as long."""
    taken = write(office)
    category = office.view(taken.reference)["category"]
    rules = [RetentionRule(what="enquiries", months=120, categories=(category,)), *ENDED]
    office.clock.move(days=365 * 5)
    assert privacy.retain(rules).enquiries == ()
    office.clock.move(days=365 * 6)
    assert len(privacy.retain(rules).enquiries) == 1


def test_a_night_takes_out_what_is_old_once_and_looks_at_what_is_left(office, privacy):
    """Not by day, and not twice; SQLite knows afterwards what its tables hold."""
    taken = write(office)
    write(office, sender="new@home.example", close=False)
    office.clock.now = (NOW + timedelta(days=365 * 5)).replace(hour=12)
    assert privacy.nightly(ENDED) is None
    office.clock.now = office.clock.now.replace(hour=3)
    done = privacy.nightly(ENDED)
    assert done is not None
    assert done.enquiries == (taken.reference,)
    assert privacy.nightly(ENDED) is None
    if not office.store.allows_many_daemons:
        with office.store.read() as tx:
            assert tx.connection.scalar(text("SELECT count(*) FROM sqlite_stat1")) > 0


def test_mail_of_no_enquiry_and_our_own_notices_go_too(office, privacy):
    """Newsletters and the like; and notices with the original attached."""
    office.classifier.by_word["News"] = a_classification(
        category=Category.NOT_AN_ENQUIRY, automation=Skip.BULK
    )
    office.take(a_mail(text=f"News {WORD}"))
    write(office, text=f"A {WORD}", subject="A", close=False)
    rules = [
        RetentionRule(what="unfiled", months=6),
        RetentionRule(what="internal", months=6),
    ]
    office.sender.send_due(FakeOutlet())
    office.clock.move(days=200)
    done = privacy.retain(rules)
    assert done.messages == 1
    assert done.internal >= 1
    with office.store.read() as tx:
        row = schema.outbox.c
        kept = tx.connection.scalars(select(row.kind).where(row.content != b"")).all()
    assert set(kept) <= {"acknowledgement"}


def test_sqlite_keeps_nothing_in_its_free_pages(office, privacy, tmp_path):
    """What is gone is not in the file either, nor in the log of writes."""
    if office.store.allows_many_daemons:
        pytest.skip("SQLite's file alone can be looked into")
    write(office, text=f"{WORD} " * 5000)
    privacy.erase(JO, by="Sam")
    for path in tmp_path.glob("assurance.db*"):
        assert WORD.encode() not in path.read_bytes(), path.name
    with office.store.write() as tx:
        tx.connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE temp.letters USING fts5vocab(main, message_search, 'row')"
        )
        known = set(tx.connection.exec_driver_sql("SELECT term FROM letters").scalars())
    address = JO.lower()
    assert not known & {address[at : at + 3] for at in range(len(address) - 2)}


def test_every_column_of_words_is_thought_of():
    """A text that a later table keeps about an enquiry must not be forgotten here."""
    blanked = {f"{column.table.name}.{column.name}" for column in columns_of_words()}
    harmless = {
        *("proposal.proposed_by", "proposal.decided_by", "referral.referred_by"),
        *("referral.decided_by", "call_back.asked_by", "call_back.decided_by", "act.by_name"),
        *("phone_contact.agreed_by", "action.owner", "action.created_by", "action.done_by"),
        *("legal_hold.reason", "legal_hold.by_name"),  # it is why, and must be let go first
    }
    elsewhere = {"message", "outbox", "classification", "party", "message_words", "enquiry"}
    for table in schema.metadata.sorted_tables:
        about = any(key.column.table.name in {"enquiry", "message"} for key in table.foreign_keys)
        if not about or table.name in elsewhere | {"enrichment", "receipt", "deadline"}:
            continue
        texts = {f"{table.name}.{c.name}" for c in table.columns if type(c.type) is Text}
        assert texts <= blanked | harmless, texts - blanked - harmless


# The commands


def run(folder, *arguments):
    arguments = [*arguments, "--config", str(folder.path), "--state", str(folder.state)]
    return CliRunner().invoke(app, arguments)


def test_the_commands_from_find_to_erase(tmp_path):
    """Without --yes nothing is done; afterwards a re-scan brings nothing back."""
    folder = Folder(tmp_path)
    run(folder, "once")
    mail = folder.state / "inboxes" / "intake" / "new" / "1.eml"
    mail.write_bytes(a_mail(text=f"My {WORD} complaint", sender=JO))
    os.utime(mail, (1, 1))
    run(folder, "once")
    found = json.loads(run(folder, "privacy", "find", "--address", JO, "--json").stdout)
    assert found["messages"] == 1
    (reference,) = found["enquiries"]
    refused = run(folder, "privacy", "erase", "--address", JO, "--by", "Sam", "--yes")
    assert refused.exit_code == 65
    assert "Still open" in refused.stderr
    run(folder, "close", reference, "--by", "Sam")
    would = run(folder, "privacy", "erase", "--address", JO, "--by", "Sam")
    assert "Nothing was done" in would.stdout
    assert (
        run(folder, "privacy", "hold", reference, "--reason", "Court", "--by", "Sam").exit_code == 0
    )
    assert reference in run(folder, "privacy", "held").stdout
    assert run(folder, "privacy", "let-go", reference, "--by", "Sam").exit_code == 0
    done = run(folder, "privacy", "erase", "--address", JO, "--by", "Sam", "--yes")
    assert "Taken out: 1 messages, 1 enquiries." in done.stdout
    assert run(folder, "audit", "verify").exit_code == 0
    assert run(folder, "reconcile").exit_code == 0
    run(folder, "once")
    assert (
        json.loads(run(folder, "privacy", "find", "--address", JO, "--json").stdout)["messages"]
        == 0
    )
    assert "Due: 0 enquiries" in run(folder, "privacy", "due").stdout
    assert run(folder, "show", reference).exit_code == 0


def test_the_daemon_takes_out_what_is_due_once_a_night(tmp_path):
    """Between one and five in London, and only where the office has said so."""
    folder = Folder(tmp_path)
    folder.change("retention.toml", "active = false", "active = true")
    clock = FakeClock(datetime(2030, 1, 15, 12, tzinfo=UTC))
    config = folder.load(state_dir=folder.state)
    store = open_store(config)
    office = an_office_over(store)
    write(office)
    daemon = App(
        config,
        templates=load_templates(share() / "templates"),
        store=store,
        stop=Stop(),
        models=AdoptedModel.of(config),
        clock=clock,
    )
    daemon._retain()
    assert holding(store, WORD)  # it is noon
    clock.move(hours=14)
    daemon._retain()
    assert holding(store, WORD, JO) == []
    write(office, text=f"{WORD} again", subject="Again")
    daemon._retain()
    assert holding(store, WORD)  # once a night
    store.close()
