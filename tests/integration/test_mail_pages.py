"""The mails to enquirers as pages in a real browser: accessible, and readable in large print."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from daemon.compose import example_values
from tests.unit.composing import shipped

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

OUTWARD = sorted(shipped().acknowledgements)
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"width": 320, "height": 640}  # also a desktop's 1,280 at 400 % (WCAG 1.4.10)


def page_of(browser: Browser, template: str, **context) -> Page:
    """A mail's page with the fullest values."""
    values = next(iter(example_values(f"acknowledgements/{template}")))
    page = browser.new_page(**context)
    page.set_content(shipped().render(f"acknowledgements/{template}", values).html)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("template", OUTWARD)
def test_axe_finds_nothing(browser, template, scheme):
    """WCAG 2.2 AA and the tool's own advice, in both colour schemes."""
    with page_of(browser, template, color_scheme=scheme) as page:
        found = Axe().run(page, options={"runOnly": WCAG})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("template", OUTWARD)
def test_a_mail_fits_a_phone_and_large_print(browser, template):
    """Nothing is cut off and nobody scrolls sideways, with letters twice as large too."""
    with page_of(browser, template, viewport=PHONE) as page:
        page.add_style_tag(content="html { font-size: 200%; }")
        wide = page.evaluate("document.documentElement.scrollWidth")
        letters = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert wide <= PHONE["width"]
    assert letters >= 32


@pytest.mark.parametrize("template", OUTWARD)
def test_a_mail_loads_nothing(browser, template):
    """No picture, font or script: nobody learns that it was opened."""
    asked: list[str] = []
    values = next(iter(example_values(f"acknowledgements/{template}")))
    with browser.new_page() as page:
        page.on("request", lambda request: asked.append(request.url))
        page.set_content(shipped().render(f"acknowledgements/{template}", values).html)
        page.wait_for_load_state()
    assert asked == []
