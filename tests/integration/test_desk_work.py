"""The work on the page: the day, one enquiry, each act, the registers; on both databases."""

from __future__ import annotations

import io
import json
import re

import pytest
from openpyxl import load_workbook
from sqlalchemy import update

from daemon.health import Level, Part, Report, as_json
from daemon.kept import read_again
from daemon.model import Category, Criterion, Source
from daemon.store import schema
from desk.highlight import formatted, marked
from tests.builders import OFFICE, a_classification, a_mail
from tests.integration.desk_pages import a_desk, hidden, problems
from tests.integration.taking_in import AT_RISK

pytestmark = pytest.mark.usefixtures("plain_logs")

UNSURE = a_classification(category=Category.OTHER, to_be_sorted=True, confidence=0.3)
HOSTILE = (
    '<script>alert("x")</script><img src=https://evil.example/p.gif onerror=alert(1)>'
    '<form action="https://evil.example"><input name=p></form>'
)


@pytest.fixture
def desk(store):
    return a_desk(store)


@pytest.fixture
def officer(desk):
    return desk.somebody("officer")


def taken(desk, found=None, **mail):
    """Take in a mail that is taken for this; return its reference."""
    desk.office.classifier.usual = found or a_classification()
    return desk.office.take(a_mail(**mail)).reference


def counts(html):
    """The numbers of the day's lists, by their anchor, and of what is open in all."""
    found = re.findall(r'href="#(\w+)"><span class="desk-count__number">(\d+)<', html)
    every = re.search(r'id="counts">(\d+) open', html)[1]
    rest = re.findall(r'<span class="desk-count__number">(\d+)</span>', html)[-1]
    return {name: int(n) for name, n in found} | {"open": int(every), "rest": int(rest)}


# The day


def test_the_counts_of_the_day_add_up(desk, officer):
    """Each enquiry is counted once, under the most urgent thing; overdue and due by the clock."""
    risky = taken(desk, AT_RISK, sender="One <one@a.example>")
    unsorted = taken(desk, UNSURE, sender="Two <two@b.example>")
    taken(desk, sender="Three <three@c.example>")
    shown = counts(officer.see("/"))
    assert shown == {
        "alerts": 1,
        "unsorted": 1,
        "overdue": 0,
        "soon": 0,
        "held": 0,
        "updates": 0,
        "open": 3,
        "rest": 1,
    }
    html = officer.see("/")
    assert html.index(risky) < html.index(unsorted)
    desk.office.clock.move(days=11)
    officer = desk.somebody("officer", name="later")
    later = counts(officer.see("/"))
    assert (later["soon"] + later["overdue"], later["rest"]) == (1, 0)
    desk.office.clock.move(days=20)
    officer = desk.somebody("officer", name="latest")
    last = counts(officer.see("/"))
    assert (last["overdue"], last["alerts"], last["open"]) == (1, 1, 3)
    assert sum(n for name, n in last.items() if name != "open") == 3


def test_what_is_new_is_new_until_somebody_says_that_they_have_seen_it(desk, officer):
    """For each person by themselves."""
    first = taken(desk)
    assert "all of them are new" in officer.see("/")
    officer.done("/looked", page="/")
    assert "0 new</a> since" in officer.see("/")
    desk.office.clock.move(minutes=1)
    second = taken(desk, sender="Two <two@b.example>")
    shown = officer.see("/work/new")
    assert second in shown
    assert first not in shown
    assert "all of them are new" in desk.somebody("officer", name="other").see("/")


def test_a_long_list_has_pages(desk, officer):
    """Twenty on the day's page, fifty on a page of their own, none twice."""
    every = {taken(desk, UNSURE, sender=f"N <n{n}@d{n}.example>") for n in range(53)}
    assert "See all 53" in officer.see("/")
    found = set()
    for page in (1, 2, 99):
        found |= set(re.findall(r"PH-\w{5}-\w{5}", officer.see(f"/work/unsorted?page={page}")))
    assert found == every
    assert "Page 2 of 2" in officer.see("/registers/central-assurance?page=2")


# One enquiry


