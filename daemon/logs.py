"""The log: static events, keys that are known to be harmless, and nothing anybody wrote.

Everything goes through one chain of processors: our own events, and what libraries say through
the standard `logging`. Of an exception its class and the lines it passed are kept; its text and
the local variables are not, since they can hold a person's words.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO, cast

import structlog
from cysystemd.journal import send

from daemon.systemd import under_systemd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from structlog.typing import EventDict, ExcInfo, FilteringBoundLogger, Processor, WrappedLogger

WITHHELD: Final = "[withheld]"
UNLISTED: Final = "event_unlisted"

EVENTS: Final = frozenset(
    {
        # the process
        "daemon_started",
        "daemon_stopping",
        "daemon_stopped",
        "daemon_killed",
        "desk_failed",
        "service_failed",
        "config_refused",
        "config_reloaded",
        "config_warned",
        "health_troubled",
        "health_well-again",
        "listener_failed",
        "log_level-changed",
        "operators_told",
        "retention_finished",
        "store_unavailable",
        "clock_jumped",
        "job_failed",
        "thread_failed",
        "process_crashed",
        "library_logged",
        UNLISTED,
        # leases
        "lease_acquired",
        "lease_lost",
        # inboxes and what arrives
        "inbox_unavailable",
        "inbox_recovered",
        "inbox_access-denied",
        "inbox_gap-found",
        "inbox_idle-failed",
        "reader_lost",
        "message_stored",
        "message_repeated",
        "message_private",
        "message_quarantined",
        "message_missed",
        "message_mark-failed",
        # the outbox and what leaves
        "letters_laid-out",
        "outbox_sent",
        "work_paused",
        "work_resumed",
        "outlet_unavailable",
        "outlet_recovered",
        "outlet_access-denied",
        # the learned model
        "model_adopted",
        "model_missing",
        # the reconciliation
        "store_differs",
        # the audit
        "audit_anchored",
        "audit_anchor-failed",
        # enquiries, clocks and people
        "sweep_finished",
        "deadlines_recounted",
    }
)
"""Every event there is: what happened to what, `noun_verb-past`. Never made up at run time."""

SAFE_KEYS: Final = frozenset(
    {
        # set here
        *("event", "level", "timestamp", "error", "causes", "frames", "library", "at", "said"),
        # ids, none of which comes from outside
        *("receipt", "message", "enquiry", "reference", "deadline", "entry", "template"),
        *("inbox", "outlet", "box", "role", "team", "key_id", "external_id", "uidvalidity"),
        *("position", "mac"),
        # words of ours
        *("kind", "channel", "category", "criteria", "source", "route", "outcome", "status"),
        *("skip", "held", "rule", "registers", "alerts", "purpose", "reason", "why", "state"),
        # numbers and times
        *("count", "total", "messages", "stored", "repeated", "missed", "joined", "quarantined"),
        *("queued", "sent", "deferred", "rejected", "due", "reminders", "escalations", "open"),
        *("attempt", "attempts", "limit", "size", "bytes", "duration_s", "elapsed_ms", "wait_s"),
        *("retry_s", "retry_at", "since_at", "until_at", "due_on", "due_at", "received_at"),
        # the machine
        *("host", "port", "folder", "code", "job", "thread", "pid", "signal", "version"),
        *("schema", "epoch", "lease_holder", "config_file", "config_key", "year", "page"),
        *("part",),
    }
)
"""The keys whose values are shown; every other value is replaced by `[withheld]`."""

_ADDRESS: Final = re.compile(r"[^\s<>\"',;:]*@[^\s<>\"',;]*")
_MAX_CHARS: Final = 500
_MAX_FRAMES: Final = 20
_MAX_CAUSES: Final = 5
_PLAIN_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,29}")

Format = Literal["auto", "json", "console", "journal"]


class UnlistedEventError(ValueError):
    """Somebody logs an event that `EVENTS` does not list; raised in tests only."""


def get_logger() -> FilteringBoundLogger:
    """Return a logger; `configure` may come later."""
    return cast("FilteringBoundLogger", structlog.get_logger())


def configure(
    *,
    format: Format,  # noqa: A002 - the name that the config file uses for it
    level: str,
    stream: TextIO,
    strict: bool = False,
) -> None:
    """Set up the log of this process; may be called again.

    `format` "auto" means console lines on a terminal and JSON elsewhere. `level` is a name such
    as "info". Libraries are heard from WARNING upwards. `strict` raises `UnlistedEventError` on
    an event that is not in `EVENTS`, for tests.
    """
    on_terminal = stream.isatty()
    console = format == "console" or (format == "auto" and on_terminal)
    to_journal = format == "journal" or (format == "auto" and _goes_to_journal(stream))
    renderer: Processor = structlog.processors.JSONRenderer()
    factory: Callable[..., WrappedLogger] = structlog.WriteLoggerFactory(
        file=cast("TextIO", _Unfailing(stream))
    )
    if to_journal:
        renderer, factory = _as_fields, _JournalLogger
    elif console:
        renderer = structlog.dev.ConsoleRenderer(colors=on_terminal)
    structlog.configure(
        processors=[*_chain(strict=strict), renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=factory,
        cache_logger_on_first_use=False,
    )
    _LEVEL.configured = _LEVEL.now = level
    _hear_libraries()


@dataclass(slots=True)
class _Level:
    configured: str = "info"
    now: str = "info"


_LEVEL: Final = _Level()


def toggle_debug() -> str:
    """Log everything from now on, or no more than configured again; return the level."""
    _LEVEL.now = _LEVEL.configured if _LEVEL.now == "debug" else "debug"
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_LEVEL.now))
    return _LEVEL.now


# systemd's journal: each value a field of its own, so that `journalctl INBOX=ceo` finds it

_PRIORITY: Final = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
_LINE: Final = ("inbox", "outlet", "part", "reference", "message", "count", "job", "state", "why")


def _goes_to_journal(stream: TextIO) -> bool:
    try:
        return under_systemd(os.environ, stream.fileno())
    except (OSError, ValueError):
        return False


def _as_fields(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> dict[str, Any]:
    """Return an event as the fields of the journal: a line for people, and every value."""
    event_dict.pop("timestamp", None)  # the journal has its own
    level, event = event_dict.pop("level", "info"), event_dict.pop("event")
    shown = [key for key in _LINE if event_dict.get(key) not in {None, ""}]
    shown += [key for key in event_dict if key not in _LINE and key != "frames"]
    line = " ".join((event, *(f"{key}={_as_word(event_dict[key])}" for key in shown)))
    fields = {key.upper(): _as_word(value) for key, value in event_dict.items()}
    return fields | {
        "MESSAGE": line,
        "PRIORITY": str(_PRIORITY.get(level, 6)),
        "EVENT": event,
        "SYSLOG_IDENTIFIER": "assurance",
    }


def _as_word(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


class _JournalLogger:
    """Hands events to the journal; one that is away must not stop the daemon."""

    def __init__(self, *_args: object) -> None:
        pass

    def msg(self, **fields: str) -> None:
        with suppress(Exception):
            send(**{key.lower(): value for key, value in fields.items()})

    debug = info = warning = error = critical = msg


def catch_uncaught() -> None:
    """Log what nobody caught, in the main thread and in others, instead of printing it."""
    sys.excepthook = _log_crash
    threading.excepthook = _log_thread_failure


def _chain(*, strict: bool) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _refuse_unlisted if strict else _hide_unlisted,
        _describe_exception,
        _withhold,
    ]


def _is_listed(event: object) -> bool:
    return isinstance(event, str) and event in EVENTS


def _refuse_unlisted(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
    if not _is_listed(event_dict["event"]):
        message = "an event that is not listed in daemon.logs.EVENTS"
        raise UnlistedEventError(message)
    return event_dict


def _hide_unlisted(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
    """Replace an event that may have been put together from somebody's words."""
    if not _is_listed(event_dict["event"]):
        event_dict["event"] = UNLISTED
    return event_dict


