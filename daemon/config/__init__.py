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
from daemon.config.loading import Config, load, whereabouts
from daemon.config.machine import Attachments, Health, Log, Schedule, SigningKey
from daemon.config.oauth import GoogleOAuth, MicrosoftOAuth
from daemon.config.people import Office
from daemon.config.places import Secret

__all__ = [
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
    "Use",
    "load",
    "whereabouts",
]
