"""Labelled examples: messages with what a careful reader took them for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from daemon.model import Category, Criterion, Message, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What a message is, by the labelling guide (docs/classification.md)."""

    category: Category
    source: Source
    routine: bool = False
    criteria: frozenset[Criterion] = frozenset()
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A message and its labels; `decisive` and `signs` quote the words that show them."""

    id: str
    writer: str  # whose hand: figures are taken across writers, never within one
    message: Message
    labels: Labels
    decisive: tuple[str, ...] = ()
    signs: Mapping[Criterion, tuple[str, ...]] = field(default_factory=dict)
