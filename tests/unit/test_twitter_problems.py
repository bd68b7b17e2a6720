"""Every way in which X does not do what it was asked, each with its reaction."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
import requests
import responses

from connectors.base import (
    AccessDeniedError,
    PausedError,
    RejectedError,
    UnavailableError,
)
from connectors.twitter.asking import TIMEOUT_S, UncertainError
from tests.fakes import FakeClock, FakeMemory
from tests.unit import asking_x as x

PROBLEMS = "https://api.x.com/2/problems"
OLD_PROBLEMS = "https://api.twitter.com/2/problems"
UNAUTHORIZED = {
    "title": "Unauthorized",
    "type": "about:blank",
    "status": 401,
    "detail": "Unauthorized",
}
INVALID = {
    "errors": [{"parameters": {"x": ["y"]}, "message": "The `x` query parameter is not valid"}],
    "title": "Invalid Request",
    "detail": "One or more parameters to your request was invalid.",
    "type": f"{OLD_PROBLEMS}/invalid-request",
}
CREDITS = {
    "title": "CreditsDepleted",
    "detail": "Your enrolled account does not have any credits to fulfill this request.",
    "type": f"{OLD_PROBLEMS}/credits",
}
DEPLETED = {
    "detail": "credits depleted",
    "status": 402,
    "title": "Payment Required",
    "type": f"{PROBLEMS}/credits-depleted",
}
CAPPED = {
    "title": "UsageCapExceeded",
    "period": "Monthly",
    "scope": "Product",
    "detail": "Usage cap exceeded: Monthly product cap",
    "account_id": 1,
    "product_name": "basic",
    "type": f"{OLD_PROBLEMS}/usage-capped",
}
SUSPENDED = {
    "detail": "The user used for authentication is suspended",
    "title": "Forbidden",
    "status": 403,
    "type": f"{OLD_PROBLEMS}/user-suspended",
}
PERMISSIONS = {
    "title": "Forbidden",
    "status": 403,
    "detail": "Your client app is not configured with the appropriate oauth1 app permissions for"
    " this endpoint.",
    "type": f"{OLD_PROBLEMS}/oauth1-permissions",
}
NOT_ENROLLED = {
    "client_id": "1",
    "detail": "When authenticating requests to the API v2 endpoints, you must use keys and tokens"
    " from a developer App that is attached to a Project.",
    "registration_url": "https://developer.twitter.com/en/docs/projects/overview",
    "title": "Client Forbidden",
    "required_enrollment": "Standard Basic",
    "reason": "client-not-enrolled",
    "type": f"{OLD_PROBLEMS}/client-forbidden",
}
PLAIN = {"title": "Forbidden", "type": "about:blank", "status": 403, "detail": "Forbidden"}
TOO_MANY = {
    "title": "Too Many Requests",
    "type": "about:blank",
    "status": 429,
    "detail": "Too Many Requests",
}
BUSY = {
    "title": "Service Unavailable",
    "detail": "Service Unavailable",
    "type": "about:blank",
    "status": 503,
}
NOT_FOUND = {"title": "Not Found", "detail": "Not Found", "type": "about:blank", "status": 404}


def refusal(detail: str, kind: str = "about:blank") -> dict[str, object]:
    return {"detail": detail, "type": kind, "title": "Forbidden", "status": 403}


DELETED = "You attempted to reply to a Tweet that is deleted or not visible to you."
CLOSED = "You do not have permission to DM one or more participants."
SUMMONED_ONLY = "You can only reply to or quote posts where you are mentioned or are the author."


@pytest.fixture
def mock():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


# Reading

OFF = [
    pytest.param(401, UNAUTHORIZED, "keys", id="401"),
    pytest.param(402, CREDITS, "no credits", id="402 credits"),
    pytest.param(402, DEPLETED, "no credits", id="402 credits-depleted"),
    pytest.param(402, {}, "no credits", id="402 and nothing said"),
    pytest.param(403, SUSPENDED, "suspended", id="403 user-suspended"),
    pytest.param(403, refusal("The user is suspended."), "suspended", id="403 suspended, in words"),
    pytest.param(403, PERMISSIONS, "permissions", id="403 oauth1-permissions"),
    pytest.param(403, NOT_ENROLLED, "not enrolled", id="403 client-forbidden"),
    pytest.param(403, {"reason": "client-not-enrolled"}, "not enrolled", id="403 by its reason"),
    pytest.param(403, PLAIN, "permissions", id="403 plain: scopes are missing"),
    pytest.param(403, refusal(CLOSED), "no direct messages", id="403 of an item, while reading"),
    pytest.param(404, NOT_FOUND, "no such account", id="404"),
    pytest.param(429, CAPPED, "monthly cap", id="429 that is no limit"),
]


@pytest.mark.parametrize("path", [x.MENTIONS, x.MESSAGES])
@pytest.mark.parametrize(("status", "body", "words"), OFF)
def test_what_a_person_has_to_mend_stops_the_inbox_and_says_what(mock, path, status, body, words):
    """Access is denied, in words for an operator, and the account's standing says since when."""
    x.me(mock)
    mock.get(path, status=status, json=body, headers={"x-rate-limit-remaining": "7"})
    account = x.an_account()
    inbox = account.mentions("m") if path == x.MENTIONS else account.messages("m")
    with pytest.raises(AccessDeniedError, match=words):
        inbox.fetch(None, limit=10)
    assert account.standing().off_since_at == x.NOW
    assert words in account.standing().why


