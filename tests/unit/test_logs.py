"""What stands in the log, and above all what does not."""

import ast
import io
import json
import logging
import os
import sys
import threading
import warnings
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from daemon import logs
from daemon.model import Skip
from daemon.systemd import under_systemd

MARKER = "zqxmarker"
TOLD = f"a text with {MARKER}"  # put together before anybody logs it
ROOT = Path(__file__).parents[2]
LOGGERS = {"log", "_log", "logger", "_logger"}
METHODS = {"debug", "info", "warning", "error", "exception", "critical"}
NOT_FIELDS = {"exc_info", "stack_info"}


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


class Broken(io.StringIO):
    """A stream whose reader has gone."""

    def write(self, _text):
        raise BrokenPipeError

    def flush(self):
        raise BrokenPipeError


@pytest.fixture(autouse=True)
def _leave_no_trace():
    """Put logging, structlog and the hooks back as they were."""
    handlers, level = list(logging.root.handlers), logging.root.level
    hooks = sys.excepthook, threading.excepthook
    yield
    logging.captureWarnings(capture=False)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks
    structlog.reset_defaults()


def a_log(*, stream=None, looks="json", level="debug", strict=False):
    stream = stream or io.StringIO()
    logs.configure(format=looks, level=level, stream=stream, strict=strict)
    return logs.get_logger(), stream


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail_with(text):
    """Raise an error whose message, cause and local variables hold the text."""
    told = "could not read " + text
    try:
        {}[told]
    except KeyError as error:
        raise RuntimeError(told) from error


def fail_while_failing(*, hide):
    """Fail in the middle of another failure, and hide that one or not."""
    try:
        {}[MARKER]
    except KeyError:
        if hide:
            raise ValueError(MARKER) from None
        int(MARKER)


def test_one_json_line_an_event():
    """Off a terminal each event is one line of JSON with its level and the time in UTC."""
    log, stream = a_log(looks="auto")
    log.info("outbox_sent", entry=7, outlet="relay")
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "outbox_sent", "level": "info", "entry": 7, "outlet": "relay"}


@pytest.mark.parametrize(
    ("looks", "stream", "is_json"),
    [
        ("auto", Terminal(), False),
        ("auto", io.StringIO(), True),
        ("json", Terminal(), True),
        ("console", io.StringIO(), False),
    ],
)
def test_format_follows_the_terminal_unless_it_is_said(looks, stream, is_json):
    """The format "auto" asks the stream; the other two do as they say."""
    log, stream = a_log(looks=looks, stream=stream)
    log.info("daemon_started", pid=4711)
    assert stream.getvalue().startswith("{") is is_json
    assert "daemon_started" in stream.getvalue()
    assert "4711" in stream.getvalue()


def test_level_is_kept():
    """What is below the configured level is not written."""
    log, stream = a_log(level="warning")
    log.info("daemon_started")
    log.warning("inbox_unavailable")
    assert [line["event"] for line in lines(stream)] == ["inbox_unavailable"]


def test_configuring_again_writes_each_line_once():
    """A second set-up replaces the first, also for what libraries say."""
    _, first = a_log()
    _, second = a_log()
    logging.getLogger("alembic").warning("run of %s was missed", "poll")
    assert first.getvalue() == ""
    assert len(lines(second)) == 1


# Nothing that anybody wrote


@pytest.mark.parametrize("looks", ["json", "console"])
def test_no_word_of_a_message_reaches_the_log(looks):
    """Subject, body, name, address and token are withheld, whatever they are called."""
    log, stream = a_log(looks=looks)
    log.info("message_stored", subject=MARKER, body=[MARKER], sender={"name": MARKER})
    log.info("message_stored", name=MARKER, token=MARKER, recipient=f"{MARKER}@post.example")
    log.info("outbox_sent", why=f"550 no such user <{MARKER}@post.example>", code=550)
    log.info("outbox_sent", why=f"@{MARKER} has closed direct messages")
    log.info("message_stored", kind={"a": MARKER}, inbox=object())
    log.info(TOLD)
    log.info("message_stored %s", MARKER)
    log.info("message_stored", **{f"X-{MARKER} {MARKER}": 1})
    assert MARKER not in stream.getvalue()
    assert logs.WITHHELD in stream.getvalue()


@pytest.mark.parametrize("looks", ["json", "console"])
def test_no_word_of_a_message_is_left_in_a_traceback(looks):
    """Of an exception only classes and lines are written, not its text nor local variables."""
    log, stream = a_log(looks=looks)
    library = logging.getLogger("library")
    try:
        fail_with(MARKER)
    except RuntimeError as error:
        log.exception("job_failed", job="poll")
        log.exception("job_failed", exc_info=error)
        log.exception("job_failed", error=error, stack_info=True)
        library.exception("failed on %s", MARKER)
        library.exception(TOLD, stack_info=True)
        library.exception(error)
    assert MARKER not in stream.getvalue()
    assert "RuntimeError" in stream.getvalue()


