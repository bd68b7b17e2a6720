"""X's JSON as posts, by its old names and its new ones (X renamed "tweet" to "post" in 2026)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from connectors.post_inbox import Found
from connectors.posts import Post, PostKind

NETWORK: Final = "x"
_EPOCH_MS: Final = 1_288_834_974_657  # of X's ids
_LATEST_MS: Final = 4_102_444_800_000  # the year 2100: a number beyond it is none of X's
_LEADING_NAMES: Final = re.compile(r"(?:\s*@\w+)+")
_GONE: Final = {
    "not-authorized-for-resource": "its author keeps it from us, or is suspended",
    "resource-not-found": "it was deleted",
}
_MEDIA: Final = re.compile(r"/(?:photo|video)/\d+$")
_NEAR: Final = {"replied_to": "answers", "quoted": "passes on"}

Json = Mapping[str, Any]


def written_at(item: Json) -> datetime:
    """Return when a post was written, aware UTC: as X says, else as its id does."""
    said = item.get("created_at")
    if isinstance(said, str):
        try:
            at = datetime.fromisoformat(said)
        except ValueError:
            pass
        else:
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    ms = (int(item["id"]) >> 22) + _EPOCH_MS
    return datetime.fromtimestamp(min(ms, _LATEST_MS) / 1000, UTC)


def items_of(body: Json) -> list[Json]:
    """Return the items of an answer that have an id: one, several, or none."""
    data = body.get("data")
    listed = data if isinstance(data, list) else [data]
    return [
        one for one in listed if isinstance(one, Mapping) and str(one.get("id", "")).isdecimal()
    ]


def next_of(body: Json) -> str:
    """Return the token of the page that follows; "" where X names none."""
    meta = body.get("meta")
    return str(meta.get("next_token") or "") if isinstance(meta, Mapping) else ""


def mention_from(item: Json, body: Json, *, me: str, handle: str) -> Found:
    """Return a post that names us, with what X said of it and around it."""
    author = _user(body, str(item.get("author_id", "")))
    near = list(_near(item))
    answers = next((other for kind, other in near if kind == "replied_to"), "")
    history = _any(item, "edit_history_tweet_ids", "edit_history_post_ids")
    versions = [str(one) for one in history if str(one).isdecimal()]
    post_id = str(item["id"])
    text = _text_of(item)
    return Found(
        post=Post(
            network=NETWORK,
            kind=_kind(item, near, text, me=me, handle=handle),
            id=post_id,
            first_id=min((*versions, post_id), key=int),
            conversation=str(item.get("conversation_id") or answers or post_id),
            account=handle,
            author_id=str(item.get("author_id", "")),
            author=_handle(author, str(item.get("author_id", ""))),
            author_name=str(author.get("name", "")),
            answers=answers,
            text=text,
            context="\n\n".join(_said_before(near, body)),
            notes=tuple(_notes(item, near, body)),
            link=f"https://x.com/i/status/{post_id}",
            written_at=written_at(item),
        ),
        as_sent=_around(item, body, [str(item.get("author_id")), *(i for _, i in near)]),
    )


def message_from(item: Json, body: Json, *, handle: str) -> Found:
    """Return a direct message, with what X said of it and around it."""
    sender_id = str(item.get("sender_id", ""))
    sender = _user(body, sender_id)
    near = list(_near(item))
    message_id = str(item["id"])
    return Found(
        post=Post(
            network=NETWORK,
            kind=PostKind.MESSAGE,
            id=message_id,
            first_id=message_id,
            conversation=f"dm-{item.get('dm_conversation_id') or sender_id}",
            account=handle,
            author_id=sender_id,
            author=_handle(sender, sender_id),
            author_name=str(sender.get("name", "")),
            text=_text_of(item),
            context="\n\n".join(_said_before(near, body)),
            notes=tuple(_notes(item, near, body)),
            link=f"https://x.com/messages/{item.get('dm_conversation_id') or ''}",
            written_at=written_at(item),
        ),
        as_sent=_around(item, body, [sender_id, *(i for _, i in near)]),
    )


def _any(item: Json, *names: str) -> list[Any]:
    """Return the list that stands under one of several names."""
    found: list[Any] = next((item[name] for name in names if isinstance(item.get(name), list)), [])
    return found


def _near(item: Json) -> Iterator[tuple[str, str]]:
    """Yield the posts that one answers or passes on: how, and the other's id."""
    for one in _any(item, "referenced_tweets", "referenced_posts"):
        if isinstance(one, Mapping):
            kind = str(one.get("type", "")).replace("reposted", "retweeted")
            yield kind, str(one.get("id", ""))


