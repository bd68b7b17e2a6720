"""The `assurance` command. Exit codes follow sysexits.

64 usage, 65 data, 66 no input, 69 unavailable, 70 our mistake, 75 try later, 78 config.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from daemon import logs
from daemon.app import read_clock
from daemon.commands import (
    accounts,
    arrangements,
    audit,
    clocks,
    configuration,
    connecting,
    consent,
    database,
    enquiries,
    handling,
    meeting,
    outgoing,
    pack,
    preview,
    privacy,
    quarantine,
    reconcile,
    record,
    registers,
    replies,
    stakeholders,
    status,
)
from daemon.commands.learning import backtest, evaluate, judge_of, learn
from daemon.commands.options import ConfigOption, JsonOption, ReferenceArgument, StateOption
from daemon.config import Config, ConfigError, ConfigErrors
from daemon.deadlines import (
    WorkingDays,
    deadline,
    deadline_as_json,
    london_date,
    parse_received,
)
from daemon.explain import Judged, as_json
from daemon.model import Box, ClockKind
from daemon.service import keep_memory_small
from daemon.startup import (
    EX_CONFIG,
    EX_DATAERR,
    EX_NOINPUT,
    EX_OK,
    EX_SOFTWARE,
    EX_TEMPFAIL,
    EX_UNAVAILABLE,
    EX_USAGE,
    check_model,
    check_reach,
    check_templates,
    config_folder,
    connect,
    fail,
    keep_running,
    load_config,
    load_whole,
    refuse_config,
    say,
    share,
    start,
    unused_templates,
)
from daemon.store import StoreUnavailableError
from daemon.tokens import as_reference
from desk import command as desk_command

app = typer.Typer(
    name="assurance",
    help="Takes in enquiries, logs, routes, acknowledges and chases them until somebody replied.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks show local variables: people's words
)

TOPICS = (
    *(enquiries, clocks, handling, arrangements, meeting),
    *(stakeholders, registers, pack, audit, reconcile, record, replies, preview, outgoing),
    *(
        quarantine,
        privacy,
        status,
        connecting,
        consent,
        configuration,
        database,
        accounts,
        desk_command,
    ),
)
for topic in TOPICS:
    topic.register(app)
for one in (learn, evaluate, backtest):
    app.command()(one)


@app.command()
def check(
    config: ConfigOption = None, state: StateOption = None, as_json_: JsonOption = False
) -> None:
    """Check the config and render every template; opens no socket."""
    folder = config_folder(config)
    warnings: tuple[ConfigError, ...] = ()
    try:
        loaded = load_whole(folder, state)
    except ConfigErrors as found:
        errors = found.errors
    else:
        errors = (*check_templates(loaded), *check_reach(loaded, london_date(read_clock())))
        warnings = (*loaded.warnings, *check_model(loaded), *unused_templates(loaded))
    if as_json_:
        rows = {"errors": _rows(errors), "warnings": _rows(warnings), "config": str(folder)}
        print(json.dumps(rows))
        raise typer.Exit(EX_CONFIG if errors else EX_OK)
    for warning in warnings:
        say(f"Warning: {warning}")
    if errors:
        refuse_config(folder, errors)
    print(f"The config in {folder} is in order, and every template renders.")


def _rows(errors: tuple[ConfigError, ...]) -> list[dict[str, str]]:
    return [{"file": e.file, "key": e.key, "why": e.why} for e in errors]


@app.command()
def run(config: ConfigOption = None, state: StateOption = None) -> None:
    """Run the daemon until it is told to stop (SIGTERM)."""
    keep_memory_small()
    daemon, stop = start(config, state)
    stop.install()
    end_process(keep_running(daemon))


def end_process(code: int) -> NoReturn:
    """End at once: a cut-off thread must not keep the process past its stop."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


@app.command()
def once(
    config: ConfigOption = None, state: StateOption = None, as_json_: JsonOption = False
) -> None:
    """Poll every inbox, send what is due and sweep, once; then end."""
    daemon, stop = start(config, state)
    stop.install()
    daemon.once()
    unavailable = daemon.unavailable
    daemon.close()
    if as_json_:
        print(json.dumps({"unavailable": list(unavailable)}))
    if unavailable:
        say(f"Could not be reached: {', '.join(unavailable)}. See the log above.")
    raise typer.Exit(daemon.exit_code or (EX_UNAVAILABLE if unavailable else EX_OK))


