"""A post or direct message of a social network, as it was kept, to a `Message`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors.posts import unpack
from daemon.model import Address, Box, Message, Posted
from daemon.parse.limits import MAX_NAME_CHARS, MAX_TEXT_CHARS
from daemon.parse.storable import one_line, storable

if TYPE_CHECKING:
    from connectors.posts import Post

_CUT: Final = "the text is too long and was cut"


def is_post(content: bytes) -> bool:
    """Whether bytes are those of a post, as connectors keep them: no mail begins like that."""
    return content.startswith(b"{")


def message_of_post(content: bytes, *, box: Box) -> Message:
    """Return a post as a message: its thread, its words, and those that it answers as quoted.

    Raises:
        ValueError: the bytes hold no post.
    """
    post = unpack(content)
    text = storable(post.text[:MAX_TEXT_CHARS])
    context = storable(post.context[:MAX_TEXT_CHARS])
    is_cut = max(len(post.text), len(post.context)) > MAX_TEXT_CHARS
    return Message(
        channel=box.channel,
        box=box,
        sender=Address(
            address=f"@{one_line(post.author, MAX_NAME_CHARS).lower()}",
            name=one_line(post.author_name, MAX_NAME_CHARS),
        ),
        new_text=text,
        quoted_text=context,
        message_id=_key(post, post.first_id),
        in_reply_to=(_key(post, post.answers),) if post.answers else (),
        to=(Address(address=f"@{post.account}"),),
        date_at=post.written_at,
        text_chars=len(text) + len(context),
        defects=(_CUT,) if is_cut else (),
        complete=not is_cut,
        posted=Posted(
            network=post.network,
            kind=post.kind,
            id=post.id,
            account=f"@{post.account}",
            author=_key(post, post.author_id),
            author_id=post.author_id,
            conversation=_key(post, post.conversation),
            notes=tuple(one_line(note, MAX_TEXT_CHARS) for note in post.notes),
            link=one_line(post.link, MAX_TEXT_CHARS) if post.link.startswith("https://") else "",
        ),
    )


def _key(post: Post, number: str) -> str:
    """Return what an id is across networks: `x:1700…`."""
    return storable(f"{post.network}:{number}")