def test_an_exception_is_its_classes_and_its_lines():
    """Class, causes, and file:line function, the innermost last."""
    log, stream = a_log()
    try:
        fail_with(MARKER)
    except RuntimeError:
        log.exception("job_failed")
    (line,) = lines(stream)
    assert line["error"] == "RuntimeError"
    assert line["causes"] == ["KeyError"]
    assert line["frames"][-1].startswith("unit/test_logs.py:")
    assert line["frames"][-1].endswith(" fail_with")


def test_exception_log_without_an_exception_is_just_an_event():
    """`exc_info` outside a handler says what it was told."""
    log, stream = a_log()
    log.error("job_failed", exc_info=True)  # noqa: LOG014 - the slip is the point
    assert lines(stream)[0]["event"] == "job_failed"
    assert "error" not in lines(stream)[0]


def test_suppressed_context_is_no_cause():
    """`raise … from None` hides what came before, here too; otherwise it is named."""
    log, stream = a_log()
    for hide in (True, False):
        try:
            fail_while_failing(hide=hide)
        except ValueError:
            log.exception("job_failed")
    hidden, shown = lines(stream)
    assert "causes" not in hidden
    assert shown["causes"] == ["KeyError"]


def test_uncaught_exceptions_are_logged_without_their_text():
    """A crash of the process or of a thread says class and line only."""
    _, stream = a_log()
    logs.catch_uncaught()
    thread = threading.Thread(target=fail_with, args=(MARKER,), name="idle-ceo")
    thread.start()
    thread.join()
    try:
        fail_with(MARKER)
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    failed, crashed = lines(stream)
    assert (failed["event"], failed["thread"]) == ("thread_failed", "idle-ceo")
    assert crashed["event"] == "process_crashed"
    assert MARKER not in stream.getvalue()


@given(text=st.text(max_size=1200), marker=st.sampled_from(["a.b", "ümlaut", "x" * 40]))
def test_an_address_in_a_sentence_is_always_hidden(text, marker):
    """Wherever an address stands in a value, also where a long one is cut, it is not shown."""
    cleaned = logs._clean_text(f"{text} {marker}-zq9@post.example {text}")
    assert f"{marker}-zq9" not in cleaned
    assert cleaned.isprintable()


def test_plain_values_are_shown_as_they_are():
    """Numbers, enums, dates and lists of them stay readable."""
    log, stream = a_log()
    log.info(
        "sweep_finished",
        skip=Skip.BULK,
        due_on=date(2026, 1, 31),
        due_at=datetime(2026, 1, 31, 23, 59, tzinfo=UTC),
        registers=("mp-oversight",),
        duration_s=0.5,
        held=None,
        folder=PurePosixPath("inboxes/intake"),
        source="a\nb\x1b[31m",
    )
    (line,) = lines(stream)
    assert line["skip"] == "bulk"
    assert line["due_on"] == "2026-01-31"
    assert line["due_at"] == "2026-01-31T23:59:00+00:00"
    assert line["registers"] == ["mp-oversight"]
    assert (line["duration_s"], line["held"]) == (0.5, None)
    assert line["folder"] == "inboxes/intake"
    assert line["source"] == "a b [31m"


# Libraries


def test_libraries_are_heard_from_warning_upwards():
    """Who, where and the text before anything was put into it; nothing below WARNING."""
    _, stream = a_log()
    logging.getLogger("imapclient").info("%s", MARKER)
    logging.getLogger("imapclient").warning("server said %s", MARKER)
    logging.getLogger("imapclient").log(35, "between the levels %d", 1)
    first, second = lines(stream)
    assert first["event"] == "library_logged"
    assert first["level"] == second["level"] == "warning"
    assert (first["library"], first["said"]) == ("imapclient", "server said %s")
    assert first["at"].startswith("unit/test_logs.py:")


def test_a_text_that_was_put_together_beforehand_is_withheld():
    """Without arguments nobody can tell a fixed text from a filled one."""
    _, stream = a_log()
    logging.getLogger("alembic").warning(TOLD)
    assert lines(stream)[0]["said"] == logs.WITHHELD


def test_warnings_of_python_go_to_the_log():
    """A library's DeprecationWarning is a line of the log, not of stderr."""
    _, stream = a_log()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(MARKER, DeprecationWarning, stacklevel=1)
    assert lines(stream)[0]["library"] == "py.warnings"
    assert MARKER not in stream.getvalue()


def test_a_broken_log_stops_nobody():
    """When the reader of the log has gone, work goes on."""
    log, _ = a_log(stream=Broken())
    log.info("daemon_started")
    logging.getLogger("library").warning("x %s", 1)


