"""Joining: which open enquiry a message goes on with, and what it adds to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.decide.case import is_forged
from daemon.model import (
    REQUESTS,
    Category,
    Criterion,
    EnquiryStatus,
    Source,
)

if TYPE_CHECKING:
    from daemon.decide.case import Case
    from daemon.model import ThreadLink


def joinable(case: Case) -> ThreadLink | None:
    """Return the open enquiry that a message joins: thread or token, and a party wrote it.

    Where the thread has several, the latest that is about what it asks.
    """
    if _is_new_matter(case):
        return None
    return next((link for link in _open_threads(case) if not _adds_matter(case, link)), None)


def is_in_open_thread(case: Case) -> bool:
    """Whether a party goes on with the thread of an open enquiry, whatever about."""
    return bool(_open_threads(case))


def _open_threads(case: Case) -> list[ThreadLink]:
    if case.forward is not None or is_forged(case):
        return []
    # A colleague's word gets as far as this only where somebody may be in danger.
    ours = case.policy.directory.is_own(case.message.sender.address)
    return [
        link
        for link in case.context.links
        if link.proven and link.status is EnquiryStatus.OPEN and (link.sender_is_party or ours)
    ]


def _is_new_matter(case: Case) -> bool:
    """Whether it is a matter of the ICO's, which never joins a complainant's enquiry."""
    return case.found.source is Source.ICO and case.found.category is Category.ICO_DECISION


def _adds_matter(case: Case, link: ThreadLink) -> bool:
    """Whether it brings an FOI, data-protection or legal matter that the enquiry is not about.

    A request of the same kind in the thread of one is taken for a word on that one: most chase
    it, and a person can split it.
    """
    found = case.found
    asked = REQUESTS & set(found.matters)
    if asked - set(link.clocks):
        return True
    if found.category is Category.FOI_DPA and not asked and link.category is not Category.FOI_DPA:
        return True
    legal = Criterion.LEGAL_CHALLENGE
    return legal in found.criteria and legal not in link.criteria
