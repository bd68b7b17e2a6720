"""Who gets to which page: signed in or not, by role, with forged forms, ids and addresses."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from daemon.model import Criterion, Right
from desk.acts import ACTS
from desk.asking import own_path
from tests.builders import OFFICE, a_mail
from tests.integration.desk_pages import SITE, WORDS, a_desk, hidden, problems
from tests.integration.taking_in import AT_RISK

ROLES = ("reader", "officer", "manager", "assistant-director", "private-office", "ombudsman")
PAGES = {
    "/work/unsorted": Right.SEE_ENQUIRIES,
    "/work/new": Right.SEE_ENQUIRIES,
    "/search?q=letter": Right.SEE_ENQUIRIES,
    "/registers": Right.SEE_REGISTERS,
    "/registers/central-assurance": Right.SEE_REGISTERS,
    "/registers/decisions": Right.SEE_REGISTERS,
    "/registers/central-assurance.xlsx": Right.SEE_REGISTERS,
    "/record/letter": Right.RECORD,
    "/record/call": Right.RECORD,
    "/phone?q=resident": Right.RECORD,
    "/call-backs": Right.SEE_CALL_BACKS,
    "/post": Right.RELEASE,
    "/try": Right.CORRECT,
    "/arrangements": Right.ARRANGE,
    "/arrangements/new": Right.ARRANGE,
    "/health": Right.SEE_HEALTH,
    "/accounts": Right.MANAGE_ACCOUNTS,
    "/accounts/new": Right.MANAGE_ACCOUNTS,
}
ONLY_SQLITE = pytest.mark.parametrize("prepared_url", ["sqlite"], indirect=True)
# What is asked of the database is tested on both in test_desk_work.
pytestmark = [ONLY_SQLITE, pytest.mark.usefixtures("plain_logs")]


@pytest.fixture
def desk(store):
    return a_desk(store)


@pytest.fixture
def reference(desk):
    """An enquiry that Customer Care have."""
    return desk.office.take(a_mail(headers=[("Sensitivity", "normal")])).reference


def rights_of(desk, role):
    return desk.accounts.roles[role].rights


# Signing in


def test_nobody_sees_anything_without_signing_in(desk, reference):
    """Every page sends to the sign-in, and back to where one wanted to go."""
    stranger = desk.stranger()
    for path in ("/", *PAGES, f"/enquiries/{reference}", f"/enquiries/{reference}/do/close"):
        answer = stranger.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/sign-in"), path
        assert "resident" not in answer.text


def test_a_form_without_a_session_changes_nothing(desk, reference):
    """What was typed is given back to whoever sends it, and to no other site."""
    path = f"/enquiries/{reference}/do/update"
    form = {"note": "A long <b>update</b> that took an hour.", "csrf": "x y", "version": "1 2"}
    stranger = desk.stranger()
    answer = stranger.browser.post(path, data=form, follow_redirects=False)
    assert answer.status_code == 401
    assert "A long &lt;b&gt;update&lt;/b&gt; that took an hour." in answer.text
    assert "x y" not in answer.text
    foreign = {"Origin": "https://evil.example"}
    answer = stranger.browser.post(path, data=form, headers=foreign, follow_redirects=False)
    assert answer.status_code == 403
    assert "an hour" not in answer.text
    assert desk.office.view(reference)["acts"] == []


def test_signing_in_goes_on_to_where_one_wanted_to_go(desk, reference):
    """The page that was asked for, after name and password."""
    desk.account("sam", "officer")
    one = desk.stranger()
    wanted = one.get(f"/enquiries/{reference}").headers["location"]
    answer = one.send("/sign-in", {"name": "Sam", "password": WORDS}, page=wanted)
    assert answer.headers["location"] == f"/enquiries/{reference}"
    assert reference in one.see(f"/enquiries/{reference}")


def test_what_is_wrong_is_the_same_for_a_name_that_is_not_there(desk):
    """Nobody learns by trying who has an account."""
    desk.account("sam", "officer")
    said = []
    for name in ("sam", "nobody"):
        answer = desk.stranger().send("/sign-in", {"name": name, "password": "wrong words here"})
        assert answer.status_code == 422
        said.append(re.sub(r'value="[^"]*"', "", answer.text))
    assert said[0] == said[1]


def test_too_many_failures_make_everybody_wait(desk):
    """The right password as well, and from any machine; it works again after a while."""
    desk.account("sam", "officer")
    one = desk.stranger()
    for _ in range(5):
        assert one.send("/sign-in", {"name": "sam", "password": "wrong"}).status_code == 422
    answer = one.send("/sign-in", {"name": "sam", "password": WORDS})
    assert answer.status_code == 429
    assert "Wait 15 minutes" in problems(answer.text)
    desk.account("kim", "officer")
    assert one.send("/sign-in", {"name": "kim", "password": WORDS}).status_code == 303


def test_a_session_that_was_planted_is_not_kept(desk):
    """What a cookie held before the sign-in is worth nothing after it."""
    desk.account("sam", "officer")
    victim = desk.stranger()
    victim.get("/sign-in")
    planted = dict(victim.browser.cookies)
    before = hidden(victim.see("/sign-in"))["csrf"]
    victim.send("/sign-in", {"name": "sam", "password": WORDS})
    attacker = desk.stranger()
    attacker.browser.cookies.update(planted)
    assert attacker.get("/").headers["location"].startswith("/sign-in")
    assert hidden(victim.see("/"))["csrf"] != before


def test_a_cookie_of_before_the_sign_out_opens_nothing(desk):
    """The key is forgotten on our side, not in the browser alone."""
    one = desk.somebody("officer")
    kept = dict(one.browser.cookies)
    one.done("/sign-out", page="/")
    again = desk.stranger()
    again.browser.cookies.update(kept)
    assert again.get("/").status_code == 303


def test_a_forged_cookie_opens_nothing(desk):
    """Its mark is checked."""
    one = desk.somebody("officer")
    name, value = next(iter(one.browser.cookies.items()))
    stranger = desk.stranger()
    stranger.browser.cookies.set(name, value[:-2] + "xx")
    assert stranger.get("/").headers["location"].startswith("/sign-in")


def test_a_link_lets_its_owner_choose_a_password(desk):
    """Opening it (as a mail scanner does) uses nothing up; sending the form does."""
    key = desk.accounts.add(
        "sam", display_name="Sam", address=f"sam@{OFFICE}", roles=["officer"], by="Tests"
    )
    one = desk.stranger()
    path = f"/welcome/{key}"
    assert "sam" in one.see(path)
    assert one.send(path, {"password": "short"}).status_code == 422
    assert "Choose a password" in problems(one.last.text)
    assert "Your password is set" in one.done(path, {"password": WORDS})
    assert "does not work any more" in one.see(path, status=404)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "/a\nb",
        "javascript:alert(1)",
        "",
    ],
)
def test_nobody_is_sent_to_another_site(desk, elsewhere):
    """Whatever stands behind next=, the first page is what follows."""
    desk.account("sam", "officer")
    one = desk.stranger()
    answer = one.send("/sign-in", {"name": "sam", "password": WORDS, "next": elsewhere})
    assert answer.headers["location"] == "/"
    assert own_path(elsewhere) == "/"


# Forms


@pytest.mark.parametrize("role", ["officer", "manager"])
def test_a_form_from_elsewhere_is_refused(desk, reference, role):
    """Without our mark, with another's, from another site's page, or of another session."""
    one = desk.somebody(role)
    path = f"/enquiries/{reference}/do/close"
    ours = hidden(one.see(path))
    others = hidden(desk.somebody("officer", name="other").see(path))
    for form, headers in (
        ({}, {}),
        ({**ours, "csrf": ""}, {}),
        ({**ours, "csrf": others["csrf"]}, {}),
        (ours, {"Origin": "https://evil.example"}),
        (ours, {"Origin": "null"}),
        (ours, {"Sec-Fetch-Site": "cross-site"}),
        (ours, {"Sec-Fetch-Site": "same-site"}),
    ):
        answer = one.browser.post(path, data=form, headers=headers, follow_redirects=False)
        assert answer.status_code == 403, (form, headers)
    assert desk.office.view(reference)["status"] == "open"
    fine = {"Origin": SITE, "Sec-Fetch-Site": "same-origin"}
    answer = one.browser.post(path, data=ours, headers=fine, follow_redirects=False)
    assert answer.status_code == 303


def test_a_form_that_is_too_large_is_refused_unread(desk):
    """By its length, before it is taken in."""
    one = desk.somebody("officer")
    answer = one.browser.post(
        "/record/letter", content=b"", headers={"Content-Length": str(31 * 1024 * 1024)}
    )
    assert answer.status_code == 413
    assert "30 MB" in answer.text


def test_another_host_is_refused(desk):
    """A name that is not ours points at us."""
    answer = desk.stranger().browser.get("/sign-in", headers={"Host": "evil.example"})
    assert answer.status_code == 400


def test_every_answer_has_its_headers(desk, reference):
    """No script, no frame, no cache, no guess at types; files of ours may be kept."""
    one = desk.somebody("officer")
    for path in ("/", f"/enquiries/{reference}", "/nowhere", "/sign-in"):
        headers = one.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "script-src" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "same-origin"
    assert "max-age" in one.get("/static/desk.css").headers["cache-control"]
    cookie = desk.stranger().get("/sign-in").headers["set-cookie"]
    assert "httponly" in cookie.lower()
    assert "samesite=lax" in cookie.lower()


def test_no_page_holds_a_script_or_a_style_of_its_own(desk, reference):
    """What the policy forbids is nowhere needed."""
    one = desk.somebody("manager", "ombudsman")
    for path in ("/", *PAGES, f"/enquiries/{reference}"):
        if path.endswith(".xlsx") or path.startswith(("/accounts", "/health")):
            continue
        html = one.see(path)
        assert not re.search(r"<script|style=|<style|\son\w+=", html), path


# Roles


@pytest.mark.parametrize("role", [*ROLES, "administrator"])
def test_a_role_opens_its_pages_and_no_others(desk, role):
    """As the table of rights has it."""
    one = desk.somebody(role)
    rights = rights_of(desk, role)
    for path, right in PAGES.items():
        may = right in rights or (path == "/call-backs" and Right.ANSWER_CALL_BACKS in rights)
        assert one.get(path).status_code == (200 if may else 403), path
    assert one.get("/").status_code in {200, 303}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_does_its_acts_and_no_others(desk, reference, role):
    """The page offers what they may do, and the address of another act is refused."""
    one = desk.somebody(role, address=f"ad.intake@{OFFICE}")
    rights = rights_of(desk, role)
    sees = Right.SEE_ENQUIRIES in rights
    shown = one.see(f"/enquiries/{reference}") if sees else ""
    for act in ACTS.values():
        path = f"/enquiries/{reference}/do/{act.id}"
        may = sees and act.right in rights
        assert one.get(path).status_code == (200 if may else 403), act.id
        form = {"csrf": hidden(one.see("/" if sees else "/call-backs")).get("csrf", "")}
        if not may:
            assert one.browser.post(path, data=form, follow_redirects=False).status_code == 403
            assert f"/do/{act.id}" not in shown
    assert desk.office.view(reference)["acts"] == []


def test_an_administrator_reads_no_enquiry(desk, reference):
    """They set accounts, and see nobody's words."""
    one = desk.somebody("administrator")
    for path in (
        f"/enquiries/{reference}",
        f"/enquiries/{reference}/messages/1/original",
        f"/enquiries/{reference}/messages/1/formatted",
        f"/enquiries/{reference}/messages/1/files/1",
    ):
        assert one.get(path).status_code == 403
    assert "Accounts" in one.see("/")


