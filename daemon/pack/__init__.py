"""The monthly pack for the Ombudsman and Chief Executive (guide §1.21-1.22).

One workbook and one page with the same figures: both are made from one value, so that they cannot
differ.
"""

from daemon.pack.figures import Figures, Month, figures_of, month_before, parse_month
from daemon.pack.packing import Packer, page_values
from daemon.pack.workbook import workbook

__all__ = [
    "Figures",
    "Month",
    "Packer",
    "figures_of",
    "month_before",
    "page_values",
    "parse_month",
    "workbook",
]
