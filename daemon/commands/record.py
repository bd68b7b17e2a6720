"""The commands of what does not come by wire: letters and telephone calls (guide §1.1)."""

from __future__ import annotations

import json
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.app import load_templates, make_recorder, read_clock
from daemon.commands.learning import judge_of
from daemon.commands.options import (
    ByOption,
    ConfigOption,
    JsonOption,
    StateOption,
    file_or_words,
    read_words,
)
from daemon.deadlines import parse_received
from daemon.model import Box, Category, ClockKind, Route
from daemon.record import CallBack, RecordError, Recording, Scan, at_hand
from daemon.startup import (
    EX_DATAERR,
    EX_NOINPUT,
    EX_TEMPFAIL,
    EX_USAGE,
    connect,
    fail,
    load_config,
    refusing,
    template_folders,
)
from daemon.store import StoreUnavailableError
from daemon.words import CATEGORIES, CLOCKS, ROUTES, capitalised

if TYPE_CHECKING:
    from datetime import datetime

_MORNING = timedelta(hours=9)  # of a letter whose hour nobody gave: the post comes then


class Addressee(StrEnum):
    """Whom a letter or call is for."""

    OMBUDSMAN = "ombudsman"
    CEO = "ceo"
    CUSTOMER_CARE = "customer-care"
    INTAKE = "intake"


class CalledBackBy(StrEnum):
    """Whom a caller would like to hear from."""

    OMBUDSMAN = "ombudsman"
    CEO = "ceo"
    PRIVATE_OFFICE = "private-office"


NameOption = Annotated[str, typer.Option("--from-name", help="Who wrote or called.")]
AddressOption = Annotated[str, typer.Option("--from-address", help="Their e-mail address.")]
ToOption = Annotated[
    Addressee | None, typer.Option("--to", help="Whom it is for; ombudsman or ceo: in person.")
]


def letter(
    from_name: NameOption,
    received: Annotated[
        str, typer.Option("--received", help="When it was delivered: DATE or DATETHH:MM.")
    ],
    subject: Annotated[str, typer.Option("--subject", help="What it is about, in a line.")],
    by: ByOption,
    from_address: AddressOption = "",
    postal_address: Annotated[
        str, typer.Option("--postal-address", help="Where to write to: a file, or the words.")
    ] = "",
    text: Annotated[
        str, typer.Option("--text", help="A file with the words; - for standard input.")
    ] = "",
    scan: Annotated[
        list[Path] | None, typer.Option("--scan", help="A scan, such as a PDF; give each.")
    ] = None,
    to: ToOption = None,
    config: ConfigOption = None,
    state: StateOption = None,
    as_json_: JsonOption = False,
) -> None:
    """Record a letter: it is taken in, answered and put on the clock like a mail."""
    if not text and not scan:
        fail(EX_USAGE, "Give what the letter says with --text FILE, or a scan with --scan FILE.")
    received_at = _moment(received, "--received")
    # A day alone: its morning, London time.
    dated = received_at if ":" in received else received_at + _MORNING
    given = Recording(
        box=Box.POST,
        from_name=_name(from_name),
        from_address=from_address.strip().lower(),
        postal_address=file_or_words(postal_address),
        received_at=dated,
        subject=subject,
        text=read_words(text) if text else "",
        scans=tuple(_scan(path) for path in scan or ()),
        to=to.value if to else "",
    )
    now = read_clock()
    if ":" not in received and received_at <= now:
        given = at_hand(given, now)
    _record(given, by, config, state, as_json=as_json_)


def call(
    from_name: NameOption,
    at: Annotated[str, typer.Option("--at", help="When the call began, ISO 8601.")],
    notes: Annotated[str, typer.Option("--notes", help="A file; - for standard input.")],
    by: ByOption,
    number: Annotated[
        str, typer.Option("--number", help="Where to call back; kept with that wish alone.")
    ] = "",
    from_address: AddressOption = "",
    to: ToOption = None,
    call_back: Annotated[
        CalledBackBy | None,
        typer.Option("--call-back", help="Whom the caller would like to hear from."),
    ] = None,
    config: ConfigOption = None,
    state: StateOption = None,
    as_json_: JsonOption = False,
) -> None:
    """Record a telephone call, and perhaps the wish to be called back."""
    if call_back is not None and not number.strip():
        fail(EX_USAGE, "Give the number to call back with --number.")
    if number.strip() and call_back is None:
        fail(
            EX_USAGE,
            "A number is kept for a call back alone: say from whom, with --call-back. For the"
            " list of those who may be put through use assurance phone.",
        )
    given = Recording(
        box=Box.PHONE,
        from_name=_name(from_name),
        from_address=from_address.strip().lower(),
        received_at=_moment(at, "--at"),
        subject="Telephone call",
        text=read_words(notes),
        to=to.value if to else "",
        call_back=CallBack(asked_for=call_back.value, number=number.strip()) if call_back else None,
    )
    _record(given, by, config, state, as_json=as_json_)