def test_an_enquiry_shows_everything(desk, officer):
    """Who, what, why, when, to whom, and what we sent."""
    reference = taken(desk, text="Please look\n\ninto this.", subject="The ward & the nurse")
    html = officer.see(f"/enquiries/{reference}")
    for words in (
        *("A. Resident", "resident@home.example", "The ward &amp; the nurse", "into this."),
        *("Monday 23 November 2026 at", "New complaint", "Acknowledgement", "How it was counted"),
    ):
        assert words in html, words


def test_sorting_moves_it_and_the_correction_is_kept(desk, officer):
    """Category, source and criteria at once; the form begins with what it was taken for."""
    reference = taken(desk, UNSURE)
    path = f"/enquiries/{reference}/do/correct"
    assert re.search(r'value="other" checked', officer.see(path))
    form = {"category": "complaint-about-us", "source": "mp", "criteria": ["systemic-issue"]}
    html = officer.done(path, {**form, "note": "It names the ward."})
    assert "Complaint about us" in html
    assert "It names the ward." in html
    view = desk.office.view(reference)
    assert (view["category"], view["source"], view["to_be_sorted"]) == (
        *(Category.COMPLAINT_ABOUT_US, Source.MP),
        False,
    )
    met = {one["criterion"] for one in view["criteria"]}
    assert {Criterion.SYSTEMIC_ISSUE, Criterion.MP_NON_ROUTINE} <= met
    assert counts(officer.see("/"))["unsorted"] == 0


def test_an_alert_is_confirmed_and_its_acknowledgement_released(desk, officer):
    """First the person, then the letter; nobody closes over an alert."""
    reference = taken(desk, AT_RISK)
    base = f"/enquiries/{reference}/do"
    assert "has an alert" in problems(officer.send(f"{base}/close").text)
    assert "is confirmed" in officer.done(f"{base}/confirm", {"note": "I rang her."})
    assert counts(officer.see("/"))["alerts"] == 0
    assert "is released" in officer.done(f"{base}/release")
    (letter,) = desk.office.letters_of(reference)
    assert letter["state"] == "waiting"
    assert "is closed" in officer.done(f"{base}/close")


def test_an_acknowledgement_is_written_read_and_released(desk, officer):
    """What goes can be read in full before it goes, and says what the officer wrote."""
    reference = taken(desk, AT_RISK)
    base = f"/enquiries/{reference}"
    assert "Thank you for telling us" in officer.see(f"{base}/do/write")
    shown = officer.done(f"{base}/do/write", {"words": "Dear Ms Smith,\n\nthank <b>you</b>."})
    assert "is written. Read it and release it" in shown
    link = re.search(rf'href="({base}/sent/\d+)"', shown)[1]
    read = officer.see(link)
    assert "Dear Ms Smith,\n\nthank &lt;b&gt;you&lt;/b&gt;." in read
    assert "If nobody releases it" in read
    assert officer.get(f"{link}/file").headers["content-disposition"].startswith("attachment")
    assert "Dear Ms Smith" in officer.see(f"{base}/do/write")
    assert "Dear Ms Smith" in officer.see(f"{base}/do/release")
    assert "is released" in officer.done(f"{base}/do/release")
    assert "does not wait any more" in problems(officer.send(f"{base}/do/write").text)


def test_a_message_is_parsed_once_and_forgotten_when_it_is_erased(desk, officer, monkeypatch):
    """A mail of 25 MB takes a second: not at each look. What is erased does not live on here."""
    parsed = []

    def counted(kept):
        parsed.append(kept.id)
        return read_again(kept)

    monkeypatch.setattr("daemon.registers.read.read_again", counted)
    reference = taken(desk, text="Words to be erased.")
    for _ in range(3):
        assert "Words to be erased." in officer.see(f"/enquiries/{reference}")
    assert len(parsed) == 1
    with desk.office.store.write() as tx:
        tx.connection.execute(update(schema.receipt).values(raw_sha256=None))
        tx.connection.execute(update(schema.message).values(new_text=""))
    assert "Words to be erased." not in officer.see(f"/enquiries/{reference}")