@pytest.mark.parametrize(
    "path",
    [
        "/enquiries/PH-00000-00000",
        "/enquiries/..%2f..%2fetc",
        "/enquiries/{reference}/do/nothing",
        "/enquiries/{reference}/messages/999/original",
        "/enquiries/{reference}/messages/-1/original",
        "/enquiries/{reference}/messages/1e9/original",
        "/enquiries/{reference}/messages/99999999999999999999/original",
        "/enquiries/{reference}/messages/1/files/9",
        "/enquiries/{reference}/messages/1/files/0",
        "/registers/nothing",
        "/registers/nothing.xlsx",
        "/work/nothing",
        "/nowhere",
    ],
)
def test_what_is_not_there_is_said_so(desk, reference, path):
    """In words, with 404; no mistake of ours comes of it."""
    one = desk.somebody("manager")
    assert "There is nothing here" in one.see(path.format(reference=reference), status=404)


def test_a_message_of_another_enquiry_is_not_given(desk, reference):
    """The number of a message alone opens nothing."""
    other = desk.office.take(a_mail(sender="Another <other@home.example>", text="Else")).reference
    number = desk.office.view(other)["messages"][0]["id"]
    one = desk.somebody("officer")
    assert one.get(f"/enquiries/{reference}/messages/{number}/original").status_code == 404


