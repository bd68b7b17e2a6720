"""What the model finds wrong, said to an administrator: which key, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from pydantic import BaseModel

from daemon.config.errors import ConfigError
from daemon.config.fields import is_name
from daemon.config.files import Files
from daemon.config.reading import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

    Loc = Sequence[int | str]

_SENTENCES: Final = {
    "missing": "This key is needed. Add it; docs/configuration.md says what it holds.",
    "string_type": 'Write text in quotes, such as "text".',
    "string_too_short": "Write something here, or take the line out.",
    "string_pattern_mismatch": "This must fit the pattern {pattern}.",
    "int_type": "Write a whole number, without quotes.",
    "float_type": "Write a number, without quotes.",
    "bool_type": "Write true or false, without quotes.",
    "date_type": "Write a date such as 2026-01-31, without quotes.",
    "datetime_type": "Write a date such as 2026-01-31, or a time such as 2026-01-31T09:00:00Z.",
    "is_instance_of": 'Write a path in quotes, such as "inboxes/intake".',
    "tuple_type": "Write a list: [[table]] above each table, or [a, b] for values.",
    "model_type": "Write a table here: its name in single brackets on a line of its own.",
    "model_attributes_type": "Write a table here, with its keys below.",
    "dict_type": "Write a table here: its name in single brackets on a line of its own.",
    "too_short": "List at least {min_length}.",
    "greater_than_equal": "Write a number from {ge} upwards.",
    "less_than_equal": "Write a number up to {le}.",
    "finite_number": "Write an ordinary number.",
    "union_tag_not_found": "This key is needed: it says of which kind this one is.",
}
_FOLLOWS_FROM_OTHERS: Final = "default_factory_not_called"


def explain(details: Sequence[ErrorDetails], raw: Mapping[str, Any]) -> list[ConfigError]:
    """Turn the model's findings about `raw` (file name → tables) into errors.

    Whole files that are not in `raw` have been reported by whoever read them.
    """
    places = [one["loc"] for one in details]
    return [
        _explain_one(one, raw)
        for one in details
        if not _follows_from_others(one, places) and str(one["loc"][0]) in raw
    ]


def _follows_from_others(details: ErrorDetails, places: Sequence[Loc]) -> bool:
    """Whether a finding goes away with another one: of a list, the entries with mistakes count not.

    Whoever wrote one entry, and a wrong number in it, has listed one.
    """
    loc = details["loc"]
    if details["type"] == "too_short":
        return any(len(place) > len(loc) and place[: len(loc)] == loc for place in places)
    return details["type"] == _FOLLOWS_FROM_OTHERS


def _explain_one(details: ErrorDetails, raw: Mapping[str, Any]) -> ConfigError:
    file, *loc = details["loc"]
    if details["type"].startswith("union_tag"):
        loc.append("provider" if "oauth" in loc else "kind")
    return ConfigError(
        file=str(file), key=_key(loc, raw[str(file)]), why=_why(details, details["loc"])
    )


def _why(details: ErrorDetails, loc: Loc) -> str:
    context = details.get("ctx", {})
    match details["type"]:
        case "extra_forbidden":
            return f"There is no key of this name here.{did_you_mean(str(loc[-1]), _known(loc))}"
        case "value_error":
            return str(context["error"])
        case "literal_error" | "enum":
            return _choose(str(context["expected"]), details["input"])
        case "union_tag_invalid":
            return _choose(str(context["expected_tags"]), context["tag"])
        case known if known in _SENTENCES:
            return _SENTENCES[known].format(**context)
        case _:
            return f"{details['msg']}."


def _choose(expected: str, given: object) -> str:
    """Return which values there are. What was written is compared, never repeated."""
    words = expected.replace("'", '"')
    known = [word for word in words.split('"') if is_name(word) and word != "or"]
    hint = did_you_mean(given, known) if isinstance(given, str) else ""
    return f"Write {words}.{hint}"


def _known(loc: Loc) -> tuple[str, ...]:
    """Return the keys that exist in the table that the last part of `loc` was written in."""
    models: list[type[BaseModel]] = [Files]
    for part in loc[:-1]:
        models = _descend(models, part)
    return tuple(key for model in models for key in _fields(model))


def _descend(models: list[type[BaseModel]], part: int | str) -> list[type[BaseModel]]:
    if isinstance(part, int):
        return models
    tagged = [model for model in models if part in _kinds(model)]
    return tagged or [inner for model in models for inner in _tables(_fields(model).get(part, ()))]


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {info.alias or name: info.annotation for name, info in model.model_fields.items()}


def _kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    fields = _fields(model)
    return get_args(fields.get("kind", fields.get("provider")))


def _tables(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401 - any type form
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [table for inner in get_args(annotation) for table in _tables(inner)]


def _key(loc: Loc, tables: Any) -> str:  # noqa: ANN401 - TOML of any shape
    """Return the key as an administrator would look for it."""
    key, here, after_entry = "", tables, False
    for part in loc:
        if isinstance(part, int):
            key += entry_label(here, part)
        elif not (after_entry and _is_kind(here, part)):
            key += f".{part}" if key else part
        after_entry = isinstance(part, int)
        here = _step(here, part)
    return key


def _is_kind(entry: object, part: str) -> bool:
    """Whether this part of the path is no key but the entry's kind, which the model puts in."""
    return isinstance(entry, dict) and part in (entry.get("kind"), entry.get("provider"))


def _step(here: Any, part: int | str) -> Any:  # noqa: ANN401 - TOML of any shape
    if isinstance(here, dict):
        return here.get(str(part), here)
    return here[int(part)] if isinstance(here, (list, tuple)) else here


def entry_label(entries: Any, index: int) -> str:  # noqa: ANN401 - TOML of any shape
    """Return how an entry of a list is told apart: ` "name"`, or `[n]` counted from 1."""
    names = [_name_of(entry) for entry in entries]
    mine = names[index]
    return f' "{mine}"' if mine and names.count(mine) == 1 else f"[{index + 1}]"


def _name_of(entry: object) -> str:
    if not isinstance(entry, dict):
        return ""
    named = any(key in entry for key in ("box", "kind", "provider", "network"))
    name = entry.get("name") if named else entry.get("id")
    return name if isinstance(name, str) and is_name(name) else ""
