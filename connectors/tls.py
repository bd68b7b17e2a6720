"""Encryption on the way to a mail server: always, but for a server on this very machine."""

from __future__ import annotations

import ssl
from ipaddress import ip_address
from typing import Literal

from connectors.base import AccessDeniedError

TlsMode = Literal["implicit", "starttls", "none"]
"""`implicit`: from the first byte; `starttls`: before login; `none`: loopback only."""


def check_mode(mode: TlsMode, host: str) -> None:
    """Refuse clear text to any host but this one.

    Raises:
        ValueError: `none` was asked for a host that is not loopback, or the mode is unknown.
    """
    if mode not in ("implicit", "starttls", "none"):
        message = f"tls must be implicit, starttls or none, not {mode!r}"
        raise ValueError(message)
    if mode == "none" and not is_loopback(host):
        message = f"tls = none is for this machine only, and {host} is another"
        raise ValueError(message)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine, judged without asking anybody."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def client_context(ca_file: str | None, own_file: str | None = None) -> ssl.SSLContext:
    """Return a context that checks certificate and host name, against `ca_file` if given.

    `own_file` is PEM with our own certificate and its key, for servers that ask for one.

    Raises:
        AccessDeniedError: a file is not there or holds no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as exc:  # ssl.SSLError is one
        message = f"the certificate file {ca_file} cannot be read ({type(exc).__name__})"
        raise AccessDeniedError(message) from exc
    try:
        if own_file is not None:
            context.load_cert_chain(own_file)
    except OSError as exc:
        message = f"our own certificate {own_file} cannot be used ({type(exc).__name__})"
        raise AccessDeniedError(message) from exc
    return context


def refused_certificate(host: str, exc: ssl.SSLCertVerificationError) -> AccessDeniedError:
    """Return the error for a certificate that does not prove the host's name."""
    return AccessDeniedError(f"the certificate of {host} was not accepted: {exc.verify_message}")
