"""What accounts on social networks remember: in the store, so that every daemon knows the same."""

from __future__ import annotations

import base64
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from daemon.service import holder_name, is_gone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from daemon.store import Store

MARK: Final = "account:"
"""What the markers begin with; then the account's name, a colon, and what is remembered."""
_LOCK_S: Final = 90.0  # longer than a request can take


class StoreMemory:
    """What one account remembers. Secrets are sealed with the office's signing keys."""

    def __init__(
        self,
        *,
        account: str,
        store: Store,
        keys: Sequence[bytes],
        clock: Callable[[], datetime],
    ) -> None:
        """Read nothing yet; the first key seals, every key opens."""
        self._account, self._store, self._clock = account, store, clock
        self._sealing = MultiFernet([Fernet(_derived(key)) for key in keys])

    def read(self, name: str) -> str:
        """Return what was kept under a name; "" where nothing was."""
        with self._store.read() as tx:
            return tx.marker(self._mark(name)) or ""

    def write(self, name: str, value: str) -> None:
        """Keep a value, for good when this returns; "" forgets it."""
        with self._store.write() as tx:
            tx.one_at_a_time()
            if value:
                tx.set_marker(self._mark(name), value, now=self._clock())
            else:
                tx.drop_markers([self._mark(name)])

    def count(self, name: str) -> int:
        """Add one to a number, and return what it is then."""
        with self._store.write() as tx:
            tx.one_at_a_time()
            number = int(tx.marker(self._mark(name)) or 0) + 1
            tx.set_marker(self._mark(name), str(number), now=self._clock())
            return number

    def read_secret(self, name: str) -> str:
        """Return a secret that was kept; "" where there is none that our keys open."""
        try:
            return self._sealing.decrypt(self.read(name).encode()).decode()
        except InvalidToken:
            return ""

    def write_secret(self, name: str, value: str) -> None:
        """Keep a secret; the database alone does not give it away."""
        self.write(name, self._sealing.encrypt(value.encode()).decode())

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Have every other daemon that does the same stand back; False: another is at it now."""
        lease = self._store.acquire_lease(
            self._mark(name), holder_name(), ttl_s=_LOCK_S, is_gone=is_gone
        )
        try:
            yield lease is not None
        finally:
            if lease is not None:
                self._store.release_lease(lease)

    def _mark(self, name: str) -> str:
        return f"{MARK}{self._account}:{name}"


def _derived(key: bytes) -> bytes:
    """Return a sealing key that tells nothing of the signing key (RFC 5869)."""
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"secrets in the store")
    return base64.urlsafe_b64encode(kdf.derive(key))
