"""Posts and messages of X's, by both sets of names, whole, in threads, and with what is missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.posts import Answer, PostKind, pack, pack_answer, unpack, unpack_answer
from connectors.twitter.reading import items_of, mention_from, message_from
from daemon.model import Box
from daemon.parse import ParseError, files_of, html_of, parse
from tests.unit import asking_x as x

RENAMED = (
    ("referenced_tweets", "referenced_posts"),
    ("note_tweet", "note_post"),
    ("edit_history_tweet_ids", "edit_history_post_ids"),
    ('"tweets"', '"posts"'),
    ("retweeted", "reposted"),
)


def by_new_names(value):
    """Return JSON as X writes it by the names of 2026."""
    words = json.dumps(value)
    for old, new in RENAMED:
        words = words.replace(old, new)
    return json.loads(words)


@pytest.fixture(params=["old names", "new names"])
def read(request):
    """Read a mention, by either set of names."""

    def read(item, **around):
        body = x.a_page(item, **around)
        if request.param == "new names":
            item, body = by_new_names(item), by_new_names(body)
        return mention_from(item, body, me=x.ME, handle=x.HANDLE)

    return read


IN_A_THREAD = {
    "referenced_tweets": [{"type": "replied_to", "id": "7"}],
    "in_reply_to_user_id": "5",
}


def near(kind, post_id="7"):
    return [{"type": kind, "id": post_id}]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        pytest.param({}, PostKind.MENTION, id="by itself"),
        pytest.param(
            {"referenced_tweets": near("replied_to"), "in_reply_to_user_id": x.ME},
            PostKind.REPLY,
            id="an answer to us",
        ),
        pytest.param(
            {**IN_A_THREAD, "text": "@jo @PHSOffice @al no"},
            PostKind.THREAD,
            id="our name is carried along",
        ),
        pytest.param(
            {**IN_A_THREAD, "text": "@jo ask @PHSOffice!"},
            PostKind.MENTION,
            id="they named us themselves",
        ),
        pytest.param({"referenced_tweets": near("quoted")}, PostKind.QUOTE, id="a quote"),
        pytest.param(
            {**IN_A_THREAD, "referenced_tweets": [*near("replied_to"), *near("quoted", "8")]},
            PostKind.QUOTE,
            id="an answer that quotes",
        ),
        pytest.param({"referenced_tweets": near("retweeted")}, PostKind.REPOST, id="a retweet"),
    ],
)
def test_what_a_post_is_to_us(read, changes, kind):
    """Its kind is what the office's policy goes by."""
    assert read(x.a_post(1, **changes)).post.kind is kind


def test_a_long_post_is_whole_with_its_own_links(read):
    """`text` is cut there: the note has all of it."""
    note = {
        "text": "@PHSOffice " + "word " * 400 + "see https://t.co/abc",
        "entities": {
            "urls": [{"url": "https://t.co/abc", "expanded_url": "https://example.org/letter"}]
        },
    }
    post = read(x.a_post(1, text="@PHSOffice word word…", note_tweet=note)).post
    assert post.text.endswith("see https://example.org/letter")
    assert len(post.text) > 2_000


def test_short_links_are_spelt_out_and_pictures_noted(read):
    """A colleague sees where a link leads, and that there is a picture."""
    item = x.a_post(
        1,
        text="@PHSOffice &lt;look&gt; &amp; read https://t.co/a https://t.co/p",
        entities={
            "urls": [
                {
                    "url": "https://t.co/a",
                    "expanded_url": "http://short.example/1",
                    "unwound_url": "https://long.example/one",
                },
                {
                    "url": "https://t.co/p",
                    "expanded_url": "https://x.com/ann/status/1/photo/1",
                    "media_key": "3_1",
                },
            ]
        },
        attachments={"media_keys": ["3_1"]},
    )
    post = read(item).post
    assert post.text == "@PHSOffice <look> & read https://long.example/one"
    assert post.notes == ("1 picture or film came with it. Look at it on X.",)


def test_an_edited_post_has_the_id_of_its_first_version(read):
    """Every edit is a new id: the first of the history is what they share."""
    first, second = x.an_id(x.NOW, 1), x.an_id(x.NOW, 2)
    item = x.a_post(2, edit_history_tweet_ids=[first, second])
    assert (read(item).post.first_id, read(item).post.id) == (first, second)


