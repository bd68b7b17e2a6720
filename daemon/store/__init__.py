"""The store: schema, transactions, migrations; all SQL is in here."""

from daemon.store.copies import CopyError
from daemon.store.errors import (
    ConflictError,
    DeadlockError,
    LeaseLostError,
    SchemaError,
    StoreUnavailableError,
    UnstorableError,
)
from daemon.store.leases import Lease
from daemon.store.store import Store
from daemon.store.transaction import Transaction

__all__ = [
    "ConflictError",
    "CopyError",
    "DeadlockError",
    "Lease",
    "LeaseLostError",
    "SchemaError",
    "Store",
    "StoreUnavailableError",
    "Transaction",
    "UnstorableError",
]