def test_what_was_sent_is_read_with_its_own_enquiry_alone(desk, officer):
    """A number of another enquiry, a forged one, or an enquiry that is not theirs: not there."""
    mine, other = taken(desk), taken(desk, sender="Two <two@b.example>")
    link = re.search(r"/sent/(\d+)", officer.see(f"/enquiries/{other}"))[1]
    officer.see(f"/enquiries/{other}/sent/{link}")
    forged = (f"{mine}/sent/{link}", f"{mine}/sent/999999", f"{mine}/sent/x", f"PH-X/sent/{link}")
    for path in forged:
        assert officer.get(f"/enquiries/{path}").status_code == 404
        assert officer.get(f"/enquiries/{path}/file").status_code == 404
    elsewhere = desk.somebody("assistant-director")
    assert elsewhere.get(f"/enquiries/{other}/sent/{link}").status_code == 404


@pytest.mark.parametrize(
    ("act", "form", "says"),
    [
        ("assign", {"to": "operations", "person": f"kim@{OFFICE}"}, "is now with kim"),
        ("update", {"note": "The file is here."}, "is recorded"),
        ("note", {"note": "Rang twice."}, "The note stands"),
        ("replied", {"note": "By letter."}, "is replied"),
        ("milestone", {"words": "Draft", "on": "2026-12-10"}, "Milestone 1"),
        ("letter", {"address": "A. Resident\n1 High Street\nTown"}, "is ready"),
    ],
)
def test_an_officer_does(desk, officer, act, form, says):
    """Each act by its form, with the name of who did it."""
    reference = taken(desk)
    html = officer.done(f"/enquiries/{reference}/do/{act}", form)
    assert says in html
    assert "by <bdi>Officer</bdi>" in html


@pytest.mark.parametrize(
    ("act", "form", "says"),
    [
        ("propose", {"handling": "watching-brief", "note": "The press."}, "Proposal 1"),
        (
            "refer",
            {"kind": "decision", "assistant_director": "B", "team": "intake", "note": "What now?"},
            "Referral 1",
        ),
        (
            "raise",
            {"criterion": "high-profile", "assistant_director": "B", "note": "The press."},
            "now meets high-profile",
        ),
        ("restrict", {"person": f"kim@{OFFICE}"}, "is restricted"),
    ],
)
def test_a_manager_does(desk, act, form, says):
    """What an officer may not."""
    reference = taken(desk)
    html = desk.somebody("manager").done(f"/enquiries/{reference}/do/{act}", form)
    assert says in html


def test_two_enquiries_are_merged_split_and_opened_again(desk):
    """A manager's work on what belongs together."""
    manager = desk.somebody("manager")
    one, other = taken(desk), taken(desk, sender="Two <two@b.example>")
    html = manager.done(f"/enquiries/{one}/do/merge", {"into": other.lower()})
    assert f"part of {other}" in html
    message = desk.office.view(other)["messages"][0]["id"]
    numbers = [m["id"] for m in desk.office.view(other)["messages"]]
    assert message in numbers
    second = str(numbers[1])
    assert "is now PH-" in manager.done(f"/enquiries/{other}/do/split", {"message": second})
    manager.done(f"/enquiries/{other}/do/close")
    assert "is open again" in manager.done(f"/enquiries/{other}/do/reopen")
    said = problems(manager.send(f"/enquiries/{other}/do/merge", {"into": "PH-NOPE"}).text)
    assert "There is no enquiry PH-NOPE" in said
    assert "--" not in said


def test_the_ombudsman_decides(desk):
    """What was proposed goes onto the register of specific handling."""
    reference = taken(desk)
    path = f"/enquiries/{reference}/do"
    desk.somebody("manager").done(
        f"{path}/propose", {"handling": "approve-before-issue", "note": "Why."}
    )
    ombudsman = desk.somebody("ombudsman")
    assert "1 decision is wanted" in ombudsman.see("/")
    assert reference in ombudsman.see("/registers/decisions")
    assert "is agreed" in ombudsman.done(f"{path}/decide", {"answer": "agreed"})
    assert reference in ombudsman.see("/registers/specific-handling")