def test_what_it_answers_is_shown_beside_it(read):
    """The words of another are no words of the writer's."""
    other = {"id": "7", "text": "The waiting times are a scandal", "author_id": "5"}
    users = [{"id": "42", "username": "ann"}, {"id": "5", "username": "Jo"}]
    item = x.a_post(1, text="@PHSOffice this", referenced_tweets=near("quoted"))
    found = read(item, includes={"users": users, "tweets": [other]})
    assert found.post.text == "@PHSOffice this"
    first, words = found.post.context.split("\n")
    assert first == "[@jo wrote, which this one passes on:]"
    assert words == "The waiting times are a scandal"
    said = found.as_sent
    assert len(said["includes"]["users"]) == 1, "the author's; the other's is not of this post"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("resource-not-found", "it was deleted"),
        ("not-authorized-for-resource", "its author keeps it from us, or is suspended"),
        ("something-new", "X does not give it"),
    ],
)
@pytest.mark.parametrize("host", ["https://api.twitter.com", "https://api.x.com"])
def test_what_is_deleted_protected_or_suspended_is_said(read, kind, words, host):
    """X answers 200 with the rest, and an error for what it does not give."""
    errors = [
        {
            "resource_type": "tweet",
            "resource_id": "7",
            "parameter": "referenced_tweets.id",
            "value": "7",
            "title": "Not Found Error",
            "detail": "Could not find tweet with referenced_tweets.id: [7].",
            "type": f"{host}/2/problems/{kind}",
        }
    ]
    item = x.a_post(1, referenced_tweets=near("replied_to"), in_reply_to_user_id="5")
    found = read(item, errors=errors)
    assert found.post.notes == (f"The post that it answers cannot be read: {words}.",)
    assert [one["resource_id"] for one in found.as_sent["errors"]] == ["7"]


def test_an_author_whom_x_does_not_name_can_still_be_told_apart(read):
    """Suspended meanwhile, say: the id is there, and no handle can be like it."""
    errors = [
        {
            "resource_id": "42",
            "detail": "User has been suspended: [42].",
            "type": "x/resource-not-found",
        }
    ]
    post = read(x.a_post(1), includes={}, errors=errors).post
    assert (post.author, post.author_id) == ("id-42", "42")


def test_a_direct_message_has_its_conversation():
    """All that two people write to each other is one thread."""
    item = x.a_message(1, text="Hello &amp; thank you")
    post = message_from(item, x.a_page(item), handle=x.HANDLE).post
    assert (post.kind, post.text, post.conversation) == (
        PostKind.MESSAGE,
        "Hello & thank you",
        "dm-42-99",
    )
    assert post.author == "ann"


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        ("2026-11-28T09:12:00.000Z", x.NOW),
        ("2026-11-28T09:12:00Z", x.NOW),
        ("2026-11-28T10:12:00+01:00", x.NOW),
        (None, x.NOW),
        ("Wed Jan 06 18:40:40 +0000 2021", x.NOW),
    ],
)
def test_when_it_was_written(created, expected):
    """As X says in whichever form, else as its id does: by default X says nothing."""
    item = x.a_message(1, created_at=created)
    assert message_from(item, x.a_page(item), handle=x.HANDLE).post.written_at == expected


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        "words",
        [None, 3, "x"],
        [{"id": None}, {"text": "no id"}, {"id": "-1"}, {"id": "²"}],
    ],
)
def test_a_body_without_items_has_none(data):
    """No data where nothing is new; odd data is passed over."""
    assert items_of({"data": data, "meta": {"result_count": 0}}) == []
    assert items_of({"meta": {"result_count": 0}}) == []


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "text",
                    "type",
                    "url",
                    "urls",
                    "users",
                    "tweets",
                    "entities",
                    "note_tweet",
                    "name",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    changes=st.dictionaries(
        st.sampled_from(
            [
                *("text", "author_id", "sender_id", "conversation_id", "created_at", "entities"),
                *("note_tweet", "referenced_tweets", "edit_history_tweet_ids", "attachments"),
                *("in_reply_to_user_id", "dm_conversation_id", "withheld"),
            ]
        ),
        ODD,
    ),
    around=st.dictionaries(st.sampled_from(["includes", "errors", "meta"]), ODD),
)
def test_whatever_x_says_is_read_and_kept(changes, around):
    """A field of another shape than the documents say costs that field, not the post."""
    item = {"id": x.an_id(x.NOW, 1), **changes}
    body = {"data": [item], **around}
    (one,) = items_of(body)
    for found in (
        mention_from(one, body, me=x.ME, handle=x.HANDLE),
        message_from(one, body, handle=x.HANDLE),
    ):
        content = pack(found.post, found.as_sent)
        assert unpack(content) == found.post
        message = parse(content, box=Box.X_DM)
        message.new_text.encode()


