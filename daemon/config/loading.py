"""From a folder of TOML files to one checked `Config`, or to every mistake at once."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from daemon.classify.ruleset import RuleErrors, RuleSet
from daemon.config.checks import check, warn
from daemon.config.errors import ConfigError, ConfigErrors
from daemon.config.files import RULES, Files
from daemon.config.machine import Health
from daemon.config.places import Places, Secret
from daemon.config.reading import read
from daemon.config.sentences import explain
from daemon.config.social import inboxes_of, outlet_name, outlets_of
from daemon.model import (
    TEXTS,
    Absence,
    Arrangement,
    ClockPolicy,
    Directory,
    DutyTurn,
    Handling,
    Known,
    Limits,
    MpOffice,
    Policy,
    PostKind,
    Principals,
    RetentionRule,
    Route,
    Social,
    SocialAccount,
    Team,
    TextRule,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from daemon.config.channels import Sending, Use
    from daemon.config.desk import DeskFile
    from daemon.config.machine import Attachments, Log, Schedule, SigningKey
    from daemon.config.oauth import OAuth
    from daemon.config.people import ArrangementTable, Office
    from daemon.config.social import AnyInbox, AnyOutlet, SocialFile
from daemon.config.stakeholders import FILE as STAKEHOLDERS
from daemon.config.stakeholders import Stakeholder, read_stakeholders


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything an administrator decides, checked, with paths and secrets found."""

    policy: Policy
    rules: RuleSet
    office: Office
    inboxes: tuple[AnyInbox, ...]
    outlets: tuple[AnyOutlet, ...]
    social: SocialFile
    use: Use
    sending: Sending
    operators: tuple[str, ...]  # addresses told when the machinery needs a person
    store_url: str  # SQLAlchemy's form; a file's path is absolute, and no password is in it
    store_password: Secret | None
    schedule: Schedule
    attachments: Attachments
    log: Log
    health: Health
    oauth: tuple[OAuth, ...]
    signing_keys: tuple[SigningKey, ...]  # the first signs; none: the app makes one
    state_dir: Path  # absolute; it need not exist yet
    audit_anchors: Path  # the file where heads of the sealed audit are noted
    templates_dir: Path | None  # None: the command works it out
    retention: tuple[RetentionRule, ...]
    retention_is_active: bool
    desk: DeskFile  # the page; no roles: there is none
    warnings: tuple[ConfigError, ...] = ()  # what works, but is hardly meant

    @property
    def routes(self) -> Mapping[Route, str]:
        """Which team gets the notice: route → team id."""
        return self.policy.routes


def load(folder: Path, *, env: Mapping[str, str], state_dir: Path | None = None) -> Config:
    """Read and check the config folder; opens no socket and writes nothing.

    `env` is looked at for systemd's CREDENTIALS_DIRECTORY and STATE_DIRECTORY. The state
    folder is `state_dir`, else [paths] state, else STATE_DIRECTORY, else `var` in the working
    directory.

    Raises:
        ConfigErrors: with every mistake in every file.
    """
    raw, errors = read(folder)
    places = Places.find(folder=folder, env=env, state=state_dir or _configured_state(raw))
    files = _validated(raw, places, errors)
    known, wrong = read_stakeholders(folder / STAKEHOLDERS)
    errors.extend(wrong)
    rules = _rules(raw, errors)
    errors.extend(check(raw, state=places.state))
    if errors or files is None or rules is None:
        raise ConfigErrors(errors)
    return _config(files, rules, places, known)


def read_files(
    folder: Path, *, env: Mapping[str, str], state_dir: Path | None = None
) -> tuple[Files, Mapping[str, Mapping[str, Any]], Places]:
    """Return the files as the models hold them, as they were written, and where things lie.

    Raises:
        ConfigErrors: with what the models find wrong.
    """
    raw, errors = read(folder)
    places = Places.find(folder=folder, env=env, state=state_dir or _configured_state(raw))
    files = _validated(raw, places, errors)
    if errors or files is None:
        raise ConfigErrors(errors)
    return files, raw, places


