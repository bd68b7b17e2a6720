"""What [[oauth]] in daemon.toml may say: sign-in services that give tokens for mailboxes."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from daemon.config.fields import Line, Name, Table, WebAddress
from daemon.config.places import ConfigFile, SecretRef


class MicrosoftOAuth(Table):
    """An application of a Microsoft Entra tenant, for Exchange Online."""

    name: Name
    provider: Literal["microsoft"]
    tenant: Line
    client_id: Line
    client_secret: SecretRef | None = None
    certificate: Annotated[SecretRef | None, Field(validate_default=True)] = None
    ends: date | None = None
    """When the secret ends, as Entra shows it; a certificate says so itself."""
    authority: WebAddress = "https://login.microsoftonline.com"
    ca_file: ConfigFile | None = None

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
    provider: Literal["google"]
    key: SecretRef
    ends: date | None = None
    ca_file: ConfigFile | None = None


OAuth = MicrosoftOAuth | GoogleOAuth
