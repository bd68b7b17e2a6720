"""The main job beside a help desk that many use, on the same servers with the same mails.

`python -m benchmarks.peers [COUNT] [--runs N]`: in turn, this software and django-helpdesk, which
is put into an environment of its own (`var/bench/peers`). Its own command fetches the mailbox,
makes a ticket of each mail on SQLite and acknowledges it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import time
import venv
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.mailbox import Usage, an_office, measure
from benchmarks.mails import mails
from benchmarks.results import FOLDER, keep
from tests.servers import short_folder
from tests.servers.dovecot import PASSWORD
from tests.servers.smtp import SmtpSink

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.acceptance.office import Office

_HOME: Final = FOLDER / "peers"
_PACKAGE: Final = "django-helpdesk==2.6.1"
_BOX: Final = "customer-care"
_SETTINGS: Final = """
import os
SECRET_KEY = "of a benchmark"
USE_TZ = True
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["PEER_DB"]}}
INSTALLED_APPS = [
    *(f"django.contrib.{name}" for name in ("admin", "auth", "contenttypes", "sessions", "sites")),
    *("django.contrib.messages", "django.contrib.staticfiles", "django.contrib.humanize"),
    *("rest_framework", "helpdesk"),
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
MIDDLEWARE = []
SITE_ID = 1
ROOT_URLCONF = "settings"
STATIC_URL = "/static/"
MEDIA_ROOT = os.environ["PEER_MEDIA"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DEFAULT_FROM_EMAIL = "customer.care@ombudsman.example"
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", int(os.environ["PEER_SMTP"])
HELPDESK_TEAMS_MODE_ENABLED = HELPDESK_KANBAN_ENABLED = False
HELPDESK_ACTIVATE_API_ENDPOINT = False


def __getattr__(name):  # asked for when all applications have been loaded
    from django.urls import include, path
    if name == "urlpatterns":
        return [path("", include("helpdesk.urls", namespace="helpdesk"))]
    raise AttributeError(name)
"""
_PREPARE: Final = """
import os, django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("loaddata", "emailtemplate", verbosity=0)
from helpdesk.models import Queue
Queue.objects.create(
    title="Customer Care", slug="cc", email_address="customer.care@ombudsman.example",
    allow_public_submission=True, allow_email_submission=True, email_box_type="imap",
    email_box_host="127.0.0.1", email_box_port=int(os.environ["PEER_IMAP"]),
    email_box_ssl=False, email_box_user=os.environ["PEER_USER"],
    email_box_pass=os.environ["PEER_PASS"], email_box_imap_folder="INBOX",
    email_box_interval=0, logging_type="none",
)
"""
_FETCH: Final = """
import time, django
django.setup()
from django.core.management import call_command
print("ready", flush=True)
call_command("get_email")
from helpdesk.models import FollowUpAttachment, Ticket
print(Ticket.objects.count(), FollowUpAttachment.objects.count(), flush=True)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """What one run of the other software took."""

    delivered: int
    count: int  # tickets made
    seconds: float  # from when it had loaded to when it had ended
    cpu_s: float
    peak_mb: float
    letters: int

    @property
    def rate(self) -> float:
        """Tickets a second."""
        return self.count / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Processor time a ticket, milliseconds."""
        return self.cpu_s / max(1, self.count) * 1e3


def install() -> Path:
    """Return the Python of an environment that has the other software; made where missing."""
    python = _HOME / "bin" / "python"
    made = _HOME / _PACKAGE  # empty; says that all of this version is there
    if not made.exists():
        venv.create(_HOME, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", _PACKAGE], check=True)
        made.touch()
    (_HOME / "settings.py").write_text(_SETTINGS)
    return python


def run_peer(office: Office, contents: Iterable[bytes]) -> Peer:
    """Deliver mails, have the other software fetch them, and wait until it has ended."""
    python = install()
    delivered = 0
    for content in contents:
        office.deliver(_BOX, content)
        delivered += 1
    with short_folder("peer") as folder, short_folder("sink") as taken:
        sink = SmtpSink(taken)
        sink.start()
        environment = _environment(office, folder, sink)
        subprocess.run([python, "-c", _PREPARE], env=environment, check=True)
        command = [str(python), "-c", _FETCH]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as one:
            assert one.stdout is not None
            one.stdout.readline()
            began, usage = time.monotonic(), Usage(pid=one.pid)
            at_start, _ = usage.look()
            cpu = at_start
            while one.poll() is None:
                cpu = max(cpu, usage.look()[0])
                time.sleep(0.1)
            took = time.monotonic() - began
            said = one.stdout.read().split()
        sink.stop()
        letters = len(sink.messages())
    if one.returncode or not said:
        problem = f"django-helpdesk ended with exit code {one.returncode}"
        raise SystemExit(problem)
    return Peer(
        delivered=delivered,
        count=int(said[-2]),
        seconds=took,
        cpu_s=cpu - at_start,
        peak_mb=usage.peak / 1e6,
        letters=letters,
    )


def _environment(office: Office, folder: Path, sink: SmtpSink) -> Mapping[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "settings",
        "PYTHONPATH": str(_HOME),
        "PEER_DB": str(folder / "peer.db"),
        "PEER_MEDIA": str(folder / "media"),
        "PEER_IMAP": str(office.dovecot.port),
        "PEER_SMTP": str(sink.port),
        "PEER_USER": office.inboxes[_BOX].user,
        "PEER_PASS": PASSWORD,
    }


def main() -> None:
    """Measure, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=1000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    ours, theirs = [], []
    for run in range(asked.runs):
        with an_office() as office:
            ours.append(measure(office, mails(asked.count, seed=run + 1)))
        with an_office() as office:
            theirs.append(run_peer(office, mails(asked.count, seed=run + 1)))
        for name, one in (("assurance", ours[-1]), ("django-helpdesk", theirs[-1])):
            print(
                f"{name:<16} {one.count} mails: {one.rate:.0f}/s, {one.cpu_ms:.1f} ms CPU a mail,"
                f" {one.peak_mb:.0f} MB, {one.letters} letters",
                flush=True,
            )
    ratio = median(one.rate for one in ours) / median(one.rate for one in theirs)
    print(f"median {ratio:.1f} times django-helpdesk")
    found: dict[str, list[dict[str, object]]] = {
        "assurance": [asdict(one) | {"rate": one.rate} for one in ours],
        "django-helpdesk": [asdict(one) | {"rate": one.rate} for one in theirs],
    }
    keep("peers", found)


if __name__ == "__main__":
    main()