# Whom an enquiry is about, and whose it is


def test_nobody_sees_what_is_about_them(desk, reference):
    """Not on a list, a register, in a search or by its address; others with the right do."""
    person = f"officer@{OFFICE}"
    desk.office.casework.set_subject(reference, person, by="M. Anager")
    subject = desk.somebody("officer")
    other = desk.somebody("manager")
    reader = desk.somebody("reader")
    for one, sees in ((subject, False), (other, True), (reader, False)):
        status = 200 if sees else 404
        assert one.get(f"/enquiries/{reference}").status_code == status
        assert one.get(f"/enquiries/{reference}/messages/1/original").status_code == status
        for path in ("/search?q=letter", f"/search?q={reference}", "/registers/central-assurance"):
            found = f"/enquiries/{reference}" in one.browser.get(path).text
            assert found == (sees and "central" not in path), path
    assert subject.get(f"/enquiries/{reference}/do/close").status_code == 404


def test_nobody_merges_into_what_is_about_them(desk, reference):
    """For them it is not there."""
    other = desk.office.take(a_mail(sender="Another <other@home.example>", text="Else")).reference
    desk.office.casework.set_subject(other, f"manager@{OFFICE}", by="A. Nother")
    one = desk.somebody("manager")
    answer = one.send(f"/enquiries/{reference}/do/merge", {"into": other})
    assert f"There is no enquiry {other}" in problems(answer.text)
    assert desk.office.view(reference)["status"] == "open"