def test_it_is_off_since_the_first_refusal_and_on_again_with_the_first_answer(mock):
    """What X says in between does not move the hour."""
    x.me(mock)
    clock = FakeClock(x.NOW)
    account = x.an_account(clock=clock)
    inbox = account.mentions("m")
    refused = mock.get(x.MENTIONS, status=402, json=CREDITS)
    for _ in range(3):
        with pytest.raises(AccessDeniedError):
            inbox.fetch(None, limit=10)
        clock.move(minutes=10)
    assert account.standing().off_since_at == x.NOW
    mock.remove(refused)
    mock.get(x.MENTIONS, json=x.a_page())
    inbox.fetch(None, limit=10)
    assert account.standing().off_since_at is None


def test_one_call_that_is_refused_stays_refused_while_others_are_answered(mock):
    """The app may read posts and no messages: that is told as long as it is so."""
    x.me(mock)
    mock.get(x.MESSAGES, status=403, json=PERMISSIONS)
    mock.get(x.MENTIONS, json=x.a_page())
    account = x.an_account()
    with pytest.raises(AccessDeniedError):
        account.messages("d").fetch(None, limit=10)
    account.mentions("m").fetch(None, limit=10)
    assert "permissions" in account.standing().why


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        pytest.param(
            503,
            '{"title": "Service Unavailable", "status": 503}',
            "application/problem+json",
            id="503",
        ),
        pytest.param(503, "<html>Over capacity</html>", "text/html", id="503 as HTML"),
        pytest.param(500, "", "text/plain", id="500 and nothing said"),
        pytest.param(503, "[1]", "application/json", id="503 and no object"),
        pytest.param(503, '{"errors": [1, null]}', "application/json", id="503 and odd errors"),
        pytest.param(418, "{}", "application/json", id="a status that nobody knows"),
        pytest.param(200, "<html>Welcome</html>", "text/html", id="200 as HTML"),
        pytest.param(200, "[1, 2]", "application/json", id="200 and no object"),
        pytest.param(200, '{"data": ', "application/json", id="200 and broken off"),
    ],
)
def test_what_is_busy_or_broken_is_left_alone_for_a_while(mock, status, content, kind):
    """X itself is in trouble: back off, nobody has to act."""
    x.me(mock)
    mock.get(x.MENTIONS, status=status, body=content, content_type=kind)
    account = x.an_account()
    with pytest.raises(UnavailableError) as caught:
        account.mentions("m").fetch(None, limit=10)
    assert "Over capacity" not in str(caught.value)
    assert account.standing().off_since_at is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.exceptions.ConnectTimeout(), "no answer in time"),
        (requests.exceptions.ReadTimeout(), "no answer in time"),
        (requests.exceptions.SSLError(), "encryption"),
        (requests.exceptions.ConnectionError(), "cannot be reached"),
        (requests.exceptions.ChunkedEncodingError(), "cannot be reached"),
    ],
)
def test_what_cannot_be_reached_says_why(mock, error, words):
    """Whatever requests raises is one of ours."""
    x.me(mock)
    mock.get(x.MENTIONS, body=error)
    with pytest.raises(UnavailableError, match=words):
        x.an_account().mentions("m").fetch(None, limit=10)


