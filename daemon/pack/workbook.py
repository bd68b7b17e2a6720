"""The workbook of a pack: a sheet a register, overdue first, printable, and no formulas."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Final

from daemon.deadlines import LONDON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from daemon.pack.figures import Figures, Trend
    from daemon.registers import RegisterTable

_MOST_CHARS: Final = 32_000  # Excel takes 32,767 in a cell
_CUT: Final = " … (cut here; see the enquiry itself)"
_UNFIT: Final = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")
_WIDEST, _NARROWEST = 24, 9  # characters: a register has many columns, and words wrap
_A3, _A4 = 8, 9  # as Excel numbers paper
_LINE, _HIGHEST = 15, 405  # points; Excel takes 409
_SHEET_NAME: Final = 31  # characters Excel allows
_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def workbook(figures: Figures) -> bytes:
    """Return the workbook: the same bytes for the same figures.

    Nothing that somebody wrote can become a formula, a link or a number: every cell is a string
    or a count of ours.
    """
    stream = io.BytesIO()
    book = _book(stream)
    made = figures.made_at.astimezone(LONDON).replace(tzinfo=None, microsecond=0)
    title = f"Casework assurance, {figures.month.name}"
    book.set_properties({"title": title, "created": made, "author": "", "comments": ""})
    writer = _Writer(book, title)
    writer.summary(figures)
    for table in (figures.decisions, figures.actions, *figures.registers):
        writer.table(table)
    writer.trends(figures)
    book.close()
    return stream.getvalue()


def workbook_of(table: RegisterTable) -> bytes:
    """Return a workbook of one list, for whoever wants to go on with it in a spreadsheet.

    As in `workbook`, nothing that somebody wrote can become a formula, a link or a number.
    """
    stream = io.BytesIO()
    book = _book(stream)
    book.set_properties({"title": table.title, "author": "", "comments": ""})
    _Writer(book, table.title).table(table)
    book.close()
    return stream.getvalue()


def _book(stream: io.BytesIO) -> Workbook:
    # Packs are made once a month: until then the daemon does without.
    from xlsxwriter import Workbook  # noqa: PLC0415 -- see above

    return Workbook(stream, _OPTIONS)


def cell_text(text: str) -> str:
    """Return somebody's words as a cell may hold them: no controls, and not too long."""
    clean = _UNFIT.sub("", text)
    return clean if len(clean) <= _MOST_CHARS else clean[:_MOST_CHARS] + _CUT


