"""Answers on X: once, whatever became of an earlier try."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import requests
import responses

from connectors.base import DeferredError, Envelope, RejectedError, UnavailableError
from connectors.posts import Answer, pack_answer
from tests.fakes import FakeClock, FakeMemory
from tests.unit import asking_x as x
from tests.unit.test_twitter_problems import BUSY, CLOSED, NOT_FOUND, refusal

POST = x.an_id(x.NOW, 7)


@pytest.fixture
def mock():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        x.me(mock)
        yield mock


@pytest.fixture
def clock():
    return FakeClock(x.NOW)


@pytest.fixture
def memory():
    return FakeMemory()


@pytest.fixture
def outlet(mock, clock, memory):  # noqa: ARG001 -- X answers from the first question on
    return x.an_account(clock=clock, memory=memory).answers("office-answers")


def sent(mock):
    """Return what went out."""
    return [json.loads(c.request.body) for c in mock.calls if c.request.method == "POST"]


def tried(memory):
    return [name for name in memory.kept if name.startswith("tried:")]


def ours(text, at, **changes):
    return x.a_message(5, at=at, sender_id=x.ME, text=text, **changes)


def test_a_direct_message_goes_to_its_person(mock, outlet, memory):
    """By their number, which stays when a handle changes hands."""
    mock.post(x.SEND_MESSAGE, status=201, json={"data": {"dm_event_id": "1"}})
    outlet.send(x.an_envelope("We have it."))
    assert sent(mock) == [{"text": "We have it."}]
    assert tried(memory) == []


def test_a_public_reply_goes_below_the_post_that_names_us(mock, outlet):
    """And nowhere else in its thread."""
    mock.post(x.SEND_POST, status=201, json={"data": {"id": "1", "text": "x"}})
    outlet.send(x.an_envelope("Write to us.", answers=POST))
    assert sent(mock) == [{"text": "Write to us.", "reply": {"in_reply_to_tweet_id": POST}}]


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param({"status": 503, "json": BUSY}, id="503"),
        pytest.param({"status": 503, "body": "<html>"}, id="HTML"),
        pytest.param({"status": 200, "body": "<html>"}, id="200 as HTML"),
        pytest.param({"body": requests.exceptions.ReadTimeout()}, id="no answer"),
        pytest.param({"body": requests.exceptions.ChunkedEncodingError()}, id="cut"),
        pytest.param({"body": requests.exceptions.ConnectionError("reset")}, id="reset"),
    ],
)
@pytest.mark.parametrize("answers", ["", POST])
def test_an_unknown_outcome_is_looked_up_before_a_second_try(
    mock, outlet, memory, clock, trouble, answers
):
    """It arrived, as X shows: it is sent, and not sent again."""
    url = x.SEND_POST if answers else x.SEND_MESSAGE
    mock.post(url, **trouble)
    with pytest.raises(UnavailableError):
        outlet.send(x.an_envelope("We have it.", answers=answers))
    assert len(tried(memory)) == 1
    clock.move(seconds=30)
    if answers:
        seen = x.a_post(
            8,
            author_id=x.ME,
            text="@ann We have it.",
            referenced_tweets=[{"type": "replied_to", "id": POST}],
        )
        mock.get(x.OWN_POSTS, json=x.a_page(seen))
    else:
        mock.get(x.MESSAGES_WITH, json=x.a_page(ours("We have it.", x.NOW)))
    outlet.send(x.an_envelope("We have it.", answers=answers))
    assert len(sent(mock)) == 1
    assert tried(memory) == []


def test_what_x_does_not_show_yet_is_waited_for_then_sent(mock, outlet, clock):
    """X lists late: right after the try, its silence proves nothing."""
    mock.post(x.SEND_MESSAGE, body=requests.exceptions.ReadTimeout())
    mock.get(x.MESSAGES_WITH, json=x.a_page())
    with pytest.raises(UnavailableError):
        outlet.send(x.an_envelope())
    clock.move(seconds=90)
    with pytest.raises(DeferredError):
        outlet.send(x.an_envelope())
    assert len(sent(mock)) == 1
    clock.move(seconds=31)
    mock.remove(responses.POST, x.SEND_MESSAGE)
    mock.post(x.SEND_MESSAGE, status=201, json={"data": {"dm_event_id": "1"}})
    outlet.send(x.an_envelope())
    assert len(sent(mock)) == 2


def test_a_process_that_was_killed_while_it_sent_is_remembered(mock, clock, memory):
    """The try was noted before it was made, so the next process looks first."""
    memory.kept["tried:k1"] = x.NOW.isoformat()
    mock.get(x.MESSAGES_WITH, json=x.a_page(ours("We have it.", x.NOW)))
    x.an_account(clock=clock, memory=memory).answers("a").send(x.an_envelope("We have it."))
    assert sent(mock) == []


@pytest.mark.parametrize(
    ("text", "at", "sender"),
    [
        pytest.param("Something else.", timedelta(), x.ME, id="other words"),
        pytest.param("We have it.", timedelta(hours=-1), x.ME, id="an hour before the try"),
        pytest.param("We have it.", timedelta(), "42", id="they wrote it"),
    ],
)
def test_what_is_there_and_was_not_that_try_does_not_count(
    mock, outlet, memory, clock, text, at, sender
):
    """The same words an hour ago were another answer."""
    memory.kept["tried:k1"] = x.NOW.isoformat()
    clock.move(minutes=5)
    mock.get(
        x.MESSAGES_WITH, json=x.a_page(x.a_message(5, at=x.NOW + at, text=text, sender_id=sender))
    )
    mock.post(x.SEND_MESSAGE, status=201, json={"data": {"dm_event_id": "1"}})
    outlet.send(x.an_envelope("We have it."))
    assert len(sent(mock)) == 1


def test_while_x_cannot_be_looked_at_nothing_is_sent(mock, outlet, memory):
    """In doubt, wait."""
    memory.kept["tried:k1"] = x.NOW.isoformat()
    mock.get(x.MESSAGES_WITH, status=503, json=BUSY)
    with pytest.raises(UnavailableError):
        outlet.send(x.an_envelope())
    assert sent(mock) == []
    assert tried(memory) == ["tried:k1"]


@pytest.mark.parametrize(("status", "body"), [(404, NOT_FOUND), (403, refusal(CLOSED))])
def test_somebody_who_is_gone_keeps_nobody_elses_answer_back(mock, outlet, memory, status, body):
    """The look itself is refused: that answer is a person's matter, and the account goes on."""
    memory.kept["tried:k1"] = x.NOW.isoformat()
    mock.get(x.MESSAGES_WITH, status=status, json=body)
    with pytest.raises(RejectedError):
        outlet.send(x.an_envelope())