@app.command()
def demo(
    config: ConfigOption = None,
    state: Annotated[
        Path, typer.Option(help="Where the demo keeps its things; emptied at each start.")
    ] = Path("var/demo"),
    pause: Annotated[float, typer.Option(help="Seconds between two mails of the day.")] = 0.4,
    stay: Annotated[
        float | None,
        typer.Option(
            help="Seconds to go on after the last mail. By default until Ctrl-C, or two minutes"
            " where there is no terminal."
        ),
    ] = None,
) -> None:
    """Show a sample day: mail comes in, is understood, routed, answered and put on the clock."""
    from daemon.demo import Demo, DemoError  # noqa: PLC0415 -- only this command draws

    logs.configure(format="auto", level="error", stream=sys.stderr)
    try:
        show = Demo.prepare(
            config_dir=config_folder(config),
            samples=share() / "samples" / "day",
            templates=share() / "templates",
            state=state,
            console=Console(),
        )
    except ConfigErrors as errors:
        refuse_config(config_folder(config), errors.errors)
    except DemoError as error:
        fail(EX_NOINPUT, str(error))
    end_process(show.run(pause_s=pause, stay_s=stay))


@app.command()
def explain(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Mails, folders, .jsonl.")],
    config: ConfigOption = None,
    inbox: Annotated[str, typer.Option(help="The box it came to, such as ombudsman.")] = "",
    as_json_: JsonOption = False,
) -> None:
    """Say what each message would be taken for and what would be done, and why. Sends nothing."""
    loaded = load_config(config)
    judge = judge_of(loaded)
    box = _box(inbox, loaded)
    code = EX_OK
    for judged in judge.judge_all(paths, box):
        if judged.is_unreadable:
            say(judged.error or "")
            code = EX_NOINPUT
        if as_json_:
            print(json.dumps(as_json(judged)))
        else:
            _print_judged(judged)
    raise typer.Exit(code)


def _box(name: str, config: Config) -> Box | None:
    """Return the box an inbox stands for: by the inbox's name, or the box's own."""
    if not name:
        return None
    for one in config.inboxes:
        if one.name == name:
            return one.box
    if name not in set(Box):
        known = sorted({*(one.name for one in config.inboxes), *(box.value for box in Box)})
        fail(EX_USAGE, f"There is no inbox {name!r}. Known: {', '.join(known)}.")
    return Box(name)


def _print_judged(judged: Judged) -> None:
    from daemon.console import judged_panel  # noqa: PLC0415 -- only where a person reads

    Console().print(judged_panel(judged))


@app.command("deadline")
def deadline_command(
    kind: Annotated[str, typer.Option("--kind", help="Such as foi, mp, dpa, other.")],
    received: Annotated[str, typer.Option("--received", help="ISO 8601; London if no offset.")],
    config: ConfigOption = None,
    as_json_: JsonOption = False,
) -> None:
    """Say when a clock falls due, reminds and escalates, with the working."""
    known = [one for one in ClockKind if one is not ClockKind.UPDATE]  # no clock of a message
    if kind not in known:
        fail(EX_USAGE, f"There is no clock {kind!r}. Known: {', '.join(known)}.")
    try:
        received_at = parse_received(received)
    except ValueError as error:
        fail(EX_USAGE, str(error))
    days = WorkingDays(load_config(config).policy.clocks)
    clock = deadline_as_json(deadline(ClockKind(kind), received_at, days))
    if as_json_:
        print(json.dumps(clock))
        return
    for sentence in deadline(ClockKind(kind), received_at, days).working:
        print(sentence)


@app.command()
def show(
    reference: ReferenceArgument,
    config: ConfigOption = None,
    state: StateOption = None,
    as_json_: JsonOption = False,
) -> None:
    """Show an enquiry: its messages, clocks, registers, letters and what people did."""
    from daemon.console import enquiry_view  # noqa: PLC0415 -- only where a person reads

    store = connect(load_config(config, state))
    try:
        with store.read() as tx:
            view = tx.view(as_reference(reference))
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))
    if view is None:
        fail(EX_DATAERR, f"There is no enquiry {reference}. Check the reference.")
    if as_json_:
        print(json.dumps(view, default=str))
        return
    Console().print(enquiry_view(view))


def main() -> None:
    """Run the command; usage mistakes end with 64 as sysexits has it.

    A mistake of ours ends with 70 and one line of the log: a traceback would show people's
    words, such as the parameters of an SQL statement.
    """
    logs.configure(format="auto", level="warning", stream=sys.stderr)
    logs.catch_uncaught()
    try:
        code = app(standalone_mode=False)
    except typer.Exit as exit_:
        code = exit_.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except Exception as error:  # noqa: BLE001 -- the process's end of the line: logged, 70
        code = _code_of(error)
    sys.exit(code or EX_OK)


def _code_of(error: Exception) -> int:
    """Show or log what ended the command; return its exit status."""
    show_usage = getattr(error, "show", None)  # click's own mistakes know how to be shown
    if show_usage is None:
        logs.get_logger().critical("process_crashed", exc_info=error)
        return EX_SOFTWARE
    show_usage()
    return EX_USAGE


if __name__ == "__main__":
    main()
