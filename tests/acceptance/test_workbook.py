"""The workbook of the pack as LibreOffice opens it: its figures are those of the store."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess

import pytest

from daemon.deadlines import WorkingDays
from daemon.pack import Month, Packer
from daemon.store import Store
from tests.acceptance.test_year import simulated
from tests.unit.composing import shipped

MONTH = Month(2026, 12)


def as_csv(book, folder):
    """Have LibreOffice read a workbook and write each sheet as CSV; return them by name."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is missing: apt-get install libreoffice-calc-nogui")
        pytest.skip("LibreOffice is missing: apt-get install libreoffice-calc-nogui")
    # The last number of the filter's options: every sheet, each into a file of its own.
    to = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    subprocess.run(
        [
            *(office, "--headless", f"-env:UserInstallation=file://{folder}/profile"),
            *("--convert-to", to, "--outdir", str(folder), str(book)),
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return {
        path.stem.removeprefix(f"{book.stem}-"): list(
            csv.reader(path.read_text("utf-8").splitlines())
        )
        for path in folder.glob("*.csv")
    }


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not os.environ.get("ASSURANCE_SOAK"), reason="make soak runs it")
def test_libreoffice_reads_the_figures_of_the_store(tmp_path):
    """Every row of every register, and every count of the trends."""
    store = Store.open(f"sqlite:///{tmp_path / 'year.db'}")
    store.prepare()
    office = simulated(store, seed=20260107, enquiries=400).office
    packer = Packer(
        store=store,
        policy=office.policy,
        days=WorkingDays(office.policy.clocks),
        letters=office.letters,
        templates=shipped(),
        clock=office.clock,
    )
    figures, content, _ = packer.made(MONTH)
    book = tmp_path / "pack.xlsx"
    book.write_bytes(content)
    sheets = as_csv(book, tmp_path)
    for table in (figures.decisions, figures.actions, *figures.registers):
        head, *rows = sheets[table.title]
        assert tuple(head[: len(table.columns)]) == table.columns
        read = [tuple(row) for row in rows if any(row)]
        told = [tuple("" if c is None else str(c) for c in row) for row in table.rows]
        assert read[: len(told)] == told, table.title
    lines = {tuple(row) for row in sheets["Trends"]}
    for trend in figures.trends:
        for what, counts in trend.rows:
            assert (what, *map(str, counts)) in lines
    with store.read() as tx:
        assert figures.standing["open"] == tx.standing(office.clock())["open"]
    assert sum(len(table.rows) for table in figures.registers) > 20
    store.close()
