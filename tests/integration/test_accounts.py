"""Who may sign in at the page: passwords, links, sessions, and roles as sets of rights."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from daemon.accounts import AccountError, Accounts, Limits
from daemon.config import load
from daemon.model import Right
from tests.builders import NOW, a_policy, a_signer, a_team
from tests.fakes import FakeClock
from tests.unit.config_folders import SHIPPED

WORDS = "three quiet words"


@pytest.fixture(scope="module")
def roles(tmp_path_factory):
    """The roles as they are shipped."""
    loaded = load(SHIPPED, env={}, state_dir=tmp_path_factory.mktemp("state"))
    return {one.id: one.as_role() for one in loaded.desk.role}


@pytest.fixture
def clock():
    return FakeClock(NOW)


@pytest.fixture
def accounts(store, roles, clock):
    teams = {
        "operations": a_team("operations", assistant_director="ad.operations@ombudsman.example"),
        "intake": a_team("intake"),
    }
    return Accounts(
        store=store,
        signer=a_signer(),
        policy=a_policy(teams=teams),
        roles=roles,
        limits=Limits(
            idle=timedelta(minutes=60), longest=timedelta(hours=12), link=timedelta(hours=48)
        ),
        clock=clock,
    )


def made(accounts, name, *roles, address=""):
    return accounts.add(
        name,
        display_name=name.title(),
        address=address or f"{name}@ombudsman.example",
        roles=roles,
        by="A. Person",
    )


def signed_in(accounts, name, *roles, address=""):
    accounts.set_password(made(accounts, name, *roles, address=address), WORDS)
    return accounts.who(accounts.sign_in(name, WORDS))


def test_a_link_sets_a_password_once(accounts):
    """The owner alone knows it; the link ends with it."""
    key = made(accounts, "sam", "officer")
    assert accounts.sign_in("sam", "") is None
    assert accounts.welcomed(key) == "sam"
    assert accounts.set_password(key, WORDS) == "sam"
    assert accounts.welcomed(key) == ""
    with pytest.raises(AccountError, match="does not work any more"):
        accounts.set_password(key, WORDS)
    person = accounts.who(accounts.sign_in(" SAM ", WORDS))
    assert (person.name, person.may(Right.CORRECT), person.may(Right.MERGE)) == ("Sam", True, False)


def test_a_link_ends_by_itself_and_with_the_next(accounts, clock):
    """Two days, and only the latest works."""
    first = made(accounts, "sam", "officer")
    second = accounts.new_link("sam", by="A. Person")
    assert accounts.welcomed(first) == ""
    clock.move(hours=49)
    assert accounts.welcomed(second) == ""


@pytest.mark.parametrize("password", ["short", "x" * 201, "sam sam sam sam"])
def test_a_password_that_will_not_do_leaves_the_link_alone(accounts, password):
    """It says what would do."""
    key = made(accounts, "sam", "officer")
    with pytest.raises(AccountError, match="Choose a password"):
        accounts.set_password(key, password)
    assert accounts.welcomed(key) == "sam"


def test_whoever_is_wrong_is_told_nothing(accounts):
    """Neither an unknown name, nor a wrong password, nor an account without one, signs in."""
    signed_in(accounts, "sam", "officer")
    made(accounts, "new", "officer")
    for name, password in (("sam", "wrong"), ("nobody", WORDS), ("new", ""), ("", "")):
        assert accounts.sign_in(name, password) is None


def test_a_session_ends_when_idle_and_in_any_case(accounts, clock):
    """A click keeps it alive, but not for ever."""
    signed_in(accounts, "sam", "officer")
    key = accounts.sign_in("sam", WORDS)
    for _ in range(14):
        clock.move(minutes=50)
        assert accounts.who(key)
    clock.move(minutes=50)
    assert accounts.who(key) is None
    key = accounts.sign_in("sam", WORDS)
    clock.move(minutes=61)
    assert accounts.who(key) is None


def test_signing_out_off_and_anew_end_sessions(accounts):
    """What was a key opens nothing any more."""
    signed_in(accounts, "boss", "administrator")
    signed_in(accounts, "sam", "officer")
    key = accounts.sign_in("sam", WORDS)
    accounts.sign_out(key)
    assert accounts.who(key) is None
    key = accounts.sign_in("sam", WORDS)
    accounts.switch("sam", on=False, by="Boss")
    assert accounts.who(key) is None
    assert accounts.sign_in("sam", WORDS) is None
    accounts.switch("sam", on=True, by="Boss")
    key = accounts.sign_in("sam", WORDS)
    accounts.new_link("sam", by="Boss")
    assert accounts.who(key) is None
    assert accounts.sign_in("sam", WORDS) is None
    assert accounts.who("") is accounts.who("made up") is None


def test_roles_change_what_a_signed_in_person_may(accounts):
    """At the next click; and what a role is not any more gives no right."""
    signed_in(accounts, "boss", "administrator")
    signed_in(accounts, "sam", "officer")
    key = accounts.sign_in("sam", WORDS)
    accounts.set_roles("sam", ["reader"], by="Boss")
    assert not accounts.who(key).may(Right.CORRECT)
    assert accounts.who(key).may(Right.SEE_ENQUIRIES)


def test_somebody_can_always_set_accounts(accounts):
    """The last administrator can neither be switched off nor lose the role."""
    signed_in(accounts, "boss", "administrator")
    for doing in (
        lambda: accounts.switch("boss", on=False, by="Boss"),
        lambda: accounts.set_roles("boss", ["reader"], by="Boss"),
    ):
        with pytest.raises(AccountError, match="last account"):
            doing()
    made(accounts, "other", "administrator")
    accounts.switch("boss", on=False, by="Other")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"name": "sam"}, "already"),
        ({"address": "sam@ombudsman.example"}, "already"),
        ({"name": "two words"}, "no spaces"),
        ({"display_name": " "}, "stands beside"),
        ({"address": "sam@elsewhere.example"}, "no address of the office"),
        ({"roles": ["king"]}, "no role 'king'"),
        ({"roles": []}, "at least one role"),
    ],
)
def test_an_account_that_cannot_be_is_refused(accounts, given, why):
    """Each with a sentence that says what to give."""
    made(accounts, "sam", "officer")
    values = {
        "name": "new",
        "display_name": "New",
        "address": "new@ombudsman.example",
        "roles": ["officer"],
        **given,
    }
    with pytest.raises(AccountError, match=why):
        accounts.add(values.pop("name"), **values, by="A. Person")


def test_an_assistant_director_sees_their_own_teams(accounts):
    """Through a reader that is narrowed to them."""
    person = signed_in(
        accounts, "ad", "assistant-director", address="ad.operations@ombudsman.example"
    )
    assert person.reader.teams == {"operations"}
    both = signed_in(accounts, "two", "assistant-director", "reader")
    assert both.reader.teams is None


def test_the_sign_in_service_binds_an_account_once(accounts):
    """By the verified address at first; afterwards by who they are there alone."""
    made(accounts, "sam", "officer")
    assert accounts.sign_in_from("subject-1", "nobody@ombudsman.example") is None
    assert accounts.who(accounts.sign_in_from("subject-1", "Sam@Ombudsman.example")).name == "Sam"
    assert accounts.sign_in_from("subject-1", "") is not None
    assert accounts.sign_in_from("subject-2", "sam@ombudsman.example") is None


def test_the_audit_names_nobody_and_the_store_keeps_no_password(accounts, store):
    """Keyed hashes and ids; Argon2 of the password."""
    signed_in(accounts, "sam", "officer")
    accounts.sign_in("sam", "wrong")
    accounts.sign_in("nobody", "wrong")
    with store.read() as tx:
        rows = tx.connection.execute(text("SELECT event, actor, subject FROM audit")).all()
        kept = tx.connection.execute(text("SELECT password_hash FROM account")).scalar_one()
    assert [r.event for r in rows] == [
        *("account_added", "account_password_set", "account_signed_in"),
        *("account_refused", "account_refused"),
    ]
    assert not [r for r in rows if "sam" in r.actor.lower()]
    assert kept.startswith("$argon2id$")
    assert WORDS not in kept


def test_what_is_new_is_remembered(accounts, clock):
    """Until the moment somebody looked, never later than now."""
    person = signed_in(accounts, "sam", "officer")
    assert accounts.looked_at(person) is None
    accounts.has_looked(person, until=clock() + timedelta(days=9))
    assert accounts.looked_at(person) == clock()
