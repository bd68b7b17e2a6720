"""The kinds of value that a config file may hold, each with its check and its sentence."""

import ipaddress
import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(\.{_LABEL})+")
_HOST: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_LOCAL: Final = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_FILE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_LINE_LENGTH: Final = 200


class Table(BaseModel):
    """A table of a config file: every key known, every value of its own type, unchangeable."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        use_attribute_docstrings=True,  # for the reference and the editors' schema
    )


def is_name(value: object) -> bool:
    """Whether this can be the name of an inbox, an outlet, a team and so on."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def is_domain(value: str) -> bool:
    """Whether this is a bare mail domain, lower case."""
    return _DOMAIN.fullmatch(value) is not None


def is_loopback(host: str) -> bool:
    """Whether what is sent to this host never leaves the machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_file_name(value: str) -> bool:
    """Whether this is the bare name of a file, without a folder."""
    return _FILE.fullmatch(value) is not None


def _name(value: str) -> str:
    if not is_name(value):
        why = "Use small letters, digits and hyphens, at most 40, such as customer-care."
        raise ValueError(why)
    return value


def _line(value: str) -> str:
    line = value.strip()
    if not line or len(line) > _LINE_LENGTH or not line.isprintable():
        why = f"Write one line of text, 1 to {_LINE_LENGTH} characters, no tabs or line breaks."
        raise ValueError(why)
    return line


def _domain(value: str) -> str:
    domain = value.strip().lower()
    if not is_domain(domain):
        why = "Write a bare domain such as ombudsman.example, without @ or a star."
        raise ValueError(why)
    return domain


def _host(value: str) -> str:
    host = value.strip().lower()
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        if _HOST.fullmatch(host):
            return host
    why = "Write a host name such as mail.ombudsman.example, without https:// or a port."
    raise ValueError(why)


def _mail_address(value: str) -> str:
    address = value.strip().lower()
    local, _, domain = address.rpartition("@")
    if not _LOCAL.fullmatch(local) or not is_domain(domain):
        why = "Write one bare e-mail address such as intake@ombudsman.example, without a name."
        raise ValueError(why)
    return address


def _perhaps_address(value: str) -> str:
    return _mail_address(value) if value else ""


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not value.isprintable():
        why = "Write a whole web address that begins with https://."
        raise ValueError(why)
    return value


Name = Annotated[str, AfterValidator(_name)]
"""The id of an inbox, outlet, team, office or arrangement."""
Line = Annotated[str, AfterValidator(_line)]
"""One line of text; it may stand in a mail header, so it holds no line break."""
Domain = Annotated[str, AfterValidator(_domain)]
"""A mail domain, lower case; it stands for itself alone, not for what is below it."""
Host = Annotated[str, AfterValidator(_host)]
"""A host name or IP address, lower case."""
MailAddress = Annotated[str, AfterValidator(_mail_address)]
"""A bare address, lower case."""
PerhapsAddress = Annotated[str, AfterValidator(_perhaps_address)]
"""A bare address, lower case, or nothing."""
Addresses = tuple[MailAddress, ...]
Domains = tuple[Domain, ...]
WebAddress = Annotated[str, AfterValidator(_web_address)]
"""An http or https address."""
Port = Annotated[int, Field(ge=1, le=65535)]
"""A TCP port."""
WorkingDays = Annotated[int, Field(ge=1, le=60)]
"""A number of working days."""
