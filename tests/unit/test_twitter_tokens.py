"""Tokens of X's that rotate: kept before use, renewed by one at a time, and never lost."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
import requests
import responses

from connectors.base import AccessDeniedError, UnavailableError
from tests.fakes import FakeClock, FakeMemory
from tests.unit import asking_x as x
from tests.unit.test_twitter_problems import UNAUTHORIZED

REFUSED = {
    "error": "invalid_request",
    "error_description": "Value passed for the token was invalid.",
}


@pytest.fixture
def mock():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        x.me(mock)
        mock.get(x.MENTIONS, json=x.a_page())
        yield mock


@pytest.fixture
def clock():
    return FakeClock(x.NOW)


@pytest.fixture
def memory():
    return FakeMemory()


def an_inbox(memory, clock, **changes):
    return x.an_account(secrets={**x.TOKENS, **changes}, memory=memory, clock=clock).mentions("m")


def gives(mock, number):
    """Have X give the n-th pair of tokens."""
    mock.remove(responses.POST, x.TOKEN)
    mock.post(
        x.TOKEN,
        json={
            "token_type": "bearer",
            "expires_in": 7200,
            "access_token": f"access-{number}",
            "refresh_token": f"refresh-{number}",
            "scope": "tweet.read users.read offline.access",
        },
    )


def renewals(mock):
    """Return the refresh tokens that were used."""
    return [
        parse_qs(call.request.body)["refresh_token"][0]
        for call in mock.calls
        if call.request.url == x.TOKEN
    ]


def bearers(mock):
    return [c.request.headers["Authorization"] for c in mock.calls if c.request.url != x.TOKEN]


def test_the_first_token_comes_of_the_configs(mock, memory, clock):
    """And the new pair is kept before anything is asked with it."""
    gives(mock, 1)
    an_inbox(memory, clock).fetch(None, limit=1)
    assert renewals(mock) == ["refresh-0"]
    assert bearers(mock) == ["Bearer access-1"] * 2
    assert json.loads(memory.secrets["tokens"])[:2] == ["access-1", "refresh-1"]


def test_a_confidential_app_proves_itself_and_a_public_one_names_itself(mock, memory, clock):
    """As X documents the two."""
    gives(mock, 1)
    an_inbox(memory, clock).fetch(None, limit=1)
    assert mock.calls[0].request.headers["Authorization"].startswith("Basic ")
    public = {k: v for k, v in x.TOKENS.items() if k != "client_secret"}
    x.an_account(secrets=public, memory=FakeMemory(), clock=clock).mentions("m").fetch(
        None, limit=1
    )
    asked = [call.request for call in mock.calls if call.request.url == x.TOKEN][-1]
    assert "Authorization" not in asked.headers
    assert parse_qs(asked.body)["client_id"] == ["cid"]


def test_a_token_serves_until_shortly_before_its_end_over_restarts(mock, memory, clock):
    """A new process takes what is kept."""
    gives(mock, 1)
    an_inbox(memory, clock).fetch(None, limit=1)
    clock.move(minutes=100)
    inbox = an_inbox(memory, clock)
    inbox.fetch(None, limit=1)
    assert renewals(mock) == ["refresh-0"]
    clock.move(minutes=16)
    gives(mock, 2)
    inbox.fetch(None, limit=1)
    assert renewals(mock) == ["refresh-0", "refresh-1"]


def test_another_daemon_that_renewed_it_is_followed(mock, memory, clock):
    """The token in hand is refused; the one that is kept meanwhile serves."""
    gives(mock, 1)
    inbox = an_inbox(memory, clock)
    inbox.fetch(None, limit=1)
    kept = json.loads(memory.secrets["tokens"])
    memory.secrets["tokens"] = json.dumps(["access-2", "refresh-2", *kept[2:]])
    mock.remove(responses.GET, x.MENTIONS)
    mock.get(x.MENTIONS, status=401, json=UNAUTHORIZED)
    mock.get(x.MENTIONS, json=x.a_page())
    inbox.fetch(None, limit=1)
    assert renewals(mock) == ["refresh-0"]
    assert bearers(mock)[-1] == "Bearer access-2"


def test_a_refused_token_is_renewed_once_and_no_more(mock, memory, clock):
    """401 with a fresh one is a person's to mend."""
    gives(mock, 1)
    inbox = an_inbox(memory, clock)
    inbox.fetch(None, limit=1)
    mock.remove(responses.GET, x.MENTIONS)
    mock.get(x.MENTIONS, status=401, json=UNAUTHORIZED)
    gives(mock, 2)
    before = len(mock.calls)
    with pytest.raises(AccessDeniedError, match="keys"):
        inbox.fetch(None, limit=1)
    assert len(mock.calls) - before == 3, "refused, renewed, refused"


