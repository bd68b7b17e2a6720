"""What [[oauth]] in daemon.toml may say: sign-in services that give tokens for mailboxes."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from daemon.config.fields import Line, Name, Table, WebAddress
from daemon.config.places import ConfigFile, SecretRef


class MicrosoftOAuth(Table):
    """An application of a Microsoft Entra tenant, for Exchange Online."""

    name: Name
    """What inboxes and outlets call it by."""
    provider: Literal["microsoft"]
    """Microsoft Entra, for Exchange Online."""
    tenant: Line
    """The tenant's id or domain."""
    client_id: Line
    """The application's (client) id."""
    client_secret: SecretRef | None = None
    """The application's secret; or a certificate in its place."""
    certificate: Annotated[SecretRef | None, Field(validate_default=True)] = None
    """The application's certificate with its private key, PEM, as a secret."""
    ends: date | None = None
    """When the secret ends, as Entra shows it; a certificate says so itself."""
    authority: WebAddress = "https://login.microsoftonline.com"
    """Another sign-in service for national clouds."""
    ca_file: ConfigFile | None = None
    """Certificates to trust instead of the system's, PEM."""

    @field_validator("certificate")
    @classmethod
    def _one_of_the_two(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - a validator passes on what it got
        if (value is None) == (info.data.get("client_secret") is None):
            why = "Give either client_secret or certificate: one of them proves who we are."
            raise ValueError(why)
        return value


class GoogleOAuth(Table):
    """A service account of Google Workspace that may act for the mailboxes."""

    name: Name
    """What inboxes and outlets call it by."""
    provider: Literal["google"]
    """Google Workspace."""
    key: SecretRef
    """The JSON key of a service account with domain-wide delegation, as a secret."""
    ends: date | None = None
    """When the key ends, if it does."""
    ca_file: ConfigFile | None = None
    """Certificates to trust instead of the system's, PEM."""


OAuth = MicrosoftOAuth | GoogleOAuth