def test_a_form_that_cannot_be_read_is_said_so(desk, reference):
    """Too many fields, or no form at all."""
    one = desk.somebody("officer")
    path = f"/enquiries/{reference}/do/note"
    many = {f"f{n}": "x" for n in range(300)}
    assert "could not be read" in one.browser.post(path, data=many).text
    assert one.browser.post(path, content=b"\xff", headers={"Content-Type": "x"}).status_code == 403


def test_an_assistant_director_sees_the_cases_of_their_teams(desk, reference):
    """The teams they answer for in teams.toml, to hold or to reply."""
    own = desk.somebody("assistant-director", address=f"ad.intake@{OFFICE}")
    other = desk.somebody("assistant-director", name="other", address=f"ad.legal@{OFFICE}")
    assert own.get(f"/enquiries/{reference}").status_code == 200
    assert other.get(f"/enquiries/{reference}").status_code == 404
    assert "0 open enquiries" in other.see("/")
    assert reference in own.see("/search?q=letter")
    assert reference not in other.see("/search?q=letter")


def test_looking_at_what_is_sensitive_stands_in_the_audit(desk, reference):
    """Who looked at a person at risk, as a keyed hash; a plain enquiry leaves no such line."""
    desk.office.classifier.usual = AT_RISK
    risky = desk.office.take(a_mail(sender="B <b@home.example>", text="Help me")).reference
    assert Criterion.VULNERABLE in AT_RISK.criteria
    one = desk.somebody("officer")
    one.see(f"/enquiries/{reference}")
    shown = one.see(f"/enquiries/{risky}")
    sent = re.search(r"/sent/(\d+)", shown)[1]
    original = re.search(rf"/enquiries/{risky}/messages/(\d+)/original", shown)[0]
    # Whoever knows the address of a file has looked as well as whoever opened the page.
    for path in (
        original,
        f"/enquiries/{risky}/sent/{sent}",
        f"/enquiries/{risky}/sent/{sent}/file",
    ):
        assert one.get(path).status_code == 200
    with desk.office.store.read() as tx:
        query = "SELECT actor, subject FROM audit WHERE event = 'enquiry_viewed'"
        looked = tx.connection.execute(text(query)).all()
    assert {row.actor for row in looked} == {desk.office.signer.keyed_hash("Officer")}
    assert len({row.subject for row in looked}) == 1
    assert len(looked) == 4


