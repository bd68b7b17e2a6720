"""Enquiries as lines of JSON: what `explain`, `evaluate` and `learn` read.

A line holds `box`, `from_name`, `from_addr`, `subject` and `body`; an example also `labels`, and
perhaps `decisive` and `signs`: the words that show its category and its criteria.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from daemon.classify import Example, Labels
from daemon.model import Box, Category, Criterion, Source
from daemon.parse import message_from_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from enum import StrEnum

    from daemon.model import Message

TEXT_FIELDS = ("box", "from_name", "from_addr", "subject", "body")
E = TypeVar("E", bound="StrEnum")


class LineError(ValueError):
    """A line that is no enquiry or no example; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The examples of a file, and a sentence for each line that is none."""

    examples: tuple[Example, ...]
    mistakes: tuple[str, ...] = field(default=())


def entry_of(line: bytes) -> dict[str, Any]:
    """Return the JSON object of a line.

    Raises:
        LineError: it is none.
    """
    try:
        entry: Any = json.loads(line)
    except RecursionError:
        msg = "it is nested too deeply"
        raise LineError(msg) from None
    except ValueError as error:
        raise LineError(str(error)) from None
    if not isinstance(entry, dict):
        msg = "it is not a JSON object"
        raise LineError(msg)
    return entry


def id_of(entry: Mapping[str, Any], place: str) -> str | int:
    """Return the id as it was, a whole number or text; where there is none, the line's place."""
    match entry.get("id"):
        case bool() | float() as value:
            return str(value)
        case int() as number:
            return number
        case str() as text:
            return text or place
        case _:
            return place


def message_of(entry: Mapping[str, Any], box: Box | None = None) -> Message:
    """Return the message that an entry holds, in `box` or in its own.

    Raises:
        LineError: a field is no text, or there is no such box.
    """
    fields: dict[str, str] = {}
    for name in TEXT_FIELDS:
        value = entry.get(name)
        if value is not None and not isinstance(value, str):
            msg = f"{name} is not text"
            raise LineError(msg)
        fields[name] = value or ""
    own = fields.pop("box")
    if box is None:
        box = _member(Box, own or Box.CUSTOMER_CARE, "box")
    return message_from_fields(box=box, **fields)


def read_examples(content: bytes, *, path: str, writer: str) -> Read:
    """Return the examples of a file, one a line, each with what is wrong with the others."""
    examples: list[Example] = []
    mistakes: list[str] = []
    for number, line in _lines(content):
        place = f"{path}:{number}"
        try:
            examples.append(_example(entry_of(line), place, writer))
        except LineError as error:
            mistakes.append(f"{place} is no labelled example: {error}.")
    return Read(examples=tuple(examples), mistakes=tuple(mistakes))


def _lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that hold something, each with its number from 1."""
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            yield number, line


def _example(entry: Mapping[str, Any], place: str, writer: str) -> Example:
    """Return the example of an entry.

    Raises:
        LineError: something is missing or unknown; the text names the key.
    """
    labels = entry.get("labels")
    if not isinstance(labels, dict):
        msg = "labels is missing"
        raise LineError(msg)
    signs = entry.get("signs") or {}
    if not isinstance(signs, dict):
        msg = "signs is not an object"
        raise LineError(msg)
    return Example(
        id=str(id_of(entry, place)),
        writer=writer,
        message=message_of(entry),
        labels=labels_of(labels),
        decisive=_texts(entry.get("decisive") or [], "decisive"),
        signs={
            _member(Criterion, key, "signs"): _texts(value, f"signs.{key}")
            for key, value in signs.items()
        },
    )


def labels_of(labels: Mapping[str, Any]) -> Labels:
    """Return the labels of an example.

    Raises:
        LineError: something is missing or unknown; the text names the key.
    """
    routine, reference = labels.get("routine", False), labels.get("reference")
    if not isinstance(routine, bool):
        msg = "labels.routine is neither true nor false"
        raise LineError(msg)
    if reference is not None and not isinstance(reference, str):
        msg = "labels.reference is not text"
        raise LineError(msg)
    criteria = _texts(labels.get("criteria", []), "labels.criteria")
    return Labels(
        category=_member(Category, labels.get("category"), "labels.category"),
        source=_member(Source, labels.get("source"), "labels.source"),
        routine=routine,
        criteria=frozenset(_member(Criterion, one, "labels.criteria") for one in criteria),
        reference=reference,
    )


def _member(kind: Callable[[Any], E], value: object, key: str) -> E:
    """Return a member of an enum.

    Raises:
        LineError: there is none of this name.
    """
    try:
        return kind(value)
    except ValueError:
        msg = f"{key} has no {value!r}"
        raise LineError(msg) from None


def _texts(value: object, key: str) -> tuple[str, ...]:
    """Return a list of texts.

    Raises:
        LineError: it is none.
    """
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    msg = f"{key} is not a list of texts"
    raise LineError(msg)
