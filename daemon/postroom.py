"""The folder of letters: what waits to be printed and posted lies there, and nothing else.

The database is the list; the folder follows it. A letter that has gone by post is taken out, and
one that somebody deleted by mistake comes back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from daemon.whole import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from daemon.store import Store
    from daemon.store.posting import ToPost

_OURS: Final = re.compile(r"[A-Z]{1,4}-[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9]+(-v[0-9]+)?\.pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRoom:
    """Keeps a folder of PDF letters as the database lists them."""

    store: Store
    folder: Path

    def lay_out(self) -> int:
        """Bring the folder up to date; return how many letters were laid there.

        Files with other names are left alone.

        Raises:
            OSError: the folder cannot be written.
            StoreUnavailableError: the database does not answer.
        """
        with self.store.read() as tx:
            wanted = {file_name(one): one for one in tx.to_post()}
        if not wanted and not self.folder.is_dir():
            return 0
        self.folder.mkdir(parents=True, exist_ok=True)
        lying = {path.name for path in self.folder.iterdir() if _OURS.fullmatch(path.name)}
        for name in lying - wanted.keys():
            (self.folder / name).unlink(missing_ok=True)
        missing = [one for name, one in wanted.items() if name not in lying]
        for one in missing:
            with self.store.read() as tx:
                content = tx.content_of(one.id)
            write_whole(self.folder / file_name(one), content)
        return len(missing)


def file_name(letter: ToPost) -> str:
    """Return the name of a letter's file: its enquiry's reference, its own number, its version."""
    version = f"-v{letter.resent + 1}" if letter.resent else ""
    return f"{letter.reference}-{letter.id}{version}.pdf"
