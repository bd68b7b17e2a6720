"""What routes.toml and clocks.toml may say: where enquiries go, and by when."""

import re
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from daemon.config.fields import Name, Table, WorkingDays, is_name
from daemon.model import AnswerBy, Category, ClockKind, Source

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def _private(value: AnswerBy) -> AnswerBy:
    if value is AnswerBy.PUBLIC_REPLY:
        why = "A public post gets the [invitation] of social.toml, and no other text."
        raise ValueError(why)
    return value


class Routes(Table):
    """Which team gets the notice for each route."""

    intake: Name
    """The team for the route to the Intake."""
    customer_care: Name = Field(alias="customer-care")
    """The team for the route to Customer Care."""
    external_affairs: Name = Field(alias="external-affairs")
    """The team for the route to External Affairs."""


class LimitsTable(Table):
    """How many acknowledgements go out in a day before a person has a look."""

    per_address: Annotated[int, Field(ge=1)] = 4
    """Acknowledgements to one address in a day."""
    per_domain: Annotated[int, Field(ge=1)] = 100
    """Acknowledgements to one domain in a day."""
    in_all: Annotated[int, Field(ge=1)] = 2000
    """Acknowledgements to everybody in a day."""
    block_days: Annotated[int, Field(ge=0, le=366)] = 30
    """How long an address gets nothing after a report that nobody is there."""


def _text_name(value: str) -> str:
    name, dot, language = value.partition(".")
    if not is_name(name) or (dot and not _LANGUAGE.fullmatch(language)):
        why = (
            "Give the name of a folder below templates/acknowledgements, such as general, with"
            " the language after a dot where it is not English, such as general.cy."
        )
        raise ValueError(why)
    return value


def _language(value: str) -> str:
    if not re.fullmatch("[a-z]{2}", value):
        why = 'Write a language as two small letters (ISO 639-1), such as "cy" for Welsh.'
        raise ValueError(why)
    return value


class AnswerRule(Table):
    """Which text answers what; a list that is left out asks for nothing."""

    template: Annotated[str, AfterValidator(_text_name)]
    """The text: a folder below templates/acknowledgements; an ending names its language."""
    categories: tuple[Annotated[Category, Field(strict=False)], ...] = ()
    """Fits when the category is one of these, and decided."""
    sources: tuple[Annotated[Source, Field(strict=False)], ...] = ()
    """Fits when one of these wrote."""
    clocks: tuple[Annotated[ClockKind, Field(strict=False)], ...] = ()
    """Fits when one of these clocks runs for it."""
    by: tuple[Annotated[AnswerBy, Field(strict=False), AfterValidator(_private)], ...] = ()
    """Fits when the answer goes so."""
    languages: tuple[Annotated[str, AfterValidator(_language)], ...] = ()
    """Fits when it was written in one of these, by two letters."""
    at_risk: bool = False
    """The text is for somebody who may be at risk: a duty officer sends it."""
    enabled: bool = True
    """False keeps a rule and its text, unused."""


class RoutesFile(Table):
    """routes.toml."""

    routes: Routes
    """Which team gets the notice."""
    suggestions: dict[str, Name]
    """The team that is suggested to reply: by category, criterion, press or call-back."""
    limits: LimitsTable = LimitsTable()
    """How many acknowledgements go out in a day before a person has a look."""
    answer: tuple[AnswerRule, ...] | None = None
    """None: the rules that ship."""


def _climbing(minutes: tuple[int, ...]) -> tuple[int, ...]:
    if not minutes or minutes[0] < 1 or list(minutes) != sorted(set(minutes)):
        why = "List minutes after the alert, each larger than the one before, such as [60, 90]."
        raise ValueError(why)
    return minutes


class Clocks(Table):
    """The clock rules that are the office's own."""

    service_working_days: WorkingDays = 20
    """Complaints about us, and their follow-up."""
    other_working_days: WorkingDays = 10
    """Any other reply."""
    dpa_complaint_working_days: WorkingDays = 20
    """Complaints about how we used personal data."""
    ico_letter_working_days: WorkingDays = 20
    """Letters of the Information Commission without a date."""
    update_working_days: WorkingDays = 10
    """The next update of an entry on a register."""
    ack_letter_working_days: WorkingDays = 5
    """Until an acknowledgement that goes by post must have gone."""
    vulnerable_steps_minutes: Annotated[tuple[int, ...], AfterValidator(_climbing)] = (
        60,
        90,
        120,
        150,
    )
    """Minutes after which an alert that nobody confirmed goes to everybody on duty again; then on
    at the last distance.
    """
    confirm_within_hours: Annotated[int, Field(ge=1, le=24)] = 1
    """When the general acknowledgement replaces one that waits for a duty officer."""
    remind_hour: Annotated[int, Field(ge=0, le=23)] = 9
    """The hour, in London, at which reminders go."""


class ExtraHoliday(Table):
    """A bank holiday that was announced late."""

    on: date = Field(alias="date")
    """The day."""
    nations: Annotated[tuple[Literal["ENG", "WLS", "SCT", "NIR"], ...], Field(min_length=1)] = (
        "ENG",
        "WLS",
        "SCT",
        "NIR",
    )
    """Where it is one."""


class ClocksFile(Table):
    """clocks.toml."""

    clocks: Clocks = Clocks()
    """The clock rules that are the office's own."""
    extra_holiday: tuple[ExtraHoliday, ...] = ()
    """A bank holiday that was announced too late for the calendar that ships."""
