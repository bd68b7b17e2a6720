"""An inbox over the pages of a social network: newest first there, oldest first here.

Networks list late: a post may appear below others that were listed before it. So each look goes
back a while beyond the newest post that was had, and what has a receipt is left out.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any, Final, Protocol

from connectors.base import (
    AccessDeniedError,
    Batch,
    Cursor,
    Missed,
    RawMessage,
    UnavailableError,
    nothing_known,
)
from connectors.posts import pack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from connectors.posts import Post

LISTED_BACK: Final = timedelta(days=2)
"""How far the daily comparison of lists goes back: listing costs, and lateness is hours."""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Where reading got to: a time (aware UTC), and the id of the post there ("" for none)."""

    at: datetime
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A post, and what the network said of it."""

    post: Post
    as_sent: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some posts, newest first; `next` is the token of the page that follows, "" for none.

    `cut` says that older ones there are, which the network does not give any more.
    """

    found: tuple[Found, ...] = ()
    next: str = ""
    cut: bool = False


class Source(Protocol):
    """Where posts come from."""

    def page(self, after: Mark, token: str, *, again: bool = True) -> Page:
        """Return a page of what lies after a mark; the token is "" or that of the page before.

        `again`: also what lies a while before it, since networks list late. Our own posts are
        left out.

        Raises:
            PausedError: ask later, nothing is wrong.
            UnavailableError, AccessDeniedError: as for an `Inbox`.
        """
        ...

    def by_ids(self, ids: Sequence[str]) -> Sequence[Found]:
        """Return these posts, those that are gone left out; raises as `page` does."""
        ...

    def check(self) -> int:
        """Sign in and look; return how many posts the first page holds. Raises as `page` does."""
        ...

    def close(self) -> None:
        """Let go of every connection; safe to call twice."""
        ...


