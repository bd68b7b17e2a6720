"""Mentions and messages as inboxes: late ones, our own, edits, pages cut short, and the price."""

from __future__ import annotations

from datetime import timedelta

import pytest
import responses

from connectors.base import AccessDeniedError, PausedError, UnavailableError
from connectors.posts import unpack
from tests.fakes import FakeClock
from tests.unit import asking_x as x
from tests.unit.test_twitter_problems import BUSY, INVALID


@pytest.fixture
def mock():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        x.me(mock)
        yield mock


@pytest.fixture
def clock():
    return FakeClock(x.NOW)


@pytest.fixture
def mentions(mock, clock):  # noqa: ARG001 -- X answers from the first question on
    return x.an_account(clock=clock).mentions("office-mentions")


@pytest.fixture
def messages(mock, clock):  # noqa: ARG001 -- as above
    return x.an_account(clock=clock).messages("office-messages")


def ids(batch):
    return [one.external_id for one in batch.messages]


def asked(mock):
    """Return the parameters of what was asked, but for who we are."""
    return [call.request.params for call in mock.calls if "/users/me" not in call.request.url]


def answer(mock, url, *pages):
    """Have X answer with these pages from now on, the last for ever."""
    mock.remove(responses.GET, url)
    for page in pages:
        mock.get(url, json=page)


# Mentions


def test_the_first_look_goes_back_to_go_live_and_no_further(mock, mentions):
    """By time, since no id is known yet: what lies before costs, and is nobody's to answer."""
    answer(mock, x.MENTIONS, x.a_page(x.a_post(1)))
    mentions.fetch(None, limit=10)
    (params,) = asked(mock)
    assert params["start_time"] == f"{x.GO_LIVE - timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}"
    assert "since_id" not in params


def test_later_looks_overlap_since_x_lists_late(mock, mentions):
    """since_id alone loses posts: three hours before it are asked for again."""
    answer(mock, x.MENTIONS, x.a_page(x.a_post(1)))
    cursor = mentions.fetch(None, limit=10).cursor
    mentions.fetch(cursor, limit=10)
    assert asked(mock)[-1]["since_id"] == x.an_id(x.NOW - timedelta(hours=3), 1)
    assert "start_time" not in asked(mock)[-1]


def test_what_is_listed_late_comes_once(mock, mentions):
    """A post that appears below others that were had is had too, and they are not had again."""
    early, late = x.a_post(1, at=x.NOW - timedelta(hours=1)), x.a_post(2)
    answer(mock, x.MENTIONS, x.a_page(late))
    first = mentions.fetch(None, limit=10)
    answer(mock, x.MENTIONS, x.a_page(late, early))
    second = mentions.fetch(first.cursor, limit=10, known={late["id"]}.intersection)
    assert ids(second) == [early["id"]]
    third = mentions.fetch(second.cursor, limit=10, known={late["id"], early["id"]}.intersection)
    assert ids(third) == []


def test_pages_are_read_to_the_last_and_come_oldest_first(mock, mentions):
    """X lists newest first."""
    posts = [x.a_post(n, at=x.NOW - timedelta(minutes=n)) for n in range(5)]
    answer(
        mock,
        x.MENTIONS,
        x.a_page(*posts[:2], next_token="7140dibdnow9c7bt"),
        x.a_page(*posts[2:4], next_token="7140dibdnow9c7bu"),
        x.a_page(posts[4]),
    )
    batch = mentions.fetch(None, limit=3)
    assert ids(batch) == [posts[n]["id"] for n in (4, 3, 2)]
    assert (batch.more, batch.left) == (True, 2)
    rest = mentions.fetch(batch.cursor, limit=3)
    assert ids(rest) == [posts[1]["id"], posts[0]["id"]]
    assert [one.get("pagination_token") for one in asked(mock)] == [
        None,
        "7140dibdnow9c7bt",
        "7140dibdnow9c7bu",
    ]


@pytest.mark.parametrize("author", [{"author_id": x.ME}, {"author_id": "5"}])
def test_our_own_posts_are_skipped(mock, mentions, author):
    """The account's, and those of our other accounts: we do not enquire of ourselves."""
    users = [{"id": "5", "username": "TheOmbudsman"}, {"id": x.ME, "username": "PHSOffice"}]
    answer(mock, x.MENTIONS, x.a_page(x.a_post(1, **author), includes={"users": users}))
    assert mentions.fetch(None, limit=10).messages == ()


def test_an_edit_comes_as_a_version_of_its_own(mock, mentions):
    """Its id is new, so that it is read; the first id says what it is a version of."""
    before = x.a_post(1)
    answer(mock, x.MENTIONS, x.a_page(before))
    cursor = mentions.fetch(None, limit=10).cursor
    after = x.a_post(2, edit_history_tweet_ids=[before["id"], x.an_id(x.NOW, 2)])
    answer(mock, x.MENTIONS, x.a_page(after))
    (edited,) = mentions.fetch(cursor, limit=10, known={before["id"]}.intersection).messages
    assert unpack(edited.content).first_id == before["id"]
    assert edited.external_id == after["id"]