# As a message of the daemon's


def a_kept_post(**changes):

    item = x.a_post(1, **changes)
    found = mention_from(item, x.a_page(item), me=x.ME, handle=x.HANDLE)
    return pack(found.post, found.as_sent)


def test_a_kept_post_is_read_as_a_message():
    """Sender, words, thread and time; nothing of the JSON shows."""
    message = parse(a_kept_post(text="@PHSOffice my complaint"), box=Box.X_MENTION)
    assert message.sender.address == "@ann"
    assert message.sender.name == "Ann B"
    assert message.new_text == "@PHSOffice my complaint"
    assert message.date_at == x.NOW
    assert message.posted is not None
    assert message.posted.author == "x:42"
    assert message.posted.account == "@phsoffice"
    assert message.message_id == f"x:{x.an_id(x.NOW, 1)}"


def test_a_kept_post_has_neither_attachments_nor_markup():
    """What looks into mails finds nothing there, and does not stumble."""
    assert files_of(a_kept_post()) == []
    assert html_of(a_kept_post()) == ""


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"{}",
        b'{"post": 1}',
        b'{"post": {"id": "1"}}',
        b'{"post": {"network": "x", "later": 1}}',
        b"{\xff",
    ],
)
def test_bytes_that_hold_no_post_are_refused(content):
    """They go to quarantine, where a later version may read them."""
    with pytest.raises(ParseError):
        parse(content, box=Box.X_DM)


def test_a_mail_is_a_mail_through_whichever_door():
    """`assurance explain` may be asked what a mail would be as a direct message."""
    assert parse(b"Subject: hello\r\n\r\nwords", box=Box.X_DM).subject == "hello"


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'"x"', b"Subject: a mail\r\n\r\nwords", b"%PDF-1.7"]
)
def test_bytes_that_are_no_answer_are_refused(content):
    """What is sent on a network is nothing else."""
    with pytest.raises(ValueError, match="hold no answer"):
        unpack_answer(content)


def test_an_answer_comes_back_as_it_was_packed():
    """Words of any language, and the time."""
    answer = Answer(
        network="x",
        recipient_id="42",
        text="Diolch 🙏 \ud83d",
        key="k",
        written_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert unpack_answer(pack_answer(answer)) == answer


def test_keys_of_both_kinds_and_no_others():
    """The config is told which secrets there should be."""
    network = x.X()
    assert network.missing(x.KEYS) == ""
    assert network.missing(x.TOKENS) == ""
    assert network.missing(["client_id", "refresh_token"]) == ""
    assert "consumer_key" in network.missing(["consumer_key"])
    assert "pasword" in network.missing([*x.KEYS, "pasword"])
    assert network.missing([*x.KEYS, *x.TOKENS]) != ""


@pytest.mark.parametrize(
    ("text", "is_well"),
    [
        ("a" * 280, True),
        ("a" * 281, False),
        ("漢" * 140, True),
        ("漢" * 141, False),
        ("😀" * 140, True),
        ("a" * 256 + " https://example.org/" + "b" * 200, True),
        ("a" * 257 + " https://example.org/", False),
        ("", False),
        ("e\u0301" * 280, True),
    ],
)
def test_a_public_reply_is_counted_as_x_counts(text, is_well):
    """280 by weight: 2 for CJK and emoji, 23 for any link, NFC."""
    assert (x.X().too_long(text) == "") is is_well


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("Write to us in private.", False),
        ("Call 0345 015 4033.", False),
        ("See https://example.org", True),
        ("See ombudsman.org.uk for more", True),
    ],
)
def test_a_link_is_what_x_makes_one_of(text, has):
    """A bare domain, too: it multiplies the price."""
    assert x.X().has_link(text) is has
