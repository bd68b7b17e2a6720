"""Looking at the sealed audit link by link: what is wrong with it, and where.

Pure, like the chain itself (`seals`); memory stays small however much is wrong, since a long run
of the same problem is told once.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from daemon.seals import START, Anchor, AuditRow, Problem, Seal, UnreadableRow, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from daemon.tokens import Signer

GRACE: Final = timedelta(hours=1)
"""How long a line may honestly wait for its seal: longer than any round or transaction of ours."""

_TOLD = 100  # problems of one run that are told one by one
_ALL_WRONG = 3  # seals of a key, none of which verifies: the key is wrong, rather than each line


class Findings:
    """Problems as they are found; the rest of a long run of one kind is told in one."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._last: Problem | None = None
        self._run = 0

    def add(self, problems: Iterable[Problem]) -> None:
        """Take further problems, in the order of the chain."""
        for problem in problems:
            last, self._last = self._last, problem
            follows = (
                last is not None
                and (last.kind, last.position + 1) == (problem.kind, problem.position)
                and problem.position > 1
            )
            self._run = self._run + 1 if follows else 1
            if self._run <= _TOLD:
                self._problems.append(problem)
                continue
            first = problem.position if self._run == _TOLD + 1 else self._problems.pop().position
            why = f"The same holds for seals {first} to {problem.position}."
            self._problems.append(
                Problem(kind=problem.kind, position=first, audit_id=problem.audit_id, why=why)
            )

    def all(self) -> tuple[Problem, ...]:
        """Return them, by their place in the chain; what has none stands at the end."""
        return tuple(sorted(self._problems, key=lambda one: (one.position == 0, one.position)))


class Lateness:
    """Tells a line that a slow transaction brought late from one that was added later.

    On PostgreSQL a lower id may honestly show after a higher one was sealed, for as long as a
    transaction lasts. One that a round of sealing did not see although the next line had its seal
    an hour before was not there. On SQLite, where one transaction writes at a time, no lower id
    shows late at all.
    """

    def __init__(self, neighbour: Callable[[int], Seal | None], *, one_writer: bool) -> None:
        """`neighbour` finds the seal of the sealed line next above an id, if one is near."""
        self._neighbour, self._one_writer = neighbour, one_writer
        self._highest = 0
        self._first_at: datetime | None = None
        self._round_at: datetime | None = None  # of the seal seen last
        self._round_before_at: datetime | None = None

    def look(self, seal: Seal) -> Iterator[Problem]:
        """Yield a problem where the line of the next link, itself right, was added by others."""
        self._first_at = self._first_at or seal.sealed_at
        if seal.sealed_at != self._round_at:
            self._round_before_at, self._round_at = self._round_at, seal.sealed_at
        if seal.audit_id < 1:
            yield _problem("added", seal.audit_id, seal.position, _NEVER_COUNTED)
        elif seal.audit_id < self._highest and self._can_be_too_late():
            above = self._neighbour(seal.audit_id)
            if above and above.position < seal.position and self._too_late(above):
                why = f"it was sealed at {seal.position}, {_LATE}"
                yield _problem("added", seal.audit_id, seal.position, why)
        self._highest = max(self._highest, seal.audit_id)

    def look_unsealed(self, audit_id: int) -> Iterator[Problem]:
        """Yield a problem where a line lost its seal or was added; after the last link.

        Which of the two, the line itself cannot tell.
        """
        if audit_id < 1:
            yield _problem("added", audit_id, 0, _NEVER_COUNTED)
        elif audit_id < self._highest:
            above = self._neighbour(audit_id)
            self._round_before_at = self._round_at
            if above and self._too_late(above):
                why = (
                    f"Line {audit_id} of the audit bears no seal, {_LATE}: its seal was taken away,"
                    " or something else than the software added the line."
                )
                yield Problem(kind="unsealed", position=0, audit_id=audit_id, why=why)

    def _can_be_too_late(self) -> bool:
        """Whether a look for the neighbour, which asks the database, is worth it."""
        first, before = self._first_at, self._round_before_at
        return self._one_writer or bool(first and before and before - first >= GRACE)

    def _too_late(self, above: Seal) -> bool:
        if self._one_writer:
            return True
        before = self._round_before_at
        if before is None or above.sealed_at is None:
            return False
        return before - above.sealed_at >= GRACE


_LATE = "though lines after it had theirs long before"
_NEVER_COUNTED = "the database counts lines from 1"


def _problem(kind: str, audit_id: int, position: int, because: str) -> Problem:
    why = f"Line {audit_id} of the audit was added by something else than the software: {because}."
    return Problem(kind=kind, position=position, audit_id=audit_id, why=why)


