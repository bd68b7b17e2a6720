"""Where the config's relative paths and secrets are found.

Paths inside a config file mean nothing by themselves, so the folders they are relative to
travel with the validation as its context.
"""

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, PlainValidator, ValidationInfo

SECRETS_FOLDER: Final = "secrets"
_PREFIX: Final = "file:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The folders that paths in the config are relative to."""

    config: Path
    state: Path
    credentials: Path | None  # systemd's $CREDENTIALS_DIRECTORY

    @classmethod
    def find(cls, *, folder: Path, env: Mapping[str, str], state: Path | str | None) -> "Places":
        """Work out the folders; without `state`: systemd's $STATE_DIRECTORY, else ./var."""
        given = env.get("STATE_DIRECTORY", "").partition(":")[0]
        credentials = env.get("CREDENTIALS_DIRECTORY")
        return cls(
            config=folder.absolute(),
            state=Path(state or given or "var").absolute(),
            credentials=Path(credentials) if credentials else None,
        )

    @staticmethod
    def of(info: ValidationInfo) -> "Places":
        """Take the places out of a validation's context."""
        if not isinstance(info.context, Places):
            message = "config models are validated with their Places as context"
            raise TypeError(message)
        return info.context


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret that lies in a file: read when it is needed, never shown."""

    path: Path

    def read(self) -> str:
        """Return the secret without the line break that ends it.

        It is read each time, so a changed password is taken up at the next connection.

        Raises:
            OSError: the file has gone or may not be read.
            ValueError: the file is not UTF-8 text.
        """
        try:
            return self.path.read_bytes().decode().rstrip("\r\n")
        except UnicodeDecodeError:
            message = "The secret file is not UTF-8 text. Write it as UTF-8."
            raise ValueError(message) from None  # the original carries the bytes


def _secret(value: object, info: ValidationInfo) -> Secret:
    if not isinstance(value, str) or not value.startswith(_PREFIX):
        why = (
            "A secret never stands in a config file itself. Put it into a file of its own and"
            ' write "file:NAME" here.'
        )
        raise ValueError(why)
    secret = Secret(path=_secret_path(value.removeprefix(_PREFIX), Places.of(info)))
    _refuse_bad_secret(secret)
    return secret


def _secret_path(name: str, places: Places) -> Path:
    given = Path(name)
    if not name or ".." in given.parts:
        why = 'Write "file:" and the name of the secret\'s file, without "..".'
        raise ValueError(why)
    tried = [places.config / SECRETS_FOLDER / given]  # an absolute path stays what it is
    if places.credentials and not given.is_absolute():
        # One by one, or a whole folder of them: LoadCredential=secrets:FOLDER (systemd.exec(5)).
        tried[:0] = [places.credentials / given, places.credentials / f"{SECRETS_FOLDER}_{given}"]
    for path in tried:
        if path.is_file():
            return path
    why = (
        "There is no such secret file. Give it to the service as a systemd credential of that"
        f" name, or lay it into the folder {SECRETS_FOLDER}/ of the config."
    )
    raise ValueError(why)


def _refuse_bad_secret(secret: Secret) -> None:
    if secret.path.stat().st_mode & stat.S_IROTH:
        why = "Everybody on this machine can read the secret file. Run chmod o-rwx on it."
        raise ValueError(why)
    try:
        empty = not secret.read().strip()
    except OSError:
        why = "The secret file cannot be read. Give the daemon's user the right to read it."
        raise ValueError(why) from None
    if empty:
        why = "The secret file is empty. Write the secret into it."
        raise ValueError(why)


def _as_path(value: object) -> object:
    return Path(value) if isinstance(value, str) and value else value


def _below_state(path: Path, info: ValidationInfo) -> Path:
    folder = Path(os.path.normpath(Places.of(info).state / path))
    with suppress(PermissionError):  # whoever makes the folder will hear of it
        if folder.is_file():
            why = "There is a file of this name. Name a folder, or take the file away."
            raise ValueError(why)
    return folder


def _file_beside_config(path: Path, info: ValidationInfo) -> Path:
    found = Places.of(info).config / path
    if not found.is_file() or not os.access(found, os.R_OK):
        why = "There is no such file, or it cannot be read. A path begins at the config folder."
        raise ValueError(why)
    return found


def _folder_beside_config(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str) or not value:
        return None if value == "" else value
    found = Places.of(info).config / value
    if not found.is_dir():
        why = "There is no such folder. A path begins at the config folder."
        raise ValueError(why)
    return found


def _state_folder(value: object) -> object:
    if not isinstance(value, str) or not value:
        return None if value == "" else value
    if not Path(value).is_absolute():
        why = "Write a path that begins with /, or leave it empty."
        raise ValueError(why)
    return Path(value)


SecretRef = Annotated[Secret, PlainValidator(_secret)]
"""Written "file:NAME": a systemd credential, an absolute path, or a file in secrets/."""
StatePath = Annotated[Path, BeforeValidator(_as_path), AfterValidator(_below_state)]
"""A folder below the state folder, or an absolute one; it need not exist yet."""
ConfigFile = Annotated[Path, BeforeValidator(_as_path), AfterValidator(_file_beside_config)]
"""A file that is there; its path begins at the config folder, or is absolute."""
ConfigFolder = Annotated[Path | None, BeforeValidator(_folder_beside_config)]
"""A folder that is there, by a path that begins at the config folder; "" is None."""
StateFolder = Annotated[Path | None, BeforeValidator(_state_folder)]
"""An absolute path; "" is None."""
