"""A certificate authority of the tests' own, a server certificate, and a stranger's."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.servers import require, short_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """PEM files: what a client trusts, what a server shows, and an authority unrelated to it."""

    ca_file: Path
    server_cert: Path
    server_key: Path
    stranger_ca_file: Path


def _openssl(*arguments: str) -> None:
    subprocess.run([require("openssl", "openssl"), *arguments], check=True, capture_output=True)


def _authority(folder: Path, name: str) -> tuple[Path, Path]:
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    _openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"),
        *("-subj", f"/CN={name}", "-keyout", str(key), "-out", str(cert)),
        *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
    )
    return cert, key


def make_certificates(folder: Path) -> Certificates:
    """Make both authorities, and a certificate for localhost signed by the first."""
    ca, ca_key = _authority(folder, "ca")
    stranger, _ = _authority(folder, "stranger")
    cert, key, request = folder / "server.pem", folder / "server.key", folder / "server.csr"
    extensions = folder / "server.ext"
    extensions.write_text(
        "subjectAltName=DNS:localhost,IP:127.0.0.1\n"
        "basicConstraints=critical,CA:FALSE\n"
        "keyUsage=critical,digitalSignature,keyEncipherment\n"
        "extendedKeyUsage=serverAuth\n"
        "authorityKeyIdentifier=keyid\n"
        "subjectKeyIdentifier=hash\n"
    )
    _openssl(
        *("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"),
        *("-keyout", str(key), "-out", str(request)),
    )
    _openssl(
        *("x509", "-req", "-in", str(request), "-CA", str(ca), "-CAkey", str(ca_key)),
        *("-CAcreateserial", "-days", "30", "-extfile", str(extensions), "-out", str(cert)),
    )
    return Certificates(ca_file=ca, server_cert=cert, server_key=key, stranger_ca_file=stranger)


@pytest.fixture(scope="session")
def certificates() -> Iterator[Certificates]:
    """The certificates that all servers of a test run share."""
    with short_folder("certs") as folder:
        yield make_certificates(folder)
