"""Another network, as small as one can be: all that a new connector takes."""

# ruff: noqa: ARG002, ARG005 -- the names are those that every network is called by

from datetime import UTC, datetime

from connectors.network import Account, AccountStanding
from connectors.post_inbox import Found, Page
from connectors.posts import Post, PostKind, unpack_answer

TIMELINE, SENT = [], []  # what people wrote: (id, kind, who, words); what we sent: (whom, words)


class Timeline:
    def __init__(self, settings, *kinds):
        self.settings, self.kinds = settings, kinds

    def page(self, _after, _token, *, again=True):
        return Page(found=tuple(self.found(*one) for one in TIMELINE if one[1] in self.kinds))

    def found(self, number, kind, who, words):
        same = {"network": "other", "kind": kind, "account": self.settings.handle, "text": words}
        post = {"id": number, "first_id": number, "conversation": who, "author": who}
        at = {"author_id": who, "written_at": datetime.now(UTC)}  # noqa: TID251
        return Found(post=Post(**same, **post, **at), as_sent={"words": words})

    def by_ids(self, ids):
        return [one for one in self.page(None, "").found if one.post.id in ids]

    def check(self):
        return len(TIMELINE)

    def close(self):
        pass


class Sending:
    def __init__(self, name):
        self.name = name

    def send(self, envelope):
        answer = unpack_answer(envelope.content)
        SENT.append((answer.recipient_id, answer.text))

    check = close = lambda self: None


class Other:
    def missing(self, secrets):
        return "" if set(secrets) == {"key"} else "Give key, and nothing else."

    def too_long(self, text):
        return "" if len(text) <= 300 else "It takes 300 characters."

    def has_link(self, text):
        return "://" in text

    def open(self, settings, *, memory, clock):
        return Account(
            settings=settings, clock=clock, outlet=Sending, how=AccountStanding,
            mentioned_in=Timeline(settings, PostKind.MENTION, PostKind.REPLY),
            written_to=Timeline(settings, PostKind.MESSAGE),
        )  # fmt: skip
