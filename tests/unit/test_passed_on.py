"""Mail that a rule in one of our own mailboxes passed on, and what only looks like it."""

from __future__ import annotations

import pytest

from daemon.classify import Classifier
from daemon.model import Directory, Skip
from tests.unit.classifying import a_message, shipped_rules

CEO = "ceo@ombudsman.example"
WITHIN = (
    "from mbx.ombudsman.example (10.0.0.7) by mx.ombudsman.example (10.0.0.2) with ESMTPS;"
    " Thu, 5 Mar 2026 09:00:00 +0000"
)
WITHOUT = WITHIN.replace("mbx.ombudsman.example", "mail.elsewhere.example")
ARC = "mx.ombudsman.example; spf=pass; arc=pass (i=1); dmarc=pass"
REDIRECTED = {
    "auto-submitted": "auto-generated",
    "x-ms-exchange-inbox-rules-loop": CEO,
    "received": WITHIN,
}
DIRECTORY = Directory(
    own_domains=frozenset({"ombudsman.example"}),
    own_servers=frozenset({"mx.ombudsman.example", "MBX.ombudsman.example"}),
    forwarders=frozenset({CEO}),
)


def skip(headers, *, directory=DIRECTORY, **more):
    """Why a mail with these headers is set aside, if it is."""
    found = Classifier(shipped_rules(), directory).classify(a_message(headers=headers, **more))
    return found.automation


def test_what_our_rule_passed_on_is_a_persons_mail_and_says_so():
    found = Classifier(shipped_rules(), DIRECTORY).classify(a_message(headers=REDIRECTED))
    assert found.automation is None
    assert found.category == "new-complaint"
    assert "own-forward" in [one.name for one in found.evidence]


@pytest.mark.parametrize(
    "more",
    [
        {"x-ms-exchange-inbox-rules-loop": "", "resent-from": f"The CEO <{CEO.upper()}>"},
        {"x-ms-exchange-inbox-rules-loop": "", "x-forwarded-for": f"{CEO} care@b.example"},
        {
            "x-ms-exchange-inbox-rules-loop": "",
            "received": WITHIN.replace("; Thu", f" for <{CEO}>; Thu"),
        },
        {"received": WITHOUT, "authentication-results": ARC},
    ],
)
def test_it_is_known_by_each_header_that_names_the_mailbox_and_by_either_proof(more):
    assert skip({**REDIRECTED, **more}) is None


@pytest.mark.parametrize(
    "more",
    [
        {"x-ms-exchange-inbox-rules-loop": "ceo@elsewhere.example"},
        {"received": WITHOUT},
        {"received": WITHIN.replace("by mx.ombudsman", "by mx.elsewhere")},
        {"received": ""},
        {"received": WITHOUT, "authentication-results": ARC.replace("mx.o", "mx.an-o")},
        {"received": WITHOUT, "authentication-results": ARC.replace("arc=pass", "arc=fail")},
        {"auto-submitted": "auto-replied"},
        {"auto-submitted": "auto-notified"},
    ],
)
def test_without_the_mailbox_or_the_proof_a_machine_stays_a_machine(more):
    """Anybody can write these headers; those of our own servers count alone."""
    assert skip({**REDIRECTED, **more}) is Skip.AUTOMATED


def test_no_mailbox_is_a_forwarder_until_it_is_configured():
    bare = Directory(own_domains=DIRECTORY.own_domains, own_servers=DIRECTORY.own_servers)
    assert skip(REDIRECTED, directory=bare) is Skip.AUTOMATED


def test_a_newsletter_that_the_rule_passed_on_is_still_a_newsletter():
    headers = {**REDIRECTED, "list-id": "<news.shop.example>"}
    assert skip(headers) is Skip.BULK


def test_a_header_of_brackets_and_spaces_costs_no_time():
    hostile = "from " + "a " * 20_000 + "by" + " for <" * 5_000
    assert skip({**REDIRECTED, "received": hostile}) is Skip.AUTOMATED
