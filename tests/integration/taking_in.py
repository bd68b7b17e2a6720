"""What the tests of taking in share: inboxes, and looking into every table."""

from __future__ import annotations

from sqlalchemy import select

from daemon.model import Box, Category, ClockKind, Criterion
from daemon.store import schema
from tests.builders import INTAKE, OFFICE, a_classification, an_inbox

AT_CARE = an_inbox()
AT_INTAKE = an_inbox("intake", box=Box.INTAKE, address=INTAKE)
AT_OMBUDSMAN = an_inbox("ombudsman", box=Box.OMBUDSMAN, address=f"ombudsman@{OFFICE}")
AT_RISK = a_classification(category=Category.OTHER, criteria=(Criterion.VULNERABLE,))
FOI = a_classification(category=Category.FOI_DPA, matters=(ClockKind.FOI,))


def rows(store, table, *columns):
    """Rows of a table, in order."""
    query = select(*(table.c[name] for name in columns)).order_by(table.c.id)
    with store.read() as tx:
        found = tx.connection.execute(query).all()
    return [row[0] if len(columns) == 1 else tuple(row) for row in found]


def count(store):
    """How many there are of everything that taking in writes."""
    with store.read() as tx:
        return {
            name: len(tx.connection.execute(select(table)).all())
            for name, table in schema.metadata.tables.items()
        }


def everything(store) -> str:
    """All that stands anywhere in the database, as one text."""
    with store.read() as tx:
        found = [
            value
            for table in schema.metadata.tables.values()
            for row in tx.connection.execute(select(table))
            for value in row
        ]
    return "\n".join(
        value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in found
    )


def events(store):
    return rows(store, schema.audit, "event")


def kinds_queued(store):
    return rows(store, schema.outbox, "kind", "recipient", "state")
