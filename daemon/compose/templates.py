"""The texts of all mail: compiled once, rendered strictly, and checked before a socket opens.

A folder holds one mail: `subject.txt` and `body.md`, Jinja in Markdown. Both the plain text and
the HTML are made from `body.md`; `layout.html` puts the HTML into a page; `parts/` holds
paragraphs that several mails share. Nothing here reads a file: the caller brings the texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from jinja2 import FunctionLoader, StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from daemon.compose.facts import ACKNOWLEDGEMENTS, NOTICES
from daemon.compose.languages import ENGLISH, language_of
from daemon.compose.markup import new_parser, one_line
from daemon.compose.mistakes import BODY_FILE, LAYOUT, SUBJECT_FILE, mistakes, said
from daemon.compose.skeletons import Skeletons, joined, printed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jinja2 import Template
    from markdown_it.token import Token

    _Including = nodes.Include | nodes.Extends | nodes.Import | nodes.FromImport


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A mail's words, ready to be put on the wire."""

    subject: str
    text: str
    html: str
    subject_lines: int
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
        self._skeletons = Skeletons(self._parser)
        self._plain = _environment(self._sources, markdown=False)
        self._markdown = _environment(self._sources, markdown=True)
        self._layout = _environment(self._sources, markdown=False, autoescape=True)
        self._compiled: dict[str, Template] = {}
        self._includes: dict[str, tuple[tuple[str, int], ...]] = {}
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

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of all templates, in order."""
        return tuple(sorted(self._sources))

    def includes(self, path: str) -> tuple[tuple[str, int], ...]:
        """Return the parts that a template includes by name, each with the line."""
        return self._includes.get(path, ())

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
        page = self._skeletons.page(self._template(f"{folder}/{BODY_FILE}").render, values)
        return Rendered(
            subject=one_line(subject),
            text=page.text,
            html=self.lay_out(title=page.title, content=page.html, language=language_of(folder)),
            subject_lines=len(subject.strip().splitlines()),
            main_headings=page.main_headings,
            links=page.links,
        )

    def subject(self, folder: str, values: Mapping[str, object]) -> str:
        """Return the subject of a mail, in one line; raises as `render` does."""
        return one_line(self._template(f"{folder}/{SUBJECT_FILE}").render(values))

    def tokens(self, folder: str, values: Mapping[str, object]) -> Sequence[Token]:
        """Return the text of a mail as Markdown tokens, for paper; raises as `render` does."""
        return self._parser.parse(self._template(f"{folder}/{BODY_FILE}").render(values))

    def lay_out(self, *, title: str, content: str, language: str = ENGLISH) -> str:
        """Return the page that holds a mail's HTML; raises as `render` does."""
        html = Markup(content)  # noqa: S704  made from Markdown in which every value is escaped and raw HTML is off
        return self._template(LAYOUT).render(title=title, language=language, content=html)

    def page(self, path: str, values: Mapping[str, object]) -> str:
        """Render a page of its own, every value escaped; raises as `render` does."""
        return self._template(path).render(values)

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
        environment = self._environment_for(path)
        try:
            self._compiled[path] = environment.get_template(path)
            tree = environment.parse(self._sources[path])
        except TemplateError as mistake:
            self._broken[path] = said(mistake)
        else:
            self._includes[path] = tuple(_included(tree))

    def _environment_for(self, path: str) -> ImmutableSandboxedEnvironment:
        if path.endswith(".md"):
            return self._markdown
        return self._layout if path.endswith(".html") else self._plain


def _included(tree: nodes.Template) -> Iterator[tuple[str, int]]:
    """Yield what a template includes by a fixed name and cannot do without."""
    for kind in (nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport):
        yield from _named(tree.find_all(kind))


def _named(found: Iterable[_Including]) -> Iterator[tuple[str, int]]:
    for node in found:
        name = node.template
        optional = isinstance(node, nodes.Include) and node.ignore_missing
        if isinstance(name, nodes.Const) and isinstance(name.value, str) and not optional:
            yield name.value, node.lineno


def _environment(
    sources: Mapping[str, str], *, markdown: bool, autoescape: bool = False
) -> ImmutableSandboxedEnvironment:
    """Return an environment in which every missing value is an error and every value is safe."""

    def by_path(path: str) -> tuple[str, str, None] | None:
        """Give a template with its path, so that a traceback names it."""
        return (sources[path], path, None) if path in sources else None

    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(by_path),
        undefined=StrictUndefined,
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,  # a part that is included ends its own paragraph
        auto_reload=False,
        finalize=printed if markdown else None if autoescape else one_line,
    )
    if markdown:
        environment.filters["join"] = joined
    return environment
