"""The texts of all mail: compiled once, rendered strictly, and checked before a socket opens.

A folder holds one mail: `subject.txt` and `body.md`, Jinja in Markdown. Both the plain text and
the HTML are made from `body.md`; `layout.html` puts the HTML into a page; `parts/` holds
paragraphs that several mails share. Nothing here reads a file: the caller brings the texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from jinja2 import DictLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from daemon.compose.examples import BODY_FILE, LAYOUT, SUBJECT_FILE, mistakes, said
from daemon.compose.facts import ACKNOWLEDGEMENTS, NOTICES
from daemon.compose.markup import escape, new_parser, one_line, render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jinja2 import Template

LANGUAGE = "en-GB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A mail's words, ready to be put on the wire."""

    subject: str
    text: str
    html: str
    main_headings: int
    links: tuple[str, ...]


class Templates:
    """All templates of one folder tree, each compiled once.

    `sources` maps a path relative to `templates/` ("acknowledgements/mp/body.md") to its text;
    an administrator's overrides are laid over it by whoever reads the files. A template that
    does not compile is reported by `check` and raises only when it is used.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = MappingProxyType(dict(sources))
        self._parser = new_parser()
        self._plain = _environment(self._sources, markdown=False)
        self._markdown = _environment(self._sources, markdown=True)
        self._layout = _environment(self._sources, markdown=False, autoescape=True)
        self._compiled: dict[str, Template] = {}
        self._broken: dict[str, str] = {}
        for path in sorted(self._sources):
            self._compile(path)

    @property
    def acknowledgements(self) -> frozenset[str]:
        """The names of all acknowledgements there are."""
        return frozenset(self._names(ACKNOWLEDGEMENTS))

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of all mails, in order, whether complete or not."""
        found = (
            f"{kind}/{name}" for kind in (ACKNOWLEDGEMENTS, NOTICES) for name in self._names(kind)
        )
        return tuple(sorted(set(found)))

    @property
    def broken(self) -> Mapping[str, str]:
        """Templates that do not compile, each with the reason."""
        return MappingProxyType(self._broken)

    def has(self, path: str) -> bool:
        """Whether there is a template at this path, sound or not."""
        return path in self._sources

    def render(self, folder: str, values: Mapping[str, object]) -> Rendered:
        """Render the mail of a folder ("acknowledgements/mp").

        Raises:
            LookupError: no such mail.
            jinja2.TemplateError: a mistake in the template; `check` finds it beforehand.
        """
        subject = self._template(f"{folder}/{SUBJECT_FILE}").render(values)
        page = render(self._parser, self._template(f"{folder}/{BODY_FILE}").render(values))
        layout = self._template(LAYOUT)
        html = layout.render(title=page.title, language=LANGUAGE, content=Markup(page.html))  # noqa: S704  made from Markdown in which every value is escaped and raw HTML is off
        return Rendered(
            subject=one_line(subject),
            text=page.text,
            html=html,
            main_headings=page.main_headings,
            links=page.links,
        )

    def check(self) -> list[tuple[str, str]]:
        """Render every template with example values; return each mistake as (path, why)."""
        return mistakes(self)

    def _names(self, kind: str) -> Iterator[str]:
        for path in self._sources:
            parts = path.split("/")
            if len(parts) == 3 and parts[0] == kind:  # noqa: PLR2004  kind/name/file
                yield parts[1]

    def _template(self, path: str) -> Template:
        if path in self._compiled:
            return self._compiled[path]
        why = f"{path}: {self._broken.get(path, 'no such template')}"
        raise LookupError(why)

    def _compile(self, path: str) -> None:
        try:
            self._compiled[path] = self._environment_for(path).get_template(path)
        except TemplateError as mistake:
            self._broken[path] = said(mistake)

    def _environment_for(self, path: str) -> ImmutableSandboxedEnvironment:
        if path.endswith(".md"):
            return self._markdown
        return self._layout if path.endswith(".html") else self._plain


def _environment(
    sources: Mapping[str, str], *, markdown: bool, autoescape: bool = False
) -> ImmutableSandboxedEnvironment:
    """Return an environment in which every missing value is an error and every value is safe."""
    return ImmutableSandboxedEnvironment(
        loader=DictLoader(sources),
        undefined=StrictUndefined,
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,  # a part that is included ends its own paragraph
        auto_reload=False,
        finalize=escape if markdown else None if autoescape else one_line,
    )
