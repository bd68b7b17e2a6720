"""The config: a folder of TOML files made into one checked value, or every mistake at once."""

from daemon.config.channels import (
    ImapInboxConfig,
    ImapOutletConfig,
    InboxConfig,
    MaildirInboxConfig,
    MaildirOutletConfig,
    OutletConfig,
    SmtpOutletConfig,
    Use,
)
from daemon.config.desk import Oidc
from daemon.config.errors import ConfigError, ConfigErrors
from daemon.config.loading import Config, load, read_files, whereabouts
from daemon.config.machine import Attachments, Health, Log, Schedule, SigningKey
from daemon.config.oauth import GoogleOAuth, MicrosoftOAuth
from daemon.config.people import Office
from daemon.config.places import Secret
from daemon.config.reading import read as read_raw
from daemon.config.reference import as_markdown as reference
from daemon.config.reference import schema as config_schema
from daemon.config.reference import shown as values_that_hold
from daemon.config.social import (
    AccountInboxConfig,
    AccountOutletConfig,
    AccountTable,
    AnyInbox,
    AnyOutlet,
    SocialFile,
)

__all__ = [
    "AccountInboxConfig",
    "AccountOutletConfig",
    "AccountTable",
    "AnyInbox",
    "AnyOutlet",
    "Attachments",
    "Config",
    "ConfigError",
    "ConfigErrors",
    "GoogleOAuth",
    "Health",
    "ImapInboxConfig",
    "ImapOutletConfig",
    "InboxConfig",
    "Log",
    "MaildirInboxConfig",
    "MaildirOutletConfig",
    "MicrosoftOAuth",
    "Office",
    "Oidc",
    "OutletConfig",
    "Schedule",
    "Secret",
    "SigningKey",
    "SmtpOutletConfig",
    "SocialFile",
    "Use",
    "config_schema",
    "load",
    "read_files",
    "read_raw",
    "reference",
    "values_that_hold",
    "whereabouts",
]