class PostInbox:
    """The posts of one source; nothing is ever marked or moved there."""

    def __init__(
        self, *, name: str, source: Source, clock: Callable[[], datetime], go_live_at: datetime
    ) -> None:
        """Ask nothing yet; `clock` gives aware UTC."""
        self._name, self._source, self._clock, self._go_live_at = name, source, clock, go_live_at
        self._token = secrets.token_hex(4)  # a number of another object means nothing here
        self._ranks: dict[str, int] = {}  # ids handed out, and how many were before each
        self._handed = 0
        self._waiting: dict[str, Found] = {}  # gathered, and not handed out yet
        self._seen_at: dict[str, datetime] = {}  # when what was listed was written
        self._after: Mark | None = None  # what the gathering that goes on began at
        self._next = ""  # the page where it was cut off; "" where it came to its end
        self._newest: Mark | None = None  # of all that was gathered
        self._gaps: list[Missed] = []
        self._interrupted = Event()

    @property
    def name(self) -> str:
        """The inbox's name in the config."""
        return self._name

    @property
    def can_wait(self) -> bool:
        """Whether `wait` hears of new posts: no, one has to ask."""
        return False

    def fetch(
        self,
        cursor: Cursor | None,
        *,
        limit: int,
        known: Callable[[Sequence[str]], set[str]] = nothing_known,
    ) -> Batch:
        """Return up to `limit` posts that are neither known nor before the cursor.

        Where the network cuts a look short, what was had by then is returned, and the next look
        goes on there: the cursor moves when all is there.

        Raises:
            UnavailableError, AccessDeniedError: and nothing was had.
        """
        mark, done = self._resume(cursor)
        if not self._waiting:
            self._gather_all(mark)
        found = sorted(self._new(known).values(), key=_order)
        batch, rest = found[:limit], found[limit:]
        self._waiting = {one.post.id: one for one in rest}
        for rank, one in enumerate(batch, start=done):
            self._ranks[one.post.id] = rank
        self._handed = done + len(batch)
        gaps, self._gaps = tuple(self._gaps), []
        missed = tuple(gap for gap in gaps if gap.external_id not in known([gap.external_id]))
        return Batch(
            messages=tuple(self._message(one) for one in batch),
            missed=missed,
            cursor=self._onwards(mark, whole=not (self._next or rest)),
            more=bool(rest),
            left=len(rest),
        )

    def _resume(self, cursor: Cursor | None) -> tuple[Mark | None, int]:
        """Return the mark of a cursor and how many are done; what lies beyond comes again."""
        words = (cursor or "").split("|")
        mark = _mark(words)
        token, _, number = words[-1].partition(":")
        done = int(number) if mark and token == self._token and number.isdecimal() else 0
        if done < self._handed or mark is None:
            self._ranks = {i: rank for i, rank in self._ranks.items() if rank < done}
            self._waiting.clear()
            self._next, self._newest = "", None
        return mark, done

    def _onwards(self, mark: Mark | None, *, whole: bool) -> Cursor:
        """Return the cursor after a batch; its mark moves when nothing before it waits any more.

        Then all is had up to the newest post, and in a quiet time up to what may be listed late.
        """
        onwards = mark or Mark(self._go_live_at)
        if whole:
            quiet = Mark(max(self._clock() - LISTED_BACK, self._go_live_at))
            onwards = max((onwards, self._newest or onwards, quiet), key=lambda one: one.at)
        return Cursor(f"{onwards.at.isoformat()}|{onwards.id}|{self._token}:{self._handed}")

    def _gather_all(self, mark: Mark | None) -> None:
        """Read pages until the mark is reached; what comes before a failure is kept."""
        if not self._next:
            self._after = mark or Mark(self._go_live_at)
        after = self._after or Mark(self._go_live_at)
        try:
            for page in self._pages(after, self._next, again=True):
                self._gather(page)
                if page.cut:
                    self._note_gap(after)
                self._next = page.next
        except UnavailableError:
            if not self._waiting:
                raise
            return  # what is there is worth having; the next look says the rest
        except AccessDeniedError:
            self._next = ""  # the page's token may be what is refused
            raise
        self._next = ""
        self._forget_old()

    def _pages(self, after: Mark, token: str, *, again: bool) -> Iterator[Page]:
        """Yield pages to the last; one that brings the same again is taken for the last."""
        seen: set[str] = set()
        more = True
        while more:
            page = self._source.page(after, token, again=again)
            ids = {one.post.id for one in page.found}
            more = bool(page.next) and not (ids and ids <= seen)
            seen |= ids
            token = page.next
            yield page

    def _gather(self, page: Page) -> None:
        for one in page.found:
            self._seen_at[one.post.id] = one.post.written_at
            if one.post.id not in self._ranks:
                self._waiting[one.post.id] = one
        marks = [Mark(one.post.written_at, one.post.id) for one in page.found]
        if self._newest is not None:
            marks.append(self._newest)
        self._newest = max(marks, key=lambda one: one.at, default=None)

    def _new(self, known: Callable[[Sequence[str]], set[str]]) -> dict[str, Found]:
        had = known(list(self._waiting)) if self._waiting else set()
        return {i: one for i, one in self._waiting.items() if i not in had}

    def _note_gap(self, after: Mark) -> None:
        """Note that the network gives no more back to where we were: a person has to look."""
        days = f"{after.at:%Y-%m-%d}..{self._clock():%Y-%m-%d}"
        self._gaps.append(Missed(external_id=f"out of reach {days}", reason="out of reach"))

    def _forget_old(self) -> None:
        """Forget what no look will see again."""
        edge = self._clock() - 2 * LISTED_BACK
        self._seen_at = {i: at for i, at in self._seen_at.items() if at >= edge}
        self._ranks = {
            i: rank
            for i, rank in self._ranks.items()
            if i in self._seen_at or rank >= self._handed - 1_000
        }

    def _message(self, found: Found) -> RawMessage:
        content = pack(found.post, found.as_sent)
        return RawMessage(
            inbox=self._name,
            external_id=found.post.id,
            content=content,
            size=len(content),
            arrived_at=found.post.written_at,
        )

    def fetch_ids(self, external_ids: Sequence[str]) -> Batch:
        """Return these posts again, wherever the cursor stands.

        Raises:
            UnavailableError, AccessDeniedError: as for `fetch`.
        """
        found = {one.post.id: one for one in self._source.by_ids(external_ids)}
        gone = (Missed(external_id=i, reason="vanished") for i in external_ids if i not in found)
        messages = tuple(self._message(found[i]) for i in external_ids if i in found)
        return Batch(messages=messages, missed=tuple(gone), cursor=Cursor(""))

    def list_ids(self, since: datetime | None, *, cursor: Cursor | None = None) -> Sequence[str]:
        """Return the ids of what the network lists of the last two days, oldest first.

        Raises:
            UnavailableError, AccessDeniedError: as for `fetch`.
        """
        del cursor  # ids are the network's own
        first = max(since or self._go_live_at, self._go_live_at, self._clock() - LISTED_BACK)
        pages = self._pages(Mark(first), "", again=False)
        found = [one for page in pages for one in page.found if one.post.written_at >= first]
        self._seen_at |= {one.post.id: one.post.written_at for one in found}
        return list(dict.fromkeys(one.post.id for one in sorted(found, key=_order)))

    def to_come(self, cursor: Cursor | None, external_ids: Sequence[str]) -> set[str]:
        """Return those that a fetch from this cursor has yet to bring: newer, or not had yet."""
        words = (cursor or "").split("|")
        mark = _mark(words)
        if mark is None:
            return set(external_ids)
        token, _, number = words[-1].partition(":")
        done = int(number) if token == self._token and number.isdecimal() else 0
        return {
            one
            for one in external_ids
            if self._ranks.get(one, done) >= done and self._seen_at.get(one, _NEVER) >= mark.at
        }

    def mark_done(self, external_ids: Sequence[str]) -> None:
        """Do nothing: a post is public, or theirs, and stays as it is."""

    def check(self) -> int:
        """Sign in and look; return how many posts the first page holds.

        Raises:
            UnavailableError, AccessDeniedError: as for `fetch`.
        """
        return self._source.check()

    def wait(self, timeout_s: float) -> bool:
        """Wait out the time; nothing is heard."""
        self._interrupted.wait(timeout_s)
        self._interrupted.clear()
        return False

    def interrupt(self) -> None:
        """Make a `wait` return soon."""
        self._interrupted.set()

    def close(self) -> None:
        """Let go of every connection; safe to call twice."""
        self._source.close()


def _order(found: Found) -> tuple[datetime, int, str]:
    """Return what posts are ordered by: when they were written, then their ids, as numbers go."""
    return found.post.written_at, len(found.post.id), found.post.id


def _mark(words: Sequence[str]) -> Mark | None:
    """Return the mark of a cursor's parts; None where it holds none that can be read."""
    if len(words) != 3:  # noqa: PLR2004 -- time, id, and what this object handed out
        return None
    try:
        at = datetime.fromisoformat(words[0])
    except ValueError:
        return None
    return Mark(at, words[1]) if at.tzinfo is not None else None
