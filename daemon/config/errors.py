"""What is wrong with the config: one value a mistake, one exception for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ConfigError:
    """One mistake: in which file, at which key, and what to do about it.

    `file` is the file's name inside the config folder. `key` is written as an administrator
    would find it: `office.phone`, `inbox "ceo".folder`, or `inbox[2].folder` for the second
    `[[inbox]]` where it has no name of its own. It is "" where the whole file is meant.
    `why` is a sentence and never repeats the value of a secret.
    """

    file: str
    key: str
    why: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.key, self.why) if part)


class ConfigErrors(Exception):  # noqa: N818 - it is plural because it holds every mistake found
    """The config cannot be used; `errors` holds every mistake, sorted by file and key."""

    def __init__(self, errors: Iterable[ConfigError]) -> None:
        self.errors = tuple(sorted(set(errors)))
        super().__init__("\n".join(str(error) for error in self.errors))