@pytest.mark.parametrize(
    ("act", "form", "says"),
    [
        ("update", {"note": "   "}, "Say how far it has got"),
        ("correct", {"category": "king", "source": "mp"}, "Choose what the writer mainly wants"),
        ("assign", {"to": "nobody"}, "Choose a team"),
        ("assign", {"to": "intake", "person": "kim@elsewhere.example"}, "no address of the office"),
        ("milestone", {"words": "Draft", "on": "yesterday"}, "Give a day, such as"),
        ("milestone", {"words": "Draft", "on": "2020-01-01"}, "has passed"),
        ("note", {"note": "x" * 10_001}, "at most 10000 characters"),
    ],
)
def test_a_form_that_is_not_right_says_why_and_keeps_what_was_typed(desk, officer, act, form, says):
    """At the top, with a link to the field; nothing has changed."""
    reference = taken(desk)
    answer = officer.send(f"/enquiries/{reference}/do/{act}", form)
    assert answer.status_code == 422
    assert says.casefold() in problems(answer.text).casefold()
    assert "<title>Error:" in answer.text
    typed = form.get("words") or form.get("person") or ""
    assert typed in answer.text
    assert desk.office.view(reference)["acts"] == []


def test_two_people_who_work_on_one_enquiry_are_told(desk, officer):
    """The second sees what the first did, has their words still, and may go on."""
    reference = taken(desk)
    path = f"/enquiries/{reference}/do/update"
    before = hidden(officer.see(path))
    desk.somebody("officer", name="kim").done(path, {"note": "I rang him."})
    answer = officer.browser.post(path, data={**before, "note": "I wrote to him."})
    assert answer.status_code == 409
    assert "has changed since you opened this page" in problems(answer.text)
    assert "Updated by <bdi>Kim</bdi>" in answer.text
    assert "I wrote to him." in answer.text
    assert [act["note"] for act in desk.office.view(reference)["acts"]] == ["I rang him."]
    again = {**hidden(answer.text), "note": "I wrote to him."}
    assert officer.browser.post(path, data=again, follow_redirects=False).status_code == 303


def test_a_message_that_comes_in_meanwhile_is_a_change_too(desk, officer):
    """Nobody closes what has just been written to."""
    reference = taken(desk, message_id="first@home.example")
    path = f"/enquiries/{reference}/do/close"
    before = hidden(officer.see(path))
    taken(desk, text="One thing more.", answers=["first@home.example"])
    answer = officer.browser.post(path, data=before, follow_redirects=False)
    assert answer.status_code == 409
    assert "Meanwhile a message came in" in answer.text
    assert desk.office.view(reference)["status"] == "open"


# Others' words


def test_a_hostile_mail_does_nothing(desk, officer):
    """Scripts in every field are words, tricks with direction are gone, files are files."""
    name = f'"{HOSTILE.replace(chr(34), "")}" <evil@home.example>'
    mail = a_mail(
        sender=name,
        subject=f"\u202e{HOSTILE}",
        text=f"{HOSTILE}\u202egnp.exe {'W' * 5000}\n",
    )
    reference = desk.office.take(mail).reference
    manager = desk.somebody("manager", "ombudsman")
    for path in ("/", f"/enquiries/{reference}", "/registers/central-assurance", "/search?q=evil"):
        html = manager.see(path)
        assert "<script" not in html, path
        assert "<img" not in html, path
        assert "onerror=" not in re.sub(r"&lt;.*?&gt;", "", html), path
        assert "\u202e" not in html, path
        assert "evil.example" not in re.sub(r"&lt;.*?&gt;", "", html).replace("@", ""), path
    saved = officer.get(f"/enquiries/{reference}/messages/1/original")
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"].startswith("attachment")
    assert saved.headers["content-security-policy"] == "sandbox"


@pytest.mark.parametrize(
    ("markup", "keeps", "loses"),
    [
        (HOSTILE + "<b>Bold</b>", "<b>Bold</b>", ("script", "img", "form", "input", "alert")),
        ('<a href="javascript:alert(1)">Here</a>', ">Here</a>", ("javascript",)),
        ('<a href="https://x.example/" onclick="f()">Here</a>', 'href="https', ("onclick",)),
        ('<p style="position:fixed">P</p><style>p{}</style>', "<p>P</p>", ("style",)),
        ('<iframe src="https://x.example"></iframe><p>P</p>', "<p>P</p>", ("iframe", "x.example")),
        ('<svg><a xlink:href="x"></a></svg><p>P</p>', "<p>P</p>", ("svg", "xlink")),
        (
            '<img src="cid:1"><link rel=stylesheet href=//x.example><p>P</p>',
            "<p>P</p>",
            ("cid", "x.ex"),
        ),
        (
            '<meta http-equiv=refresh content="0;url=//x.example"><p>P</p>',
            "<p>P</p>",
            ("meta", "x.ex"),
        ),
        (
            "<table background=//x.example/a><tr><td>T</td></tr></table>",
            "<td>T</td>",
            ("x.example",),
        ),
        ("<p id=main-content class=govuk-button name=csrf>P</p>", "<p>P</p>", ("govuk", "csrf")),
    ],
)
def test_formatting_keeps_structure_alone(markup, keeps, loses):
    """Nothing that loads, runs, asks, hides or looks like ours."""
    clean = str(formatted(markup))
    assert keeps in clean
    for word in loses:
        assert word not in clean, clean