def test_every_request_has_a_timeout(mock):
    """tweepy gives none, and X has kept callers waiting for a quarter of an hour."""
    x.me(mock)
    mock.get(x.MENTIONS, json=x.a_page())
    x.an_account().mentions("m").fetch(None, limit=10)
    assert [call.request.req_kwargs["timeout"] for call in mock.calls] == [TIMEOUT_S] * 2


def test_a_bad_request_is_asked_again_by_the_names_of_2026(mock):
    """X renamed its fields: where it does not know the old names, the new ones serve."""
    x.me(mock)
    mock.get(x.MENTIONS, status=400, json=INVALID)
    mock.get(x.MENTIONS, json=x.a_page(x.a_post(1)))
    inbox = x.an_account().mentions("m")
    assert len(inbox.fetch(None, limit=10).messages) == 1
    asked = [call.request.params for call in mock.calls if "mentions" in call.request.url]
    assert "tweet.fields" in asked[0]
    assert "post.fields" in asked[1]
    assert asked[1]["expansions"] == "author_id,referenced_posts.id"
    inbox.fetch(None, limit=10)
    assert "post.fields" in mock.calls[-1].request.params, "the names that serve are remembered"


def test_a_request_that_is_bad_by_both_names_is_a_persons_to_mend(mock):
    """It is asked twice, and no third time."""
    x.me(mock)
    mock.get(x.MENTIONS, status=400, json=INVALID)
    with pytest.raises(AccessDeniedError, match="may have changed"):
        x.an_account().mentions("m").fetch(None, limit=10)
    assert len(mock.calls) == 3


def test_keys_of_another_account_are_found_out_before_anything_is_read(mock):
    """A mix-up of secret files must not read somebody else's messages."""
    mock.get(f"{x.API}/users/me", json={"data": {"id": "7", "username": "somebody"}})
    account = x.an_account()
    for _ in range(2):
        with pytest.raises(AccessDeniedError, match="not those of @phsoffice"):
            account.messages("d").fetch(None, limit=10)
    assert account.standing().off_since_at == x.NOW


# Limits


def limits(remaining: int, resets_in_s: float, *, name: str = "x-rate-limit") -> dict[str, str]:
    return {
        f"{name}-limit": "15",
        f"{name}-remaining": str(remaining),
        f"{name}-reset": str(int(x.NOW.timestamp() + resets_in_s)),
    }


@pytest.mark.parametrize(
    "body", [TOO_MANY, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}]
)
def test_too_many_requests_are_waited_out_to_the_second(mock, body):
    """The reset of the header is handed on, and nothing is asked before."""
    x.me(mock)
    mock.get(x.MENTIONS, status=429, json=body, headers=limits(0, 600))
    clock = FakeClock(x.NOW)
    inbox = x.an_account(clock=clock).mentions("m")
    with pytest.raises(UnavailableError) as caught:
        inbox.fetch(None, limit=10)
    assert caught.value.retry_at == x.NOW + timedelta(seconds=600)
    asked = len(mock.calls)
    clock.move(seconds=599)
    with pytest.raises(UnavailableError):
        inbox.fetch(None, limit=10)
    assert len(mock.calls) == asked
    clock.move(seconds=1)
    mock.get(x.MENTIONS, json=x.a_page())
    inbox.fetch(None, limit=10)