def _kind(item: Json, near: list[tuple[str, str]], text: str, *, me: str, handle: str) -> PostKind:
    kinds = {kind for kind, _ in near}
    if "retweeted" in kinds:
        return PostKind.REPOST
    if "quoted" in kinds:
        return PostKind.QUOTE
    if "replied_to" not in kinds:
        return PostKind.MENTION
    if str(item.get("in_reply_to_user_id", "")) == me:
        return PostKind.REPLY
    # The names that a reply begins with X puts there by itself, for all who were named before.
    leading = _LEADING_NAMES.match(text)
    own_words = text[leading.end() :] if leading else text
    named = re.search(rf"@{re.escape(handle)}\b", own_words, re.IGNORECASE)
    return PostKind.MENTION if named else PostKind.THREAD


def _text_of(item: Json) -> str:
    """Return a post's words, whole, as its writer wrote them."""
    note = item.get("note_tweet", item.get("note_post"))
    whole = note if isinstance(note, Mapping) and note.get("text") else item
    text = html.unescape(str(whole.get("text") or ""))
    for short, full in _links(whole):
        text = text.replace(short, full) if full else text.replace(short, "").rstrip()
    return text


def _links(item: Json) -> Iterator[tuple[str, str]]:
    """Yield X's short links, and where they lead; those to its own pictures lead nowhere."""
    entities = item.get("entities")
    urls = entities.get("urls") if isinstance(entities, Mapping) else None
    for one in urls if isinstance(urls, list) else []:
        if isinstance(one, Mapping) and one.get("url"):
            full = str(one.get("unwound_url") or one.get("expanded_url") or one["url"])
            yield str(one["url"]), "" if _MEDIA.search(full) else full


def _said_before(near: list[tuple[str, str]], body: Json) -> Iterator[str]:
    """Yield the words of the posts that one answers or passes on, as far as X gives them."""
    for kind, other_id in near:
        other = _included(body, ("tweets", "posts"), other_id)
        if other:
            handle = _handle(_user(body, str(other.get("author_id", ""))), "")
            by = f"@{handle} wrote" if handle else "A post"
            yield f"[{by}, which this one {_NEAR.get(kind, 'passes on')}:]\n{_text_of(other)}"


def _notes(item: Json, near: list[tuple[str, str]], body: Json) -> Iterator[str]:
    """Yield what is there, or was, and cannot be had as text."""
    for kind, other_id in near:
        why = _gone(body, other_id)
        if why and not _included(body, ("tweets", "posts"), other_id):
            yield f"The post that it {_NEAR.get(kind, 'passes on')} cannot be read: {why}."
    attached = item.get("attachments")
    keys = attached.get("media_keys") if isinstance(attached, Mapping) else None
    if keys:
        count = len(keys)
        what = "1 picture or film" if count == 1 else f"{count} pictures or films"
        yield f"{what} came with it. Look at {'it' if count == 1 else 'them'} on X."
    if item.get("withheld"):
        yield "X withholds it in some countries."


def _gone(body: Json, other_id: str) -> str:
    errors = body.get("errors")
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, Mapping) and str(error.get("resource_id")) == other_id:
            kind = str(error.get("type", "")).rstrip("/").rpartition("/")[2]
            return _GONE.get(kind, "X does not give it")
    return ""


def _included(body: Json, groups: tuple[str, ...], wanted: str) -> Json:
    """Return what X sent along of this id; an empty mapping where it did not."""
    includes = body.get("includes")
    sent: Json = includes if isinstance(includes, Mapping) else {}
    for group in groups:
        listed = sent.get(group)
        for one in listed if isinstance(listed, list) else []:
            if isinstance(one, Mapping) and str(one.get("id")) == wanted:
                return one
    return {}


def _user(body: Json, user_id: str) -> Json:
    return _included(body, ("users",), user_id)


def _handle(user: Json, user_id: str) -> str:
    """Return a handle in lower case; `id-…`, which can be none, where X did not say it."""
    said = str(user.get("username", "")).lower()
    return said or (f"id-{user_id}" if user_id else "")


def _around(item: Json, body: Json, ids: list[str]) -> dict[str, Any]:
    """Return what X said of one item: itself, and of what came along that which belongs to it."""
    includes = body.get("includes")
    along = {
        group: [one for one in listed if isinstance(one, Mapping) and str(one.get("id")) in ids]
        for group, listed in (includes.items() if isinstance(includes, Mapping) else ())
        if isinstance(listed, list)
    }
    errors = body.get("errors")
    near = [
        one
        for one in (errors if isinstance(errors, list) else [])
        if isinstance(one, Mapping) and str(one.get("resource_id")) in ids
    ]
    return {"data": item, "includes": {k: v for k, v in along.items() if v}, "errors": near}
