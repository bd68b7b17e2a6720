"""Signing in with an identity provider that others wrote, in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.acceptance.desks import account, serving
from tests.acceptance.office import DOMAIN
from tests.servers import HOST, free_port
from tests.servers.npm_oidc import CLIENT, SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

    from tests.acceptance.office import Office
    from tests.servers.npm_oidc import NpmProvider
    from tests.servers.smtp import MailServer

BACK = "/sign-in/service/back"


def test_somebody_signs_in_with_a_provider_that_others_wrote(
    make_office: Callable[..., Office],
    mail_server: MailServer,
    start_npm_provider: Callable[[str, int], NpmProvider],
    browser: Browser,
) -> None:
    """They stand on the page they wanted; whoever has no account is told, and stays out."""
    office, provider_port = make_office(mail_server), free_port()
    office.watch_doors()
    office.write()
    office.secret("oidc", SECRET)
    with (office.config / "desk.toml").open("a") as config:
        config.write(
            f'\n[oidc]\nname = "your account"\nissuer = "http://{HOST}:{provider_port}"\n'
            f'client_id = "{CLIENT}"\nclient_secret = "file:oidc"\n'
        )
    with serving(office) as site:
        start_npm_provider(site + BACK, provider_port)
        account(office, "sam", "officer")

        def comes(name: str) -> None:
            page.goto(f"{site}/work/unsorted")
            page.get_by_role("button", name="Sign in with your account").or_(
                page.get_by_role("link", name="Sign in with your account")
            ).click()
            page.locator("input[name=login]").fill(name)
            page.locator("input[name=password]").fill("anything")
            page.get_by_role("button", name="Sign-in").click()
            page.get_by_role("button", name="Continue").click()

        page = browser.new_context().new_page()
        comes(f"sam@{DOMAIN}")
        expect(page).to_have_url(re.compile("/work/unsorted$"))
        expect(page.get_by_role("heading", level=1)).to_contain_text("To be sorted")
        page.goto(site)
        expect(page.get_by_text("Sam", exact=True).first).to_be_visible()

        page = browser.new_context().new_page()
        comes(f"nobody@{DOMAIN}")
        expect(page.get_by_role("heading", level=1)).to_contain_text("You have no account")
        page.goto(f"{site}/work/unsorted")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Sign in")
