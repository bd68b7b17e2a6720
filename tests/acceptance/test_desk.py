"""A morning at the page: real mails in Dovecot, the real daemon, the real page, a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.acceptance.desks import account, serving
from tests.acceptance.office import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    from tests.acceptance.office import Office
    from tests.servers.smtp import MailServer

DAY = ROOT / "samples" / "day"
WORDS = "three quiet words"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW = {"width": 320, "height": 640}  # also a desktop's 1,280 at 400 % (WCAG 1.4.10)
REFERENCE = re.compile(r"PH-\w{5}-\w{5}")


@pytest.fixture
def office(make_office: Callable[..., Office], mail_server: MailServer) -> Office:
    """An office that has taken in the sample day from Dovecot."""
    office = make_office(mail_server)
    office.watch_doors(poll_s=0.3)
    office.start()
    for path in sorted(DAY.rglob("*.eml")):
        office.deliver(path.parent.name, path.read_bytes())
    office.wait_until_quiet()
    return office


@pytest.fixture
def site(office: Office) -> Iterator[str]:
    """The page of the office, served by a process of its own."""
    with serving(office) as url:
        yield url


def signed_in(browser: Browser, link: str, name: str, **context: object) -> Page:
    """Set a password with a link, sign in, and stand on the first page."""
    page = browser.new_context(**context).new_page()
    page.goto(link)
    page.get_by_label("New password").fill(WORDS)
    page.get_by_role("button", name="Set the password").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password").fill(WORDS)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Today")
    return page


def count(page: Page, section: str) -> int:
    """How many enquiries stand on a list of the first page."""
    return int(page.locator(f"#{section}-title .desk-number").inner_text())


def first_of(page: Page, section: str) -> str:
    """Open the first enquiry of a list; return its reference."""
    row = page.locator(f"#{section} tbody tr").first
    reference = REFERENCE.search(row.inner_text())[0]
    row.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(reference))
    return reference


def done(page: Page, words: str) -> None:
    """Expect the page to say that something is done."""
    expect(page.get_by_role("alert")).to_contain_text(words)


def test_an_officers_morning(
    office: Office, site: str, browser: Browser, mail_server: MailServer
) -> None:
    """Three sorted, one corrected, an alert confirmed, its letter released, a call, two closed."""
    page = signed_in(browser, account(office, "sam", "officer"), "sam")
    alerts, unsorted = count(page, "alerts"), count(page, "unsorted")
    _looks_after_somebody_at_risk(office, page, mail_server)
    _sorts_three(office, page, site)
    assert count(page, "unsorted") == unsorted - 3
    assert count(page, "alerts") == alerts - 1
    corrected = _corrects_one(office, page)
    call = _records_a_call(office, page)
    for reference in (corrected, call):
        _closes_by_keyboard(page, site, reference)
        assert office.show(reference)["status"] == "closed"
    page.goto(site)
    numbers = [int(n) for n in page.locator(".desk-count__number").all_inner_texts()]
    assert sum(numbers) == int(page.locator("#counts").inner_text().split()[0])
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.context.close()


def _looks_after_somebody_at_risk(office: Office, page: Page, mail_server: MailServer) -> None:
    """Confirm first, then let the humane text go."""
    risky = first_of(page, "alerts")
    page.get_by_role("link", name="Confirm that you look after them").first.click()
    page.get_by_label("A note").fill("I rang him. His sister is with him.")
    page.get_by_role("button", name="Confirm the alert").click()
    done(page, "is confirmed")
    page.get_by_role("link", name="Release the acknowledgement").click()
    page.get_by_label("The careful one").check()
    page.get_by_role("button", name="Release it").click()
    done(page, "is released")
    office.wait_until_quiet()
    letter = next(o for o in office.show(risky)["outbox"] if o["kind"] == "acknowledgement")
    assert letter["state"] == "sent"
    assert any(letter["recipient"] in a.recipients for a in mail_server.accepted)


def _sorts_three(office: Office, page: Page, site: str) -> None:
    """Two by the software's guess, one otherwise."""
    for choice in ("", "", "Complaint about us"):
        page.goto(site)
        reference = first_of(page, "unsorted")
        page.get_by_role("link", name="Sort or correct").click()
        if choice:
            page.get_by_label(choice).check()
        page.get_by_role("button", name="Save what it is").click()
        done(page, "is now taken for this")
    assert office.show(reference)["category"] == "complaint-about-us"
    page.goto(site)