def whereabouts(
    folder: Path, *, env: Mapping[str, str], state_dir: Path | None = None
) -> tuple[Path, Health]:
    """Return the state folder and where the daemon listens, of a config that may have mistakes.

    For whoever asks a daemon that goes on with the config of before.
    """
    raw, _ = read(folder)
    places = Places.find(folder=folder, env=env, state=state_dir or _configured_state(raw))
    try:
        health = Health.model_validate(raw.get("daemon.toml", {}).get("health", {}))
    except ValidationError:
        health = Health()
    return places.state, health


def _configured_state(raw: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return [paths] state before anything is checked: other paths depend on it."""
    paths = raw.get("daemon.toml", {}).get("paths")
    state = paths.get("state") if isinstance(paths, dict) else None
    return state if isinstance(state, str) else None


def _validated(
    raw: Mapping[str, Mapping[str, Any]], places: Places, errors: list[ConfigError]
) -> Files | None:
    tables = {name: _tuples(table) for name, table in raw.items() if name != RULES}
    try:
        return Files.model_validate(tables, context=places)
    except ValidationError as error:
        errors.extend(explain(error.errors(include_url=False), raw))
        return None


def _tuples(value: Any) -> Any:  # noqa: ANN401 - TOML of any shape
    """Make every list a tuple, since the models are strict and cannot be changed."""
    match value:
        case dict():
            return {key: _tuples(one) for key, one in value.items()}
        case list():
            return tuple(_tuples(one) for one in value)
        case _:
            return value


def _rules(raw: Mapping[str, Mapping[str, Any]], errors: list[ConfigError]) -> RuleSet | None:
    if RULES not in raw:
        return None
    try:
        return RuleSet.from_mapping(raw[RULES])
    except RuleErrors as error:
        errors.extend(
            ConfigError(file=RULES, key=key, why=_sentence(why)) for key, why in error.mistakes
        )
        return None


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


def _config(files: Files, rules: RuleSet, places: Places, known: tuple[Stakeholder, ...]) -> Config:
    daemon = files.daemon
    return Config(
        policy=_policy(files, known),
        rules=rules,
        office=files.office.office,
        inboxes=(*files.inboxes.inbox, *inboxes_of(files.social)),
        outlets=(*files.outlets.outlet, *outlets_of(files.social)),
        social=files.social,
        use=files.outlets.use,
        sending=files.outlets.sending,
        operators=files.teams.operators.addresses,
        store_url=_store_url(daemon.store.url, places.state),
        store_password=daemon.store.password,
        schedule=daemon.schedule,
        attachments=daemon.attachments,
        audit_anchors=daemon.audit.anchors or places.state / "audit-anchors.jsonl",
        log=daemon.log,
        health=daemon.health,
        oauth=daemon.oauth,
        signing_keys=daemon.signing.keys,
        state_dir=places.state,
        templates_dir=daemon.paths.templates,
        retention=tuple(RetentionRule(**one.model_dump()) for one in files.retention.rule),
        retention_is_active=files.retention.retention.active,
        desk=files.desk,
        warnings=tuple(warn(files)),
    )


def _routes(files: Files) -> Mapping[Route, str]:
    routes = files.routes.routes
    return MappingProxyType(
        {
            Route.INTAKE: routes.intake,
            Route.CUSTOMER_CARE: routes.customer_care,
            Route.EXTERNAL_AFFAIRS: routes.external_affairs,
        }
    )


def _store_url(url: str, state: Path) -> str:
    name = url.removeprefix("sqlite:///")
    return url if name == url else f"sqlite:///{state / name}"


def _policy(files: Files, known: tuple[Stakeholder, ...]) -> Policy:
    return Policy(
        directory=_directory(files, known),
        clocks=_clocks(files),
        teams=MappingProxyType({t.id: Team(**t.model_dump()) for t in files.teams.team}),
        routes=_routes(files),
        suggestions=MappingProxyType(dict(files.routes.suggestions)),
        arrangements=(
            *(_arrangement(one) for one in files.arrangements.arrangement),
            *(_engagement(one) for one in known if one.kind == "engagement"),
        ),
        limits=Limits(**files.routes.limits.model_dump()),
        duty=files.teams.duty.addresses,
        second=files.teams.duty.second,
        rota=tuple(
            DutyTurn(
                from_on=turn.from_on,
                until_on=turn.until_on,
                officers=turn.addresses,
                second=turn.second,
            )
            for turn in files.teams.duty.turn
        ),
        absences=tuple(Absence(**one.model_dump()) for one in files.teams.absence),
        principals=Principals(**files.teams.principals.model_dump()),
        people=MappingProxyType({one.address: one.name for one in files.teams.person}),
        texts=_texts(files),
        social=_social(files),
        confirm_within_hours=files.clocks.clocks.confirm_within_hours,
    )


def _social(files: Files) -> Social:
    file = files.social
    return Social(
        opens=MappingProxyType({PostKind(k): v for k, v in file.mentions.model_dump().items()}),
        accounts=MappingProxyType(
            {
                one.handle: SocialAccount(
                    outlet=outlet_name(one),
                    answers="answers" in one.allow,
                    invites="invitations" in one.allow,
                )
                for one in file.account
            }
        ),
        invitation=file.invitation.text,
    )


def _texts(files: Files) -> tuple[TextRule, ...]:
    rules = files.routes.answer
    return TEXTS if rules is None else tuple(TextRule(**rule.model_dump()) for rule in rules)


def _arrangement(one: ArrangementTable) -> Arrangement:
    """Return an arrangement; `personal_reply_only = true` is one of its handlings."""
    values = one.model_dump(exclude={"personal_reply_only"})
    if one.personal_reply_only and Handling.PERSONAL_REPLY not in one.handling:
        values["handling"] = (*one.handling, Handling.PERSONAL_REPLY)
    return Arrangement(**values)


def _engagement(one: Stakeholder) -> Arrangement:
    """Return the sight of all that a partner writes (guide §1.5, footnote 2)."""
    return Arrangement(
        id=one.id,
        addresses=one.addresses,
        domains=one.domains,
        instruction="Part of ongoing stakeholder engagement.",
        engagement=True,
        from_on=one.from_on,
        until_on=one.until_on,
    )


def _directory(files: Files, listed: tuple[Stakeholder, ...]) -> Directory:
    known = files.office.directory
    return Directory(
        own_domains=frozenset(known.own_domains),
        own_addresses=frozenset(known.own_addresses),
        own_servers=frozenset(known.own_servers),
        private_senders=frozenset(known.private_senders),
        form_tools=frozenset(known.form_tools),
        forwarders=frozenset(known.forwarders),
        mp_offices=(
            *(MpOffice(**office.model_dump()) for office in files.stakeholders.mp_office),
            *(
                MpOffice(
                    id=one.id,
                    addresses=one.addresses,
                    domains=one.domains,
                    from_on=one.from_on,
                    until_on=one.until_on,
                )
                for one in listed
                if one.kind == "mp"
            ),
        ),
        people=tuple(
            Known(
                kind=one.kind,
                addresses=one.addresses,
                domains=one.domains,
                from_on=one.from_on,
                until_on=one.until_on,
            )
            for one in listed
            if one.kind in {"chair", "clerk", "ico"}
        ),
        chair_addresses=frozenset(files.stakeholders.chairs.addresses),
        ico_domains=frozenset(known.ico_domains),
        known_domains=frozenset(known.known_domains),
    )


def _clocks(files: Files) -> ClockPolicy:
    holidays: dict[Any, frozenset[str]] = {}
    for extra in files.clocks.extra_holiday:
        holidays[extra.on] = holidays.get(extra.on, frozenset()) | frozenset(extra.nations)
    numbers = files.clocks.clocks.model_dump(exclude={"confirm_within_hours"})
    return ClockPolicy(**numbers, extra_holidays=MappingProxyType(holidays))
