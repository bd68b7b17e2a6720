"""Mail that a rule in one of our own mailboxes passed on, as it was before the rule touched it.

Exchange marks what a rule redirects as `Auto-Submitted: auto-generated`, although a person wrote
it. The mark is taken off where a configured forwarder is named, and one of our own servers shows
that the mail came from within the office; whatever else says that a machine wrote it still counts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from daemon.classify.automation import keyword_of
from daemon.classify.phrases import compiled
from daemon.model import Evidence, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daemon.model import Directory, Message

NAMED_IN: Final = frozenset(
    {"x-ms-exchange-inbox-rules-loop", "resent-from", "resent-sender", "x-forwarded-for"}
)
"""The headers in which a rule that passes mail on names its mailbox."""
_ADDRESS: Final = compiled(r"[^\s<>()\[\],;:\"\\]+@[A-Za-z0-9.-]+[A-Za-z0-9]")
_FOR: Final = compiled(r"\sfor\s+<?([^\s<>;]+@[A-Za-z0-9.-]+[A-Za-z0-9])")
_HOSTS: Final = compiled(r"^\s*from\s+(\S+).*?\sby\s+(\S+)")
_ARC_PASSED: Final = compiled(r"(?:^|[;\s])arc\s*=\s*pass\b")


def before_our_rule(message: Message, directory: Directory) -> tuple[Message, Evidence | None]:
    """Return a message without the mark of a rule of ours, and what shows that it was one.

    Only `auto-generated` is taken off: an automatic reply stays one, whoever passes it on.
    """
    marks = {keyword_of(value) for value in message.headers.get("auto-submitted", ())} - {""}
    if marks != {"auto-generated"} or not directory.forwarders:
        return message, None
    proof = _from_within(message, directory)
    forwarder = next((one for one in _named(message) if one in directory.forwarders), "")
    if not forwarder or not proof:
        return message, None
    headers = {name: values for name, values in message.headers.items() if name != "auto-submitted"}
    evidence = Evidence(
        step=Step.FACT,
        name="own-forward",
        says=f"a rule in our own mailbox {forwarder} passed it on",
        text=proof,
    )
    return replace(message, headers=headers), evidence


def _named(message: Message) -> Iterator[str]:
    """Yield the mailboxes that the mail says it was passed on by."""
    for name in sorted(NAMED_IN):
        for value in message.headers.get(name, ()):
            yield from (one.lower() for one in _ADDRESS.findall(value))
    for value in message.headers.get("received", ()):
        yield from (one.lower() for one in _FOR.findall(value))


def _from_within(message: Message, directory: Directory) -> str:
    """Return the proof that the mail reached its mailbox from within the office; "" for none.

    Either our server found the ARC chain whole (RFC 8617), or the top `Received`, which one of
    our servers wrote, says that it had the mail from another of them.
    """
    own = frozenset(server.lower() for server in directory.own_servers)
    for value in message.headers.get("authentication-results", ()):
        server, _, results = value.lower().partition(";")
        if server.split()[:1] and server.split()[0].strip('"') in own and _passed(results):
            return "Authentication-Results: arc=pass"
    hosts = _HOSTS.search(" ".join(message.header("received").split()))
    if hosts is None:
        return ""
    came_from, taken_by = (host.lower().rstrip(".;") for host in hosts.groups())
    return f"Received: from {came_from} by {taken_by}" if {came_from, taken_by} <= own else ""


def _passed(results: str) -> bool:
    return _ARC_PASSED.search(results) is not None
