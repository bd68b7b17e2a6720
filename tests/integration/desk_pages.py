"""The page over a store, and people who look at it: a browser without a screen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.testclient import TestClient

from daemon.accounts import Accounts, Limits
from daemon.casework import Revision
from daemon.config import load
from daemon.deadlines import WorkingDays
from daemon.explain import Judge
from daemon.record import Recorder
from daemon.registers.looking import Looking
from desk.office import Office as DeskOffice
from desk.serving import make_app
from tests.builders import NOW, OFFICE, an_office_over
from tests.unit.config_folders import SHIPPED

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.applications import Starlette

    from daemon.config import Config
    from daemon.model import Social
    from daemon.store import Store
    from tests.builders import Office

WORDS = "three quiet words"
SITE = "http://127.0.0.1:8420"


@cache
def shipped() -> Config:
    """The config as it is shipped; its rules take a second to read, so once for all tests."""
    return load(SHIPPED, env={}, state_dir=Path("var/none"))


@cache
def shipped_judge() -> Judge:
    """What judges a pasted message, by facts and rules alone."""
    config = shipped()
    return Judge.of(config.rules, config.policy, lambda: NOW)


@dataclass
class Somebody:
    """Somebody at a browser of their own."""

    browser: TestClient
    last: Response | None = None

    def get(self, path: str, **more) -> Response:
        self.last = self.browser.get(path, follow_redirects=False, **more)
        return self.last

    def see(self, path: str, status: int = 200) -> str:
        """Open a page and return its HTML."""
        answer = self.browser.get(path, follow_redirects=True)
        assert answer.status_code == status, (path, answer.status_code, answer.text[-600:])
        return answer.text

    def send(self, path: str, form: dict | None = None, *, page: str = "", **more) -> Response:
        """Send the form of a page, with the hidden fields that it carries."""
        shown = self.browser.get(page or path, follow_redirects=True)
        values = {**hidden(shown.text), **(form or {})}
        self.last = self.browser.post(path, data=values, follow_redirects=False, **more)
        return self.last

    def done(self, path: str, form: dict | None = None, **more) -> str:
        """Send a form that is to be taken, and return the page that follows."""
        answer = self.send(path, form, **more)
        assert answer.status_code == 303, (path, answer.status_code, problems(answer.text))
        return self.see(answer.headers["location"])


def hidden(html: str) -> dict[str, str]:
    """The hidden fields of the last form of a page."""
    form = html.rpartition("<main")[2] if "csrf" in html.rpartition("<main")[2] else html
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))


def problems(html: str) -> str:
    """What the error summary of a page says."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition('role="alert"')[2][:1500]).split())


@dataclass
class Desk:
    """The page, the office below it, and accounts by role."""

    office: Office
    desk: DeskOffice
    app: Starlette
    people: dict[str, Somebody] = field(default_factory=dict)

    @property
    def accounts(self) -> Accounts:
        return self.desk.accounts

    def stranger(self) -> Somebody:
        """Somebody who has not signed in."""
        return Somebody(TestClient(self.app, base_url=SITE, raise_server_exceptions=False))

    def account(self, name: str, *roles: str, address: str = "") -> str:
        """Make an account with a password."""
        address = address or f"{name}@{OFFICE}"
        key = self.accounts.add(
            name, display_name=name.title(), address=address, roles=roles, by="Tests"
        )
        return self.accounts.set_password(key, WORDS)

    def somebody(self, *roles: str, name: str = "", address: str = "") -> Somebody:
        """Somebody with these roles, signed in."""
        name = name or "-".join(roles)
        if name not in self.people:
            self.account(name, *roles, address=address)
            one = self.stranger()
            answer = one.send("/sign-in", {"name": name, "password": WORDS})
            assert answer.status_code == 303, answer.text
            self.people[name] = one
        return self.people[name]


def a_desk(store: Store, *, social: Social | None = None, **desk_settings: object) -> Desk:
    """The page over a store, with the shipped config and a clock that stands still.

    `social` are its accounts on networks; `desk_settings` take the place of tables of desk.toml.
    """
    config = shipped()
    config = replace(config, desk=config.desk.model_copy(update=desk_settings))
    if social is not None:
        config = replace(config, policy=replace(config.policy, social=social))
    office = an_office_over(store, policy=config.policy)
    desk = DeskOffice(
        config=config,
        accounts=Accounts(
            store=store,
            signer=office.signer,
            policy=config.policy,
            roles={one.id: one.as_role() for one in config.desk.role},
            limits=Limits(
                idle=timedelta(minutes=60), longest=timedelta(hours=12), link=timedelta(hours=48)
            ),
            clock=office.clock,
        ),
        casework=office.casework,
        looking=Looking(
            store=store,
            policy=config.policy,
            days=WorkingDays(config.policy.clocks),
            signer=office.signer,
            clock=office.clock,
        ),
        recorder=Recorder(
            store=store,
            intake=office.intake,
            policy=config.policy,
            letters=office.letters,
            signer=office.signer,
            clock=office.clock,
        ),
        judge=shipped_judge,
        revision=Revision(filing=office.intake.filing),
        cookie_key=office.signer.secret_for("cookie"),
        clock=office.clock,
    )
    return Desk(office=office, desk=desk, app=make_app(desk))
