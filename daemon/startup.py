"""From a config folder to a daemon that is ready to work, or to an exit status and a sentence.

Exit statuses follow sysexits. Whatever keeps a command from starting is said on standard error
in words that name the file and key, never as a traceback.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from connectors.base import ConnectorError
from daemon import logs
from daemon.app import (
    AlreadyRunningError,
    App,
    connect_store,
    load_templates,
    mistakes,
    open_store,
    template_files,
)
from daemon.compose import ACKNOWLEDGEMENTS, BODY_FILE, SUBJECT_FILE
from daemon.config import Config, ConfigError, ConfigErrors, load
from daemon.deadlines import in_words
from daemon.reach import unreached
from daemon.service import Stop
from daemon.shelf import Adopted, Shelf, ShelfError
from daemon.store import SchemaError, StoreUnavailableError
from daemon.systemd import Manager

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from daemon.classify import LearnedModel
    from daemon.store import Store

EX_OK, EX_USAGE, EX_DATAERR, EX_NOINPUT = 0, 64, 65, 66
EX_UNAVAILABLE, EX_SOFTWARE, EX_CANTCREAT, EX_TEMPFAIL, EX_CONFIG = 69, 70, 73, 75, 78


def share() -> Path:
    """Return the folder that config, templates and samples are shipped in.

    In a checkout that is its root; installed, `share/assurance` of the environment.
    """
    with resources.as_file(resources.files("daemon")) as package:
        root = package.parent
    if (root / "pyproject.toml").is_file() and (root / "templates").is_dir():
        return root
    return Path(sysconfig.get_path("data")) / "share" / "assurance"


def config_folder(given: Path | None) -> Path:
    """Return the config folder: the one that was named, or the shipped one."""
    return given or share() / "config"


def say(text: str) -> None:
    """Tell the person on standard error."""
    typer.echo(text, err=True)


def fail(code: int, text: str) -> NoReturn:
    """Say what is wrong and what to do, and end."""
    say(text)
    raise typer.Exit(code)


def load_config(folder: Path | None, state: Path | None = None) -> Config:
    """Return the checked config, or end with 78 and every mistake by file and key.

    `state` is the state folder where the command names one; it goes before the config's.
    """
    try:
        return load_whole(config_folder(folder), state)
    except ConfigErrors as errors:
        refuse_config(config_folder(folder), errors.errors)


def load_whole(folder: Path, state: Path | None = None) -> Config:
    """Return the config of a folder, asked of everybody who can find a mistake in it.

    Raises:
        ConfigErrors: with every mistake.
    """
    config = load(folder, env=os.environ, state_dir=state)
    if errors := tuple(mistakes(config.social)):
        raise ConfigErrors(errors)
    return config


def refuse_config(folder: Path, errors: tuple[ConfigError, ...]) -> NoReturn:
    """End with 78 and every mistake."""
    for error in errors:
        say(str(error))
    count = "1 mistake" if len(errors) == 1 else f"{len(errors)} mistakes"
    fail(EX_CONFIG, f"{count} in the config folder {folder}. Nothing was started.")


def template_folders(config: Config) -> tuple[Path, ...]:
    """Return where the templates lie: the shipped ones, then those the office laid over them."""
    own = (config.templates_dir,) if config.templates_dir else ()
    return (share() / "templates", *own)


def made_by_setup() -> Path:
    """Return where set-up has laid a model, for whoever has none of their own."""
    return share() / "var"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedModel:
    """The learned model that serves: of the state folder, else the one that set-up has made.

    The first shelf that names one counts: a model that cannot be read is never passed over in
    silence for another.
    """

    shelves: tuple[Shelf, ...]

    @classmethod
    def of(cls, config: Config) -> AdoptedModel:
        """Return where a config's model lies."""
        folders = dict.fromkeys((config.state_dir, made_by_setup()))
        return cls(shelves=tuple(Shelf.of(folder) for folder in folders))

    def version(self) -> str:
        """Return which version is adopted; "" where none is, or the note cannot be read."""
        try:
            found = self.found()
        except ShelfError:
            return ""
        return found[1].version if found else ""

    def load(self) -> tuple[LearnedModel | None, str]:
        """Return the adopted model, or none and a sentence that says why."""
        try:
            found = self.found()
            if found is None:
                return None, "No model has been learnt yet. Run assurance learn."
            return found[0].load(found[1].version), ""
        except ShelfError as error:
            return None, str(error)

    def found(self) -> tuple[Shelf, Adopted] | None:
        """Return the first shelf that names a model, with what it says of it.

        Raises:
            ShelfError: what a shelf says cannot be read.
        """
        noted = ((shelf, shelf.adopted()) for shelf in self.shelves)
        return next(((shelf, one) for shelf, one in noted if one is not None), None)


