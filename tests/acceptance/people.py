"""What people write, each in a way of their own: a function a kind."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.acceptance.letter import Content, Letter

NOTICE_ON = date.today() - timedelta(days=3)
NOTICE = f"{NOTICE_ON.day} {NOTICE_ON:%B %Y}"
COMPLAINT = (
    "Dear Sir or Madam,\n\nI want to make a complaint about the Tarn Valley Hospital. My mother"
    " waited nine hours on a trolley and her fracture was missed. I have been through the"
    " hospital's complaints procedure and I am not satisfied with their final response.\n\n"
    "Please investigate."
)
QUESTION = (
    "Dear Sir or Madam,\n\nI would be grateful if you could look into what happened to me at the"
    " surgery in Low Harbour. They took me off their list without a reason and their complaints"
    " process is finished."
)


# People


def plain(letter: Letter) -> Content:
    return letter.message("Complaint about a hospital", COMPLAINT)


def html_only(letter: Letter) -> Content:
    mail = letter.message("Complaint", COMPLAINT)
    paragraphs = "".join(f"<p>{p}</p>" for p in letter.sign(COMPLAINT).split("\n\n"))
    mail.set_content(f"<html><body>{paragraphs}</body></html>", subtype="html")
    return mail


def with_attachment(letter: Letter) -> Content:
    mail = letter.message("My complaint, with papers", COMPLAINT)
    mail.add_alternative(f"<p>{letter.sign(COMPLAINT)}</p>", subtype="html")
    mail.add_attachment(
        b"%PDF-1.4\n" + bytes(range(256)) * 8,
        maintype="application",
        subtype="pdf",
        filename=f"papers {letter.marker}.pdf",
    )
    return mail


def large(letter: Letter) -> Content:
    mail = letter.message("Complaint with all the scans", COMPLAINT)
    noise = random.Random(letter.marker).randbytes(2_000_000)
    mail.add_attachment(noise, maintype="image", subtype="tiff", filename="scan.tif")
    return mail


def information(letter: Letter) -> Content:
    return letter.message(
        "Freedom of Information request",
        "Under the Freedom of Information Act 2000 please send me the number of complaints about"
        " maternity care that your office received in each of the last five years, and the"
        " guidance that your caseworkers follow when they assess them.",
    )


def own_data(letter: Letter) -> Content:
    return letter.message(
        "Subject access request",
        "I am making a subject access request under the UK GDPR and the Data Protection Act"
        " 2018. Please send me a copy of all the personal data you hold about me.",
    )


def about_us(letter: Letter) -> Content:
    return letter.message(
        "Complaint about your service, my reference C-2188402",
        "I want to complain about your service and the way you handled my case C-2188402. Your"
        " caseworker never rang me back, and I ask for a review of your decision.",
    )


def personal(letter: Letter) -> Content:
    return letter.message(
        "For the personal attention of the Ombudsman",
        "Dear Ombudsman,\n\nPlease would you look at my case C-2188403 yourself. I ask you to"
        " take a personal interest in it. I have no quarrel with your staff.",
    )


def mp_referral(letter: Letter) -> Content:
    return letter.message(
        "Referral of a complaint from my constituent",
        "Dear Ombudsman,\n\nI refer the enclosed complaint from my constituent about the"
        " Department for Lamps. The complaint form is attached and signed. Their internal"
        " complaints process is exhausted.\n\nYours sincerely,\nMaria Oakes MP\n"
        "Member of Parliament for North Fenwick",
    )


def mp_asks(letter: Letter) -> Content:
    return letter.message(
        "Your decision on my constituent's case C-2188404",
        "Dear Ombudsman,\n\nI am unhappy with your decision on my constituent's case C-2188404"
        " and ask you to explain it to me personally. I should like a meeting.\n\n"
        "Maria Oakes MP\nMember of Parliament for North Fenwick",
    )


def chair(letter: Letter) -> Content:
    return letter.message(
        "From the Chair of the Committee",
        "Dear Ombudsman,\n\nAs Chair of the Public Administration and Constitutional Affairs"
        " Committee I should be glad of a note on your casework times before our hearing.",
    )


def commissioner(letter: Letter) -> Content:
    return letter.message(
        "Decision notice",
        f"Please find our decision notice dated {NOTICE} under section 50 of the Freedom"
        " of Information Act. The Commissioner's decision is that your office breached section"
        " 10. You have 28 days to appeal to the First-tier Tribunal.",
    )


def press(letter: Letter) -> Content:
    return letter.message(
        "Press enquiry",
        "Hello,\n\nI am a reporter at the Low Harbour Herald and I am writing a piece about"
        " waiting times at your office. Could somebody comment? My deadline is Thursday.",
    )
