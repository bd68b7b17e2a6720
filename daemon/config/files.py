"""The config folder as one model: which file holds which tables."""

from typing import Final

from pydantic import Field

from daemon.config.channels import InboxesFile, OutletsFile
from daemon.config.desk import DeskFile
from daemon.config.fields import Table
from daemon.config.machine import DaemonFile
from daemon.config.people import ArrangementsFile, OfficeFile, StakeholdersFile, TeamsFile
from daemon.config.retention import RetentionFile
from daemon.config.social import SocialFile
from daemon.config.standards import ClocksFile, RoutesFile

RULES: Final = "rules.toml"


class Files(Table):
    """The whole config folder, file by file; rules.toml is checked by the rules themselves."""

    office: OfficeFile = Field(alias="office.toml")
    stakeholders: StakeholdersFile = Field(alias="stakeholders.toml")
    inboxes: InboxesFile = Field(alias="inboxes.toml")
    outlets: OutletsFile = Field(alias="outlets.toml")
    teams: TeamsFile = Field(alias="teams.toml")
    routes: RoutesFile = Field(alias="routes.toml")
    clocks: ClocksFile = Field(alias="clocks.toml")
    arrangements: ArrangementsFile = Field(alias="arrangements.toml")
    daemon: DaemonFile = Field(alias="daemon.toml")
    retention: RetentionFile = Field(RetentionFile(), alias="retention.toml")
    social: SocialFile = Field(SocialFile(), alias="social.toml")
    desk: DeskFile = Field(DeskFile(), alias="desk.toml")


FILE_NAMES: Final = (*(str(field.alias) for field in Files.model_fields.values()), RULES)
"""Every file of the config folder."""
OPTIONAL: Final = frozenset(
    str(field.alias) for field in Files.model_fields.values() if not field.is_required()
)
"""Files that may be missing: an office that does without what they are about has none."""