def test_a_look_that_is_cut_short_keeps_what_it_had_and_goes_on_there(mock, mentions):
    """The cursor waits until the older ones are had; nothing is asked for twice."""
    new, old = x.a_post(2), x.a_post(1, at=x.NOW - timedelta(days=2))
    mock.get(x.MENTIONS, json=x.a_page(new, next_token="7140dibdnow9c7bt"))
    mock.get(x.MENTIONS, status=503, json=BUSY)
    first = mentions.fetch(None, limit=10)
    assert ids(first) == [new["id"]]
    assert not first.more, "the next look comes when it is its turn"
    mock.get(x.MENTIONS, json=x.a_page(old))
    second = mentions.fetch(first.cursor, limit=10, known={new["id"]}.intersection)
    assert ids(second) == [old["id"]]
    assert asked(mock)[-1]["pagination_token"] == "7140dibdnow9c7bt"
    assert first.cursor.split("|")[0] == x.GO_LIVE.isoformat()
    assert second.cursor.split("|")[0] == x.NOW.isoformat()


def test_a_page_that_is_refused_makes_the_next_look_begin_anew(mock, mentions):
    """The token of a page may have died: it is not asked for again for ever."""
    mock.get(x.MENTIONS, json=x.a_page(x.a_post(1), next_token="7140dibdnow9c7bt"))
    mock.get(x.MENTIONS, status=503, json=BUSY)
    cursor = mentions.fetch(None, limit=10).cursor
    mock.get(x.MENTIONS, status=400, json=INVALID)
    for _ in range(2):
        with pytest.raises(AccessDeniedError):
            mentions.fetch(cursor, limit=10)
    assert "pagination_token" not in asked(mock)[-1]


def test_after_a_restart_in_the_midst_nothing_is_lost(mock, clock):
    """Receipts tell what was had; the cursor stands where all before it was."""
    posts = [x.a_post(n, at=x.NOW - timedelta(minutes=10 - n)) for n in range(4)]
    answer(mock, x.MENTIONS, x.a_page(*reversed(posts)))
    before = x.an_account(clock=clock).mentions("m").fetch(None, limit=2)
    had = set(ids(before))
    after = x.an_account(clock=clock).mentions("m")
    batch = after.fetch(before.cursor, limit=10, known=had.intersection)
    assert ids(batch) == [posts[2]["id"], posts[3]["id"]]


def test_what_x_gives_no_more_is_told_once(mock, mentions, clock):
    """800 mentions are all it has: what lies beyond a person has to look for."""
    posts = [x.a_post(n, at=x.NOW - timedelta(seconds=n)) for n in range(800)]
    pages = [
        x.a_page(*posts[n : n + 100], next_token=f"7140dibdnow{n:05d}" if n < 700 else "")
        for n in range(0, 800, 100)
    ]
    answer(mock, x.MENTIONS, *pages, x.a_page())
    batch = mentions.fetch(None, limit=1000)
    assert len(batch.messages) == 800
    (gap,) = batch.missed
    assert gap.reason == "out of reach"
    clock.move(minutes=1)
    assert mentions.fetch(batch.cursor, limit=10).missed == ()


def test_the_list_goes_back_two_days(mock, mentions):
    """It is compared each day with the receipts; a longer one costs, and lateness is hours."""
    new, old = x.a_post(1), x.a_post(2, at=x.NOW - timedelta(days=3))
    answer(mock, x.MENTIONS, x.a_page(new, old))
    assert mentions.list_ids(x.GO_LIVE) == [new["id"]]
    (params,) = asked(mock)
    assert params["start_time"] == f"{x.NOW - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"


def test_posts_can_be_asked_for_again(mock, mentions):
    """Those that are gone have vanished."""
    post = x.a_post(1)
    answer(mock, f"{x.API}/tweets", x.a_page(post))
    batch = mentions.fetch_ids([post["id"], "5", "no-number"])
    assert ids(batch) == [post["id"]]
    assert {one.external_id: one.reason for one in batch.missed} == {
        "5": "vanished",
        "no-number": "vanished",
    }


def test_a_quiet_time_moves_the_mark(mock, mentions, clock):
    """What is two days old was listed by then: no look goes back to the last post of a month."""
    answer(mock, x.MENTIONS, x.a_page(x.a_post(1)))
    cursor = mentions.fetch(None, limit=10).cursor
    clock.move(days=9)
    answer(mock, x.MENTIONS, x.a_page())
    cursor = mentions.fetch(cursor, limit=10).cursor
    assert cursor.split("|")[0] == (clock.now - timedelta(days=2)).isoformat()
    mentions.fetch(cursor, limit=10)
    assert "start_time" in asked(mock)[-1]


# Direct messages


