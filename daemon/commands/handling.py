"""The commands of specific handling: raise, refer, propose, decide, subject and call-back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from daemon.commands.options import (
    ByOption,
    ConfigOption,
    NoteOption,
    ReferenceArgument,
    StateOption,
    do,
)
from daemon.model import Criterion, Handling
from daemon.startup import EX_USAGE, fail, load_config

if TYPE_CHECKING:
    from daemon.casework import Casework

subject = typer.Typer(
    help="Members of staff an enquiry is about: they neither hold it nor hear of it.",
    no_args_is_help=True,
)
PersonArgument = Annotated[str, typer.Argument(metavar="PERSON", help="A colleague's address.")]
DirectorOption = Annotated[
    str, typer.Option("--assistant-director", help="The Assistant Director who has agreed.")
]


def raise_(
    reference: ReferenceArgument,
    criterion: Annotated[Criterion, typer.Option("--criterion", help="What it meets.")],
    assistant_director: DirectorOption,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Say that an enquiry meets a criterion, at any time of a case (guide §2.4-2.5)."""

    def doing(casework: Casework, by: str) -> str:
        return casework.raise_criterion(
            reference, criterion, assistant_director=assistant_director, by=by, note=note
        )

    do(load_config(config, state), doing, by=by)


def refer(
    reference: Annotated[
        str, typer.Argument(metavar="REF", help="An enquiry's reference, or a case's own.")
    ],
    kind: Annotated[str, typer.Option("--kind", help="decision, input or uphold.")],
    assistant_director: DirectorOption,
    team: Annotated[str, typer.Option("--team", help="The team that refers it.")],
    by: ByOption,
    note: Annotated[str, typer.Option("--note", help="What is asked, and why.")],
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Refer a case to the Ombudsman or Chief Executive, by its Assistant Director."""

    def doing(casework: Casework, by: str) -> str:
        return casework.refer(
            reference,
            kind=kind,
            assistant_director=assistant_director,
            team=team,
            words=note,
            by=by,
        )

    do(load_config(config, state), doing, by=by)


def propose(
    reference: ReferenceArgument,
    handling: Annotated[
        Handling,
        typer.Option("--handling", help="watching-brief, approve-before-issue or instruction."),
    ],
    by: ByOption,
    note: Annotated[str, typer.Option("--note", help="Why, and what is to be done.")],
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Propose how an enquiry is to be handled; the Ombudsman or Chief Executive decides."""

    def doing(casework: Casework, by: str) -> str:
        return casework.propose(reference, handling, by=by, note=note)

    do(load_config(config, state), doing, by=by)


def decide(
    by: ByOption,
    reference: Annotated[
        str, typer.Argument(metavar="[REF]", help="The enquiry's reference.")
    ] = "",
    agree: Annotated[
        bool | None, typer.Option("--agree/--decline", help="What was decided on the proposal.")
    ] = None,
    proposal: Annotated[
        int | None, typer.Option("--proposal", help="Which of several proposals.")
    ] = None,
    referral: Annotated[
        int | None, typer.Option("--referral", help="The number of a case referral instead.")
    ] = None,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Record what the Ombudsman or Chief Executive decided on a proposal or a referral."""
    if (referral is None) == (not reference):
        fail(EX_USAGE, "Give the reference of an enquiry, or --referral NUMBER.")
    if referral is None and agree is None:
        fail(EX_USAGE, "Say what was decided: --agree or --decline.")

    def doing(casework: Casework, by: str) -> str:
        if referral is not None:
            return casework.decide_referral(referral, words=note, by=by)
        return casework.decide(reference, agreed=bool(agree), by=by, note=note, number=proposal)

    do(load_config(config, state), doing, by=by)


@subject.command("set")
def set_subject(
    reference: ReferenceArgument,
    person: PersonArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Say that an enquiry is about a colleague: it is restricted from now on."""

    def doing(casework: Casework, by: str) -> str:
        return casework.set_subject(reference, person, by=by, note=note)

    do(load_config(config, state), doing, by=by)


@subject.command("dismiss")
def dismiss_subject(
    reference: ReferenceArgument,
    person: PersonArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Say that an enquiry is not about a colleague."""

    def doing(casework: Casework, by: str) -> str:
        return casework.dismiss_subject(reference, person, by=by, note=note)

    do(load_config(config, state), doing, by=by)


def call_back(
    reference: ReferenceArgument,
    agreed: Annotated[bool, typer.Option("--yes/--no", help="What Private Office said.")],
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Record Private Office's answer to a wish to be called back (guide §1.17, 1.19)."""

    def doing(casework: Casework, by: str) -> str:
        return casework.answer_call_back(reference, agreed=agreed, by=by, note=note)

    do(load_config(config, state), doing, by=by)


def register(app: typer.Typer) -> None:
    """Give the command its parts."""
    app.command("raise")(raise_)
    app.command("call-back")(call_back)
    for one in (refer, propose, decide):
        app.command()(one)
    app.add_typer(subject, name="subject")
