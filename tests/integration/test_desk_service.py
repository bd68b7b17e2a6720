"""Signing in with the office's own service: whom it lets in, and what of its word is believed."""

from __future__ import annotations

import httpx2
import pytest
from joserfc.jwk import RSAKey

from daemon.config import Oidc
from tests.builders import OFFICE
from tests.integration.desk_pages import a_desk
from tests.servers.oidc import CLIENT, SECRET

pytestmark = [
    pytest.mark.parametrize("prepared_url", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("plain_logs"),
]


class Written:
    """A secret that is at hand."""

    def read(self):
        return SECRET


@pytest.fixture
def desk(store, provider):
    settings = Oidc.model_construct(
        name="your office account",
        issuer=provider.issuer,
        client_id=CLIENT,
        client_secret=Written(),
    )
    desk = a_desk(store, oidc=settings)
    desk.account("sam", "officer")
    provider.claims = {
        "sub": "subject-1",
        "email": f"Sam@{OFFICE}",
        "email_verified": True,
    }
    return desk


def came_back(one, path="/sign-in/service"):
    """Go to the service and come back from it; return the last answer of ours."""
    there = one.get(path).headers["location"]
    back = httpx2.get(there, follow_redirects=False).headers["location"]
    return one.get(back.partition("8420")[2])


def test_somebody_comes_back_signed_in_to_where_they_wanted_to_go(desk):
    """By the verified address at first, by who they are there from then on."""
    one = desk.stranger()
    shown = one.see("/work/unsorted")
    assert "Sign in with your office account" in shown
    answer = came_back(one, "/sign-in/service?next=/work/unsorted")
    assert answer.headers["location"] == "/work/unsorted"
    assert "To be sorted" in one.see("/work/unsorted")
    assert "Sam" in one.see("/")


@pytest.mark.parametrize(
    "claims",
    [
        {"email": f"nobody@{OFFICE}"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": ""},
    ],
)
def test_whoever_has_no_account_here_is_told_so(desk, provider, claims):
    """Also where nobody vouches for the address."""
    provider.claims |= claims
    one = desk.stranger()
    answer = came_back(one)
    assert answer.status_code == 403
    assert "no account" in answer.text
    assert one.get("/").headers["location"].startswith("/sign-in")


@pytest.mark.parametrize(("subject", "status"), [("subject-1", 303), ("another", 403)])
def test_an_address_may_be_told_when_it_is_asked_for(desk, provider, subject, status):
    """Many services keep it out of the token; what is said of somebody else does not count."""
    for key in ("email", "email_verified"):
        del provider.claims[key]
    provider.tells_when_asked = {
        "sub": subject,
        "email": f"sam@{OFFICE}",
        "email_verified": True,
    }
    assert came_back(desk.stranger()).status_code == status


def test_another_subject_with_the_same_address_is_not_let_in(desk, provider):
    """The account is bound to who came first."""
    assert came_back(desk.stranger()).status_code == 303
    provider.claims["sub"] = "subject-2"
    assert came_back(desk.stranger()).status_code == 403


def test_a_word_that_is_not_the_services_own_is_not_believed(desk, provider):
    """Signed with another key, for another client, of another sign-in, or too old."""
    one = desk.stranger()
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "k", "use": "sig"})
    assert came_back(one).status_code == 502
    provider.signs_with = None
    for claims in ({"aud": "another"}, {"nonce": "another"}, {"exp": 1}, {"iss": "http://evil"}):
        provider.claims |= claims
        answer = came_back(one)
        assert answer.status_code == 502, claims
        assert "did not answer as it should" in answer.text
        for key in claims:
            del provider.claims[key]
    assert came_back(one).status_code == 303


def test_a_way_back_that_nobody_set_out_on_leads_nowhere(desk):
    """Without the mark of our own session: somebody else's sign-in cannot be planted."""
    one, other = desk.stranger(), desk.stranger()
    there = one.get("/sign-in/service").headers["location"]
    back = httpx2.get(there, follow_redirects=False).headers["location"].partition("8420")[2]
    assert other.get(back).status_code == 502
    assert other.get("/").headers["location"].startswith("/sign-in")
    assert one.get("/sign-in/service/back?code=x&state=y").status_code == 502
    assert one.get("/sign-in/service/back?error=access_denied&state=y").status_code == 502


def test_a_service_that_is_away_is_said_so(desk, provider):
    """And people with a password still get in."""
    provider.is_away = True
    one = desk.stranger()
    assert one.get("/sign-in/service").status_code == 502
    assert desk.somebody("officer", name="kim").see("/")