def _corrects_one(office: Office, page: Page) -> str:
    """What was decided otherwise, found by a part of its subject."""
    page.get_by_role("searchbox").fill("thank")
    page.get_by_role("button", name="Find").click()
    page.locator("tbody tr").first.get_by_role("link").first.click()
    page.get_by_role("link", name="Sort or correct").click()
    page.get_by_label("Follow-up on a decision").check()
    page.get_by_label("A note").fill("They answer our letter.")
    page.get_by_role("button", name="Save what it is").click()
    done(page, "follow-up on a decision")
    reference = REFERENCE.search(page.url)[0]
    assert office.show(reference)["acts"][-1]["by_name"] == "Sam"
    return reference


def _records_a_call(office: Office, page: Page) -> str:
    """Look the caller up, and note what they say, while they wait."""
    page.get_by_role("link", name="Somebody calls").click()
    page.get_by_label("Their name or telephone number").fill("Rowe")
    page.get_by_role("button", name="Look up").click()
    expect(page.locator("main")).to_contain_text("No.")
    page.get_by_role("link", name="Record this call").click()
    page.get_by_label("Who called?").fill("Kit Rowe")
    page.get_by_label("What did they say?").fill("They ask when the hospital will answer.")
    page.get_by_role("button", name="Record the call").click()
    done(page, "The call is recorded")
    reference = REFERENCE.search(page.url)[0]
    assert office.show(reference)["messages"][0]["box"] == "phone"
    return reference


def _closes_by_keyboard(page: Page, site: str, reference: str) -> None:
    page.goto(f"{site}/enquiries/{reference}")
    page.get_by_role("link", name="Close", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_label("A note").focus()
    page.keyboard.type("Nothing more to do.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    done(page, "is closed")


def test_every_page_is_accessible_and_fits(office: Office, site: str, browser: Browser) -> None:
    """Axe finds nothing (WCAG 2.2 AA), nobody scrolls sideways at 400 %, all that loads is ours."""
    everything = ("manager", "administrator", "ombudsman", "private-office")
    link = account(office, "alex", *everything)
    asked: set[str] = set()
    page = browser.new_context().new_page()
    page.on("request", lambda request: asked.add(request.url))
    page.goto(link)
    _look(page, "the link")
    page = signed_in(browser, link, "alex")
    page.on("request", lambda request: asked.add(request.url))
    _look(page, "today")
    reference = first_of(page, "alerts")
    acts = [one.get_attribute("href") for one in page.locator(".desk-acts a").all()]
    assert len(acts) >= 15
    plain = ("search?q=the", "work/unsorted", "work/new", "phone?q=0161", "call-backs", "post")
    more = (
        "registers",
        "record/letter",
        "record/call",
        "try",
        "accounts",
        "accounts/new",
        "arrangements",
    )
    lists = ("central-assurance?which=all", "mp-oversight", "decisions", "case-referrals")
    paths = [
        f"/enquiries/{reference}",
        *acts,
        *(
            f"/{one}"
            for one in (*plain, *more, "accounts/alex", "arrangements/new", "health", "nowhere")
        ),
        *(f"/registers/{one}" for one in lists),
    ]
    page.goto(f"{site}/enquiries/{reference}")
    paths += [one.get_attribute("href") for one in page.locator(".desk-sent a").all()][:1]
    for path in paths:
        page.goto(f"{site}{path}")
        _look(page, path)
    # With mistakes in the form, and somebody else's words with their formatting.
    page.goto(f"{site}/record/letter")
    page.get_by_role("button", name="Record the letter").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    _look(page, "a form with mistakes")
    page.goto(f"{site}/enquiries/{_with_html(office)}")
    page.get_by_role("link", name="See it with its formatting").first.click()
    _look(page, "a mail with its formatting")
    assert {url for url in asked if not url.startswith(site)} == set()


def _with_html(office: Office) -> str:
    """The reference of an enquiry whose mail has formatting."""
    rows = office.ledger.receipts()
    found = [r["reference"] for r in rows if r["reference"] and b"text/html" in bytes(r["content"])]
    return str(found[0])


def _look(page: Page, where: str) -> None:
    found = Axe().run(page, options={"runOnly": WCAG})
    assert found.violations_count == 0, (where, found.generate_report())
    usual = page.viewport_size
    page.set_viewport_size(NARROW)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= NARROW["width"], (where, wide)
    if usual is not None:
        page.set_viewport_size(usual)
