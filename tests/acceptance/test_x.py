"""The daemon on X: a local one that limits, runs out of credits, lists late, edits and breaks down.

Every message is taken in once and answered once, nothing is asked before X allows it, and the
process is well throughout.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.servers import wait_until
from tests.servers.x import CLIENT, KEYS, OFFICE, XServer, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.office import Office, Running

pytestmark = pytest.mark.servers

CASE = "My complaint {} has been with you for eight months and nobody answers me. P-00412{}"
PEOPLE = [str(number) for number in range(41, 49)]
INVITATION = "Thank you for telling us. Please write to us in a direct message, not here."


@pytest.fixture
def x() -> Iterator[XServer]:
    """A local X that people are on, with limits that a busy minute meets."""
    x = XServer(limits={"mentions": (6, 5.0), "messages": (5, 5.0), "me": (50, 900.0)})
    for number in PEOPLE:
        x.add_user(number, f"person{number}", f"Person {number}")
    yield x
    x.close()


@pytest.fixture
def office(make_office, x):
    """An office with its account there, and a mailbox that is quiet."""
    office = make_office()
    office.watch("intake", poll_s=5)
    with_account(office, x, KEYS)
    return office


def with_account(office: Office, x: XServer, secrets: dict[str, str]) -> None:
    """Write the office's account into its config."""
    for name, words in secrets.items():
        office.secret(name, words)
    (office.config / "social.toml").write_text(
        f"""
[[account]]
name = "x"
network = "x"
handle = "@{OFFICE}"
allow = ["mentions", "messages", "answers", "invitations"]
go_live = {time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400 * 3))}
api = "{x.url}"
mentions_every_s = 1
messages_every_s = 1

[account.secrets]
"""
        + "".join(f'{name} = "file:{name}"\n' for name in secrets)
        + f'\n[invitation]\ntext = "{INVITATION}"\n'
    )


def taken(office: Office) -> dict[str, int]:
    """Return how often each post or message was taken in."""
    rows = office.ledger.rows(
        "SELECT external_id, count(*) AS n FROM receipt WHERE inbox LIKE 'x-%' GROUP BY external_id"
    )
    return {row["external_id"]: row["n"] for row in rows}


def wait_for_all(office: Office, posts: list[dict], *, within_s: float = 60) -> None:
    """Wait until all of these are taken in, and nothing waits to be sent."""
    wanted = {one["id"] for one in posts}
    wait_until(
        lambda: wanted <= set(taken(office)) and not office.ledger.unsent(),
        within_s=within_s,
        what=f"{len(wanted)} posts ({len(wanted - set(taken(office)))} are missing)",
    )


def assert_paced(x: XServer) -> None:
    """X refused nothing for too many requests: our share was never overdrawn."""
    assert not [one.path for one in x.seen if one.status == 429]


def assert_well(running: Running) -> None:
    """It lives, and no work of it came to grief."""
    assert running.is_alive
    assert not running.has_said("job_failed"), running.tail()


def has_said_off(office: Office, words: str) -> bool:
    """Whether the daemon's health says that the account is off, and why."""
    status, body = office.health("/status")
    if not status:
        return False
    parts = {one["name"]: one for one in json.loads(body)["parts"]}
    why = parts.get("account:x", {}).get("why", "")
    return why.startswith("X is off since ") and words in why