def _record(
    given: Recording, by: str, config: Path | None, state: Path | None, *, as_json: bool
) -> None:
    if not by.strip():
        fail(EX_USAGE, "Say who you are with --by NAME: every act is recorded.")
    loaded = load_config(config, state)
    largest = loaded.attachments.max_mb * 1024 * 1024
    if any(len(scan.content) > largest for scan in given.scans):
        fail(EX_DATAERR, f"A scan is larger than {loaded.attachments.max_mb} MB. Scan it smaller.")
    store = connect(loaded)
    classifier = judge_of(loaded).classifier
    with refusing():
        templates = load_templates(*template_folders(loaded))
        recorder = make_recorder(loaded, store, templates, classifier)
    try:
        done = recorder.record(given, by=by.strip())
        with store.read() as tx:
            view = tx.view(done.reference) or {}
    except RecordError as error:
        fail(EX_DATAERR, str(error))
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))
    finally:
        store.close()
    _say(view, is_new=done.is_new, as_json=as_json)


def _say(view: dict[str, object], *, is_new: bool, as_json: bool) -> None:
    """Say what was recorded: reference, category, where it goes, and what is due by when."""
    clocks = [
        (clock["kind"], clock["due_on"])
        for clock in _rows(view["deadlines"])
        if clock["ended_at"] is None and ClockKind(str(clock["kind"])).ends_with_a_reply
    ]
    answers = [one for one in _rows(view["outbox"]) if one["kind"] == "acknowledgement"]
    letters = [one["state"] for one in answers if not one["recipient"]]
    if as_json:
        keys = ("reference", "route", "team", "category", "to_be_sorted", "received_at")
        said = {key: view[key] for key in keys}
        due = [{"kind": kind, "due_on": on} for kind, on in clocks]
        print(json.dumps({**said, "new": is_new, "due": due, "acknowledge_by_post": bool(letters)}))
        return
    what = CATEGORIES[Category(str(view["category"]))]
    if view["to_be_sorted"]:
        what = "to be sorted by a person"
    print(f"{view['reference']}{'' if is_new else ' was recorded before; nothing was added'}")
    print(f"Taken for: {what}")
    print(f"Goes to: {ROUTES[Route(str(view['route']))]}")
    for kind, on in clocks:
        print(f"{capitalised(CLOCKS[ClockKind(str(kind))])}: {on}")
    reference = view["reference"]
    if "held" in letters:
        print(f"A letter waits until you let it go: assurance release {reference} --by NAME.")
    elif letters:
        print(
            f"A letter is to be posted: see assurance letters, then assurance posted {reference}."
        )


def _rows(value: object) -> list[dict[str, object]]:
    return value if isinstance(value, list) else []


def _name(text: str) -> str:
    if not text.strip():
        fail(EX_USAGE, "Say who wrote or called with --from-name; write Unknown if nobody knows.")
    return text.strip()


def _moment(text: str, option: str) -> datetime:
    try:
        moment = parse_received(text)
    except ValueError as error:
        fail(EX_USAGE, f"{option}: {error}")
    if moment > read_clock():
        fail(EX_USAGE, f"{option}: {text} lies ahead. Give when it was received.")
    return moment


def _scan(path: Path) -> Scan:
    try:
        return Scan(name=path.name, content=path.read_bytes())
    except OSError as error:
        fail(EX_NOINPUT, f"{path}: cannot be read ({error.strerror}).")


def register(app: typer.Typer) -> None:
    """Give the command its parts."""
    record = typer.Typer(help="Record what comes by post or telephone.", no_args_is_help=True)
    record.command("letter")(letter)
    record.command("call")(call)
    app.add_typer(record, name="record")