def test_evidence_is_marked_in_the_text():
    """Where the words stand, whatever blanks lie between; everything else is escaped."""
    from daemon.model import Evidence, Step

    def point(text):
        return Evidence(step=Step.RULE, name="r", says="s", text=text)

    text = "Please <b>look</b> into\n  this matter & answer."
    html = str(marked(text, [point("INTO this"), point("this matter"), point("abc"), point("a")]))
    assert html == ("Please &lt;b&gt;look&lt;/b&gt; <mark>into\n  this matter</mark> &amp; answer.")
    assert str(marked("", [point("x")])) == ""


def test_an_attachment_is_saved_as_bytes(desk, officer):
    """Its own name, no type of its own, never opened here."""
    content = (
        b"From: A <a@home.example>\nTo: care@ombudsman.example\nSubject: S\nMessage-ID: <f@x>\n"
        b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
        b"Content-Type: text/html\n\n<p>Hello <b>there</b><img src=//evil.example></p>\n--b\n"
        b'Content-Type: text/html; name="../x.html"\nContent-Disposition: attachment\n\n'
        b"<script>alert(1)</script>\n--b--\n"
    )
    desk.office.classifier.usual = a_classification()
    reference = desk.office.take(content).reference
    html = officer.see(f"/enquiries/{reference}")
    assert "x.html" in html
    answer = officer.get(f"/enquiries/{reference}/messages/1/files/1")
    assert answer.content.strip() == b"<script>alert(1)</script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert '="x.html"' in answer.headers["content-disposition"]
    assert answer.headers["content-disposition"].startswith("attachment")
    shown = officer.see(f"/enquiries/{reference}/messages/1/formatted")
    assert "<b>there</b>" in shown
    assert "evil.example" not in shown


# Registers, search, records, the sandbox


def test_a_register_is_filtered_sorted_searched_and_saved(desk):
    """What the page shows is what the workbook holds."""
    first = taken(desk, UNSURE, sender="Ada <ada@a.example>", subject="Wards")
    desk.office.clock.move(days=1)
    second = taken(desk, UNSURE, sender="Bob <bob@b.example>", subject="=1+1")
    officer = desk.somebody("officer", name="next-day")
    base = "/registers/central-assurance"
    shown = re.findall(r"PH-\w{5}-\w{5}</span>", officer.see(base))
    assert [one[:14] for one in shown] == [first, second]
    newest = re.findall(r"PH-\w{5}-\w{5}</span>", officer.see(f"{base}?sort=newest"))
    assert [one[:14] for one in newest] == [second, first]
    for query, found in (
        ("about=ada", {first}),
        ("about=%25", set()),
        ("category=other", {first, second}),
        ("category=foi-dpa", set()),
        ("team=intake", set()),
        ("which=overdue", set()),
        ("which=all&team=nonsense&category=nonsense&page=x&sort=y", {first, second}),
    ):
        html = officer.see(f"{base}?{query}")
        assert set(re.findall(r"/enquiries/(PH-\w{5}-\w{5})", html)) == found, query
    book = officer.get(f"{base}.xlsx?about=bob").content
    sheet = load_workbook(io.BytesIO(book)).active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == [second]
    assert "=1+1" in rows[0]
    assert sheet.cell(2, 4).data_type == "s"
    for name in ("phone-calls", "case-referrals", "actions", "social-media"):
        officer.see(f"/registers/{name}")
        assert officer.get(f"/registers/{name}.xlsx").status_code == 200


