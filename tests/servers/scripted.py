"""Servers that lie, stall and hang up on cue: what no well-behaved one can be made to do."""

from __future__ import annotations

import re
import select
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from tests.servers import HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class HangUpError(Exception):
    """Raised in a script: the server closes the connection without a word."""


class LineServer:
    """A TCP server that gives each connection, a thread each, to `serve`."""

    host = HOST

    def __init__(self) -> None:
        self.connections = 0
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((HOST, 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rwb", buffering=0) as stream:
                self.serve(stream)
        except (OSError, HangUpError, ValueError):
            pass
        finally:
            self._open.discard(connection)

    def serve(self, stream: BinaryIO) -> None:
        """Hold one conversation."""
        raise NotImplementedError

    def cut(self) -> None:
        """End every connection; new ones are welcome."""
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                self._open.discard(connection)

    def close(self) -> None:
        """Stop listening and end every connection."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()


class Greeter(LineServer):
    """A server that says one thing and then nothing more."""

    def __init__(self, greeting: bytes) -> None:
        self._greeting = greeting
        super().__init__()

    def serve(self, stream: BinaryIO) -> None:
        """Greet, and listen until the client goes."""
        stream.write(self._greeting)
        while stream.readline():
            pass


@dataclass(slots=True, kw_only=True)
class Mail:
    """A message in a scripted mailbox."""

    content: bytes
    arrived: str = "05-Jan-2026 10:00:00 +0000"
    flags: set[str] = field(default_factory=set)


_UID_COMMAND = re.compile(r"(\S+) (UID )?(\S+) ?(.*)", re.DOTALL)


class ScriptedImap(LineServer):
    """A small IMAP server with one mailbox, every answer of which can be replaced.

    `scripts["UID FETCH"] = f` makes `f(arguments)` answer FETCH: bytes, in which `{tag}` stands
    for the command's tag, or None for the usual answer; raising `HangUpError` hangs up.
    """

    def __init__(self, *contents: bytes) -> None:
        self.mails = {uid: Mail(content=content) for uid, content in enumerate(contents, 1)}
        self.uidvalidity: int | None = 7
        self.uidnext: int | None = None  # None: one above the highest; 0: says nothing of it
        self.capabilities = "IMAP4rev1 IDLE UIDPLUS MOVE"
        self.permanent_flags = "\\Deleted \\Flagged \\*"
        self.greeting = b"* OK ready\r\n"
        self.scripts: dict[str, Callable[[str], bytes | None]] = {}
        self.commands: list[str] = []  # verbs with their arguments, logins without
        self.folders: dict[str, list[bytes]] = {}
        self.pushed = threading.Event()  # something happened: those who idle are told
        super().__init__()

    def names(self) -> list[str]:
        """Return the verbs of all commands so far."""
        return [command.split(" (")[0] for command in self.commands]

    def serve(self, stream: BinaryIO) -> None:
        """Hold one IMAP conversation."""
        stream.write(self.greeting)
        while line := stream.readline():
            found = _UID_COMMAND.match(line.decode("latin-1").strip())
            if found is None:
                continue
            tag, uid, verb, arguments = found.groups()
            name = f"{uid or ''}{verb}".upper()
            self.commands.append(name if name in ("LOGIN", "AUTHENTICATE") else line_of(found))
            script = self.scripts.get(name)
            answer = script(arguments) if script else None
            if answer is None:
                answer = self._usual(name, arguments, stream)
            stream.write(answer.replace(b"{tag}", tag.encode()))

    def _usual(self, name: str, arguments: str, stream: BinaryIO) -> bytes:
        if name == "IDLE":
            return self._idle(stream)
        if name == "LOGOUT":
            return b"* BYE\r\n{tag} OK bye\r\n"
        handler = getattr(self, f"_do_{name.lower().replace(' ', '_')}", None)
        untagged: Iterable[bytes] = handler(arguments) if handler else ()
        return b"".join(line + b"\r\n" for line in untagged) + b"{tag} OK done\r\n"

    def _idle(self, stream: BinaryIO) -> bytes:
        self.pushed.clear()
        stream.write(b"+ idling\r\n")
        while not select.select([stream], [], [], 0.05)[0]:
            if self.pushed.is_set():
                self.pushed.clear()
                stream.write(b"* %d EXISTS\r\n" % len(self.mails))
        stream.readline()
        return b"{tag} OK done\r\n"

    def _do_capability(self, _: str) -> list[bytes]:
        return [b"* CAPABILITY " + self.capabilities.encode()]

    def _do_examine(self, _: str) -> list[bytes]:
        uidnext = self.uidnext if self.uidnext is not None else max(self.mails, default=0) + 1
        lines = [f"* {len(self.mails)} EXISTS", "* 0 RECENT", "* FLAGS (\\Deleted)"]
        lines.append(f"* OK [PERMANENTFLAGS ({self.permanent_flags})] kept")
        if self.uidvalidity is not None:
            lines.append(f"* OK [UIDVALIDITY {self.uidvalidity}] valid")
        if uidnext:
            lines.append(f"* OK [UIDNEXT {uidnext}] next")
        return [line.encode() for line in lines]

    _do_select = _do_examine

    def _do_uid_search(self, arguments: str) -> list[bytes]:
        uids = self._uids(arguments.split()[1])
        if "UNDELETED" in arguments:
            uids = [uid for uid in uids if "\\Deleted" not in self.mails[uid].flags]
        return [b"* SEARCH " + " ".join(map(str, uids)).encode()]

    def _uids(self, text: str) -> list[int]:
        """Return the UIDs of a set; as the standard has it, n:* always names the last."""
        wanted: set[int] = set()
        for part in text.split(","):
            first, _, last = part.partition(":")
            if last == "*":
                highest = max(self.mails, default=0)
                wanted |= {uid for uid in self.mails if uid >= int(first)} | {highest}
            else:
                wanted |= {u for u in self.mails if int(first) <= u <= int(last or first)}
        return sorted(wanted & self.mails.keys())

    def _do_uid_fetch(self, arguments: str) -> list[bytes]:
        uids, _, items = arguments.partition(" ")
        return [self.fetched(uid, items) for uid in self._uids(uids)]

    def fetched(self, uid: int, items: str) -> bytes:
        """Return the line (and literal) of a FETCH answer for one message."""
        mail = self.mails[uid]
        parts = [b"UID %d" % uid]
        if "RFC822.SIZE" in items:
            parts.append(b"RFC822.SIZE %d" % len(mail.content))
        if "INTERNALDATE" in items:
            parts.append(f'INTERNALDATE "{mail.arrived}"'.encode())
        if "BODY.PEEK[]" in items:
            partial = re.search(r"<0\.(\d+)>", items)
            content = mail.content[: int(partial[1])] if partial else mail.content
            mark = b"<0>" if partial else b""
            parts.append(b"BODY[]%s {%d}\r\n%s" % (mark, len(content), content))
        number = sorted(self.mails).index(uid) + 1
        return b"* %d FETCH (%s)" % (number, b" ".join(parts))

    def _do_uid_store(self, arguments: str) -> list[bytes]:
        uids, _, change = arguments.partition(" ")
        for uid in self._uids(uids):
            self.mails[uid].flags |= set(re.findall(r"[\\$]\w+", change))
        return []

    def _do_uid_copy(self, arguments: str) -> list[bytes]:
        uids, _, folder = arguments.partition(" ")
        copies = self.folders.setdefault(folder.strip('"'), [])
        copies.extend(self.mails[uid].content for uid in self._uids(uids))
        return []

    def _do_uid_expunge(self, arguments: str) -> list[bytes]:
        for uid in self._uids(arguments):
            if "\\Deleted" in self.mails[uid].flags:
                del self.mails[uid]
        return []

    def _do_expunge(self, _: str) -> list[bytes]:
        self.mails = {u: m for u, m in self.mails.items() if "\\Deleted" not in m.flags}
        return []

    def _do_uid_move(self, arguments: str) -> list[bytes]:
        self._do_uid_copy(arguments)
        for uid in self._uids(arguments.partition(" ")[0]):
            del self.mails[uid]
        return []


def line_of(found: re.Match[str]) -> str:
    """Return a command without its tag."""
    return found.string.partition(" ")[2]