def test_a_busy_day_with_late_posts_edits_and_a_kill(office, x):
    """Once each: in the store, in its enquiry, and in what people got."""
    asked = [x.message(CASE.format("by message", n), by=by) for n, by in enumerate(PEOPLE)]
    asked += [
        x.post(f"@{OFFICE} {CASE.format('in public', n)}", by=by) for n, by in enumerate(PEOPLE[:3])
    ]
    chatter = x.post(f"@{OFFICE} lol", by="47", answers=asked[-1])
    repost = x.post(
        f"RT @x: @{OFFICE} …",
        by="46",
        referenced_tweets=[{"type": "retweeted", "id": asked[-1]["id"]}],
    )
    running = office.start()
    wait_for_all(office, [*asked, chatter, repost])

    earlier = time.time() - 1800
    late = [
        x.post(f"@{OFFICE} {CASE.format('listed late', 7)}", by="45", at=earlier, listed_after_s=4),
        x.message("A further word on it.", by="41", at=time.time() - 60, listed_after_s=4),
    ]
    edited = x.edit(asked[-1], f"@{OFFICE} {CASE.format('in public', 2)} I want to end my life.")
    own = x._message("Our own word, by hand.", "99", "41", None)
    wait_for_all(office, [*late, edited])
    assert_well(running)

    running.kill()
    while_down = [
        x.message("While you were away.", by="42"),
        x.message(CASE.format("new", 8), by="44"),
    ]
    running = office.start()
    wait_for_all(office, while_down)
    time.sleep(3)
    assert_well(running)
    running.stop()

    everything = [*asked, chatter, repost, *late, edited, *while_down]
    assert taken(office) == {one["id"]: 1 for one in everything}
    assert own["id"] not in taken(office)
    messages = office.ledger.rows("SELECT outcome, skip, new_text FROM message")
    assert len(messages) == len(everything) - 1, "the edited post is one message"
    assert {one["skip"] for one in messages if one["outcome"] == "set-aside"} == {"social-chatter"}
    assert sum(one["outcome"] == "joined" for one in messages) == 3
    # Eight people wrote, three of them again: one acknowledgement for each enquiry.
    for number in PEOPLE:
        got = [text for text in x.sent_to(number) if "Your reference is" in text]
        assert len(got) == 1, number
    invited = {one["text"] for one in x.own_posts}
    assert invited == {f"@person{number} {INVITATION}" for number in (41, 42, 43, 45)}
    assert len(x.own_posts) == 4
    assert len(office.ledger.outbox("alert")) == 1, "the edit raised it"
    assert_paced(x)


def test_no_credits_an_outage_and_a_refusal_cost_no_message(office, x):
    """Health says since when and why; nothing is asked before the hour that X names."""
    running = office.start()
    first = x.message(CASE.format("first", 1), by="41")
    wait_for_all(office, [first])

    x.has_credits = False
    second = x.message(CASE.format("second", 2), by="42")
    wait_until(lambda: has_said_off(office, "no credits"), within_s=40, what="being off")
    assert "no credits" in office.command("status").stdout
    x.has_credits = True
    # It looks again after ten minutes by itself; a person who has paid says so.
    running.stop()
    running = office.start()
    wait_for_all(office, [second])
    assert not has_said_off(office, "")

    x.outage = "html"
    third = x.post(f"@{OFFICE} {CASE.format('third', 3)}", by="43")
    time.sleep(4)
    x.outage = ""
    wait_for_all(office, [third])

    until = time.time() + 8
    refusal = problem(429)
    headers = {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(int(until) + 1)}
    x.refuse("messages", refusal, headers, until=until)
    fourth = x.message(CASE.format("fourth", 4), by="44")
    wait_for_all(office, [fourth])
    refused = [one for one in x.calls("messages") if one.status == 429]
    assert len(refused) == 1
    after = [one.at for one in x.calls("messages") if one.at > refused[0].at]
    assert min(after) >= int(until) + 1
    assert_well(running)
    assert set(taken(office).values()) == {1}


def test_an_answer_whose_end_nobody_heard_is_not_sent_twice(office, x):
    """X took it and broke off; the daemon looks, finds it there, and is content."""
    x.outage = "cut"
    running = office.start()
    one = x.message(CASE.format("cut off", 1), by="41")
    wait_until(lambda: x.sent_to("41"), within_s=30, what="the answer that X took")
    x.outage = ""
    wait_for_all(office, [one], within_s=90)
    time.sleep(2)
    assert len(x.sent_to("41")) == 1
    assert x.calls("messages-with")
    assert_well(running)


def test_tokens_that_rotate_outlive_the_process(make_office, x):
    """Each refresh token is used once, whichever process has it."""
    office = make_office()
    office.watch("intake", poll_s=5)
    x.token_lasts_s = 302  # five minutes before its end it is renewed: every two seconds
    with_account(office, x, {**CLIENT, "refresh_token": "refresh-0"})
    posts = []
    for number in range(3):
        running = office.start()
        posts.append(x.message(CASE.format("by token", number), by=PEOPLE[number]))
        wait_for_all(office, posts)
        time.sleep(2)
        running.kill() if number % 2 else running.stop()
    assert x.refreshed >= 3
    assert x.refresh_token, "no dead token was ever shown"
    assert set(taken(office).values()) == {1}
    assert "refresh-" not in office.log_text()
    kept = office.ledger.rows("SELECT value FROM marker WHERE name LIKE 'account:%'")
    assert not any("refresh-" in one["value"] for one in kept)
