"""Taking messages in: parse and classify outside, then one short transaction for all of it."""

from daemon.intake.facts import InboxFacts, Taken
from daemon.intake.filing import Filing
from daemon.intake.take_in import Intake

__all__ = ["Filing", "InboxFacts", "Intake", "Taken"]