class Verifier:
    """Looks at the chain link by link, in order; each link is judged by itself.

    A link is checked against the mark that is stored before it, so that one that was tampered
    with does not make all that follow look wrong.
    """

    def __init__(self, signer: Signer, anchors: Sequence[Anchor]) -> None:
        self._signer = signer
        # Two anchors of one position may differ: then what was noted first was replaced since.
        self._anchors: dict[int, dict[str, Anchor]] = defaultdict(dict)
        for anchor in anchors:
            self._anchors[anchor.position].setdefault(anchor.mac, anchor)
        self._expected, self._before = 1, START
        self._was_wrong = False
        self._keys: dict[str, _Key] = defaultdict(_Key)

    @property
    def head(self) -> Anchor | None:
        """The last link seen."""
        if self._expected == 1:
            return None
        return Anchor(position=self._expected - 1, mac=self._before)

    def look(self, seal: Seal, row: AuditRow | UnreadableRow | None) -> Iterator[Problem]:
        """Yield what is wrong with the next link; None for a row that is not there."""
        if seal.position < 1:
            why = (
                f"Seal {seal.position} stands before the chain, which begins with 1: it was forged,"
                f" and line {seal.audit_id} of the audit with it."
            )
            yield _at(seal, "seal-forged", why)
            return
        if seal.position != self._expected:
            yield self._gap(self._expected, seal.position - 1)
            self._was_wrong = True
        before, self._before, self._expected = self._before, seal.mac, seal.position + 1
        yield from self._anchored(seal)
        match row:
            case None:
                why = f"Line {seal.audit_id} of the audit was removed (seal {seal.position})."
                yield _at(seal, "removed", why)
                self._was_wrong = True
            case UnreadableRow():
                why = (
                    f"Line {seal.audit_id} of the audit, or its seal {seal.position}, holds what"
                    " the software never writes: it was changed."
                )
                yield _at(seal, "changed", why)
                self._was_wrong = True
            case AuditRow():
                yield from self._marked(seal, row, before)

    def _marked(self, seal: Seal, row: AuditRow, before: str) -> Iterator[Problem]:
        try:
            right = mark(
                self._signer, row, position=seal.position, before=before, key_id=seal.key_id
            )
        except KeyError:
            why = (
                f"Seal {seal.position} was made with the key {seal.key_id!r}, which is not in"
                " [signing] keys of daemon.toml: put it back behind the others to verify."
            )
            yield _at(seal, "key-unknown", why)
            return
        key = self._keys[seal.key_id]
        if right == seal.mac:
            self._was_wrong = False
            yield from key.is_right()
            return
        # Behind a link that is wrong in itself the mark before may be what is wrong.
        why = f"Line {seal.audit_id} of the audit, or its seal {seal.position}, was changed"
        why += " or moved." if not self._was_wrong else ", moved, or follows one that was."
        self._was_wrong = True
        yield from key.is_in_doubt(_at(seal, "changed", why))

    def _gap(self, first: int, last: int) -> Problem:
        which = f"Seal {first} is" if first == last else f"Seals {first} to {last} are"
        return Problem(
            kind="seal-missing", position=first, audit_id=0, why=f"{which} missing from the chain."
        )

    def _anchored(self, seal: Seal) -> Iterator[Problem]:
        for anchor in self._anchors.pop(seal.position, {}).values():
            if anchor.mac != seal.mac:
                why = (
                    f"Seal {seal.position} is not the one that was anchored"
                    f"{f' at {anchor.at}' if anchor.at else ''}: it was replaced."
                )
                yield _at(seal, "seal-changed", why)

    def end(self) -> Iterator[Problem]:
        """Yield what only the whole shows: wrong keys, and a tail that was cut off."""
        for key_id, key in self._keys.items():
            yield from key.end(key_id)
        for position in sorted(self._anchors):
            if position < self._expected:
                continue  # its seal is missing in the middle, and was told with the gap
            at = next(iter(self._anchors[position].values())).at
            why = (
                f"The chain ends at seal {self._expected - 1}, but seal {position} was anchored"
                f"{f' at {at}' if at else ''}: what followed was cut off."
            )
            yield Problem(kind="cut", position=position, audit_id=0, why=why)


class _Key:
    """What is known of one key: while nothing it made verifies, it may be the wrong key."""

    def __init__(self) -> None:
        self._right = False
        self._wrong = 0
        self._first: Problem | None = None
        self._held = Findings()

    def is_right(self) -> Iterator[Problem]:
        """Note that a seal verifies: whatever was in doubt is wrong in itself."""
        if not self._right:
            self._right = True
            yield from self._held.all()

    def is_in_doubt(self, problem: Problem) -> Iterator[Problem]:
        """Take a seal that does not verify."""
        if self._right:
            yield problem
            return
        self._first = self._first or problem
        self._wrong += 1
        self._held.add([problem])

    def end(self, key_id: str) -> Iterator[Problem]:
        """Yield what is still in doubt: one problem where no seal of the key verifies."""
        if self._right or self._first is None:
            return
        if self._wrong < _ALL_WRONG:
            yield from self._held.all()
            return
        why = (
            f"None of the {self._wrong} seals made with the key {key_id!r} verifies, from seal"
            f" {self._first.position} on. Most likely the key of that name in [signing] keys of"
            " daemon.toml is another now: put the right one back and verify again. If it is the"
            " right one, all these seals or their lines were changed."
        )
        yield Problem(
            kind="key-wrong", position=self._first.position, audit_id=self._first.audit_id, why=why
        )


def _at(seal: Seal, kind: str, why: str) -> Problem:
    return Problem(kind=kind, position=seal.position, audit_id=seal.audit_id, why=why)
