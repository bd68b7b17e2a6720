"""What is wrong with an administrator's templates, each mistake by its file and line."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING

from jinja2 import TemplateError, TemplateNotFound, UndefinedError

from daemon.compose.examples import OFFICE, REFERENCE, example_values
from daemon.compose.facts import ACKNOWLEDGEMENTS, NOTICES, NoticeKind
from daemon.compose.languages import is_language, language_of
from daemon.compose.markup import one_line
from daemon.model import GENERAL, NEW_DATE, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from daemon.compose.templates import Rendered, Templates

    Mistake = tuple[str, str]  # path relative to `templates/`, why

SUBJECT_FILE, BODY_FILE, LAYOUT = "subject.txt", "body.md", "layout.html"
REQUIRED_FOLDERS = (
    *(f"{ACKNOWLEDGEMENTS}/{name}" for name in (GENERAL, NEW_DATE)),
    *(f"{ACKNOWLEDGEMENTS}/{rule.template}" for rule in TEXTS),
    *(f"{NOTICES}/{kind.value}" for kind in NoticeKind),
)
_UNKNOWN_NAME = re.compile(r"'\w+' is undefined")
_MARK = "<p>content-of-a-mail</p>"


def mistakes(templates: Templates) -> list[Mistake]:
    """Return every mistake in the templates as (path relative to `templates/`, why)."""
    found = [*templates.broken.items(), *_wrong_includes(templates)]
    found += _wrong_layout(templates)
    for folder in sorted({*REQUIRED_FOLDERS, *templates.folders}):
        if not is_language(language := language_of(folder)):
            why = f"the ending {language!r} is no language that dates can be written in"
            found.append((folder, why))
            continue
        missing = _missing_files(templates, folder)
        found += missing
        if not missing and _can_render(templates, folder, {path for path, _ in found}):
            found += _mistakes_of(templates, folder)
    return list(dict.fromkeys(found))


def said(mistake: Exception) -> str:
    """Return what is wrong with a template in one sentence, with its line where known."""
    line = getattr(mistake, "lineno", None)
    return _in_words(mistake) + (f" (line {line})" if line else "")


def _in_words(mistake: Exception) -> str:
    if isinstance(mistake, TemplateNotFound):
        return f"includes {mistake.name}, which is missing"
    if isinstance(mistake, RecursionError):
        return "includes itself, or something in it never ends"
    words = mistake.message if isinstance(mistake, TemplateError) else str(mistake)
    return one_line(words or type(mistake).__name__)


# Before anything is rendered


def _wrong_includes(templates: Templates) -> Iterator[Mistake]:
    """Find the parts that are missing, and those that include themselves."""
    for path in templates.paths:
        for part, line in templates.includes(path):
            if not templates.has(part):
                yield path, f"includes {part}, which is missing (line {line})"
            elif path in _reached(templates, (part,)):
                via = "" if part == path else f", through {part}"
                yield path, f"includes itself{via} (line {line}); it would never end"


def _reached(templates: Templates, paths: Iterable[str]) -> set[str]:
    """Return the templates themselves and all that they include, directly or not."""
    reached: set[str] = set()
    waiting = list(paths)
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += [part for part, _ in templates.includes(path)]
    return reached


def _wrong_layout(templates: Templates) -> list[Mistake]:
    if not templates.has(LAYOUT):
        return [(LAYOUT, "missing: the page that all mails are put into")]
    if LAYOUT in templates.broken:
        return []
    try:
        page = templates.lay_out(title="Title", content=_MARK)
    except Exception as mistake:  # noqa: BLE001  an administrator's template can raise anything
        return [_located(mistake, templates, LAYOUT, ("content", "language", "title"))]
    if _MARK in page:
        return []
    return [(LAYOUT, "does not put {{ content }} into the page, so every mail would be empty")]


def _missing_files(templates: Templates, folder: str) -> list[Mistake]:
    paths = (f"{folder}/{name}" for name in (SUBJECT_FILE, BODY_FILE))
    return [(path, "missing") for path in paths if not templates.has(path)]


def _can_render(templates: Templates, folder: str, wrong: set[str]) -> bool:
    """Whether nothing that a mail is made of has a mistake that is told already."""
    files = (f"{folder}/{SUBJECT_FILE}", f"{folder}/{BODY_FILE}", LAYOUT)
    return not wrong & _reached(templates, files)


# Rendering with example values


def _mistakes_of(templates: Templates, folder: str) -> list[Mistake]:
    """Return what is wrong with one mail, the first failing case only."""
    for values in example_values(folder):
        try:
            rendered = templates.render(folder, values)
        except Exception as mistake:  # noqa: BLE001  an administrator's template can raise anything
            return [_located(mistake, templates, f"{folder}/{BODY_FILE}", values)]
        if wrong := list(_wrong_with(folder, rendered, words=str(values.get("words", "")))):
            return wrong
    return []


def _located(mistake: Exception, templates: Templates, path: str, known: Iterable[str]) -> Mistake:
    """Return the file a mistake stands in, `path` if that is not known, and what is wrong."""
    why = _in_words(mistake)
    if isinstance(mistake, UndefinedError) and _UNKNOWN_NAME.fullmatch(why):
        why += f". The names known here are: {', '.join(sorted(known))}"
    for frame, line in reversed(list(traceback.walk_tb(mistake.__traceback__))):
        if templates.has(frame.f_code.co_filename):
            return frame.f_code.co_filename, f"line {line}: {why}"
    return path, why


def _wrong_with(folder: str, rendered: Rendered, *, words: str) -> Iterator[Mistake]:
    subject, body = f"{folder}/{SUBJECT_FILE}", f"{folder}/{BODY_FILE}"
    if not rendered.subject:
        yield subject, "empty"
    if rendered.subject_lines > 1:
        yield subject, f"has {rendered.subject_lines} lines; a subject is one line"
    if rendered.main_headings != 1:
        yield body, f"has {rendered.main_headings} main headings (#); it needs exactly one"
    outward = folder.startswith(f"{ACKNOWLEDGEMENTS}/")
    if outward and OFFICE.routing_diagram_url not in rendered.links:
        yield body, "has no link to the routing diagram (office.routing_diagram_url)"
    if outward and REFERENCE not in rendered.text:
        yield body, "does not tell the reference"
    if words and folder != f"{ACKNOWLEDGEMENTS}/{NEW_DATE}" and words not in rendered.text:
        yield body, "leaves out {{ words }}: what a colleague writes in place of the opening"
