"""What the fixed ids are called in plain words: one mapping for each enum, and dates written out.

Pages, notices and letters take their words from here, so that a thing has one name everywhere.
The tables are kept apart because members of two enums may share an id and would compare equal.
"""

from __future__ import annotations

import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING

from daemon.model import (
    Box,
    Category,
    ClockKind,
    Criterion,
    Hold,
    PostKind,
    Register,
    Route,
    Skip,
    Source,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

CATEGORIES: Mapping[Category, str] = MappingProxyType(
    {
        Category.NEW_COMPLAINT: "new complaint",
        Category.PERSONAL_INTEREST: "request for personal interest",
        Category.FOLLOW_UP_DECISION: "follow-up on a decision or letter of ours",
        Category.COMPLAINT_ABOUT_US: "complaint about us",
        Category.FOLLOW_UP_CUSTOMER_CARE: "follow-up on a reply by Customer Care",
        Category.FOI_DPA: "information or data-protection request",
        Category.ICO_DECISION: "decision of the Information Commissioner",
        Category.OTHER: "other enquiry",
        Category.NOT_AN_ENQUIRY: "no enquiry",
    }
)

SOURCES: Mapping[Source, str] = MappingProxyType(
    {
        Source.MP: "an MP",
        Source.COMMITTEE_CHAIR: "a committee chair",
        Source.COMPLAINANT: "a complainant",
        Source.ICO: "the Information Commissioner",
        Source.ORGANISATION: "an organisation we can look into",
        Source.STAKEHOLDER: "a stakeholder",
        Source.MACHINE: "a machine",
        Source.UNKNOWN: "an unknown sender",
    }
)

CRITERIA: Mapping[Criterion, str] = MappingProxyType(
    {
        Criterion.MP_NON_ROUTINE: "an MP's letter that is not a routine referral",
        Criterion.COMMITTEE_CHAIR: "from the Chair of PACAC or of the Health Select Committee",
        Criterion.LINKED_STAKEHOLDER: "linked to ongoing stakeholder engagement",
        Criterion.MP_POST_DECISION: "an MP personally asks for more after a decision",
        Criterion.SENIOR_STAFF_CONDUCT: "conduct of a senior member of staff",
        Criterion.SYSTEMIC_ISSUE: "a possible systemic issue",
        Criterion.LEGAL_CHALLENGE: "a possible legal challenge to the office",
        Criterion.HIGH_PROFILE: "possible media or public interest, or high risk",
        Criterion.UPHELD_REVIEW: "a new investigation after an upheld review",
        Criterion.VULNERABLE: "someone may be at risk",
    }
)

ROUTES: Mapping[Route, str] = MappingProxyType(
    {
        Route.SET_ASIDE: "set aside",
        Route.INTAKE: "Intake",
        Route.CUSTOMER_CARE: "Customer Care",
        Route.EXTERNAL_AFFAIRS: "External Affairs",
    }
)

REGISTERS: Mapping[Register, str] = MappingProxyType(
    {
        Register.CENTRAL_ASSURANCE: "central assurance",
        Register.MP_OVERSIGHT: "MP central oversight",
        Register.CASE_REFERRALS: "case referrals",
        Register.SPECIFIC_HANDLING: "specific handling",
        Register.SOCIAL_MEDIA: "social media",
        Register.PHONE_CALLS: "phone calls",
    }
)

CLOCKS: Mapping[ClockKind, str] = MappingProxyType(
    {
        ClockKind.ACK: "acknowledgement",
        ClockKind.MP: "reply to an MP or committee chair",
        ClockKind.FOI: "freedom of information request",
        ClockKind.FOI_REVIEW: "freedom of information review",
        ClockKind.EIR: "environmental information request",
        ClockKind.EIR_REVIEW: "environmental information review",
        ClockKind.DPA: "data-protection request",
        ClockKind.DPA_COMPLAINT: "complaint about how we used personal data",
        ClockKind.ICO: "reply to the Information Commissioner",
        ClockKind.SERVICE: "reply to a complaint about us",
        ClockKind.OTHER: "reply",
        ClockKind.VULNERABLE: "alert: someone may be at risk",
        ClockKind.UPDATE: "next update on the register",
    }
)

SKIPS: Mapping[Skip, str] = MappingProxyType(
    {
        Skip.AUTOMATED: "a machine sent it, as its headers say",
        Skip.NULL_RETURN_PATH: "it has no address that takes an answer",
        Skip.DELIVERY_REPORT: "it is a delivery report",
        Skip.READ_RECEIPT: "it is a read receipt",
        Skip.CALENDAR_REPLY: "it is an answer to a calendar invitation",
        Skip.RECALL_NOTICE: "it recalls an earlier message",
        Skip.BULK: "it went to many people at once",
        Skip.AUTO_REPLY: "it is an automatic reply",
        Skip.FEEDBACK_REPORT: "it is a feedback report of a mail provider",
        Skip.RULE: "a rule of ours sets it aside",
        Skip.OWN_ADDRESS: "it comes from one of our own addresses",
        Skip.OWN_MESSAGE: "we sent it ourselves",
        Skip.NO_REPLY_ADDRESS: "nobody reads answers to its sender",
        Skip.BEFORE_GO_LIVE: "it came before this service began",
        Skip.JOINED: "it is a further message in an open enquiry",
        Skip.PRIVATE: "it is private and not ours to read",
        Skip.PUBLIC_MENTION: "it is a public post",
        Skip.SOCIAL_CHATTER: "it is chatter around other posts",
        Skip.INTERNAL: "it is for internal use",
        Skip.QUARANTINED: "it could not be read",
    }
)

HOLDS: Mapping[Hold, str] = MappingProxyType(
    {
        Hold.VULNERABLE: "someone may be at risk, so a person should answer first",
        Hold.AUTHENTICATION: "the sender may be forged",
        Hold.LIMIT: "too many acknowledgements went out today",
        Hold.ARRANGEMENT: "a handling arrangement asks for a personal reply",
        Hold.OWN_DOMAIN_FORWARD: "a colleague passed it on from somebody outside",
        Hold.PROPOSED_SET_ASIDE: "it may be no enquiry at all",
        Hold.DOUBT: "there is doubt whether an answer should go",
        Hold.BLOCKED: "our last mail to this address came back",
        Hold.WRITTEN: "a colleague wrote it and has yet to release it",
    }
)

BOXES: Mapping[Box, str] = MappingProxyType(
    {
        Box.OMBUDSMAN: "the Ombudsman's own account",
        Box.CEO: "the Chief Executive's own account",
        Box.CUSTOMER_CARE: "the Customer Care mailbox",
        Box.INTAKE: "the Intake mailbox",
        Box.X_DM: "a direct message on X",
        Box.X_MENTION: "a public mention on X",
        Box.POST: "the post",
        Box.PHONE: "a telephone call",
    }
)

POST_KINDS: Mapping[PostKind, str] = MappingProxyType(
    {
        PostKind.MESSAGE: "A direct message",
        PostKind.MENTION: "A post that names us",
        PostKind.REPLY: "An answer to a post of ours",
        PostKind.THREAD: "A reply to others that carries our name along",
        PostKind.QUOTE: "A post that passes on another, with words of its own",
        PostKind.REPOST: "A post that passes on another",
    }
)

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def folded(text: str) -> str:
    """Return words as they are searched for: without accents, capitals, or more than one blank."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def short_date(day: date) -> str:
    """Write a date as "3 March 2026", whatever the machine's locale."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def long_date(day: date) -> str:
    """Write a date as "Tuesday 3 March 2026", whatever the machine's locale."""
    return f"{_DAYS[day.weekday()]} {short_date(day)}"


def capitalised(sentence: str) -> str:
    """Return the words with a capital first letter, the rest as it was."""
    return sentence[:1].upper() + sentence[1:]
