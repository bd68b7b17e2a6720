"""The monthly pack: one workbook and one page with the same figures, mailed once to each."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from daemon.deadlines import WorkingDays
from daemon.model import Category, Criterion, Principals, Register
from daemon.pack import Month, Packer, month_before, parse_month
from daemon.store import schema
from tests.builders import NOW, OFFICE, a_classification, a_mail, a_policy, an_office_over
from tests.unit.composing import shipped

OMBUDSMAN, CHIEF = f"ombudsman@{OFFICE}", f"chief@{OFFICE}"
PRINCIPALS = Principals(ombudsman=OMBUDSMAN, chief_executive=CHIEF, pack=(f"pack@{OFFICE}",))
OTHER = a_classification(category=Category.OTHER)
LEGAL = a_classification(category=Category.OTHER, criteria=(Criterion.LEGAL_CHALLENGE,))
# The first working day of December 2026 is Tuesday the 1st.
FIRST_DAY = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("http://x","y")',
    "\t=1",
    "=cmd|' /C calc'!A0",
]


@pytest.fixture
def office(store):
    return an_office_over(store, policy=a_policy(principals=PRINCIPALS))


@pytest.fixture
def packer(office):
    packer = Packer(
        store=office.store,
        policy=office.policy,
        days=WorkingDays(office.policy.clocks),
        letters=office.letters,
        templates=shipped(),
        clock=office.clock,
    )
    assert packer.monthly() == 0  # set up in November: its pack is the first
    return packer


def taken(office, found, **mail):
    office.classifier.usual = found
    return office.take(a_mail(**{"text": str(mail), **mail})).reference


def opened(packer, reader=""):
    figures, book, page = packer.made(Month(2026, 11), reader=reader)
    return figures, load_workbook(io.BytesIO(book)), page


def mailed(office):
    row = schema.outbox.c
    query = select(row.recipient, row.key, row.content).where(row.kind == "report")
    with office.store.read() as tx:
        return tx.connection.execute(query.order_by(row.recipient)).all()


def test_the_workbook_has_a_sheet_a_register(office, packer):
    """And the summary first, the trends last; headers stay, filters are on, it prints on A4."""
    taken(office, OTHER)
    _, book, _ = opened(packer)
    assert book.sheetnames == [
        "Summary",
        "Decisions wanted",
        "Actions",
        "Central assurance",
        "MP central oversight",
        "Case referrals",
        "Specific handling",
        "Social media",
        "Phone calls",
        "Trends",
    ]
    sheet = book["Central assurance"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", "A1:Q2")
    assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$1:$1")
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert len(book["Trends"]._charts) == 4


def test_workbook_and_page_tell_what_the_store_holds(office, packer):
    """Every cell of a register, in both."""
    late = taken(office, LEGAL, subject="Late one")
    office.clock.move(days=20)
    soon = taken(office, OTHER, subject="Later <b>one</b>")
    figures, book, page = opened(packer)
    sheet = book["Central assurance"]
    assert [sheet.cell(row, 1).value for row in (2, 3)] == [late, soon]
    assert sheet.cell(2, 2).value.startswith("Overdue")
    assert sheet.cell(2, 1).font.b
    assert not sheet.cell(3, 1).font.b
    table = next(one for one in figures.registers if one.id == Register.CENTRAL_ASSURANCE)
    for row, values in enumerate(table.rows, start=2):
        assert tuple(sheet.cell(row, n + 1).value or "" for n in range(len(values))) == values
    assert all(one in page for one in (late, soon, "Late one"))
    assert "Later &lt;b&gt;one&lt;/b&gt;" in page
    summary = {row[0].value: row[1].value for row in book["Summary"].iter_rows(min_row=3)}
    assert summary["Enquiries open"] == 2
    assert summary["Entries overdue on the registers"] == 1
    assert summary["Decisions wanted"] == 1


def test_counts_over_twelve_months_add_up(office, packer):
    """By channel, category and who wrote; replies in time and late."""
    references = [taken(office, OTHER, sender=f"w{n}@home.example") for n in range(3)]
    office.casework.replied(references[0], by="A. Name")
    office.clock.move(days=30)
    office.casework.replied(references[1], by="A. Name")
    figures, _, _ = opened(packer)
    assert [str(figures.months[0]), str(figures.months[-1])] == ["2025-12", "2026-11"]
    counts = {(trend.title, what): row for trend in figures.trends for what, row in trend.rows}
    assert counts["Received, by channel", "E-mail"] == (*[0] * 11, 3)
    assert counts["Received, by category", "Other enquiry"] == (*[0] * 11, 3)
    assert counts["Received, by who wrote", "In all"] == (*[0] * 11, 3)
    assert counts["Replies", "In time"][-1] == 1
    december, _, _ = packer.made(Month(2026, 12))
    late = dict(december.trends[3].rows)["Late"]
    assert late[-1] == 1


@pytest.mark.parametrize("words", HOSTILE)
def test_no_words_become_a_formula(office, packer, words):
    """Whatever a subject begins with, it stays what was written."""
    taken(office, OTHER, subject=words)
    _, book, _ = opened(packer)
    for sheet in book:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" and cell.hyperlink is None for cell in row)
    cells = [cell.value for cell in book["Central assurance"][2]]
    assert any(words.strip() in str(one) for one in cells)


def test_what_excel_cannot_hold_is_cut_or_left_out(office, packer):
    """A workbook that opens matters more than the end of a novel."""
    reference = taken(office, OTHER)
    office.casework.update(reference, by="A. Name", note="\x0b\x01" + "x" * 40_000)
    _, book, _ = opened(packer)
    sheet = book["Central assurance"]
    latest = next(cell.value for cell in sheet[2] if "xxx" in str(cell.value))
    assert len(latest) < 32_767
    assert latest.endswith("see the enquiry itself)")


def test_the_same_store_gives_the_same_bytes(packer):
    """So that two who compare them find no difference."""
    assert packer.made(Month(2026, 11))[1:] == packer.made(Month(2026, 11))[1:]


def test_no_name_of_ours_stands_in_the_workbooks_properties(packer):
    """It may travel."""
    _, book, _ = opened(packer)
    assert (book.properties.creator or "", book.properties.lastModifiedBy or "") == ("", "")


def test_whom_an_enquiry_is_about_finds_a_number_only(office, packer):
    """In the workbook and on the page (process, "About us ourselves")."""
    reference = taken(office, LEGAL, subject="About the chief")
    office.casework.set_subject(reference, CHIEF, by="A. Name")
    for reader, sees in ((CHIEF, False), (OMBUDSMAN, True)):
        figures, book, page = opened(packer, reader)
        cells = str([cell.value for sheet in book for row in sheet.iter_rows() for cell in row])
        assert (reference in cells, reference in page) == (sees, sees)
        assert (figures.restricted > 0) is not sees
    assert "restricted, about you" in opened(packer, CHIEF)[2]


def test_the_page_reads_well_aloud(office, packer):
    """A title, one main heading, a caption for each table, a scope for each header."""
    taken(office, OTHER)
    _, _, page = opened(packer)
    assert "<html lang=" in page
    assert page.count("<h1>") == 1
    assert page.count("<table>") == page.count("<caption>")
    assert all("scope=" in header for header in re.findall(r"<th\b[^>]*>", page))
    assert not re.findall(r"<script|<img|<link|https?://", page)


# Once a month


def test_it_is_queued_once_on_the_first_working_day(office, packer):
    """At seven in London, to everybody who gets it; a restart does not repeat it."""
    taken(office, OTHER)
    office.clock.now = FIRST_DAY - timedelta(seconds=1)
    assert packer.monthly() == 0
    office.clock.now = FIRST_DAY
    assert packer.monthly() == 3
    for days in (0, 1, 20):
        office.clock.now = FIRST_DAY + timedelta(days=days)
        assert packer.monthly() == 0
    letters = mailed(office)
    assert [one.recipient for one in letters] == [CHIEF, OMBUDSMAN, f"pack@{OFFICE}"]
    assert {one.key for one in letters} == {"pack:2026-11"}
    mail = message_from_bytes(letters[0].content, policy=default)
    assert "November 2026" in mail["Subject"]
    files = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
    assert list(files) == ["casework-assurance-2026-11.xlsx", "casework-assurance-2026-11.html"]
    book = load_workbook(io.BytesIO(files["casework-assurance-2026-11.xlsx"]))
    assert book["Central assurance"].cell(2, 1).value is not None


def test_after_an_outage_last_months_comes_late_and_none_older(office, packer):
    """A pack of March in June is of no use."""
    office.clock.now = FIRST_DAY
    packer.monthly()
    office.clock.now = datetime(2027, 3, 17, 12, 0, tzinfo=UTC)
    assert packer.monthly() == 3
    assert {one.key for one in mailed(office)} == {"pack:2026-11", "pack:2027-02"}


def test_a_first_that_is_no_working_day_waits_for_one(office, packer):
    """1 January is a bank holiday, and a weekend follows it in 2027."""
    office.clock.now = datetime(2027, 1, 1, 12, 0, tzinfo=UTC)
    assert packer.monthly() == 0
    office.clock.now = datetime(2027, 1, 4, 7, 0, tzinfo=UTC)
    assert packer.monthly() == 3


def test_months_are_read_and_counted():
    """Over the turn of a year, in London's time."""
    assert parse_month(" 2026-11 ") == Month(2026, 11)
    assert str(month_before(date(2027, 1, 5))) == "2026-12"
    assert Month(2026, 12).plus(1).name == "January 2027"
    assert Month(2026, 7).begins_at == datetime(2026, 6, 30, 23, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="no month"):
        parse_month("November")


def test_nothing_is_sent_where_nobody_gets_it(store):
    """And it is not tried over and over."""
    office = an_office_over(store)
    office.clock.now = FIRST_DAY
    packer = Packer(
        store=store,
        policy=office.policy,
        days=WorkingDays(office.policy.clocks),
        letters=office.letters,
        templates=shipped(),
        clock=office.clock,
    )
    for month in range(1, 4):
        assert packer.monthly() == 0
        office.clock.now = FIRST_DAY.replace(year=2027, month=month, day=20)
    assert mailed(office) == []


def test_a_daemon_that_is_set_up_begins_with_its_own_month(office, packer):
    """The month before has nothing to tell."""
    assert packer.recipients
    with office.store.read() as tx:
        assert tx.marker("pack") == "2026-10"
    assert NOW < FIRST_DAY