def test_private_office_answers_a_call_back_and_sees_nothing_else(desk):
    """A yes or no by the reference; the enquiry itself stays shut."""
    officer = desk.somebody("officer")
    officer.done(
        "/record/call",
        {
            "from_name": "Kit Rowe",
            "number": "0161 496 0000",
            "text": "They want the Ombudsman to call.",
            "received_at": "2026-11-23T09:00",
            "call_back": "ombudsman",
        },
    )
    reference = re.search(r"PH-\w{5}-\w{5}", officer.see("/call-backs"))[0]
    private = desk.somebody("private-office")
    shown = private.see("/")
    assert reference in shown
    assert "Kit" not in shown
    assert private.get(f"/enquiries/{reference}").status_code == 403
    path = f"/call-backs/{reference}"
    said = private.done(path, {"answer": "agreed", "note": "Friday"}, page="/call-backs")
    assert "agreed to" in said
    assert desk.office.view(reference)["call_backs"][0]["state"] == "yes"
    assert private.send(path, {"answer": "agreed"}, page="/call-backs").status_code == 404
    assert officer.send(path, {"answer": "agreed"}, page="/call-backs").status_code == 403


# Accounts


def test_an_administrator_sets_accounts(desk):
    """Makes one with a link, gives roles, a new link, switches off and on."""
    boss = desk.somebody("administrator")
    form = {
        "name": "kim",
        "display_name": "Kim Adeyemi",
        "address": f"kim@{OFFICE}",
        "roles": ["reader"],
    }
    answer = boss.send("/accounts/new", form)
    assert answer.status_code == 200
    key = re.search(r"/welcome/([\w-]+)", answer.text)[1]
    assert desk.accounts.set_password(key, WORDS) == "kim"
    assert "Kim Adeyemi" in boss.see("/accounts")
    assert "already" in problems(boss.send("/accounts/new", form).text)
    assert "officer" in boss.done("/accounts/kim", {"roles": ["officer"], "do": "roles"})
    assert "switched off" in boss.done("/accounts/kim", {"do": "off"})
    assert "switched on" in boss.done("/accounts/kim", {"do": "on"})
    assert "/welcome/" in boss.send("/accounts/kim", {"do": "link"}).text
    answer = boss.send("/accounts/administrator", {"do": "off"})
    assert "last account" in problems(answer.text)
    assert "at least one role" in problems(boss.send("/accounts/kim", {"do": "roles"}).text)
    assert boss.get("/accounts/nobody").status_code == 404


def test_an_assistant_director_sees_no_list_of_other_teams(desk, reference):
    """Neither referrals, decisions and actions of others, nor who may call Private Office."""
    casework = desk.office.casework
    casework.refer(
        reference, kind="decision", assistant_director="B", team="intake", words="Why?", by="A"
    )
    casework.refer(
        "C-77", kind="input", assistant_director="B", team="legal-governance", words="So?", by="A"
    )
    casework.add_action(
        words="Ring them", owner="B", due_on=desk.office.clock().date(), by="A", reference=reference
    )
    own = desk.somebody("assistant-director", address=f"ad.intake@{OFFICE}")
    other = desk.somebody("assistant-director", name="other", address=f"ad.legal@{OFFICE}")
    for name in ("case-referrals", "decisions", "actions"):
        assert reference in own.see(f"/registers/{name}"), name
        assert reference not in other.see(f"/registers/{name}"), name
        assert "Ring them" not in other.get(f"/registers/{name}.xlsx").text
    assert "C-77" in other.see("/registers/case-referrals")
    assert "C-77" not in own.see("/registers/case-referrals")
