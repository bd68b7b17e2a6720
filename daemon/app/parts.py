"""From config to real objects: the one place that knows concrete connectors and the clock."""

from __future__ import annotations

import secrets
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import metadata
from typing import TYPE_CHECKING

from connectors.base import ConnectorError, Envelope
from connectors.imap import Account, ImapInbox, ImapOutlet
from connectors.maildir import MaildirInbox, MaildirOutlet, make_maildir
from connectors.several import Several
from connectors.smtp import SmtpOutlet
from daemon.accounts import Accounts
from daemon.accounts import Limits as AccountLimits
from daemon.app.networks import Networks
from daemon.app.reader import LiveClassifier
from daemon.attachments.reader import AttachmentReader
from daemon.audit import Auditor
from daemon.casework import Casework
from daemon.classify import Classifier
from daemon.compose import OfficeText, Templates
from daemon.config import (
    AccountInboxConfig,
    AccountOutletConfig,
    ImapInboxConfig,
    ImapOutletConfig,
    SmtpOutletConfig,
)
from daemon.deadlines import WorkingDays, london_date
from daemon.failures import Failures
from daemon.intake import Filing, InboxFacts, Intake
from daemon.intake.context import ContextReader
from daemon.intake.revision import Revision
from daemon.letters import Letterhead, Letters
from daemon.logs import get_logger
from daemon.pack import Packer
from daemon.privacy import Privacy
from daemon.quarantine import Quarantine
from daemon.record import Recorder
from daemon.registers.looking import Looking
from daemon.service import own_key
from daemon.store import Store
from daemon.tokens import REFERENCE_RANDOM_BITS, Signer, new_reference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from connectors.base import Inbox, Outlet
    from connectors.sign_in import Tokens
    from daemon.app.reader import ModelSource
    from daemon.app.signing_in import SignIns
    from daemon.config import AnyInbox, AnyOutlet, Config
    from daemon.intake.facts import Classifies, PreparesElsewhere
    from daemon.model import OutboxEntry, Policy


def read_clock() -> datetime:
    """Return the time, aware UTC."""
    return datetime.now(UTC)  # noqa: TID251 -- the one place that reads the clock


def own_version() -> str:
    """Return the version of this software, as it was installed."""
    return metadata.version("assurance")


def load_templates(*folders: Path) -> Templates:
    """Read every template below some folders; a file of a later one takes the earlier one's place.

    Raises:
        OSError: a folder cannot be read.
        ValueError: a file in it is not UTF-8 text.
    """
    return Templates(
        {
            path.relative_to(folder).as_posix(): path.read_text("utf-8")
            for folder in folders
            for path in template_files(folder)
        }
    )