def _describe_exception(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
    """Replace an exception by its class, those of its causes, and the lines it passed."""
    error = _exception(event_dict.pop("exc_info", None))
    if error is None:
        return event_dict
    event_dict["error"] = _class_name(error)
    causes = [_class_name(cause) for cause in _causes(error)]
    if causes:
        event_dict["causes"] = causes
    event_dict["frames"] = _frames(error.__traceback__)
    return event_dict


def _exception(exc_info: ExcInfo | BaseException | bool | None) -> BaseException | None:
    match exc_info:
        case BaseException():
            return exc_info
        case tuple():
            return exc_info[1]
        case None | False:
            return None
        case _:
            return sys.exc_info()[1]


def _class_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield what lies behind an exception, nearest first, at most `_MAX_CAUSES`."""
    cause: BaseException | None = error
    for _ in range(_MAX_CAUSES):
        hidden = cause.__suppress_context__ if cause else True
        cause = cause and (cause.__cause__ or (None if hidden else cause.__context__))
        if cause is None:
            return
        yield cause


def _frames(traceback: TracebackType | None) -> list[str]:
    """Return the lines an exception passed, the innermost last: `daemon/intake.py:45 take_in`."""
    frames = [
        f"{_short(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(traceback)
    ]
    return frames[-_MAX_FRAMES:]


def _short(path: str) -> str:
    return "/".join(PurePath(path).parts[-2:])


def _withhold(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
    """Keep the values of known keys, clean them, and hide all others."""
    return {
        key: _clean(value) if key in SAFE_KEYS else WITHHELD
        for key, value in event_dict.items()
        if _PLAIN_KEY.fullmatch(key)
    }


def _clean(value: object) -> Any:  # noqa: ANN401 - whatever JSON can hold
    match value:
        case None | bool() | int() | float():
            return value
        case str() | PurePath():
            return _clean_text(str(value))
        case date():
            return value.isoformat()
        case list() | tuple() | set() | frozenset():
            return [_clean(one) for one in value]
        case BaseException():
            return _class_name(value)
        case _:
            return WITHHELD


def _clean_text(text: str) -> str:
    """Return text without what looks like an address, and without control characters."""
    if len(text) > _MAX_CHARS:  # without the last word, which may be half an address
        text = text[:_MAX_CHARS].rpartition(" ")[0] + " [cut]"
    without = _ADDRESS.sub(WITHHELD, text)
    return "".join(char if char.isprintable() else " " for char in without)


class _Unfailing:
    """A stream that cannot fail: a log nobody can read any more must not stop the daemon."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


class _Libraries(logging.Handler):
    """Passes on what libraries log: who, where, and the text before anything was put into it."""

    def emit(self, record: logging.LogRecord) -> None:
        get_logger().log(
            min(record.levelno // 10 * 10, logging.CRITICAL),  # structlog knows the usual levels
            "library_logged",
            library=record.name,
            at=f"{_short(record.pathname)}:{record.lineno}",
            said=str(record.msg) if record.args else WITHHELD,
            exc_info=record.exc_info,
        )


def _hear_libraries() -> None:
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _Libraries)]:
        root.removeHandler(handler)
    root.addHandler(_Libraries(level=logging.WARNING))
    root.setLevel(logging.WARNING)
    # The scheduler warns whenever a job that runs is woken, which is as it should be.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.captureWarnings(capture=True)


def _log_crash(
    _kind: type[BaseException], error: BaseException, _traceback: TracebackType | None
) -> None:
    if not isinstance(error, KeyboardInterrupt):
        get_logger().critical("process_crashed", exc_info=error)


def _log_thread_failure(args: threading.ExceptHookArgs) -> None:
    name = args.thread.name if args.thread else ""
    get_logger().error("thread_failed", thread=name, exc_info=args.exc_value)
