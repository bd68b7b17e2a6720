"""The leases this process holds: one for a whole file, or one for each inbox."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from daemon.service import is_gone
from daemon.store import LeaseLostError, StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import FilteringBoundLogger

    from daemon.store import Lease, Store

_WHOLE_STORE = "daemon"


def names_for(inbox: str) -> tuple[str, str]:
    """Return the leases of which one is held while a daemon works on an inbox."""
    return _WHOLE_STORE, f"inbox:{inbox}"


class AlreadyRunningError(Exception):
    """Another daemon works on this store; the message says what to do."""


class Leases:
    """Acquires leases when they are needed, renews them, and gives them back."""

    def __init__(
        self,
        store: Store,
        *,
        holder: str,
        ttl_s: float,
        log: FilteringBoundLogger,
        on_store_lost: Callable[[], None],
    ) -> None:
        """Hold nothing yet; `on_store_lost` hears that a file has another daemon now."""
        self._store, self._holder, self._ttl_s = store, holder, ttl_s
        self._log, self._on_store_lost = log, on_store_lost
        self._held: dict[str, Lease] = {}

    def take_store(self) -> None:
        """Take a store that one daemon alone may work on; any other needs no such lease.

        Raises:
            AlreadyRunningError: another daemon has it.
            StoreUnavailableError: the database does not answer.
        """
        if not self._store.allows_many_daemons and self._lease(_WHOLE_STORE) is None:
            msg = (
                "Another daemon works on this database file. Stop it first, or give this "
                "one a database of its own ([store] url in daemon.toml)."
            )
            raise AlreadyRunningError(msg)

    def for_inbox(self, inbox: str) -> Lease | None:
        """Return the lease that work on an inbox needs, or None while another daemon has it."""
        whole, own = names_for(inbox)
        return self._lease(own if self._store.allows_many_daemons else whole)

    def _lease(self, name: str) -> Lease | None:
        if name not in self._held:
            lease = self._store.acquire_lease(
                name, self._holder, ttl_s=self._ttl_s, is_gone=is_gone
            )
            if lease is None:
                return None
            self._log.debug("lease_acquired", kind=name, epoch=lease.epoch)
            self._held[name] = lease
        return self._held[name]

    def renew(self) -> None:
        """Renew what is held; what was lost is let go."""
        for name, lease in list(self._held.items()):
            try:
                self._store.renew_lease(lease)
            except LeaseLostError:
                self.lost(name)

    def lost(self, name: str) -> None:
        """Let go of a lease that somebody else has now."""
        self._held.pop(name, None)
        self._log.warning("lease_lost", kind=name)
        if not self._store.allows_many_daemons:
            self._on_store_lost()

    def release(self) -> None:
        """Give everything back, so that the next daemon need not wait."""
        with suppress(StoreUnavailableError):
            for lease in self._held.values():
                self._store.release_lease(lease)
        self._held.clear()
