"""The commands of the monthly meeting and the phone: action, milestone and phone."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from daemon.commands.options import (
    ByOption,
    ConfigOption,
    JsonOption,
    NoteOption,
    ReferenceArgument,
    StateOption,
    ask,
    do,
)
from daemon.console import phone_table
from daemon.deadlines import london_date
from daemon.startup import EX_USAGE, fail, load_config
from daemon.store.meeting import PhoneContact

if TYPE_CHECKING:
    from daemon.casework import Casework

action = typer.Typer(
    help="What the Ombudsman or Chief Executive asked for at the meeting.", no_args_is_help=True
)
milestone = typer.Typer(
    help="Milestones of an enquiry: the next update is due by then.", no_args_is_help=True
)
phone = typer.Typer(help="Callers who may be put through to Private Office.", no_args_is_help=True)
OnOption = Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The day.")]
NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="Its number.")]


@action.command("add")
def add_action(
    words: Annotated[str, typer.Argument(metavar="WORDS", help="What is to be done.")],
    owner: Annotated[str, typer.Option("--owner", help="Who does it.")],
    on: OnOption,
    by: ByOption,
    reference: Annotated[str, typer.Option("--enquiry", help="Its reference, if any.")] = "",
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Enter an action: it stands in each pack until it is done (guide §1.22)."""

    def doing(casework: Casework, by: str) -> str:
        return casework.add_action(
            words=words, owner=owner, due_on=on.date(), by=by, reference=reference
        )

    do(load_config(config, state), doing, by=by)


@action.command("done")
def finish_action(
    number: NumberArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Record that an action is done."""

    def doing(casework: Casework, by: str) -> str:
        return casework.finish_action(number, by=by, note=note)

    do(load_config(config, state), doing, by=by)


@milestone.command("add")
def add_milestone(
    reference: ReferenceArgument,
    words: Annotated[str, typer.Argument(metavar="WORDS", help="What is reached by then.")],
    on: OnOption,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Enter a milestone of an enquiry."""

    def doing(casework: Casework, by: str) -> str:
        return casework.add_milestone(reference, words=words, on=on.date(), by=by)

    do(load_config(config, state), doing, by=by)


@milestone.command("done")
def pass_milestone(
    reference: ReferenceArgument,
    number: NumberArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Record that a milestone is reached."""

    def doing(casework: Casework, by: str) -> str:
        return casework.pass_milestone(reference, number, by=by, note=note)

    do(load_config(config, state), doing, by=by)


@phone.command("add")
def add_phone_contact(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The caller's name.")],
    number: Annotated[list[str], typer.Option("--number", help="A telephone number; repeat it.")],
    instruction: Annotated[str, typer.Option("--instruction", help="What was agreed.")],
    agreed_by: Annotated[str, typer.Option("--agreed-by", help="Who agreed to it.")],
    by: ByOption,
    case: Annotated[str, typer.Option("--case", help="The case's own reference.")] = "",
    reference: Annotated[str, typer.Option("--enquiry", help="An enquiry's reference.")] = "",
    from_: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="The first day; today by default."),
    ] = None,
    review: Annotated[
        datetime | None,
        typer.Option("--review", formats=["%Y-%m-%d"], help="When it is looked at again."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day.")
    ] = None,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Put somebody on the list of those who may be put through (guide §1.18)."""

    def doing(casework: Casework, by: str) -> str:
        contact = PhoneContact(
            id=0,
            name=name,
            case_reference=case,
            instruction=instruction,
            agreed_by=agreed_by,
            from_on=_day(from_) or london_date(casework.clock()),
            review_on=_day(review),
            until_on=_day(until),
            numbers=tuple(number),
        )
        return casework.add_phone_contact(contact, by=by, reference=reference)

    do(load_config(config, state), doing, by=by)


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None


@phone.command("end")
def end_phone_contact(
    number: NumberArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Take somebody off the list."""

    def doing(casework: Casework, by: str) -> str:
        return casework.end_phone_contact(number, by=by, note=note)

    do(load_config(config, state), doing, by=by)


@phone.command("find")
def find_phone_contacts(
    words: Annotated[str, typer.Argument(metavar="NAME|NUMBER", help="Of the caller.")],
    config: ConfigOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look up a caller, while they wait."""
    if not words.strip():
        fail(EX_USAGE, "Give a name or a number to look for.")
    found = ask(load_config(config, state), lambda casework: casework.find_phone_contacts(words))
    if as_json:
        print(json.dumps([asdict(one) for one in found], default=str))
    elif found:
        Console().print(phone_table(found))
    else:
        print("Nobody of this name or number may be put through. Offer to take a message.")


def register(app: typer.Typer) -> None:
    """Give the command its parts."""
    app.add_typer(action, name="action")
    app.add_typer(milestone, name="milestone")
    app.add_typer(phone, name="phone")
