"""One Markdown rendering for all mails that differ in their values alone.

While a template is rendered, each value stands as a mark that no value can hold: what comes out
is the skeleton, the same for most mails of a kind. It is parsed once, and the values are put into
its HTML and its text. Where a value could change how Markdown reads its surroundings, nothing is
kept, and the mail is rendered with its values as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from jinja2 import pass_environment
from jinja2.filters import make_attrgetter
from markdown_it.common.utils import escapeHtml

from daemon.compose.markup import Code, Page, Raw, escape, one_line, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jinja2 import Environment
    from markdown_it import MarkdownIt

_MOST_KEPT: Final = 512
_OPEN, _CLOSE = "\ue000", "\ue001"  # private use: `one_line` lets none of them through
_MARK: Final = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_LINKED: Final = re.compile(r"%EE%80%80(\d+)%EE%80%81")  # a mark in a link's target
_ANY: Final = re.compile(f"{_MARK.pattern}|{_LINKED.pattern}")
_WHOLE_TARGET: Final = re.compile(rf'<a href="{_LINKED.pattern}">[^<{_OPEN}]+</a>')
# What reads the same as a link's target whether Markdown sees it or a mark in its place.
_PLAIN_TARGET: Final = re.compile(r"(?:mailto:[^?]+\?|https?://)[A-Za-z0-9@%&=+,;:/?._~-]+")


class Slot(str):
    """A value that a template can use as the text it is, and that prints as a mark."""

    __slots__ = ("among", "number")
    among: Slots
    number: int | None

    @property
    def mark(self) -> str:
        """What stands for it in the skeleton."""
        return self._mark(one_line(self))

    def _mark(self, words: str) -> str:
        if self.number is None:
            self.number = len(self.among.printed)
            self.among.printed.append(words)
        return f"{_OPEN}{self.number}{_CLOSE}"


class CodeSlot(Slot):
    """A command of ours, which prints as code."""

    __slots__ = ()

    @property
    def mark(self) -> str:
        """What stands for it in the skeleton."""
        return f"`{self._mark(self.strip('`'))}`"


@dataclass(slots=True)
class Slots:
    """The values of one mail that were printed, in the order in which that happened."""

    printed: list[str] = field(default_factory=list)

    def around(self, value: object) -> object:
        """Return a value with every text within lists and mappings as a slot."""
        match value:
            case Code():
                return self.add(value, CodeSlot)
            case Raw() | Enum():  # an enum's member has more to it than its text
                return value
            case str():
                return self.add(value) if one_line(value) else value
            case dict():
                return {key: self.around(one) for key, one in value.items()}
            case list() | tuple():
                return [self.around(one) for one in value]
            case _:
                return value

    def add(self, text: str, kind: type[Slot] = Slot) -> Slot:
        """Return a text as a slot."""
        slot = kind(text)
        slot.among, slot.number = self, None
        return slot


def printed(value: object) -> str:
    """Return what a value prints as in Markdown: a slot as its mark, another escaped."""
    return value.mark if isinstance(value, Slot) else escape(value)


@pass_environment
def joined(
    environment: Environment, value: Iterable[object], d: str = "", attribute: str | None = None
) -> str:
    """Join as Jinja's own filter does; the result is a slot where one of the texts is one."""
    texts = [*value]
    if attribute is not None:
        texts = [*map(make_attrgetter(environment, attribute), texts)]
    text = d.join(map(str, texts))
    slots = [one.among for one in texts if isinstance(one, Slot)]
    return slots[0].add(text) if slots else text


class Skeletons:
    """What was parsed before, by its source."""

    def __init__(self, parser: MarkdownIt) -> None:
        self._parser = parser
        self._kept: dict[str, Page | None] = {}  # None: cannot be filled in

    def page(
        self, template: Callable[[Mapping[str, object]], str], values: Mapping[str, object]
    ) -> Page:
        """Return what a template says with some values, rendered."""
        slots = Slots()
        source = template({key: slots.around(value) for key, value in values.items()})
        page = self._skeleton(source)
        filled = None if page is None else self._filled(page, slots.printed)
        return filled or render(self._parser, template(values))

    def _skeleton(self, source: str) -> Page | None:
        if source not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            page = render(self._parser, source)
            self._kept[source] = page if _can_be_filled(page) else None
        return self._kept[source]

    def _filled(self, page: Page, texts: list[str]) -> Page | None:
        """Return a skeleton with its values, or None where one does not do as a link's target."""
        targets: dict[int, str] = {}
        for number in {int(mark[1]) for link in page.links for mark in _LINKED.finditer(link)}:
            if not _PLAIN_TARGET.fullmatch(texts[number]):
                return None
            targets[number] = self._parser.normalizeLink(texts[number])

        def words(mark: re.Match[str]) -> str:
            return texts[int(mark[1])] if mark[1] else targets[int(mark[2])]

        def plain(source: str) -> str:
            return _ANY.sub(words, source)  # in one pass: what stands in a value stays as it is

        return Page(
            title=plain(page.title),
            html=_ANY.sub(lambda mark: escapeHtml(words(mark)), page.html),
            text=plain(page.text),
            main_headings=page.main_headings,
            links=tuple(plain(link) for link in page.links),
        )


def _can_be_filled(page: Page) -> bool:
    """Whether a link's target is a value as a whole, behind words that are none, or holds none."""
    whole = len(_WHOLE_TARGET.findall(page.html))
    return whole == len(_LINKED.findall(page.html)) and not any(map(_MARK.search, page.links))