@pytest.mark.parametrize(
    ("headers", "after_s"),
    [
        pytest.param({}, 900, id="no header: a quarter of an hour"),
        pytest.param({"x-rate-limit-reset": "soon"}, 900, id="no number"),
        pytest.param({"x-rate-limit-reset": "9" * 30}, 900, id="no time at all"),
        pytest.param(limits(0, -60), 5, id="in the past: a moment"),
        pytest.param(limits(0, 10**8), 25 * 3600, id="in three years: a day"),
        pytest.param(
            {**limits(5, 60), **limits(0, 7200, name="x-user-limit-24hour")}, 7200, id="by the day"
        ),
        pytest.param(
            {**limits(5, 60), **limits(0, 7300, name="x-app-limit-24hour")}, 7300, id="of the app"
        ),
    ],
)
def test_whatever_a_header_says_the_wait_is_sound(mock, headers, after_s):
    """A reset that is missing, past or absurd neither stops us for years nor lets us hammer."""
    x.me(mock)
    mock.get(x.MESSAGES, status=429, json=TOO_MANY, headers=headers)
    with pytest.raises(UnavailableError) as caught:
        x.an_account().messages("d").fetch(None, limit=10)
    assert caught.value.retry_at == x.NOW + timedelta(seconds=after_s)


def test_a_refusal_is_heeded_after_a_restart(mock):
    """It is kept, so that a new process does not begin by being refused again."""
    x.me(mock)
    mock.get(x.MENTIONS, status=429, json=TOO_MANY, headers=limits(0, 600))
    memory = FakeMemory()
    with pytest.raises(UnavailableError):
        x.an_account(memory=memory).mentions("m").fetch(None, limit=10)
    before = len(mock.calls)
    with pytest.raises(UnavailableError) as caught:
        x.an_account(memory=memory).mentions("m").fetch(None, limit=10)
    assert caught.value.retry_at == x.NOW + timedelta(seconds=600)
    assert [c.request.path_url for c in mock.calls[before:]] == [mock.calls[0].request.path_url]


def test_a_share_that_is_used_up_is_no_trouble(mock):
    """The last answer said that no more may be asked: we wait, and nothing is wrong."""
    x.me(mock)
    mock.get(x.MENTIONS, json=x.a_page(), headers=limits(0, 300))
    inbox = x.an_account().mentions("m")
    inbox.fetch(None, limit=10)
    asked = len(mock.calls)
    with pytest.raises(PausedError) as caught:
        inbox.fetch(None, limit=10)
    assert caught.value.retry_at == x.NOW + timedelta(seconds=300)
    assert len(mock.calls) == asked


def test_a_share_that_is_used_up_stays_so_over_a_restart(mock):
    """Until it begins anew; then nothing of it is kept."""
    x.me(mock)
    mock.get(x.MENTIONS, json=x.a_page(), headers=limits(0, 300))
    memory, clock = FakeMemory(), FakeClock(x.NOW)
    x.an_account(memory=memory, clock=clock).mentions("m").fetch(None, limit=10)
    inbox = x.an_account(memory=memory, clock=clock).mentions("m")
    with pytest.raises(PausedError):
        inbox.fetch(None, limit=10)
    clock.move(seconds=301)
    mock.remove(responses.GET, x.MENTIONS)
    mock.get(x.MENTIONS, json=x.a_page(), headers=limits(14, 900))
    inbox.fetch(None, limit=10)
    assert not [name for name in memory.kept if name.startswith("until:")]


def test_one_calls_limit_is_not_anothers(mock):
    """Messages wait, mentions go on."""
    x.me(mock)
    mock.get(x.MESSAGES, status=429, json=TOO_MANY, headers=limits(0, 600))
    mock.get(x.MENTIONS, json=x.a_page())
    account = x.an_account()
    with pytest.raises(UnavailableError):
        account.messages("d").fetch(None, limit=10)
    account.mentions("m").fetch(None, limit=10)


def test_the_months_budget_keeps_its_last_tenth_for_answers(mock):
    """Reading stops, people are still answered; the month after all is as before."""
    x.me(mock)
    mock.get(x.MENTIONS, json=x.a_page())
    mock.post(x.SEND_MESSAGE, status=201, json={"data": {"dm_event_id": "1"}})
    clock, memory = FakeClock(x.NOW), FakeMemory()
    account = x.an_account(clock=clock, memory=memory, monthly=100)
    memory.kept["requests:2026-11"] = "89"
    with pytest.raises(UnavailableError, match="budget of 100 requests") as caught:
        account.mentions("m").fetch(None, limit=10)
    assert caught.value.retry_at is not None
    assert caught.value.retry_at.isoformat() == "2026-12-01T00:00:00+00:00"
    account.answers("a").send(x.an_envelope())
    memory.kept["requests:2026-11"] = "100"
    with pytest.raises(UnavailableError):
        account.answers("a").send(x.an_envelope(key="k2"))
    clock.move(days=4)
    account.mentions("m").fetch(None, limit=10)
    assert account.standing().requests == 1