def test_the_scheduler_is_heard_from_error_upwards():
    """It warns whenever a job that runs is woken, which happens with every mail."""
    _, stream = a_log()
    logging.getLogger("apscheduler.scheduler").warning("%s: maximum number of instances", "poll")
    assert stream.getvalue() == ""
    logging.getLogger("apscheduler.executors.default").error("%s raised", "poll")
    assert [line["library"] for line in lines(stream)] == ["apscheduler.executors.default"]


# The list of events


def test_unlisted_event_raises_in_tests():
    """Strict: an event that is not on the list is a bug, and its text is not repeated."""
    log, stream = a_log(strict=True)
    log.info("daemon_started")
    with pytest.raises(logs.UnlistedEventError) as caught:
        log.info(TOLD)
    with pytest.raises(logs.UnlistedEventError):
        log.info({"not": "a string"})
    assert MARKER not in str(caught.value)
    assert len(lines(stream)) == 1


def test_unlisted_event_is_hidden_in_production():
    """Not strict: the line is written, its text is not."""
    log, stream = a_log()
    log.info(TOLD, count=1)
    assert lines(stream)[0]["event"] == logs.UNLISTED
    assert lines(stream)[0]["count"] == 1


def test_events_are_noun_and_past_verb():
    """Every event is `noun_verb` in small letters, hyphens inside a part."""
    for event in logs.EVENTS:
        noun, _, verb = event.partition("_")
        assert noun, event
        assert verb, event
        assert verb.replace("-", "").isalpha(), event
        assert event.islower(), event


def _is_logger(owner):
    """Whether a call is made on a logger by one of its names, or on `get_logger()` itself."""
    if isinstance(owner, ast.Call):
        return _called(owner.func) == "get_logger"
    return _called(owner) in LOGGERS


def _called(node):
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def log_calls():
    """Find every call of a logger in the source: where, event, keywords."""
    for path in sorted([*ROOT.glob("daemon/**/*.py"), *ROOT.glob("desk/**/*.py")]):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if _is_logger(node.func.value) and node.func.attr in METHODS:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_every_listed_event_is_logged_somewhere():
    """An operator who waits for an event of the list would wait for ever."""
    logged = {call.args[0].value for _, call in log_calls()}
    assert logs.EVENTS - logged == {"library_logged", logs.UNLISTED}  # logged by the log itself


def test_every_event_and_key_in_the_source_is_listed():
    """Nobody logs an event made up at run time, or a key whose value would be withheld."""
    for where, call in log_calls():
        assert len(call.args) == 1, where
        event = call.args[0]
        assert isinstance(event, ast.Constant), f"{where}: the event is not a fixed text"
        assert event.value in logs.EVENTS, f"{where}: {event.value} is not in EVENTS"
        keys = {keyword.arg for keyword in call.keywords} - NOT_FIELDS
        assert keys <= logs.SAFE_KEYS | {None}, f"{where}: {keys - logs.SAFE_KEYS} is not listed"


# systemd's journal


def test_the_journal_gets_a_line_for_people_and_every_value_as_a_field(monkeypatch):
    """`journalctl INBOX=ceo` finds it; nothing is shown there that is withheld elsewhere."""
    sent = []
    monkeypatch.setattr(logs, "send", lambda **fields: sent.append(fields))
    log, _ = a_log(looks="journal")
    log.warning("inbox_unavailable", inbox="ceo", why="no answer", size=7, subject=TOLD)
    (fields,) = sent
    assert fields["message"].startswith("inbox_unavailable inbox=ceo why=no answer")
    assert fields["priority"] == "4"
    assert (fields["inbox"], fields["size"], fields["event"]) == ("ceo", "7", "inbox_unavailable")
    assert MARKER not in str(fields)


def test_a_journal_that_is_away_stops_nobody(monkeypatch):
    """As with any other stream."""

    def away(**_fields):
        raise OSError

    monkeypatch.setattr(logs, "send", away)
    log, _ = a_log(looks="journal")
    log.error("job_failed")


def test_the_level_changes_and_goes_back():
    """Everything for a while, then what the config says again."""
    log, stream = a_log(level="warning")
    log.info("daemon_started")
    assert stream.getvalue() == ""
    assert logs.toggle_debug() == "debug"
    log.debug("daemon_started")
    assert "daemon_started" in stream.getvalue()
    assert logs.toggle_debug() == "warning"
    written = stream.getvalue()
    log.info("daemon_stopped")
    assert stream.getvalue() == written


def test_a_stream_that_is_the_journals_is_known(tmp_path):
    """By device and inode, as systemd says in $JOURNAL_STREAM."""
    with (tmp_path / "log").open("w") as file:
        found = os.fstat(file.fileno())
        there = {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}
        assert under_systemd(there, file.fileno())
        assert not under_systemd({"JOURNAL_STREAM": "1:2"}, file.fileno())
        assert not under_systemd({}, file.fileno())
