"""What routes.toml and clocks.toml may say: where enquiries go, and by when."""

import re
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from daemon.config.fields import Name, Table, WorkingDays, is_name
from daemon.model import AnswerBy, Category, ClockKind, Source

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Routes(Table):
    """Which team gets the notice for each route."""

    intake: Name
    customer_care: Name = Field(alias="customer-care")
    external_affairs: Name = Field(alias="external-affairs")


class LimitsTable(Table):
    """How many acknowledgements go out in a day before a person has a look."""

    per_address: Annotated[int, Field(ge=1)] = 4
    per_domain: Annotated[int, Field(ge=1)] = 100
    in_all: Annotated[int, Field(ge=1)] = 2000
    block_days: Annotated[int, Field(ge=0, le=366)] = 30


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
    categories: tuple[Annotated[Category, Field(strict=False)], ...] = ()
    sources: tuple[Annotated[Source, Field(strict=False)], ...] = ()
    clocks: tuple[Annotated[ClockKind, Field(strict=False)], ...] = ()
    by: tuple[Annotated[AnswerBy, Field(strict=False)], ...] = ()
    languages: tuple[Annotated[str, AfterValidator(_language)], ...] = ()
    at_risk: bool = False
    enabled: bool = True


class RoutesFile(Table):
    """routes.toml."""

    routes: Routes
    suggestions: dict[str, Name]
    limits: LimitsTable = LimitsTable()
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
    other_working_days: WorkingDays = 10
    dpa_complaint_working_days: WorkingDays = 20
    ico_letter_working_days: WorkingDays = 20
    update_working_days: WorkingDays = 10
    ack_letter_working_days: WorkingDays = 5
    vulnerable_steps_minutes: Annotated[tuple[int, ...], AfterValidator(_climbing)] = (
        60,
        90,
        120,
        150,
    )
    confirm_within_hours: Annotated[int, Field(ge=1, le=24)] = 1
    remind_hour: Annotated[int, Field(ge=0, le=23)] = 9


class ExtraHoliday(Table):
    """A bank holiday that was announced late."""

    on: date = Field(alias="date")
    nations: Annotated[tuple[Literal["ENG", "WLS", "SCT", "NIR"], ...], Field(min_length=1)] = (
        "ENG",
        "WLS",
        "SCT",
        "NIR",
    )


class ClocksFile(Table):
    """clocks.toml."""

    clocks: Clocks = Clocks()
    extra_holiday: tuple[ExtraHoliday, ...] = ()
