"""A day at the office: 200 mixed mails, one daemon, and all that came of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.acceptance.letters import Sent
from tests.acceptance.mails import Fate, a_day
from tests.acceptance.office import TEAMS, Office

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.mails import Mail
    from tests.servers.certificates import Certificates
    from tests.servers.dovecot import Dovecot
    from tests.servers.smtp import MailServer

COUNT = 200
TWINS = 6  # of the mails, a second copy lies in another mailbox
LOGIN = ("assurance", "a password for the relay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What was put in, and where to look for what came of it."""

    office: Office
    server: MailServer
    mails: list[Mail]
    twins: list[tuple[Mail, str]]  # with the door of the second copy
    receipts: list[dict[str, Any]]
    acknowledgements: dict[str, list[Sent]]  # by enquirer's address, out of Dovecot
    notices: dict[str, list[Sent]]  # by team's mailbox, out of Dovecot
    log: str

    def of(self, *fates: Fate) -> list[Mail]:
        """Return the mails that some fates are meant for."""
        return [mail for mail in self.mails if mail.fate in fates]

    def receipt(self, mail: Mail) -> dict[str, Any]:
        """Return the receipt of a mail in its own mailbox."""
        (found,) = (
            r for r in self.receipts if r["inbox"] == mail.door and r["content"] == mail.content
        )
        return found

    def answer(self, mail: Mail) -> Sent:
        """Return the one acknowledgement that a mail has got: the one with its reference."""
        reference = self.receipt(mail)["reference"]
        answers = self.acknowledgements.get(mail.sender, [])
        (found,) = [a for a in answers if reference in a.header("Subject")]
        return found


def live_through(
    folder: Path, dovecot: Dovecot, server: MailServer, certificates: Certificates
) -> Day:
    """Let the day's mail arrive, let the daemon work until it is done, and stop it."""
    smtp = {
        "port": server.port,
        "tls": "starttls",
        "ca_file": str(certificates.ca_file),
        "username": LOGIN[0],
        "password": "file:relay",
    }
    office = Office(folder=folder / "office", dovecot=dovecot, prefix="day", smtp=smtp)
    office.secret("relay", LOGIN[1])
    office.watch_doors(idle=True, poll_s=5)
    public, teams = office.mailbox("public"), {a: office.mailbox(a.split("@")[0]) for a in TEAMS}
    mails = list(a_day(COUNT - TWINS))
    for address in {mail.sender for mail in mails if mail.sender}:
        server.deliver_to(address, partial(dovecot.deliver, public))
    for address, user in teams.items():
        server.deliver_to(address, partial(dovecot.deliver, user))
    twins = _deliver(office, mails)
    running = office.start()
    try:
        office.wait_until_quiet(within_s=150, count=COUNT)
        running.stop()
    finally:
        office.end()
    return Day(
        office=office,
        server=server,
        mails=mails,
        twins=twins,
        receipts=office.ledger.receipts(),
        acknowledgements=_by_recipient(dovecot, public),
        notices={a: _mails_in(dovecot, user) for a, user in teams.items()},
        log=office.log_text(),
    )


def _deliver(office: Office, mails: list[Mail]) -> list[tuple[Mail, str]]:
    """Lay each mail into its mailbox, some a day old, and some into a second one as well."""
    now = time.time()
    yesterday = now - timedelta(days=1).total_seconds()
    answered = [mail for mail in mails if mail.fate is Fate.ANSWERED]
    old = {mail.marker for mail in answered[::4]}
    for mail in mails:
        office.deliver(mail.door, mail.content, arrived=yesterday if mail.marker in old else now)
    plain = [m for m in answered if m.door in {"intake", "customer-care"} and m.marker not in old]
    twins = [(m, "ombudsman" if n % 2 else "ceo") for n, m in enumerate(plain[:TWINS])]
    for mail, door in twins:
        office.deliver(door, mail.content, arrived=now)
    return twins


def _mails_in(dovecot: Dovecot, user: str) -> list[Sent]:
    return [Sent.read(content) for content in dovecot.messages(user).values()]


def _by_recipient(dovecot: Dovecot, user: str) -> dict[str, list[Sent]]:
    found: dict[str, list[Sent]] = {}
    for sent in _mails_in(dovecot, user):
        for recipient in sent.recipients:
            found.setdefault(recipient, []).append(sent)
    return found
