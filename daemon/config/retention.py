"""What retention.toml may say: how long words are kept. Figures stay for ever."""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from daemon.config.fields import Table
from daemon.model import Category


class RetentionRuleTable(Table):
    """One kind of thing, and for how long its words are kept."""

    what: Literal["enquiries", "unfiled", "internal"]
    """Enquiries that ended; mail that belongs to none; notices, reports and the like of our own."""
    months: Annotated[int, Field(ge=1, le=600)]
    """For how long after it ended, came or was written."""
    categories: tuple[Annotated[Category, Field(strict=False)], ...] = ()
    """Of enquiries: only these. Left out: all that no other rule names."""

    @field_validator("categories")
    @classmethod
    def _are_of_enquiries(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - a validator passes on what it got
        if value and info.data.get("what") != "enquiries":
            why = 'Only what = "enquiries" has categories. Take this line out.'
            raise ValueError(why)
        return value


class Retention(Table):
    """Whether anything is erased by itself."""

    active: bool = False
    """Whether the rules are carried out, each night; `assurance privacy due` counts either way."""


class RetentionFile(Table):
    """retention.toml."""

    retention: Retention = Retention()
    """Whether anything is erased by itself."""
    rule: tuple[RetentionRuleTable, ...] = ()
    """One kind of thing, and for how long its words are kept."""
