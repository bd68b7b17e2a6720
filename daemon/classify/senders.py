"""Who writes: addresses first, then what the text says about its writer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from daemon.classify.phrases import compiled
from daemon.classify.ruleset import Sign
from daemon.classify.zones import plain_name
from daemon.model import Box, Channel, Evidence, Source, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from daemon.classify.scores import Scores
    from daemon.classify.zones import Zones
    from daemon.model import Address, Directory, Message

ICO_DOMAINS: Final = ("ico.org.uk",)
COMMONS_DOMAIN: Final = "parliament.uk"
ORGANISATION_DOMAINS: Final = (
    *("nhs.uk", "nhs.net", "nhs.scot", "nhs.wales", "hscni.net"),
    *("gov.uk", "gov.scot", "gov.wales", "mod.uk"),
)
STAKEHOLDER_DOMAINS: Final = (
    *("parliament.uk", "parliament.scot", "senedd.wales", "niassembly.gov.uk", "ac.uk"),
    *("police.uk", "lgo.org.uk", "spso.gov.scot", "ombudsman.wales"),
)
_STRONG: Final = 2.0  # points of text that outweigh what an address says
_MP_NAME: Final = compiled(r"\bMP\b", ignore_case=False)
_COMMITTEE: Final = compiled(r"\bcommittee\b")
_OURS: Final = compiled(r"public administration|health|\bpacac\b|\bhscc?\b")
_PEER: Final = compiled(
    r"\b(?:Lord|Baroness|Viscount|Earl|Lady)\b|House of Lords|^hl[a-z]+@", ignore_case=False
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who wrote, and what says so."""

    source: Source
    evidence: Evidence
    certain: bool  # by a known address, not by words
    unproven: bool = False  # says to be an MP or Chair, from an address that shows nothing of it


def writer_of(message: Message, zones: Zones, scores: Scores, directory: Directory) -> Writer:
    """Decide who writes: known addresses, then Parliament, then words, then domains."""
    return (
        _known(message, directory)
        or _from_parliament(message, zones, scores)
        or _by_signature(message, zones, scores)
        or _by_words(message, scores)
        or _by_domain(message)
        or _anybody(message, scores)
    )


def is_protected(message: Message, directory: Directory) -> bool:
    """Whether an address is an MP's, a chair's or the ICO's, so that words never silence it."""
    address, domain = message.sender.address, message.sender.domain
    return (
        directory.mp_office(address) is not None
        or address in directory.chair_addresses
        or address in directory.ico_addresses
        or _within(domain, (*ICO_DOMAINS, *directory.ico_domains, COMMONS_DOMAIN))
    )


def _known(message: Message, directory: Directory) -> Writer | None:
    """Recognise an address that the directory holds, and the Commissioner's domain."""
    address, domain = message.sender.address, message.sender.domain
    if address in directory.chair_addresses:
        return _fact(Source.COMMITTEE_CHAIR, "known-address", address, certain=True)
    if directory.mp_office(address) is not None:
        return _fact(Source.MP, "known-office", address, certain=True)
    if address in directory.clerk_addresses:
        return _fact(Source.STAKEHOLDER, "known-clerk", address, certain=True)
    if address in directory.ico_addresses:
        return _fact(Source.ICO, "known-address", address, certain=True)
    if _within(domain, (*ICO_DOMAINS, *directory.ico_domains)):
        return _fact(Source.ICO, "domain", domain, certain=True)
    return None


def _from_parliament(message: Message, zones: Zones, scores: Scores) -> Writer | None:
    """Tell an MP from a chair, a peer and House staff: the address alone proves nothing."""
    if not _within(message.sender.domain, (COMMONS_DOMAIN,)):
        return None
    signs = scores.signs
    is_another = _COMMITTEE.search(zones.sender) and not _OURS.search(zones.sender)
    if _chairs(signs) and not is_another:
        return _fact(Source.COMMITTEE_CHAIR, "committee", zones.sender)
    if signs.get(Sign.PRIVATE_CAPACITY, 0) >= 1:
        return _fact(Source.COMPLAINANT, "private-capacity", zones.sender)
    says_mp = _MP_NAME.search(zones.sender) or ".mp@" in message.sender.address
    if not says_mp and (_PEER.search(zones.sender) or signs.get(Sign.NOT_AN_MP, 0) >= 1):
        return _fact(Source.STAKEHOLDER, "not-an-mp", zones.sender)
    if says_mp or signs.get(Sign.MP_OFFICE, 0) >= 1 or "casework" in message.sender.address:
        return _fact(Source.MP, "commons-address-and-office", zones.sender)
    if signs.get(Sign.CHAIR, 0) >= _STRONG:
        return _fact(Source.MP, "another-committee", zones.sender)
    return None