def test_a_look_before_a_second_try_may_use_what_is_kept_for_answers(mock, outlet, memory):
    """Reading has stopped for the month, and people are still answered."""
    memory.kept |= {"tried:k1": x.NOW.isoformat(), "requests:2026-11": "9500"}
    mock.get(x.MESSAGES_WITH, json=x.a_page(ours("We have it.", x.NOW)))
    outlet.send(x.an_envelope("We have it."))
    assert tried(memory) == []


DUPLICATE = refusal("You are not allowed to create a Tweet with duplicate content.")


@pytest.mark.parametrize("is_there", [True, False])
def test_duplicate_content_is_probably_our_own(mock, outlet, memory, is_there):
    """Where X shows it below that post, it went; where it does not, a person decides."""
    mock.post(x.SEND_POST, status=403, json=DUPLICATE)
    below = POST if is_there else "5"
    seen = x.a_post(
        8, author_id=x.ME, text="Hello.", referenced_tweets=[{"type": "replied_to", "id": below}]
    )
    mock.get(x.OWN_POSTS, json=x.a_page(seen))
    if is_there:
        outlet.send(x.an_envelope("Hello.", answers=POST))
    else:
        with pytest.raises(RejectedError, match="very same"):
            outlet.send(x.an_envelope("Hello.", answers=POST))
    assert tried(memory) == []


def test_a_connection_that_was_never_made_leaves_no_doubt(mock, outlet, memory):
    """Nothing can have arrived: the next try need not look."""
    error = requests.exceptions.ConnectTimeout()
    mock.post(x.SEND_MESSAGE, body=error)
    with pytest.raises(UnavailableError):
        outlet.send(x.an_envelope())
    assert tried(memory) == []


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: a mail\r\n\r\nwords",
        pack_answer(Answer(network="x", recipient_id="1", text="a" * 10_001)),
    ],
)
def test_what_cannot_go_out_is_refused_before_anything_is_asked(mock, outlet, content):
    """A mail that strayed here, or more than X takes."""
    with pytest.raises(RejectedError):
        outlet.send(Envelope(sender="a@b.example", recipient="@ann", content=content))
    assert len(mock.calls) == 0