def test_an_enquiry_is_found_by_its_reference_or_a_part_of_a_name(desk, officer):
    """Also when it is closed, and however the reference is typed."""
    reference = taken(desk, sender="Siân Prys-Jones <sian@a.example>")
    desk.office.casework.close(reference, by="A")
    assert officer.get(f"/search?q={reference.lower()}").headers["location"].endswith(reference)
    assert reference in officer.see("/search?q=prys")
    assert "Nothing was found" in officer.see("/search?q=nobody")
    assert "Find an enquiry" in officer.see("/search")


def test_a_letter_is_recorded(officer):
    """With a scan; the same again is the same enquiry; what is missing is asked for."""
    form = {
        "from_name": "Ada Prys",
        "postal_address": "1 High Street\nTown",
        "to": "ombudsman",
        "received_on": "2026-11-20",
        "subject": "My mother",
        "text": "Please help.",
    }
    html = officer.done("/record/letter", form)
    assert "The letter is recorded" in html
    assert "was recorded before" in officer.done("/record/letter", form)
    missing = officer.send("/record/letter", {**form, "from_name": " ", "text": "No"})
    assert "writer&#39;s name" in missing.text
    empty = officer.send("/record/letter", {**form, "text": ""})
    assert "There are no words" in problems(empty.text)
    ahead = officer.send("/record/letter", {**form, "received_on": "2030-01-01"})
    assert "lies ahead" in problems(ahead.text)
    scanned = officer.send(
        "/record/letter",
        {**form, "text": "", "from_name": "Bea"},
        files={"scans": ("../scan.pdf", b"%PDF-1.4 no more", "application/pdf")},
    )
    assert scanned.status_code == 303


def test_a_call_is_recorded_and_the_caller_looked_up(officer):
    """The wish to be called back goes to Private Office; it needs a number."""
    form = {
        "from_name": "Kit Rowe",
        "text": "They ask when we will answer.",
        "received_at": "2026-11-23T09:00",
        "call_back": "private-office",
    }
    assert "Give the number" in officer.send("/record/call", form).text
    html = officer.done("/record/call", {**form, "number": "0161 496 0000"})
    assert "The call is recorded" in html
    shown = officer.see("/phone?q=Rowe")
    assert "<strong>No.</strong>" in shown
    assert "Kit Rowe" in shown


def test_the_sandbox_says_what_and_why_and_keeps_nothing(officer):
    """By the office's own rules."""
    form = {
        "box": "customer-care",
        "from_address": "a@home.example",
        "subject": "FOI",
        "text": "Under the Freedom of Information Act 2000 please send me your complaint figures.",
    }
    answer = officer.send("/try", form)
    assert "Information or data-protection request" in answer.text
    assert "<mark>" in answer.text
    assert counts(officer.see("/"))["open"] == 0
    assert officer.send("/try", {**form, "text": ""}).status_code == 422


def test_a_referral_is_decided(desk):
    """By its number, with words, once."""
    reference = taken(desk)
    path = f"/enquiries/{reference}/do"
    form = {"kind": "decision", "assistant_director": "B", "team": "intake", "note": "What now?"}
    desk.somebody("manager").done(f"{path}/refer", form)
    ombudsman = desk.somebody("ombudsman")
    wrong = ombudsman.send(f"{path}/decide-referral", {"number": "7", "note": "Yes."})
    assert "Choose a referral" in problems(wrong.text)
    said = ombudsman.done(f"{path}/decide-referral", {"number": "1", "note": "Go on."})
    assert "Referral 1 is decided" in said
    assert "/do/decide-referral" not in said
    assert desk.office.view(reference)["referrals"][0]["decision"] == "Go on."


def test_a_referral_of_a_case_without_an_enquiry_is_decided(desk):
    """From the list of decisions; once, and by who may decide alone."""
    asked = {"kind": "input", "assistant_director": "B", "team": "intake"}
    desk.office.casework.refer("C-77", **asked, words="May we <i>go</i>?", by="A")
    ombudsman = desk.somebody("ombudsman")
    for name in ("decisions", "case-referrals"):
        assert 'href="/referrals/1"' in ombudsman.see(f"/registers/{name}"), name
    assert "May we &lt;i&gt;go&lt;/i&gt;?" in ombudsman.see("/referrals/1")
    assert "Say what is decided" in problems(ombudsman.send("/referrals/1", {"note": " "}).text)
    assert "Referral 1 is decided" in ombudsman.done("/referrals/1", {"note": "Yes, go on."})
    assert "Yes, go on." in ombudsman.see("/registers/case-referrals?which=all")
    for gone in ("/referrals/1", "/referrals/2", "/referrals/x"):
        assert ombudsman.get(gone).status_code == 404
    officer = desk.somebody("officer")
    assert officer.get("/referrals/1").status_code == 403
    assert "/referrals/" not in officer.see("/registers/case-referrals?which=all")