def test_messages_are_paged_until_one_is_known(mock, messages):
    """X knows no since for them, and names a next page for ever."""
    known = x.a_message(1, at=x.NOW - timedelta(days=1))
    answer(mock, x.MESSAGES, x.a_page(known, next_token="18LAA5G1SL0NR5OG"), x.a_page())
    cursor = messages.fetch(None, limit=10).cursor
    assert len(asked(mock)) == 2, "the second page was empty: that is the end"
    new = [x.a_message(n, at=x.NOW - timedelta(minutes=n)) for n in range(2, 24)]
    answer(
        mock,
        x.MESSAGES,
        x.a_page(*new[:20], next_token="18LAA5G1SL0NR5O1"),
        x.a_page(
            *new[20:], known, x.a_message(99, at=x.NOW - timedelta(days=5)), next_token="1" * 16
        ),
    )
    batch = messages.fetch(cursor, limit=100, known={known["id"]}.intersection)
    assert len(batch.messages) == 22
    assert len(asked(mock)) == 4, "the page that reached a known one was the last"


def test_a_look_at_messages_reads_few(mock, messages):
    """Each message that is read costs: the first page is short, and holds no lists of people."""
    answer(mock, x.MESSAGES, x.a_page())
    messages.fetch(None, limit=10)
    (params,) = asked(mock)
    assert params["max_results"] == "20"
    assert params["event_types"] == "MessageCreate"
    assert "participant_ids" not in params["dm_event.fields"]


def test_what_we_wrote_ourselves_is_no_message_to_us(mock, messages):
    """Our acknowledgements lie in the same list; so do people who come and go."""
    joined = {"id": x.an_id(x.NOW, 3), "event_type": "ParticipantsJoin", "participant_ids": ["7"]}
    answer(
        mock,
        x.MESSAGES,
        x.a_page(joined, x.a_message(2, sender_id=x.ME), x.a_message(1)),
        x.a_page(),
    )
    batch = messages.fetch(None, limit=10)
    assert ids(batch) == [x.an_id(x.NOW, 1)]


def test_an_outage_of_a_month_is_looked_back_as_far_as_x_gives(mock, clock):
    """30 days: what was written before is told as out of reach, once."""
    account = x.an_account(clock=clock, go_live_at=x.NOW - timedelta(days=90))
    inbox = account.messages("m")
    answer(mock, x.MESSAGES, x.a_page(x.a_message(1, at=x.NOW - timedelta(days=80))), x.a_page())
    clock.now = x.NOW - timedelta(days=60)
    cursor = inbox.fetch(None, limit=10).cursor
    clock.now = x.NOW
    answer(mock, x.MESSAGES, x.a_page(x.a_message(2), next_token="1" * 16), x.a_page())
    batch = inbox.fetch(cursor, limit=10)
    assert ids(batch) == [x.an_id(x.NOW, 2)]
    (gap,) = batch.missed
    assert gap.external_id == f"out of reach {cursor[:10]}..{x.NOW:%Y-%m-%d}"
    assert inbox.fetch(batch.cursor, limit=10).missed == ()


def test_a_short_outage_leaves_no_gap(mock, messages, clock):
    """All that came meanwhile is had."""
    answer(mock, x.MESSAGES, x.a_page(x.a_message(1)), x.a_page())
    cursor = messages.fetch(None, limit=10).cursor
    clock.move(days=20)
    new = x.a_message(2, at=clock.now)
    answer(mock, x.MESSAGES, x.a_page(new, x.a_message(1)))
    batch = messages.fetch(cursor, limit=10, known={x.an_id(x.NOW, 1)}.intersection)
    assert (ids(batch), batch.missed) == ([new["id"]], ())


def test_a_message_can_be_asked_for_again(mock, messages):
    """One by one; those that are gone have vanished."""
    one = x.a_message(1)
    mock.get(f"{x.API}/dm_events/{one['id']}", json={**x.a_page(one), "data": one})
    mock.get(f"{x.API}/dm_events/5", status=404, json={"status": 404})
    batch = messages.fetch_ids([one["id"], "5"])
    assert ids(batch) == [one["id"]]
    assert [miss.external_id for miss in batch.missed] == ["5"]


def test_a_page_that_comes_again_and_again_is_the_last(mock, mentions):
    """A token that leads back to where it stands must not be followed for ever."""
    answer(mock, x.MENTIONS, x.a_page(x.a_post(1), next_token="7140dibdnow9c7bt"))
    assert len(mentions.fetch(None, limit=10).messages) == 1
    assert len(mentions.list_ids(None)) == 1
    assert len(asked(mock)) == 4


# Pace


def test_a_look_that_may_not_be_made_yet_is_no_trouble(mock, messages):
    """The share is used up: the poll comes back when it begins anew."""
    used_up = {
        "x-rate-limit-remaining": "0",
        "x-rate-limit-reset": str(int(x.NOW.timestamp()) + 60),
    }
    mock.get(x.MESSAGES, json=x.a_page(), headers=used_up)
    messages.fetch(None, limit=10)
    with pytest.raises(PausedError):
        messages.fetch(None, limit=10)


def test_trouble_with_nothing_had_is_said(mock, mentions):
    """Only what is worth having hides it, until the next look."""
    mock.get(x.MENTIONS, status=503, json=BUSY)
    with pytest.raises(UnavailableError):
        mentions.fetch(None, limit=10)
