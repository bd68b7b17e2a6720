"""Config files as they lie there: found, read, and made of TOML that can be understood."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from daemon.config.errors import ConfigError
from daemon.config.files import FILE_NAMES, OPTIONAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


def read(folder: Path) -> tuple[dict[str, dict[str, Any]], list[ConfigError]]:
    """Return what each readable file holds, by file name, and what is wrong with the rest."""
    if not folder.is_dir():
        why = "There is no such config folder. Name it with --config."
        return {}, [ConfigError(file=str(folder), key="", why=why)]
    raw: dict[str, dict[str, Any]] = {}
    errors = list(_strangers(folder))
    for name in FILE_NAMES:
        if name in OPTIONAL and not (folder / name).exists():
            continue
        found = _read_file(folder / name)
        if isinstance(found, str):
            errors.append(ConfigError(file=name, key="", why=found))
        else:
            raw[name] = found
    return raw, errors


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a sentence with the known word most like this one, or nothing."""
    near = get_close_matches(word.lower(), list(known), n=1)
    return f' Did you mean "{near[0]}"?' if near else ""


def _read_file(path: Path) -> dict[str, Any] | str:
    """Return the file's tables, or a sentence that says why there are none."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return "This file is missing. Copy it from the config that came with the software."
    except OSError as error:
        return f"This file cannot be read ({error.strerror}). Give the daemon's user the right to."
    except UnicodeDecodeError as error:
        return f"This file is not UTF-8 text (byte {error.start + 1}). Save it as UTF-8."
    except tomllib.TOMLDecodeError as error:
        return f"This is not correct TOML: {error}. Nothing else in this file was checked."


def _strangers(folder: Path) -> Iterator[ConfigError]:
    for path in sorted(folder.glob("*.toml")):
        if path.name not in FILE_NAMES:
            hint = did_you_mean(path.name, FILE_NAMES)
            why = f"No part of the config has this name, so nobody reads it.{hint}"
            yield ConfigError(file=path.name, key="", why=why)
