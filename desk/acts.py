"""What can be done with an enquiry: each act with its form, its right and its words.

A new act is one entry of `ACTS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from daemon.casework import CaseworkError, Correction
from daemon.model import Category, Criterion, FactKind, Handling, Right, Source
from desk import forms

if TYPE_CHECKING:
    from collections.abc import Callable

    from wtforms import Form

    from daemon.casework import Casework
    from daemon.model import Person
    from daemon.registers.looking import EnquiryInFull
    from desk.office import Office


def _always(_enquiry: EnquiryInFull) -> bool:
    return True


def _is_open(enquiry: EnquiryInFull) -> bool:
    return bool(enquiry.view["status"] == "open")


def _is_ended(enquiry: EnquiryInFull) -> bool:
    return not _is_open(enquiry) and not enquiry.view["merged_into"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """Somebody does something: with what, on what, and the form they filled in."""

    office: Office
    casework: Casework  # that knows which version they have before them
    enquiry: EnquiryInFull
    form: Any  # of the act's own class
    person: Person

    @property
    def by(self) -> str:
        """The name of who does it."""
        return self.person.name

    @property
    def reference(self) -> str:
        """The enquiry's reference."""
        return self.enquiry.reference

    @property
    def note(self) -> str:
        """The words of the form's note."""
        return (self.form.note.data or "").strip() if "note" in self.form else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that can be done."""

    id: str
    title: str
    button: str
    right: Right
    form: type[Form]
    do: Callable[[Doing], str]
    fits: Callable[[EnquiryInFull], bool] = _is_open
    says: str = ""  # what follows from it
    prepare: Callable[[Form, Office, EnquiryInFull], None] | None = None
    shows_held: bool = False  # whether whoever does it has to read what waits


def _plain(name: str) -> Callable[[Doing], str]:
    """Return doing what needs a reference, a name and a note alone."""

    def do(doing: Doing) -> str:
        return str(getattr(doing.casework, name)(doing.reference, by=doing.by, note=doing.note))

    return do


# Correcting


def _now_taken_for(form: Form, _office: Office, enquiry: EnquiryInFull) -> None:
    current = enquiry.messages[0].current if enquiry.messages else None
    if current is None:
        return
    form["category"].data = current["category"]
    form["source"].data = current["source"]
    form["routine"].data = current["routine"]
    form["criteria"].data = list(current["criteria"])


def _correct(doing: Doing) -> str:
    form = doing.form
    chosen = frozenset(Criterion(one) for one in form.criteria.data or ())
    choices = frozenset(Criterion(one.value) for one in form.criteria.choices)
    change = Correction(
        category=Category(form.category.data),
        source=Source(form.source.data),
        routine=bool(form.routine.data),
        add=chosen,
        drop=choices - chosen,
    )
    return doing.casework.correct(
        doing.reference, change, by=doing.by, revision=doing.office.revision, note=doing.note
    )


# Handing on


def _with_teams(form: Form, office: Office, enquiry: EnquiryInFull) -> None:
    teams = office.config.policy.teams
    name = "to" if "to" in form else "team"
    field: Any = form[name]
    field.choices = forms.options((one.id, one.name) for one in teams.values())
    if field.data is None:
        field.data = enquiry.view["reply_team"] or enquiry.view["team"]


def _assign(doing: Doing) -> str:
    form = doing.form
    return doing.casework.assign(
        doing.reference,
        to=form.to.data,
        person=(form.person.data or "").strip(),
        by=doing.by,
        note=doing.note,
    )


def _merge(doing: Doing) -> str:
    into = doing.form.into.data.strip()
    if not doing.office.looking.sees(into, doing.person.reader):
        msg = f"There is no enquiry {into}. Check the reference."
        raise CaseworkError(msg)
    return doing.casework.merge(doing.reference, into=into, by=doing.by, note=doing.note)


def _with_messages(form: Form, _office: Office, enquiry: EnquiryInFull) -> None:
    field: Any = form["message"]
    field.choices = forms.options(
        (str(one.row["id"]), " – ".join((one.row["sender_name"], one.row["subject"])))
        for one in enquiry.messages[1:]
    )


def _split(doing: Doing) -> str:
    return doing.casework.split(
        doing.reference,
        message_id=int(doing.form.message.data),
        by=doing.by,
        revision=doing.office.revision,
        note=doing.note,
    )


# Acknowledging


def _release(doing: Doing) -> str:
    usual = doing.form.usual.data == "usual"
    return doing.casework.release(doing.reference, by=doing.by, note=doing.note, usual=usual)


def _may_be_written(enquiry: EnquiryInFull) -> bool:
    answer = enquiry.acknowledgement
    return _is_open(enquiry) and (answer is None or answer["state"] == "held")


def _with_words(form: Form, _office: Office, enquiry: EnquiryInFull) -> None:
    if form["words"].data is None and enquiry.acknowledgement is not None:
        form["words"].data = enquiry.acknowledgement["words"]


def _write(doing: Doing) -> str:
    return doing.casework.write(
        doing.reference,
        doing.form.words.data or "",
        by=doing.by,
        revision=doing.office.revision,
        note=doing.note,
    )


def _letter(doing: Doing) -> str:
    lines = [line.strip() for line in doing.form.address.data.splitlines() if line.strip()]
    return doing.casework.letter(doing.reference, lines, by=doing.by, note=doing.note)


def _waits_for_post(enquiry: EnquiryInFull) -> bool:
    return any(one["state"] == "post" for one in enquiry.view["outbox"])


# Specific handling


def _propose(doing: Doing) -> str:
    handling = Handling(doing.form.handling.data)
    return doing.casework.propose(doing.reference, handling, by=doing.by, note=doing.note)


def _decide(doing: Doing) -> str:
    agreed = doing.form.answer.data == "agreed"
    return doing.casework.decide(doing.reference, agreed=agreed, by=doing.by, note=doing.note)


def _waits_for_decision(enquiry: EnquiryInFull) -> bool:
    proposals = any(one["state"] == "waiting" for one in enquiry.view["proposals"])
    return proposals or any(one["state"] == "proposed" for one in enquiry.view["criteria"])


def _waiting_referrals(enquiry: EnquiryInFull) -> list[Any]:
    return [one for one in enquiry.view["referrals"] if one["state"] == "waiting"]


def _with_referrals(form: Form, _office: Office, enquiry: EnquiryInFull) -> None:
    field: Any = form["number"]
    waiting = _waiting_referrals(enquiry)
    field.choices = forms.options((str(one["number"]), one["words"]) for one in waiting)


def _decide_referral(doing: Doing) -> str:
    number = int(doing.form.number.data)
    return doing.casework.decide_referral(number, words=doing.note, by=doing.by)


def _refer(doing: Doing) -> str:
    form = doing.form
    return doing.casework.refer(
        doing.reference,
        kind=form.kind.data,
        assistant_director=form.assistant_director.data,
        team=form.team.data,
        words=doing.note,
        by=doing.by,
    )


def _raise(doing: Doing) -> str:
    form = doing.form
    return doing.casework.raise_criterion(
        doing.reference,
        Criterion(form.criterion.data),
        assistant_director=form.assistant_director.data,
        by=doing.by,
        note=doing.note,
    )


def _restrict(doing: Doing) -> str:
    person = doing.form.person.data
    return doing.casework.set_subject(doing.reference, person, by=doing.by, note=doing.note)


def _unrestrict(doing: Doing) -> str:
    person = doing.form.person.data
    return doing.casework.dismiss_subject(doing.reference, person, by=doing.by, note=doing.note)


def _has_subjects(enquiry: EnquiryInFull) -> bool:
    return any(one["state"] != "dismissed" for one in enquiry.view["subjects"])


def _milestone(doing: Doing) -> str:
    form = doing.form
    return doing.casework.add_milestone(
        doing.reference, words=form.words.data.strip(), on=form.on.data, by=doing.by
    )


def _clock(doing: Doing) -> str:
    verb, _, kind = doing.form.what.data.partition(":")
    act = doing.casework.stop if verb == "stop" else doing.casework.resume
    return act(doing.reference, FactKind(kind), on=doing.form.on.data, by=doing.by, note=doing.note)


def _answer_call_back(doing: Doing) -> str:
    agreed = doing.form.answer.data == "agreed"
    return doing.casework.answer_call_back(
        doing.reference, agreed=agreed, by=doing.by, note=doing.note
    )


ACTS: Final = {
    act.id: act
    for act in (
        Act(
            id="confirm",
            title="Confirm that you look after them",
            button="Confirm the alert",
            right=Right.CONFIRM,
            form=forms.NoteForm,
            do=_plain("confirm"),
            fits=lambda enquiry: enquiry.has_alert,
            says=(
                "Somebody who wrote may be at risk. Confirm when you have their safety in hand:"
                " the alert then stops climbing. Their acknowledgement waits until you release it."
            ),
        ),
        Act(
            id="correct",
            title="Sort or correct",
            button="Save what it is",
            right=Right.CORRECT,
            form=forms.CorrectForm,
            do=_correct,
            fits=lambda enquiry: bool(enquiry.messages),
            prepare=_now_taken_for,
            says=(
                "Route, registers and clocks follow, counted from the original receipt. The"
                " software learns from it."
            ),
        ),
        Act(
            id="assign",
            title="Assign",
            button="Assign",
            right=Right.ASSIGN,
            form=forms.AssignForm,
            do=_assign,
            prepare=_with_teams,
            says="They get a notice with the original message.",
        ),
        Act(
            id="release",
            title="Release the acknowledgement",
            button="Release it",
            right=Right.RELEASE,
            form=forms.ReleaseForm,
            do=_release,
            fits=lambda enquiry: bool(enquiry.held),
            says="It goes out at once.",
            shows_held=True,
        ),
        Act(
            id="write",
            title="Write the acknowledgement in your own words",
            button="Save it",
            right=Right.RELEASE,
            form=forms.OpeningForm,
            do=_write,
            fits=_may_be_written,
            prepare=_with_words,
            shows_held=True,
            says=(
                "The reference, who will reply and by when, the routing diagram and how to reach"
                " us stay in it. You can read all of it before you release it."
            ),
        ),
        Act(
            id="letter",
            title="Write the acknowledgement as a letter",
            button="Write the letter",
            right=Right.RELEASE,
            form=forms.LetterForm,
            do=_letter,
            says="For somebody without an e-mail address, or whose mail came back.",
        ),
        Act(
            id="posted",
            title="The letter has gone by post",
            button="It has gone by post",
            right=Right.RELEASE,
            form=forms.NoteForm,
            do=_plain("posted"),
            fits=_waits_for_post,
        ),
        Act(
            id="update",
            title="Write an update",
            button="Save the update",
            right=Right.UPDATE,
            form=forms.UpdateForm,
            do=_plain("update"),
            says="It stands on the registers. The next update is due anew.",
        ),
        Act(
            id="note",
            title="Add a note",
            button="Save the note",
            right=Right.UPDATE,
            form=forms.WordsForm,
            do=_plain("note"),
            fits=_always,
            says="No clock changes.",
        ),
        Act(
            id="replied",
            title="Record that we have replied",
            button="We have replied",
            right=Right.REPLY,
            form=forms.NoteForm,
            do=_plain("replied"),
            says="Every clock ends, and nobody is reminded any more.",
        ),
        Act(
            id="not-replied",
            title="What was seen is no reply",
            button="It is no reply",
            right=Right.REPLY,
            form=forms.NoteForm,
            do=_plain("not_replied"),
            fits=lambda enquiry: _is_open(enquiry) and bool(enquiry.view["reply_seen_at"]),
            says="The clocks run again with the dates they had.",
        ),
        Act(
            id="close",
            title="Close",
            button="Close it",
            right=Right.CLOSE,
            form=forms.NoteForm,
            do=_plain("close"),
            fits=lambda enquiry: enquiry.view["status"] != "closed",
            says="Whether it was replied to or not. Nobody is reminded any more.",
        ),
        Act(
            id="reopen",
            title="Open again",
            button="Open it again",
            right=Right.REOPEN,
            form=forms.NoteForm,
            do=_plain("reopen"),
            fits=_is_ended,
            says="Its clocks run on with the dates they had.",
        ),
        Act(
            id="clock",
            title="Stop or restart the clock",
            button="Record it",
            right=Right.UPDATE,
            form=forms.ClockForm,
            do=_clock,
            says="Only what the law or the office's own rules know changes a clock.",
        ),
        Act(
            id="milestone",
            title="Add a milestone",
            button="Add it",
            right=Right.UPDATE,
            form=forms.MilestoneForm,
            do=_milestone,
            says="The next update is due by then at the latest.",
        ),
        Act(
            id="raise",
            title="Raise a sign for specific handling",
            button="Raise it",
            right=Right.REFER,
            form=forms.RaiseForm,
            do=_raise,
            says="It is put up for decision.",
        ),
        Act(
            id="refer",
            title="Refer the case",
            button="Refer it",
            right=Right.REFER,
            form=forms.ReferForm,
            do=_refer,
            fits=_always,
            prepare=_with_teams,
            says="It stands on the register of case referrals until it is decided.",
        ),
        Act(
            id="propose",
            title="Propose a handling",
            button="Propose it",
            right=Right.PROPOSE,
            form=forms.ProposeForm,
            do=_propose,
            says="It is put to the Ombudsman and the Chief Executive.",
        ),
        Act(
            id="decide",
            title="Decide",
            button="Save the decision",
            right=Right.DECIDE,
            form=forms.DecideForm,
            do=_decide,
            fits=_waits_for_decision,
        ),
        Act(
            id="decide-referral",
            title="Decide a referral",
            button="Save the decision",
            right=Right.DECIDE,
            form=forms.ReferralForm,
            do=_decide_referral,
            fits=lambda enquiry: bool(_waiting_referrals(enquiry)),
            prepare=_with_referrals,
        ),
        Act(
            id="merge",
            title="Merge into another enquiry",
            button="Merge them",
            right=Right.MERGE,
            form=forms.MergeForm,
            do=_merge,
            says="Messages, notes and registers move. Of two clocks the one due first runs on.",
        ),
        Act(
            id="split",
            title="Give a message an enquiry of its own",
            button="Split it off",
            right=Right.MERGE,
            form=forms.SplitForm,
            do=_split,
            fits=lambda enquiry: len(enquiry.messages) > 1,
            prepare=_with_messages,
            says="It is routed, acknowledged and put on the clock by its own receipt.",
        ),
        Act(
            id="restrict",
            title="Restrict: it is about a colleague",
            button="Restrict it",
            right=Right.RESTRICT,
            form=forms.SubjectForm,
            do=_restrict,
            fits=_always,
        ),
        Act(
            id="unrestrict",
            title="It is not about a colleague",
            button="Lift the restriction",
            right=Right.RESTRICT,
            form=forms.SubjectForm,
            do=_unrestrict,
            fits=_has_subjects,
        ),
    )
}
"""What can be done, in the order in which it is offered."""
