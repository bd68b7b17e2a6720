"""Dovecot: a real IMAP server, with users made on demand and mail delivered as files."""

from __future__ import annotations

import getpass
import grp
import itertools
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from imapclient import IMAPClient
from imapclient.imap_utf7 import encode as encode_utf7

from tests.servers import (
    HOST,
    IS_ROOT,
    free_port,
    is_listening,
    require,
    short_folder,
    stop_process,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.certificates import Certificates

PASSWORD = "correct horse"
MAIL_UID = 5000 if IS_ROOT else os.getuid()
MAIL_GID = 5000 if IS_ROOT else os.getgid()

_CONF = """
base_dir = {root}/base
state_dir = {root}/state
log_path = {root}/log
protocols = imap
listen = 127.0.0.1
instance_name = tests-{plain_port}
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
first_valid_uid = {uid}
first_valid_gid = {gid}
mail_location = maildir:{root}/mail/%u
mail_max_userip_connections = 200
auth_failure_delay = 0
default_vsz_limit = 1G
service anvil {{
  {anvil_chroot}
  # or each refused login from 127.0.0.1 would slow the next one down
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {root}/oauth2.conf.ext
}}
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = {root}/users/%u
}}
userdb {{
  driver = passwd-file
  args = {root}/users/%u
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  {login_chroot}
  inet_listener imap {{
    address = 127.0.0.1
    port = {plain_port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 200
}}
{unprivileged}
"""

_OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={root}/keys/
username_attribute = sub
"""

_UNPRIVILEGED = """
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """A Dovecot of the tests' own. `port` speaks clear text and STARTTLS, `tls_port` TLS."""

    host = HOST
    password = PASSWORD

    def __init__(self, root: Path, certificates: Certificates) -> None:
        self.root = root
        self.ca_file = str(certificates.ca_file)
        self.port = free_port()
        self.tls_port = free_port()
        self._certificates = certificates
        self._program = require("dovecot", "dovecot-imapd")
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._prepare()

    def _prepare(self) -> None:
        for name in ("base", "state", "mail", "users"):
            (self.root / name).mkdir()
        self._own(self.root / "mail")
        mine = {"user": getpass.getuser(), "group": grp.getgrgid(os.getgid()).gr_name}
        conf = _CONF.format(
            root=self.root,
            cert=self._certificates.server_cert,
            key=self._certificates.server_key,
            plain_port=self.port,
            tls_port=self.tls_port,
            uid=MAIL_UID,
            gid=MAIL_GID,
            anvil_chroot="" if IS_ROOT else "chroot =",
            login_chroot="" if IS_ROOT else "chroot =",
            unprivileged="" if IS_ROOT else _UNPRIVILEGED.format(**mine),
        )
        (self.root / "dovecot.conf").write_text(conf)
        (self.root / "oauth2.conf.ext").write_text(_OAUTH2.format(root=self.root))

    def trust(self, public_key: str) -> None:
        """Accept tokens that were signed with a key (PEM): any client's, for the user they name."""
        place = self.root / "keys" / "default" / "RS256" / "default"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(public_key)

    def _own(self, path: Path) -> None:
        if IS_ROOT:
            os.chown(path, MAIL_UID, MAIL_GID)

    @property
    def _conf(self) -> str:
        return str(self.root / "dovecot.conf")

    def start(self) -> None:
        """Start it, or start it again: ports, users and mail stay the same."""
        if self._process is None:
            self._process = subprocess.Popen([self._program, "-F", "-c", self._conf])
            wait_until(lambda: is_listening(self.port) and is_listening(self.tls_port))

    def stop(self) -> None:
        """Stop it; its clients lose their connections."""
        process, self._process = self._process, None
        if process is None:
            return
        children = _children(process.pid)
        stop_process(process)
        for child in children:  # or those with a client would linger for seconds
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        wait_until(lambda: not is_listening(self.port), what="Dovecot's end")

    def add_user(self, name: str) -> str:
        """Make a user with the common password and an empty mailbox; a second time is fine."""
        # a file a user: Dovecot would notice a change of a common one only later
        entry = f"{name}:{{PLAIN}}{PASSWORD}:{MAIL_UID}:{MAIL_GID}::{self.home(name)}::\n"
        (self.root / "users" / name).write_text(entry)
        self._make_maildir(self.home(name))
        return name

    def home(self, user: str) -> Path:
        """Return the user's Maildir, which is the INBOX too."""
        return self.root / "mail" / user

    def maildir(self, user: str, folder: str = "INBOX") -> Path:
        """Return the Maildir of a folder."""
        if folder == "INBOX":
            return self.home(user)
        return self.home(user) / f".{encode_utf7(folder).decode('ascii')}"

    def _make_maildir(self, path: Path) -> None:
        for part in (path, path / "tmp", path / "new", path / "cur"):
            part.mkdir(exist_ok=True)
            self._own(part)

    def deliver(
        self, user: str, content: bytes, folder: str = "INBOX", *, arrived: float | None = None
    ) -> str:
        """Put a message into a folder as a delivery agent does; return its file name."""
        maildir = self.maildir(user, folder)
        self._make_maildir(maildir)
        now = time.time()
        name = f"{int(now)}.M{int(now % 1 * 10**6)}P{os.getpid()}Q{next(self._numbers)}.tests"
        written = maildir / "tmp" / name
        written.write_bytes(content)
        if arrived is not None:
            os.utime(written, (arrived, arrived))
        self._own(written)
        written.rename(maildir / "new" / name)
        return name

    def client(self, user: str) -> IMAPClient:
        """Return another mail program of the user's, logged in; the caller logs it out."""
        client = IMAPClient(self.host, self.port, ssl=False, timeout=10)
        client.login(user, PASSWORD)
        return client

    def messages(self, user: str, folder: str = "INBOX") -> dict[int, bytes]:
        """Return what lies in a folder, by UID."""
        with self.client(user) as client:
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["BODY.PEEK[]"])
        return {uid: answer[b"BODY[]"] for uid, answer in found.items()}

    def flags(self, user: str, folder: str = "INBOX") -> dict[int, set[bytes]]:
        """Return the flags of a folder's messages, by UID, without \\Recent."""
        with self.client(user) as client:
            client.select_folder(folder, readonly=True)
            found = client.get_flags(client.search())
        return {uid: set(flags) - {b"\\Recent"} for uid, flags in found.items()}

    def expunge(self, user: str, uid: int, folder: str = "INBOX") -> None:
        """Delete one message for good, as a person might."""
        with self.client(user) as client:
            client.select_folder(folder)
            client.delete_messages([uid])
            client.uid_expunge([uid])

    def change_uidvalidity(self, user: str, folder: str = "INBOX") -> None:
        """Number a folder anew, as after a restore from a backup."""
        with self.client(user) as client:
            validity = client.folder_status(folder, ["UIDVALIDITY"])[b"UIDVALIDITY"]
        doveadm = require("doveadm", "dovecot-imapd", places=("/usr/bin", "/usr/sbin"))
        change = ("mailbox", "update", "-u", user, "--uid-validity", str(validity + 1000), folder)
        subprocess.run([doveadm, "-c", self._conf, *change], check=True, capture_output=True)

    def remove_user(self, name: str) -> None:
        """Delete a user's mail; the name may be used again."""
        shutil.rmtree(self.home(name), ignore_errors=True)


def _children(pid: int) -> list[int]:
    """Return the processes that a process started."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in children.read_text().split()] if children.exists() else []


@pytest.fixture(scope="session")
def _dovecot(certificates: Certificates) -> Iterator[Dovecot]:
    with short_folder("dove") as root:
        server = Dovecot(root, certificates)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture
def dovecot(_dovecot: Dovecot) -> Dovecot:
    """The test run's Dovecot, up, even if the test before has stopped it."""
    _dovecot.start()
    return _dovecot
