"""Finding enquiries by any part of a name, an address or a subject, on both databases."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text

from benchmarks.stored import fill
from daemon.model import Reader
from daemon.store import Store, registers
from daemon.store.registers import Filter
from tests.builders import a_mail, an_office_over


@pytest.fixture
def office(store):
    """An office with three enquiries."""
    office = an_office_over(store)
    for name, address, subject in (
        ("Zoë Kowalska", "zoe@home.example", 'The "lost" notes'),
        ("Bo Prys", "bo_prys@work.example", "100% of my care"),
        ("Al Ng", "al@n.example", "The ward's delay"),
    ):
        office.take(a_mail(sender=f"{name} <{address}>", subject=subject))
    return office


def names(office, words, **more) -> list[str]:
    with office.store.read() as tx:
        wanted = Filter(open_only=False, about=words, newest_first=True, limit=50, **more)
        return [one.who for one in tx.enquiries(wanted)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("kowalska", ["Zoë Kowalska"]),
        ("OWALSK", ["Zoë Kowalska"]),  # any part, in any case
        ("zoe  kow", ["Zoë Kowalska"]),  # without the accent, and with more blanks
        ('"lost" n', ["Zoë Kowalska"]),
        ('"', ["Zoë Kowalska"]),
        ("home.example", ["Zoë Kowalska"]),
        ("bo_p", ["Bo Prys"]),
        ("100%", ["Bo Prys"]),
        ("ng", ["Al Ng"]),
        ("ward's", ["Al Ng"]),
        (".example", ["Al Ng", "Bo Prys", "Zoë Kowalska"]),
        ("%", ["Bo Prys"]),
        ("bo prys OR kowalska", []),
        ("kow*", []),
        ("NEAR(zoe kowalska)", []),
        ("\0", ["Al Ng", "Bo Prys", "Zoë Kowalska"]),
        ("nobody", []),
    ],
)
def test_any_part_is_found_and_nothing_in_it_is_a_command(office, words, found):
    """As it is typed: no wildcards, no operators, and one or two letters will do."""
    assert sorted(names(office, words)) == found


def test_a_part_of_a_reference_is_found_and_a_name_of_five_letters_too(office):
    """Five letters may be either."""
    with office.store.write() as tx:
        tx.connection.execute(text("UPDATE enquiry SET reference = 'PH-AB3D5-K7M9P' WHERE id = 2"))
    for part in ("K7M9P", "ab3d5", "PH-AB3D5", "ph-ab", "AB3D5-K7M9P", "ab3d5-k"):
        assert names(office, part) == ["Bo Prys"], part
    office.take(a_mail(sender="Di Singh <di@singh.example>", subject="My care"))
    assert names(office, "singh") == ["Di Singh"]


def test_without_the_right_to_the_extension_a_search_reads_all_words(database_url):
    """An office whose database is another's: its tables are made, and searches find."""
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("CREATE ROLE guest LOGIN")
        owner.execute("GRANT CREATE ON SCHEMA public TO guest")
    store = Store.open(database_url.replace("//tests@", "//guest@"))
    try:
        store.prepare()
        office = an_office_over(store)
        office.take(a_mail(sender="Bo Prys <bo@work.example>"))
        assert names(office, "rys") == ["Bo Prys"]
        with store.read() as tx:
            made = "SELECT count(*) FROM pg_indexes WHERE indexname = 'message_search'"
            assert tx.connection.scalar(text(made)) == 0
    finally:
        store.close()
        with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as owner:
            owner.execute("DROP OWNED BY guest")
            owner.execute("DROP ROLE guest")


def test_what_is_erased_or_changed_is_found_no_more(office):
    """The index follows the words by itself."""
    with office.store.write() as tx:
        tx.connection.execute(text("UPDATE message_words SET words = 'other' WHERE message_id = 1"))
        tx.connection.execute(text("DELETE FROM message_words WHERE message_id = 2"))
    assert names(office, "kowalska") == names(office, "prys") == []
    assert names(office, "other") == ["Zoë Kowalska"]
    office.store.forget_for_good()
    assert names(office, "other") == ["Zoë Kowalska"]
    assert names(office, "delay") == ["Al Ng"]


def test_somebody_who_may_see_few_finds_them_behind_many(store, monkeypatch):
    """The newest of many are looked at first; where they may not be seen, all the others too."""
    monkeypatch.setattr(registers, "_NEWEST_FOUND", 5)
    fill(store, 200)
    office = an_office_over(store)
    assert len(names(office, "writer.")) == 50
    with store.write() as tx:
        tx.connection.execute(text("UPDATE enquiry SET team = 'legal' WHERE id <= 3"))
    assert len(names(office, "writer.", reader=Reader(teams=frozenset({"legal"})))) == 3
