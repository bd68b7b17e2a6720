"""What the models know of every key, for people, for editors, and for whoever asks what holds.

The reference and the schema are made from the models alone, so that neither can say anything that
is not so.
"""

from __future__ import annotations

import enum
import json
import types
import typing
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from daemon.config.fields import Domain, Host, Line, MailAddress, Name, Port, WebAddress
from daemon.config.files import Files
from daemon.config.places import Secret
from daemon.config.sentences import entry_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo

_UNITS: Final = {
    "_s": "seconds",
    "_mb": "megabytes",
    "_minutes": "minutes",
    "_days": "days",
    "_working_days": "working days",
    "_hours": "hours",
    "_hour": "hour of the day",
    "minutes": "minutes",
    "hours": "hours",
    "per_minute": "mails a minute",
}
_EXAMPLES: Final = (  # by what may stand there; the first that fits
    (MailAddress, "intake@ombudsman.example"),
    (Domain, "ombudsman.example"),
    (Host, "mail.ombudsman.example"),
    (WebAddress, "https://www.ombudsman.example"),
    (Name, "customer-care"),
    (Port, 993),
    (Line, "a line of text"),
)
HIDDEN: Final = "(hidden)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of a file: where it stands, and what the models know of it."""

    file: str
    path: str  # of the table, such as "duty.turn"
    table: str  # as it is written: "[office]", "[[inbox]] kind = "imap"", "" at the top
    name: str
    words: str  # what may stand there
    default: str  # as TOML, "needed", or "" for none
    unit: str
    effect: str
    example: str


def keys(shipped: Mapping[str, Mapping[str, Any]]) -> list[Key]:
    """Return every key of every file, in the order of the models.

    `shipped` is the config that comes with the software, as it is written: where it sets a key,
    that is the example.
    """
    found: list[Key] = []
    for alias, field in _named(Files):
        found += _of_table(field.annotation, alias, "", is_list=False)
    return [replace(key, example=_written(shipped, key) or key.example) for key in found]


def _written(shipped: Mapping[str, Mapping[str, Any]], key: Key) -> str:
    """Return what the shipped config sets a key to; "" where it does not."""
    tables: list[Any] = [shipped.get(key.file, {})]
    for part in key.path.split("."):
        inner = [table.get(part) for table in tables if isinstance(table, dict)]
        tables = [one for each in inner for one in (each if isinstance(each, list) else [each])]
    tables = [shipped.get(key.file, {})] if not key.path else tables
    set_to = [t[key.name] for t in tables if isinstance(t, dict) and key.name in t]
    return in_toml(set_to[0]) if set_to and set_to[0] != [] else ""


