"""`assurance reconcile` on real servers: what an auditor asks for, with and without the daemon."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from daemon.store import Store
from tests.acceptance.mails import a_mail
from tests.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.office import Office
    from tests.servers.smtp import MailServer


on_both = pytest.mark.parametrize("office", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def office(
    make_office: Callable[..., Office], mail_server: MailServer, request: pytest.FixtureRequest
) -> Office:
    """An office with two mailboxes and a mail in each, taken in and answered."""
    postgres = getattr(request, "param", "sqlite") == "postgresql"
    where = {"url": request.getfixturevalue("database_url")} if postgres else {}
    office = make_office(mail_server, **where)
    office.watch("intake")
    office.watch("customer-care")
    office.write()
    office.deliver("intake", a_mail("plain", 1).content)
    office.deliver("customer-care", a_mail("information", 2).content)
    assert office.command("once").returncode == 0
    return office


def reconciled(office: Office, *options: str, code: int) -> dict[str, Any]:
    """Return what the command says, having ended with this status."""
    done = office.command("reconcile", "--json", *options)
    assert done.returncode == code, done.stderr + done.stdout
    return {**json.loads(done.stdout), "said": done.stderr}


def inbox(found: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the figures of one inbox."""
    return next(one for one in found["inboxes"] if one["name"] == name)


def change(office: Office, statement: str, **values: object) -> None:
    """Change the database behind the daemon's back."""
    url = office.url
    if url.startswith("sqlite:///"):
        url = f"sqlite:///{office.state / url.removeprefix('sqlite:///')}"
    store = Store.open(url)
    with store.write() as tx:
        tx.connection.execute(text(statement), values)
    store.close()


def deliver_behind_the_cursor(office: Office, name: str, content: bytes) -> None:
    """Let a mail arrive in such a way that the inbox counts as read past it."""
    office.deliver(name, content)
    last = max(office.dovecot.messages(office.inboxes[name].user))
    (row,) = office.ledger.rows("SELECT cursor FROM inbox WHERE name = :name", name=name)
    validity = row["cursor"].partition(":")[0]
    query = "UPDATE inbox SET cursor = :cursor WHERE name = :name"
    change(office, query, cursor=f"{validity}:{last}", name=name)


def test_when_all_adds_up_it_ends_with_0(office: Office) -> None:
    """Receipts are what the servers list, and every enquiry is answered."""
    found = reconciled(office, code=0)
    assert (found["ok"], found["differences"]) == (True, [])
    for name in ("intake", "customer-care"):
        one = inbox(found, name)
        assert (one["listed"], one["with_receipt"], one["receipts"]) == (1, 1, 1)
        assert (one["to_come"], one["missing"], one["gone"], one["older"]) == (0, 0, 0, 0)
    assert found["enquiries"] == {"acknowledged": 2}
    assert found["in_all"] == {"receipts": 2, "messages": 2, "enquiries": 2}
    shown = office.command("reconcile")
    assert shown.returncode == 0
    assert "Everything adds up." in shown.stdout


def test_mail_that_somebody_moved_away_is_no_difference(office: Office) -> None:
    """It happens every day, and its receipt stays."""
    office.dovecot.expunge(office.inboxes["customer-care"].user, 1)
    one = inbox(reconciled(office, code=0), "customer-care")
    assert (one["listed"], one["receipts"], one["gone"]) == (0, 1, 1)


def test_mail_that_nobody_takes_in_is_a_difference_until_a_daemon_runs(office: Office) -> None:
    """It has arrived since the last poll; with a daemon it comes by itself."""
    office.deliver("intake", a_mail("plain", 3).content)
    (difference,) = reconciled(office, code=65)["differences"]
    assert (difference["where"], difference["count"]) == ("inbox intake", 1)
    assert "no daemon" in difference["why"]
    running = office.start()
    one = inbox(reconciled(office, code=0), "intake")
    assert one["to_come"] + one["with_receipt"] == 2
    running.stop()


@on_both
def test_mail_that_was_passed_by_is_found_and_fetched(office: Office) -> None:
    """It ends with 65 and says which; --fetch takes it in, and all adds up."""
    deliver_behind_the_cursor(office, "intake", a_mail("plain", 4).content)
    found = reconciled(office, code=65)
    (difference,) = found["differences"]
    assert (difference["where"], difference["count"]) == ("inbox intake", 1)
    assert difference["which"] == inbox(found, "intake")["missing_ids"]
    assert difference["what"]
    assert difference["why"]
    assert "reconcile --fetch" in difference["do"]
    after = reconciled(office, "--fetch", code=0)
    assert after["fetched"] == 1
    assert after["enquiries"] == {"acknowledged": 2, "waiting": 1}
    assert office.command("once").returncode == 0
    assert reconciled(office, code=0)["enquiries"] == {"acknowledged": 3}


def test_the_daemon_fetches_what_was_passed_by(office: Office) -> None:
    """When it starts, and daily; the operators are told of it."""
    deliver_behind_the_cursor(office, "intake", a_mail("plain", 5).content)
    running = office.start()
    running.wait_for("inbox_gap-found")
    office.wait_until_quiet(count=3)
    found = reconciled(office, code=0)
    assert found["enquiries"] == {"acknowledged": 3}
    running.stop()


@on_both
def test_with_a_daemon_beside_it_counts_and_leaves_fetching_to_it(office: Office) -> None:
    """Nothing that the daemon has is taken from it."""
    running = office.start()
    found = reconciled(office, "--fetch", code=0)
    assert found["fetched"] == 0
    assert "daemon" in found["said"]
    assert running.is_alive
    running.stop()


def test_an_enquiry_that_was_forgotten_is_named(office: Office) -> None:
    """In the table a person reads, before the sums."""
    reference = office.ledger.rows("SELECT reference FROM enquiry ORDER BY id")[0]["reference"]
    query = "DELETE FROM outbox WHERE key = :key"
    change(office, query, key=f"{reference}:acknowledgement")
    shown = office.command("reconcile")
    assert shown.returncode == 65
    assert shown.stdout.startswith("Difference: ")
    assert reference in shown.stdout
    assert "There are differences" in shown.stdout


def test_an_inbox_that_cannot_be_reached_ends_with_69(office: Office) -> None:
    """The other is counted all the same, and the figures say which was not."""
    office.watch("ceo", port=free_port(), tls="none")
    office.write()
    found = reconciled(office, code=69)
    assert inbox(found, "ceo")["listed"] is None
    assert inbox(found, "ceo")["why"]
    assert inbox(found, "intake")["listed"] == 1
    assert "ceo" in found["said"]