class _Writer:
    """Writes one workbook sheet by sheet."""

    def __init__(self, book: Workbook, title: str) -> None:
        self._book, self._title = book, title
        self._heading = book.add_format({"bold": True, "font_size": 16})
        self._bold = book.add_format({"bold": True})
        self._head = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bottom": 2, "bg_color": "#EEEEEE"}
        )
        self._cell = book.add_format({"text_wrap": True, "valign": "top"})
        # Dark red on white, and in words too: colour alone tells nobody who cannot see it.
        self._overdue = book.add_format(
            {"text_wrap": True, "valign": "top", "font_color": "#942514", "bold": True}
        )

    def _sheet(self, name: str, *, paper: int = _A4) -> Worksheet:
        sheet = self._book.add_worksheet(name[:_SHEET_NAME])
        sheet.set_landscape()
        sheet.set_paper(paper)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.8, bottom=0.6)
        sheet.set_header(f"&L{self._title}&R&A")
        sheet.set_footer("&LRestricted to those it is meant for&RPage &P of &N")
        return sheet

    def summary(self, figures: Figures) -> None:
        """Write what stands at a glance."""
        sheet = self._sheet("Summary")
        sheet.set_column(0, 0, 44)
        sheet.set_column(1, 1, 60)
        sheet.write_string(0, 0, self._title, self._heading)
        made = figures.made_at.astimezone(LONDON)
        lines: list[tuple[str, str | int]] = [
            ("As it stood at", f"{made:%H:%M} on {made.day} {made:%B %Y}"),
            *((f"Enquiries {what}", n) for what, n in figures.standing.items()),
            ("Entries overdue on the registers", figures.overdue),
            ("Decisions wanted", len(figures.decisions.rows)),
            ("Actions open", len(figures.actions.rows)),
            ("Restricted entries, about you", figures.restricted),
            ("Reconciliation", figures.reconciled),
            ("Head of the sealed audit", figures.audit_head or "Nothing is sealed yet"),
        ]
        for number, (what, said) in enumerate(lines, start=2):
            sheet.write_string(number, 0, _named(what), self._bold)
            if isinstance(said, int):
                sheet.write_number(number, 1, said, self._cell)
            else:
                sheet.write_string(number, 1, cell_text(said), self._cell)

    def table(self, table: RegisterTable) -> None:
        """Write a list: headers that stay, filters, and what is overdue in red and in words."""
        sheet = self._sheet(table.title, paper=_A3)
        for column, name in enumerate(table.columns):
            sheet.write_string(0, column, name, self._head)
            sheet.set_column(column, column, _width(table, column))
        widths = [_width(table, column) for column in range(len(table.columns))]
        for number, row in enumerate(table.rows):
            sheet.set_row(number + 1, _height(row, widths))
            look = self._overdue if number in table.overdue else self._cell
            for column, value in enumerate(row):
                _write(sheet, number + 1, column, value, look)
        below = len(table.rows) + 1
        if not table.rows:
            sheet.write_string(below, 0, "Nothing stands here.", self._cell)
        if table.restricted:
            said = f"{table.restricted} restricted, about you: not shown."
            sheet.write_string(below + 1, 0, said, self._bold)
        sheet.freeze_panes(1, 1)
        sheet.repeat_rows(0)
        if table.rows:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)

    def trends(self, figures: Figures) -> None:
        """Write the counts of twelve months, each with a chart beside it."""
        sheet = self._sheet("Trends")
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, len(figures.months), 9)
        top = 0
        for trend in figures.trends:
            top = self._trend(sheet, trend, figures, top)

    def _trend(self, sheet: Worksheet, trend: Trend, figures: Figures, top: int) -> int:
        """Write one table of counts with its chart below; return the next free row."""
        sheet.write_string(top, 0, trend.title, self._head)
        for column, month in enumerate(figures.months, start=1):
            sheet.write_string(top, column, str(month), self._head)
        chart = self._book.add_chart({"type": "column", "subtype": "stacked"})
        last = len(figures.months)
        for offset, (what, counts) in enumerate(trend.rows, start=1):
            row = top + offset
            sheet.write_string(row, 0, what, self._cell)
            for column, count in enumerate(counts, start=1):
                sheet.write_number(row, column, count, self._cell)
            if what != "In all":
                chart.add_series(
                    {
                        "name": ["Trends", row, 0],
                        "categories": ["Trends", top, 1, top, last],
                        "values": ["Trends", row, 1, row, last],
                    }
                )
        below = top + len(trend.rows) + 2
        if len(trend.rows) > 1:
            chart.set_title({"name": trend.title, "name_font": {"size": 12}})
            chart.set_size({"width": 900, "height": 300})
            description = f"{trend.title}: the counts stand in the table above."
            sheet.insert_chart(below, 0, chart, {"description": description})
            below += 17
        return below


def _write(sheet: Worksheet, row: int, column: int, value: str | int | None, look: Format) -> None:
    match value:
        case None:
            sheet.write_blank(row, column, None, look)
        case int():
            sheet.write_number(row, column, value, look)
        case str():
            sheet.write_string(row, column, cell_text(value), look)


def _width(table: RegisterTable, column: int) -> int:
    longest = max(
        (len(str(row[column])) for row in table.rows if row[column] is not None), default=0
    )
    return max(_NARROWEST, min(_WIDEST, max(longest, len(table.columns[column])) + 2))


def _height(row: Sequence[str | int | None], widths: Sequence[int]) -> int:
    """Return how high a row has to be for its wrapped words, in points.

    Not every program works that out when it opens a workbook.
    """
    lines = max(
        sum(-(-max(1, len(part)) // (width - 2)) for part in str(value or "").split("\n"))
        for value, width in zip(row, widths, strict=True)
    )
    return min(_HIGHEST, _LINE * lines)


def _named(what: str) -> str:
    names = {
        "Enquiries held": "Acknowledgements held for a person",
        "Enquiries quarantined": "Messages that could not be read",
        "Enquiries set aside": "Messages set aside",
    }
    return names.get(what, what)