def test_an_administrator_sees_what_has_not_left(desk):
    """States, domains and errors; nobody's name, address or words."""
    taken(desk, sender="Ada Prys <ada.prys@home.example>", subject="My secret")
    desk.office.casework.pause(["outlet:out"], by="A")
    html = desk.somebody("administrator").see("/health")
    assert "Waiting to be sent" in html
    assert "home.example" in html
    assert "outlet out" in html
    assert not re.search("prys|secret", html, re.IGNORECASE)


def test_an_arrangement_is_set_applies_and_ends(desk):
    """What somebody writes goes to Customer Care first, and its acknowledgement waits."""
    manager = desk.somebody("manager")
    form = {
        "short_id": "Ward-Seven",
        "about": "addresses",
        "which": "Resident@Home.example\n",
        "instruction": "Ring first.",
        "requested_by": "The Ombudsman",
        "handling": ["personal-reply-only"],
    }
    assert "ward-seven is set" in manager.done("/arrangements/new", form)
    assert "already" in problems(manager.send("/arrangements/new", form).text)
    wrong = {**form, "short_id": "b", "about": "themes", "which": "of"}
    assert "too short" in problems(manager.send("/arrangements/new", wrong).text)
    reference = taken(desk)
    assert "ward-seven" in manager.see(f"/enquiries/{reference}")
    assert desk.office.letters_of(reference)[0]["state"] == "held"
    assert "has ended" in manager.done("/arrangements", {"end": "ward-seven"})
    gone = manager.send("/arrangements", {"end": "ward-seven"}, page="/arrangements/new")
    assert "no arrangement" in problems(gone.text)


def test_a_database_that_is_away_is_said_so(desk, officer, monkeypatch):
    """503 with a sentence, and when to try again."""
    from daemon.store import StoreUnavailableError

    def away(*_args, **_more):
        msg = "the database does not answer"
        raise StoreUnavailableError(msg)

    monkeypatch.setattr(type(desk.desk.looking), "today", away)
    answer = officer.get("/")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "Nothing was changed" in answer.text


def test_a_mistake_of_ours_is_said_without_anybodys_words(desk, officer, monkeypatch):
    """500 with a sentence; no traceback, no name."""

    def broken(*_args, **_more):
        msg = "somebody's words"
        raise RuntimeError(msg)

    monkeypatch.setattr(type(desk.desk.looking), "today", broken)
    answer = officer.get("/")
    assert answer.status_code == 500
    assert "mistake in this software" in answer.text
    assert "somebody" not in answer.text


def test_an_administrator_reads_how_it_stands_with_each_daemon(desk):
    """What is wrong, since when and what to do; without a daemon that this may be the trouble."""
    administrator = desk.somebody("administrator")
    assert "No daemon has reported" in administrator.see("/health")
    now = desk.office.clock()
    report = Report(
        at=now,
        host="app-one",
        pid=1,
        version="1.0",
        started_at=now,
        parts=(
            Part(
                name="inbox:ceo",
                label="Inbox ceo",
                level=Level.TROUBLE,
                why="imap.example:993 cannot be reached (no answer in time).",
                do="It is tried again by itself.",
                since_at=now,
            ),
            Part(name="disk", label="Disk", why="9,000 MB are free."),
        ),
    )
    with desk.office.store.write() as tx:
        tx.set_marker("daemon:one", json.dumps(as_json(report)), now=now)
    html = administrator.see("/health")
    assert "Daemon on app-one" in html
    assert "cannot be reached (no answer in time)" in html
    assert "Disk: 9,000 MB are free." in html
    desk.office.clock.move(minutes=2)
    assert "No daemon has reported" in administrator.see("/health")