def test_one_at_a_time_renews(mock, memory, clock):
    """Two that use the same refresh token would end both."""
    memory.another_is_at_it = True
    with pytest.raises(UnavailableError, match="another daemon") as caught:
        an_inbox(memory, clock).fetch(None, limit=1)
    assert caught.value.wait_s is not None
    assert renewals(mock) == []


def test_a_refresh_token_that_is_dead_is_a_persons_to_mend(mock, memory, clock):
    """It says what to do, and nothing of what X wrote."""
    mock.post(x.TOKEN, status=400, json=REFUSED)
    with pytest.raises(AccessDeniedError, match="sign in anew") as caught:
        an_inbox(memory, clock).fetch(None, limit=1)
    assert "Value passed" not in str(caught.value)


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 503, "body": "<html>"},
        {"status": 429, "json": {}},
        {"body": requests.exceptions.ConnectTimeout()},
    ],
)
def test_a_sign_in_service_that_is_away_ends_nothing(mock, memory, clock, trouble):
    """The refresh token stays, and is used again."""
    mock.post(x.TOKEN, **trouble)
    inbox = an_inbox(memory, clock)
    with pytest.raises(UnavailableError):
        inbox.fetch(None, limit=1)
    gives(mock, 1)
    inbox.fetch(None, limit=1)
    assert set(renewals(mock)) == {"refresh-0"}


def test_a_new_refresh_token_in_the_config_counts(mock, memory, clock):
    """Whoever signs in anew puts it there: what was kept of the old one is passed over."""
    gives(mock, 1)
    an_inbox(memory, clock).fetch(None, limit=1)
    gives(mock, 5)
    an_inbox(memory, clock, refresh_token="brand-new").fetch(None, limit=1)
    assert renewals(mock) == ["refresh-0", "brand-new"]


def test_what_is_kept_and_cannot_be_read_is_as_nothing(mock, memory, clock):
    """Sealed by a key that is gone, say: the config's token begins anew."""
    memory.secrets["tokens"] = "{"
    gives(mock, 1)
    an_inbox(memory, clock).fetch(None, limit=1)
    assert renewals(mock) == ["refresh-0"]


def test_a_token_without_an_end_serves_two_hours(mock, memory, clock):
    """X says how long; were it not to, its documents do."""
    mock.post(x.TOKEN, json={"token_type": "bearer", "access_token": "a", "refresh_token": "b"})
    an_inbox(memory, clock).fetch(None, limit=1)
    ends = json.loads(memory.secrets["tokens"])[2]
    assert ends == (x.NOW + timedelta(hours=2)).isoformat()


def test_a_token_that_could_not_be_kept_is_kept_before_anything_else(mock, clock):
    """The database was away for a moment: the old refresh token is dead, and this the only one."""
    memory = _Forgetful()
    gives(mock, 1)
    inbox = an_inbox(memory, clock)
    with pytest.raises(OSError, match="away"):
        inbox.fetch(None, limit=1)
    memory.is_away = False
    inbox.fetch(None, limit=1)
    assert renewals(mock) == ["refresh-0"]
    assert json.loads(memory.secrets["tokens"])[1] == "refresh-1"


class _Forgetful(FakeMemory):
    """One that cannot be written for a while."""

    is_away = True

    def write_secret(self, name, value):
        if self.is_away:
            msg = "away"
            raise OSError(msg)
        super().write_secret(name, value)