def _by_signature(message: Message, zones: Zones, scores: Scores) -> Writer | None:
    """Recognise an MP or chair who writes from another address, by name and signature.

    Anybody can write those, so a person looks; what the post or a call brought, one has read.
    """
    source = _signed_as(message, scores)
    if source is None:
        return None
    name = "committee" if source is Source.COMMITTEE_CHAIR else "signature"
    unproven = message.channel not in {Channel.LETTER, Channel.CALL}
    return replace(_fact(source, name, zones.sender), unproven=unproven)


def _signed_as(message: Message, scores: Scores) -> Source | None:
    """Return whether name and words are an MP's or a chair's."""
    signs = scores.signs
    is_named = _MP_NAME.search(plain_name(message.sender.name)) is not None
    is_handle = message.box.is_social and _is_mps_handle(message.sender)
    by_words = signs.get(Sign.MP_OFFICE, 0) >= _STRONG and _by_domain(message) is None
    if not (is_named or is_handle or by_words):
        return Source.COMMITTEE_CHAIR if _chairs(signs, at_least=_STRONG) else None
    if _chairs(signs):
        return Source.COMMITTEE_CHAIR
    if signs.get(Sign.PRIVATE_CAPACITY, 0) >= 1 or signs.get(Sign.NOT_AN_MP, 0) >= 1:
        return None
    return Source.MP


def _is_mps_handle(sender: Address) -> bool:
    """Whether a handle is the surname shown and MP, as `@JoSmithMP` of Jo Smith: no `@thetemp`."""
    surname = "".join(plain_name(sender.name).lower().split()[-1:])
    return bool(surname) and sender.address.removesuffix("office").endswith(f"{surname}mp")


def _by_words(message: Message, scores: Scores) -> Writer | None:
    """Recognise press, charities, scholars, bodies and their lawyers by what they say."""
    ranked = sorted(scores.sources.items(), key=lambda item: -item[1])
    if not ranked or ranked[0][1] < 1:
        return None
    source, points = ranked[0]
    if points < _STRONG and _by_domain(message) is not None:
        return None  # the address outweighs one weak sign
    names = [hit for hit in scores.hits if hit.rule.source is source]
    return Writer(source=source, evidence=names[0].evidence, certain=False)


def _by_domain(message: Message) -> Writer | None:
    """Recognise bodies that can be complained about, and public offices that cannot."""
    domain = message.sender.domain
    if _within(domain, STAKEHOLDER_DOMAINS):
        return _fact(Source.STAKEHOLDER, "domain", domain)
    if _within(domain, ORGANISATION_DOMAINS):
        return _fact(Source.ORGANISATION, "domain", domain)
    return None


def _anybody(message: Message, scores: Scores) -> Writer:
    """Take everybody else for a member of the public; chatter shows nobody."""
    is_chatter = scores.signs.get(Sign.GENERAL_CHATTER, 0) >= 1
    if message.box is Box.X_MENTION and is_chatter:
        return _fact(Source.UNKNOWN, "chatter", message.sender.address)
    return _fact(Source.COMPLAINANT, "member-of-the-public", "")


def _chairs(signs: Mapping[Sign, float], *, at_least: float = 1.0) -> bool:
    """Whether the words are those of a Chair, or their clerk, of one of the two committees."""
    return min(signs.get(Sign.COMMITTEE, 0), signs.get(Sign.CHAIR, 0)) >= at_least


def _within(domain: str, parents: tuple[str, ...]) -> bool:
    """Whether a domain is one of the parents or below one."""
    return any(domain == parent or domain.endswith(f".{parent}") for parent in parents)


def _fact(source: Source, name: str, text: str, *, certain: bool = False) -> Writer:
    """Return a writer with the fact that says so."""
    evidence = Evidence(step=Step.FACT, name=name, says=f"source: {source.value}", text=text)
    return Writer(source=source, evidence=evidence, certain=certain)