# Sending

ITEM = [
    pytest.param(
        403,
        refusal(SUMMONED_ONLY, f"{PROBLEMS}/not-authorized-for-resource"),
        "named us",
        id="unsummoned",
    ),
    pytest.param(403, refusal(SUMMONED_ONLY), "named us", id="unsummoned, the other type"),
    pytest.param(
        403,
        refusal(DELETED),
        "deleted",
        id="deleted",
    ),
    pytest.param(
        403,
        refusal(CLOSED),
        "no direct messages",
        id="closed",
    ),
    pytest.param(
        403, refusal("This operation is not permitted."), "no direct messages", id="closed too"
    ),
    pytest.param(403, refusal("Something new."), "does not say why", id="anything else"),
    pytest.param(400, INVALID, "malformed", id="400"),
    pytest.param(404, NOT_FOUND, "not at X any more", id="404"),
]


@pytest.mark.parametrize(("status", "body", "words"), ITEM)
def test_what_is_refused_for_good_is_one_items_matter(mock, status, body, words):
    """A person is told of it, the account goes on, and it is not tried again by itself."""
    x.me(mock)
    mock.post(x.SEND_MESSAGE, status=status, json=body)
    memory = FakeMemory()
    account = x.an_account(memory=memory)
    with pytest.raises(RejectedError, match=words) as caught:
        account.answers("a").send(x.an_envelope("Dear Ann, your case"))
    assert "Ann" not in str(caught.value)
    assert account.standing().off_since_at is None
    assert not [name for name in memory.kept if name.startswith("tried:")]


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, UNAUTHORIZED), (402, CREDITS), (403, PLAIN), (403, SUSPENDED), (429, CAPPED)],
)
def test_what_stops_the_account_stops_its_answers_too(mock, status, body):
    """They wait, at no attempt."""
    x.me(mock)
    mock.post(x.SEND_MESSAGE, status=status, json=body)
    memory = FakeMemory()
    with pytest.raises(AccessDeniedError):
        x.an_account(memory=memory).answers("a").send(x.an_envelope())
    assert not [name for name in memory.kept if name.startswith("tried:")]


def test_answers_wait_for_the_limit_of_the_day(mock):
    """1,440 messages a day: the header of the day says until when."""
    x.me(mock)
    used_up = {**limits(3, 60), **limits(0, 5000, name="x-user-limit-24hour")}
    mock.post(x.SEND_MESSAGE, status=201, json={"data": {"dm_event_id": "1"}}, headers=used_up)
    outlet = x.an_account().answers("a")
    outlet.send(x.an_envelope())
    with pytest.raises(PausedError) as caught:
        outlet.send(x.an_envelope(key="k2"))
    assert caught.value.retry_at == x.NOW + timedelta(seconds=5000)


# Nobody hears what is said


def test_nothing_that_x_or_a_person_said_stands_in_the_log(mock, caplog):
    """tweepy writes down tokens and bodies at DEBUG."""
    caplog.set_level(logging.DEBUG)
    x.me(mock)
    mock.get(x.MENTIONS, json=x.a_page(x.a_post(1, text="@phsoffice my secret matter")))
    mock.post(x.SEND_MESSAGE, status=403, json=refusal("about the secret matter"))
    account = x.an_account()
    account.mentions("m").fetch(None, limit=10)
    with pytest.raises(RejectedError):
        account.answers("a").send(x.an_envelope("the secret matter"))
    said = "\n".join(f"{one.name} {one.getMessage()}" for one in caplog.records)
    assert "secret matter" not in said
    assert "ats" not in said


def test_an_answer_that_never_came_is_in_doubt(mock):
    """Something was sent, and nobody knows whether it arrived."""
    x.me(mock)
    for error in (requests.exceptions.ReadTimeout(), requests.exceptions.ConnectionError()):
        mock.post(x.SEND_MESSAGE, body=error)
        with pytest.raises(UncertainError):
            x.an_account().answers("a").send(x.an_envelope())
        mock.remove(responses.POST, x.SEND_MESSAGE)