def _named(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield field.alias or name, field


def _of_table(annotation: Any, file: str, path: str, *, is_list: bool) -> Iterator[Key]:  # noqa: ANN401 - any type form
    models = _models(annotation)
    for model in models:
        kind = _kind_of(model) if len(models) > 1 else ""
        table = (f"[[{path}]]" if is_list else f"[{path}]") if path else ""
        for name, field in _named(model):
            below = f"{path}.{name}" if path else name
            if _models(field.annotation):
                listed = _is_list(field.annotation)
                yield from _of_table(field.annotation, file, below, is_list=listed)
                continue
            yield Key(
                file=file,
                path=path,
                table=f"{table} {kind}".strip(),
                name=name,
                words=_words(field.annotation, field),
                default=_default(field),
                unit=_unit(name),
                effect=" ".join((field.description or "").split()),
                example=_example(field.annotation, field),
            )


def _models(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401 - any type form
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models(inner)]


def _kind_of(model: type[BaseModel]) -> str:
    for name in ("kind", "provider"):
        if name in model.model_fields:
            return f'{name} = "{get_args(model.model_fields[name].annotation)[0]}"'
    return ""


def _is_list(annotation: Any) -> bool:  # noqa: ANN401 - any type form
    if get_origin(annotation) is tuple:
        return True
    return any(_is_list(inner) for inner in get_args(annotation))


def _words(annotation: Any, field: FieldInfo | None = None) -> str:  # noqa: ANN401 - a list of cases
    """Return in words what may stand at a key."""
    origin = get_origin(annotation)
    if origin is typing.Annotated:
        return _words(get_args(annotation)[0])
    if origin is tuple:
        return f"list of: {_words(get_args(annotation)[0])}"
    if origin is dict:
        return "table of: " + _words(get_args(annotation)[1])
    if origin in {typing.Union, types.UnionType}:
        kinds = [_words(one) for one in get_args(annotation) if one is not type(None)]
        return " or ".join(dict.fromkeys(kinds))
    if origin is Literal:
        return ", ".join(json.dumps(one) for one in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return ", ".join(json.dumps(str(one.value)) for one in annotation)
    simple = {
        bool: "true or false",
        int: "whole number",
        float: "number",
        str: "text",
        date: "date",
        datetime: "date or time",
        Path: "path",
        Secret: "secret",
    }
    return simple.get(annotation, "text") + _bounds(field)


def _bounds(field: FieldInfo | None) -> str:
    found = {type(one).__name__: one for one in (field.metadata if field else [])}
    low, high = getattr(found.get("Ge"), "ge", None), getattr(found.get("Le"), "le", None)
    if low is None:
        return ""
    return f", {low:,} to {high:,}" if high is not None else f", {low:,} or more"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    if field.default_factory is not None:
        return "follows from others"
    if field.default is PydanticUndefined or field.default is None:
        return ""
    return in_toml(field.default)


def in_toml(value: object) -> str:
    """Return a value as it is written in TOML."""
    match value:
        case bool():
            return "true" if value else "false"
        case enum.Enum():
            return json.dumps(str(value.value))
        case tuple() | list():
            return f"[{', '.join(in_toml(one) for one in value)}]"
        case dict():
            pairs = (f"{json.dumps(str(k))} = {in_toml(v)}" for k, v in value.items())
            return f"{{ {', '.join(pairs)} }}" if value else "{}"
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return str(value)
        case int() | float():
            return str(value)
        case _:
            return json.dumps(str(value), ensure_ascii=False)


def _unit(name: str) -> str:
    fits = [unit for end, unit in _UNITS.items() if name.endswith(end)]
    longest = max((end for end in _UNITS if name.endswith(end)), key=len, default="")
    return _UNITS[longest] if fits else ""


def _example(annotation: Any, field: FieldInfo) -> str:  # noqa: ANN401 - any type form
    if field.default not in (PydanticUndefined, None, "", ()) and field.default_factory is None:
        return in_toml(field.default)
    value = _example_of(annotation, field.metadata)
    return in_toml(value)


def _example_of(annotation: Any, metadata: list[Any]) -> object:  # noqa: ANN401 - a list of cases
    for kind, example in _EXAMPLES:
        checks = get_args(kind)[1:]
        if checks and any(check in metadata for check in checks):
            return example
    origin = get_origin(annotation)
    if origin is typing.Annotated:
        return _example_of(get_args(annotation)[0], list(get_args(annotation)[1:]))
    if origin is tuple:
        return [_example_of(get_args(annotation)[0], [])]
    if origin is dict:
        return {"intake@ombudsman.example": "Teams/Intake"}
    if origin in {typing.Union, types.UnionType}:
        return next(_example_of(one, []) for one in get_args(annotation) if one is not type(None))
    if origin is Literal:
        return get_args(annotation)[0]
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return next(iter(annotation))
    simple: dict[object, object] = {
        bool: True,
        int: 1,
        float: 1.0,
        date: date(2026, 4, 1),
        datetime: date(2026, 4, 1),
        Path: "folder/name",
        Secret: "file:NAME",
    }
    return simple.get(annotation, "text")


# For people


def as_markdown(shipped: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the reference of every key, with examples of the shipped config."""
    lines = [
        "# Every key of the config",
        "",
        "Made by `assurance config reference` from what the software itself checks.",
        "docs/configuration.md says how the files belong together.",
    ]
    file = table = None
    for key in keys(shipped):
        if key.file != file:
            file, table = key.file, None
            lines += ["", f"## {file}"]
        if key.table != table:
            table = key.table
            lines += ["", f"### `{table}`" if table else "### At the top", ""]
            lines += ["| key | what | default | effect | example |", "|---|---|---|---|---|"]
        unit = f" ({key.unit})" if key.unit else ""
        cells = (f"`{key.name}`", key.words + unit, _code(key.default), key.effect)
        example = _code(f"{key.name} = {key.example}")
        lines.append(
            "| " + " | ".join(cell.replace("|", "\\|") for cell in (*cells, example)) + " |"
        )
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    if text in {"", "needed", "follows from others"}:
        return text
    return f"`{text}`"


# For editors


def schema(file: str) -> dict[str, Any]:
    """Return the JSON Schema of one file, for editors that check TOML.

    Raises:
        LookupError: there is no such file, or it has no schema (rules.toml).
    """
    field = dict(_named(Files))[file]
    (model,) = _models(field.annotation)
    made = model.model_json_schema(by_alias=True)
    made["$schema"] = "http://json-schema.org/draft-07/schema#"
    made["title"] = file
    return made


# For whoever asks what holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One value that holds, and where it comes from."""

    file: str
    key: str
    value: str  # as TOML; a secret is hidden
    origin: str  # the file, or "default"


def shown(files: Files, raw: Mapping[str, Mapping[str, Any]]) -> list[Shown]:
    """Return every value that holds, with its origin."""
    found: list[Shown] = []
    for alias, name in ((f.alias or n, n) for n, f in Files.model_fields.items()):
        found += _values(getattr(files, name), raw.get(alias, {}), alias, "")
    return found


def _values(table: BaseModel, written: Any, file: str, path: str) -> Iterator[Shown]:  # noqa: ANN401 - TOML of any shape
    for name, field in type(table).model_fields.items():
        key = field.alias or name
        value = getattr(table, name)
        there = isinstance(written, dict) and key in written
        below = written.get(key) if there else None
        where = f"{path}.{key}" if path else key
        if isinstance(value, BaseModel):
            yield from _values(value, below or {}, file, where)
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            for number, one in enumerate(value):
                label = entry_label(below, number) if isinstance(below, list) else f"[{number + 1}]"
                entry = below[number] if isinstance(below, list) else {}
                yield from _values(one, entry, file, f"{where}{label}")
        elif value is not None or there:
            yield Shown(
                file=file, key=where, value=_seen(value), origin=file if there else "default"
            )


def _seen(value: object) -> str:
    if isinstance(value, Secret):
        return f"{HIDDEN}, read from {value.path}"
    return in_toml(value)
