"""What the office looks at: the registers as tables, the day's work, one enquiry in full."""

from daemon.registers.tables import ACTIONS, DECISIONS, LISTS, Cell, RegisterTable, table_of
from daemon.store.decisions import Wanted
from daemon.store.registers import Filter

__all__ = ["ACTIONS", "DECISIONS", "LISTS", "Cell", "Filter", "RegisterTable", "Wanted", "table_of"]
