"""A real browser without a window, for what people see: Debian's Chromium."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, sync_playwright

from tests.servers import IS_ROOT, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@pytest.fixture(scope="module")  # its event loop would be in the way of other tests
def browser() -> Iterator[Browser]:
    """A Chromium that can reach nothing outside this machine."""
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(
                executable_path=shutil.which("chromium"),  # None: the one Playwright installed
                args=[
                    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                    *(["--no-sandbox"] * IS_ROOT),
                ],
            )
        except Error as error:
            refuse(
                "Chromium is not installed; on Debian: apt-get install chromium, on Ubuntu:"
                f" playwright install --with-deps chromium ({str(error).splitlines()[0]})"
            )
        with started:
            yield started
