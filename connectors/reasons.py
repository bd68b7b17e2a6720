"""Why a server could not be reached, in words for an operator."""

from __future__ import annotations

import errno
import socket
import ssl

_BY_NUMBER = {
    errno.ECONNREFUSED: "it takes no connections",
    errno.ECONNRESET: "it cut the connection",
    errno.EPIPE: "it cut the connection",
    errno.EHOSTUNREACH: "there is no way to it",
    errno.ENETUNREACH: "this machine has no way to it",
    errno.ENETDOWN: "this machine's network is down",
    errno.EMFILE: "this process has too many files open",
}


def reason(error: Exception) -> str:
    """Return what stood in the way, never what the other side wrote."""
    match error:
        case TimeoutError():
            return "no answer in time"
        case socket.gaierror():
            return "its name cannot be resolved: see DNS"
        case ssl.SSLError():
            return f"no encryption could be agreed on: {error.reason or type(error).__name__}"
        case OSError(errno=int(number)) if number in _BY_NUMBER:
            return _BY_NUMBER[number]
        case _:
            return type(error).__name__