def check_model(config: Config) -> tuple[ConfigError, ...]:
    """Return a warning where no learned model could serve."""
    learned, why = AdoptedModel.of(config).load()
    if learned is not None:
        return ()
    said = f"Facts and rules alone would decide; the rest is to be sorted. {why}"
    return (ConfigError(file="models", key="", why=said),)


def check_reach(config: Config, today: date) -> tuple[ConfigError, ...]:
    """Return the teams in which nobody can be reached, today or on a day that is known."""
    return tuple(
        ConfigError(
            file="teams.toml",
            key=f'team "{team}"',
            why=(
                f"Nobody can be reached on {in_words(day)}: holder and deputy are away. Name who"
                " stands in, with deputy in the [[absence]]."
            ),
        )
        for team, day in unreached(config.policy, today)
    )


def check_templates(config: Config) -> tuple[ConfigError, ...]:
    """Render every template; return every mistake."""
    folders = template_folders(config)
    try:
        templates = load_templates(*folders)
    except (OSError, ValueError) as error:
        why = f"The templates in {folders[-1]} cannot be read ({type(error).__name__})."
        return (ConfigError(file="daemon.toml", key="paths.templates", why=why),)
    mistakes = [
        ConfigError(file=_template_file(path, config), key="", why=why)
        for path, why in templates.check()
    ]
    known = ", ".join(sorted(templates.acknowledgements))
    mistakes += [
        ConfigError(
            file="routes.toml",
            key=f"answer[{number}].template",
            why=f'There is no text "{rule.template}". There are: {known}.',
        )
        for number, rule in enumerate(config.policy.texts, start=1)
        if rule.template not in templates.acknowledgements
    ]
    return tuple(mistakes)


def _template_file(path: str, config: Config) -> str:
    """Return where a template lies: the office's own file, if it has one."""
    own = config.templates_dir / path if config.templates_dir else None
    return str(own) if own is not None and own.is_file() else f"templates/{path}"


def unused_templates(config: Config) -> tuple[ConfigError, ...]:
    """Return the files of the office's own folder that no mail uses: a slip in a name, perhaps."""
    if config.templates_dir is None:
        return ()
    try:
        shipped, templates = (load_templates(*folders) for folders in _with_and_without(config))
        own = template_files(config.templates_dir)
    except (OSError, ValueError):
        return ()  # `check_templates` says so
    included = {part for path in templates.paths for part, _ in templates.includes(path)}
    named = {
        f"{ACKNOWLEDGEMENTS}/{rule.template}/{name}"
        for rule in config.policy.texts
        for name in (SUBJECT_FILE, BODY_FILE)
    }
    paths = (path.relative_to(config.templates_dir).as_posix() for path in own)
    why = "No mail uses this file. It takes the place of a shipped one of the same path and name."
    return tuple(
        ConfigError(file=str(config.templates_dir / path), key="", why=why)
        for path in paths
        if not (shipped.has(path) or path in included or path in named)
    )


def _with_and_without(config: Config) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    folders = template_folders(config)
    return folders[:1], folders