def template_files(folder: Path) -> list[Path]:
    """Return the files of a folder of templates; hidden ones, such as an editor's, are none."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    ]


def office_text(config: Config) -> OfficeText:
    """Return what letters say about the office."""
    office = config.office
    return OfficeText(
        name=office.name,
        from_name=office.from_name,
        from_address=office.from_address,
        routing_diagram_url=str(office.routing_diagram_url),
        phone=office.phone,
        textphone=office.textphone,
        own_domains=config.policy.directory.own_domains,
        own_addresses=config.policy.directory.own_addresses,
    )


def make_signer(config: Config) -> Signer:
    """Return the signer with the configured keys, or with one of the daemon's own.

    Raises:
        OSError, ValueError: a key cannot be read.
    """
    return Signer(signing_keys(config))


def signing_keys(config: Config) -> list[tuple[str, bytes]]:
    """Return the signing keys with their ids, the one that signs first; raises as `make_signer`."""
    keys = [(key.id, key.secret.read().encode()) for key in config.signing_keys]
    return keys or [("a", own_key(config.state_dir / "keys" / "signing-a"))]


def make_networks(
    config: Config, store: Callable[[], Store], clock: Callable[[], datetime]
) -> Networks:
    """Return our accounts on social networks; nothing is opened yet."""
    return Networks(
        social=config.social,
        store=store,
        keys=lambda: [key for _, key in signing_keys(config)],
        clock=clock,
    )


def make_letters(config: Config, templates: Templates, signer: Signer) -> Letters:
    """Return what makes our letters."""
    office = config.office
    head = Letterhead(
        bounce_address=office.bounce_address,
        bounces_are_signed=office.bounce_plus_addressing,
        signed_address=office.signed_address,
        message_id_domain=office.message_id_domain,
        shadow=config.sending.shadow,
        by_team={one.mailbox: one.outlet for one in config.policy.teams.values() if one.outlet},
        acknowledgements=config.use.acknowledgements,
        notices=config.use.notices,
        social=config.policy.social,
        answers_are_read=any(one.address == office.signed_address for one in config.inboxes),
    )
    return Letters(templates=templates, office=office_text(config), head=head, signer=signer)


def make_failures(config: Config, letters: Letters) -> Failures:
    """Return what follows when a mail of ours fails for good."""
    return Failures(
        letters=letters,
        policy=config.policy,
        days=WorkingDays(config.policy.clocks),
        operators=config.operators,
    )


def open_store(config: Config, *, lists: bool = False) -> Store:
    """Return the store, its folder made and its schema in place; `lists` as for `Store.open`.

    Raises:
        SchemaError: the schema is older or newer than this version's.
        StoreUnavailableError: the database does not answer.
        OSError: the state folder cannot be made.
    """
    config.state_dir.mkdir(parents=True, exist_ok=True)
    store = connect_store(config, lists=lists)
    store.prepare()
    return store


def connect_store(config: Config, *, lists: bool = False) -> Store:
    """Return the store as it is, its schema unchecked; nothing is made.

    Raises:
        OSError, ValueError: the password cannot be read.
    """
    secret = config.store_password
    password = secret.read() if secret else None
    return Store.open(config.store_url, password=password, lists=lists)


def make_revision(
    config: Config, templates: Templates, *, policy: Policy | None = None
) -> Revision:
    """Return what lets everything follow a new classification, by another policy if one is given.

    Raises:
        OSError, ValueError: a signing key cannot be made or read.
    """
    letters = make_letters(config, templates, make_signer(config))
    policy = policy or config.policy
    days = WorkingDays(policy.clocks)
    return Revision(filing=Filing(policy=policy, days=days, letters=letters))


def make_casework(config: Config, store: Store, templates: Templates) -> Casework:
    """Return the use cases of staff.

    Raises:
        OSError, ValueError: a signing key cannot be made or read.
    """
    signer = make_signer(config)
    return _casework(config, store, make_letters(config, templates, signer), signer, read_clock)


def _casework(
    config: Config, store: Store, letters: Letters, signer: Signer, clock: Callable[[], datetime]
) -> Casework:
    prefix = config.office.reference_prefix
    return Casework(
        store=store,
        signer=signer,
        policy=config.policy,
        days=WorkingDays(config.policy.clocks),
        letters=letters,
        clock=clock,
        new_reference=lambda: new_reference(prefix, secrets.randbits(REFERENCE_RANDOM_BITS)),
    )


def make_looking(config: Config, store: Store) -> Looking:
    """Return what a page reads.

    Raises:
        OSError, ValueError: a signing key cannot be made or read.
    """
    return Looking(
        store=store,
        policy=config.policy,
        days=WorkingDays(config.policy.clocks),
        signer=make_signer(config),
        clock=read_clock,
    )


def make_accounts(config: Config, store: Store) -> Accounts:
    """Return who may sign in at the page.

    Raises:
        OSError, ValueError: a signing key cannot be made or read.
    """
    desk = config.desk
    return Accounts(
        store=store,
        signer=make_signer(config),
        policy=config.policy,
        roles={one.id: one.as_role() for one in desk.role},
        limits=AccountLimits(
            idle=timedelta(minutes=desk.session.idle_minutes),
            longest=timedelta(hours=desk.session.hours),
            link=timedelta(hours=desk.sign_in.link_hours),
        ),
        clock=read_clock,
    )


def make_packer(config: Config, store: Store, templates: Templates) -> Packer:
    """Return what makes the monthly pack.

    Raises:
        OSError, ValueError: a signing key cannot be made or read.
    """
    return Packer(
        store=store,
        policy=config.policy,
        days=WorkingDays(config.policy.clocks),
        letters=make_letters(config, templates, make_signer(config)),
        templates=templates,
        clock=read_clock,
    )


def make_intake(
    config: Config,
    store: Store,
    letters: Letters,
    signer: Signer,
    classifier: Classifies,
    *,
    clock: Callable[[], datetime] = read_clock,
    elsewhere: PreparesElsewhere | None = None,
) -> Intake:
    """Return what takes messages in."""
    policy, prefix = config.policy, config.office.reference_prefix
    return Intake(
        store=store,
        classifier=classifier,
        reader=ContextReader(policy=policy, signer=signer, prefix=prefix),
        filing=Filing(policy=policy, days=WorkingDays(policy.clocks), letters=letters),
        operators=config.operators,
        clock=clock,
        random_bits=secrets.randbits,
        failures=make_failures(config, letters),
        obey=_casework(config, store, letters, signer, clock).obey,
        elsewhere=elsewhere,
    )


def make_quarantine(
    config: Config, store: Store, templates: Templates, classifier: Classifies
) -> Quarantine:
    """Return what lists what could not be read, and tries it anew.

    Raises:
        OSError, ValueError: a signing key cannot be made or read.
    """
    signer = make_signer(config)
    letters = make_letters(config, templates, signer)
    return Quarantine(
        store=store,
        intake=make_intake(config, store, letters, signer, classifier),
        inboxes={one.name: inbox_facts(one) for one in config.inboxes},
    )


def make_live_classifier(
    config: Config, models: ModelSource, *, clock: Callable[[], datetime] = read_clock
) -> LiveClassifier:
    """Return what classifies by the model that is adopted, and by the directory of the day."""
    return LiveClassifier(
        Classifier(config.rules, config.policy.directory),
        models,
        get_logger(),
        lambda: config.policy.directory.on(london_date(clock())),
    )


def make_recorder(
    config: Config, store: Store, templates: Templates, classifier: Classifies
) -> Recorder:
    """Return what records letters and calls.

    Raises:
        OSError, ValueError: a signing key cannot be made or read.
    """
    signer = make_signer(config)
    letters = make_letters(config, templates, signer)
    return Recorder(
        store=store,
        intake=make_intake(config, store, letters, signer, classifier),
        policy=config.policy,
        letters=letters,
        signer=signer,
        clock=read_clock,
    )


def make_auditor(config: Config, store: Store) -> Auditor:
    """Return what seals and verifies the audit.

    Raises:
        OSError, ValueError: a signing key cannot be made or read.
    """
    return Auditor(store=store, signer=make_signer(config), clock=read_clock)


def make_privacy(config: Config, store: Store) -> Privacy:
    """Return what finds, exports and erases what is held on people.

    Raises:
        OSError, ValueError: a signing key cannot be made or read.
    """
    return Privacy(store=store, signer=make_signer(config), clock=read_clock)


def anchor_file(config: Config) -> Path:
    """Return the file where heads of the sealed audit are noted."""
    return config.audit_anchors


def make_attachment_reader(config: Config, stopping: Callable[[], bool]) -> AttachmentReader:
    """Return what reads attachments, within the configured limits."""
    limits = config.attachments
    return AttachmentReader(
        max_bytes=limits.max_mb * 1024 * 1024,
        memory_mb=limits.memory_mb,
        cpu_s=limits.cpu_s,
        by_eye=limits.ocr,
        stopping=stopping,
    )


def make_inbox(
    one: AnyInbox, clock: Callable[[], datetime], sign_ins: SignIns, networks: Networks
) -> Inbox:
    """Return the inbox that a config entry describes; nothing is connected yet."""
    if isinstance(one, AccountInboxConfig):
        return networks.inbox(one)
    max_bytes = one.max_message_mb * 1024 * 1024
    if isinstance(one, ImapInboxConfig):
        return ImapInbox(
            name=one.name,
            host=one.host,
            port=one.port,
            username=one.username,
            password=one.password.read if one.password else None,
            tokens=_tokens(one.oauth, one.username, sign_ins),
            folder=one.folder,
            tls=one.tls,
            ca_file=str(one.ca_file) if one.ca_file else None,
            own_file=str(one.client_certificate.path) if one.client_certificate else None,
            max_message_bytes=max_bytes,
            when_done=one.when_done,
            done_folder=one.done_folder or None,
            idle=one.idle,
        )
    make_maildir(one.path)
    return MaildirInbox(
        name=one.name,
        path=one.path,
        clock=clock,
        max_message_bytes=max_bytes,
        when_done="move" if one.when_done == "move" else "leave",
    )


def make_outlet(one: AnyOutlet, sign_ins: SignIns, networks: Networks) -> Outlet:
    """Return the outlet that a config entry describes; nothing is connected yet."""
    if isinstance(one, AccountOutletConfig):
        return networks.outlet(one)
    if isinstance(one, SmtpOutletConfig):
        return Several([_smtp(one, sign_ins) for _ in range(one.connections)])
    if isinstance(one, ImapOutletConfig):
        account = Account(
            host=one.host,
            port=one.port,
            username=one.username,
            password=one.password.read if one.password else None,
            tokens=_tokens(one.oauth, one.username, sign_ins),
            tls=one.tls,
            ca_file=str(one.ca_file) if one.ca_file else None,
            own_file=str(one.client_certificate.path) if one.client_certificate else None,
        )
        return ImapOutlet(name=one.name, account=account, folder=one.folder, folders=one.folders)
    make_maildir(one.path)
    return MaildirOutlet(name=one.name, path=one.path)


def _smtp(one: SmtpOutletConfig, sign_ins: SignIns) -> SmtpOutlet:
    return SmtpOutlet(
        name=one.name,
        host=one.host,
        port=one.port,
        tls=one.tls,
        username=one.username,
        password=one.password.read if one.password else None,
        tokens=_tokens(one.oauth, one.username or "", sign_ins),
        ca_file=str(one.ca_file) if one.ca_file else None,
        own_file=str(one.client_certificate.path) if one.client_certificate else None,
    )


def sent_at_once(config: Config, entry: OutboxEntry, sign_ins: SignIns, networks: Networks) -> bool:
    """Hand a mail to its mail server, past the outbox; whether it was taken."""
    if config.sending.shadow:
        return True
    settings = next(one for one in config.outlets if one.name == entry.outlet)
    envelope = Envelope(
        sender=entry.envelope_from, recipient=entry.recipient, content=entry.content
    )
    try:
        with closing(make_outlet(settings, sign_ins, networks)) as outlet:
            outlet.send(envelope)
    except ConnectorError as error:
        get_logger().warning("outlet_unavailable", outlet=entry.outlet, why=str(error))
        return False
    return True


def _tokens(name: str | None, username: str, sign_ins: SignIns) -> Tokens | None:
    """Return the tokens of a sign-in service for a mailbox; None where it goes by password."""
    return None if name is None else sign_ins.tokens_for(name, username)


def inbox_facts(one: AnyInbox) -> InboxFacts:
    """Return what intake needs to know of an inbox."""
    return InboxFacts(
        name=one.name,
        box=one.box,
        role=one.role,
        address=one.address,
        go_live_at=one.go_live_at,
    )
