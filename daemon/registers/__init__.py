"""What the office looks at: the registers as tables, the day's work, one enquiry in full."""

from daemon.registers.tables import ACTIONS, DECISIONS, LISTS, Cell, RegisterTable, table_of
from daemon.store.registers import Filter, Wanted

__all__ = ["ACTIONS", "DECISIONS", "LISTS", "Cell", "Filter", "RegisterTable", "Wanted", "table_of"]
