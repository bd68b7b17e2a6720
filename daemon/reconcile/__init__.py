"""Reconciliation: does everything that came in add up, and was everybody answered?

Per inbox the server's own list back to go-live is compared with the receipts; messages with what
became of them; enquiries with their acknowledgements. What does not add up is a difference: an
alarm for the operators, once a day until it is gone.
"""

from daemon.reconcile.counts import (
    INBOX,
    Difference,
    InboxCount,
    Reconciled,
    as_json,
    counted_inboxes,
    note,
    noted,
)
from daemon.reconcile.daily import Reconciler
from daemon.reconcile.sums import reconcile
from daemon.store.ledger import SHOWN

__all__ = [
    "INBOX",
    "SHOWN",
    "Difference",
    "InboxCount",
    "Reconciled",
    "Reconciler",
    "as_json",
    "counted_inboxes",
    "note",
    "noted",
    "reconcile",
]