@contextmanager
def refusing() -> Iterator[None]:
    """End with the exit status and the sentence of whatever keeps us from starting."""
    try:
        yield
    except SchemaError as error:
        fail(EX_CONFIG, str(error))
    except AlreadyRunningError as error:
        fail(EX_TEMPFAIL, str(error))
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, f"{error}. See [store] url in daemon.toml.")
    except ConnectorError as error:
        fail(EX_CONFIG, f"{error}. See path in inboxes.toml and outlets.toml.")
    except OSError as error:
        fail(EX_CONFIG, f"{error.filename}: {error.strerror}. See [paths] state in daemon.toml.")
    except ValueError as error:
        fail(EX_CONFIG, str(error))


def connect(config: Config) -> Store:
    """Return the store of a daemon that has worked here, or end with what is wrong with it."""
    with refusing():
        store = connect_store(config)
        store.check()
        return store


def start(folder: Path | None, state: Path | None = None) -> tuple[App, Stop]:
    """Return the daemon, ready to work, or end with what is wrong."""
    config = load_config(folder, state)
    logs.configure(format=config.log.format, level=config.log.level, stream=sys.stderr)
    _log_mistakes(config, folder)
    stop = Stop()
    with refusing():
        daemon = _made(config, folder, state, stop, Manager())
        daemon.begin()
    return daemon, stop


def keep_running(daemon: App) -> int:
    """Run a daemon and those that take its place with a new config; return the exit status."""
    while True:
        code = daemon.run()
        if daemon.successor is None:
            return code
        daemon = daemon.successor
        with refusing():
            daemon.begin()


def _made(
    config: Config, folder: Path | None, state: Path | None, stop: Stop, manager: Manager
) -> App:
    """Return a daemon over a config; it has taken nothing yet."""

    def reread(now_running: App) -> App | None:
        return _reread(now_running, folder, state, stop, manager)

    daemon = App(
        config,
        templates=load_templates(*template_folders(config)),
        store=open_store(config),
        stop=stop,
        models=AdoptedModel.of(config),
        manager=manager,
    )
    daemon.reread = reread
    return daemon


def _reread(
    daemon: App, folder: Path | None, state: Path | None, stop: Stop, manager: Manager
) -> App | None:
    """Return a daemon over the config as it stands now, or None and say what is wrong with it."""
    log = logs.get_logger()
    try:
        config = load_whole(config_folder(folder), state)
        _refuse(check_templates(config))
        successor = _made(config, folder, state, stop, manager)
    except ConfigErrors as found:
        for error in found.errors:
            _log_refused(error)
        daemon.config_refused(_in_short(found.errors))
        return None
    except (SchemaError, StoreUnavailableError, ConnectorError, OSError, ValueError) as error:
        log.error("config_refused", why=str(error))  # noqa: TRY400 -- it is the config's mistake
        daemon.config_refused(str(error))
        return None
    log.info("config_reloaded", count=len(config.inboxes))  # by the level that held until now
    logs.configure(format=config.log.format, level=config.log.level, stream=sys.stderr)
    _log_warnings(config)
    return successor


def _refuse(errors: tuple[ConfigError, ...]) -> None:
    if errors:
        raise ConfigErrors(errors)


def _in_short(errors: Sequence[ConfigError]) -> str:
    more = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
    return f"{errors[0]}{more}"


def _log_mistakes(config: Config, folder: Path | None) -> None:
    """Log what the templates and the config are warned of; end where a template is wrong."""
    errors = check_templates(config)
    for error in errors:
        _log_refused(error)
    if errors:
        refuse_config(config_folder(folder), errors)
    _log_warnings(config)


def _log_refused(error: ConfigError) -> None:
    logs.get_logger().error(
        "config_refused", config_file=error.file, config_key=error.key, why=error.why
    )


def _log_warnings(config: Config) -> None:
    for warning in config.warnings:
        logs.get_logger().warning(
            "config_warned", config_file=warning.file, config_key=warning.key, why=warning.why
        )
