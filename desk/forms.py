"""The forms: what they ask for, in the order it is asked, and what is wrong with an answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    Form,
    MultipleFileField,
    PasswordField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # stubs lag behind
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from daemon.casework.handling import REFERRALS
from daemon.model import Category, Criterion, FactKind, Handling, Source
from daemon.record import CALLED_BACK_BY
from daemon.words import CATEGORIES, CRITERIA, SOURCES, capitalised

if TYPE_CHECKING:
    from collections.abc import Iterable

WORDS: Final = 10_000
_LINE: Final = 300
_BY_LISTS: Final = (Criterion.MP_NON_ROUTINE, Criterion.COMMITTEE_CHAIR)


class HasWords:
    """Refuse a field of blanks alone: `InputRequired` takes them for an answer."""

    field_flags: Final = {"required": True}

    def __init__(self, message: str) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:  # noqa: ANN401 - as the library calls it
        """Raise a sentence for the page."""
        del form
        if not (field.data or "").strip():
            raise ValidationError(self.message)


def options(pairs: Iterable[tuple[str, str]]) -> list[Any]:
    """Return what can be chosen, of values and their words."""
    return [SelectChoice(value, words) for value, words in pairs]


def _short(label: str, *, hint: str = "", needed: str = "", **more: Any) -> StringField:
    checks: list[Any] = [Length(max=_LINE, message=f"Use at most {_LINE} characters")]
    checks += [HasWords(needed)] if needed else [Optional()]
    return StringField(label, checks, description=hint, render_kw=more or None)


def _long(label: str, *, hint: str = "", needed: str = "", rows: int = 4) -> TextAreaField:
    checks: list[Any] = [Length(max=WORDS, message=f"Use at most {WORDS} characters")]
    checks += [HasWords(needed)] if needed else [Optional()]
    return TextAreaField(label, checks, description=hint, render_kw={"rows": rows})


class Chosen:
    """Refuse what was not offered: the library would say it in words of its own."""

    def __init__(self, message: str) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:  # noqa: ANN401 - as the library calls it
        """Raise a sentence for the page."""
        del form
        if field.data not in {one.value for one in field.choices}:
            raise ValidationError(self.message)


def _choice(label: str, choices: Iterable[tuple[str, str]] = (), *, needed: str = "") -> RadioField:
    """Return a choice of one; what need not be chosen offers "" for none."""
    return RadioField(
        label,
        [Chosen(needed or "Choose one of these")],
        choices=options(choices),
        default=None if needed else "",
        validate_choice=False,
    )


class _Day(DateField):
    """A day, with words of ours for what is none."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was sent."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            msg = "Give a day, such as 2026-11-27"
            raise ValueError(msg) from None


class _Moment(DateTimeLocalField):
    """A day and a time, with words of ours for what is none."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was sent."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            msg = "Give a day and a time, such as 2026-11-27 and 10:30"
            raise ValueError(msg) from None


def _note() -> TextAreaField:
    return _long("A note for the record (optional)", rows=3)


class NoteForm(Form):
    """What needs no more than a yes, and perhaps a few words."""

    note = _note()


class WordsForm(Form):
    """A few words that are needed."""

    note = _long("What do you want to note?", needed="Write a few words")


class UpdateForm(Form):
    """How far an enquiry has got."""

    note = _long("How far has it got?", needed="Say how far it has got")


class CorrectForm(Form):
    """What a message is."""

    category = _choice(
        "What does the writer mainly want?",
        ((c.value, capitalised(CATEGORIES[c])) for c in Category),
        needed="Choose what the writer mainly wants",
    )
    source = _choice(
        "Who wrote?",
        ((s.value, capitalised(SOURCES[s])) for s in Source),
        needed="Choose who wrote",
    )
    routine = BooleanField(
        "An MP just passes a new complaint on",
        description="Only where an MP wrote: a routine referral goes to Intake.",
    )
    criteria = SelectMultipleField(
        "Which signs for specific handling does it meet?",
        choices=options(
            (c.value, capitalised(CRITERIA[c])) for c in Criterion if c not in _BY_LISTS
        ),
        description="Leave all of them empty if it meets none.",
    )
    note = _note()


class AssignForm(Form):
    """Who has an enquiry from now on."""

    to = _choice("Which team?", needed="Choose a team")
    person = _short(
        "A colleague's e-mail address (optional)",
        hint="They are reminded from now on. Leave it empty for the whole team.",
        autocomplete="off",
    )
    note = _note()


class ReleaseForm(Form):
    """Which of two texts goes."""

    usual = _choice(
        "Which text?",
        (("", "The careful one, for somebody at risk"), ("usual", "The general one")),
    )
    note = _note()


class OpeningForm(Form):
    """The opening of an acknowledgement, in one's own words."""

    words = _long(
        "What do you want to write?",
        hint=(
            "It takes the place of the opening. Leave a line empty between two paragraphs. Leave"
            " it all empty for our usual text."
        ),
        rows=8,
    )
    note = _note()


class MergeForm(Form):
    """The enquiry that another one is a part of."""

    into = _short(
        "Which enquiry is it a part of?",
        hint="Its reference, such as PH-7K3QD-9X2MB.",
        needed="Give the reference of the other enquiry",
    )
    note = _note()


class SplitForm(Form):
    """The message that is to have an enquiry of its own."""

    message = _choice("Which message?", needed="Choose a message")
    note = _note()


class ProposeForm(Form):
    """A handling put to the Ombudsman or Chief Executive."""

    handling = _choice(
        "What do you propose?",
        (
            (Handling.WATCHING_BRIEF.value, "A watching brief"),
            (Handling.APPROVE.value, "They approve the reply before it goes"),
            (Handling.INSTRUCTION.value, "An instruction in your own words"),
        ),
        needed="Choose what you propose",
    )
    note = _long("Why, and what is to be done?", needed="Say why, and what is to be done")


class DecideForm(Form):
    """A yes or no to what is proposed."""

    answer = _choice(
        "What is decided?",
        (("agreed", "Agreed"), ("declined", "Declined")),
        needed="Choose agreed or declined",
    )
    note = _long("What do you want to add? (optional)")


class DecisionForm(Form):
    """What was decided on a referral of a case."""

    note = _long("What is decided?", needed="Say what is decided")


class ReferralForm(Form):
    """What was decided on one of an enquiry's referrals."""

    number = _choice("Which referral?", needed="Choose a referral")
    note = _long("What is decided?", needed="Say what is decided")


class ReferForm(Form):
    """A case put up by an Assistant Director."""

    kind = _choice(
        "What is it referred for?",
        ((key, capitalised(words)) for key, words in REFERRALS.items()),
        needed="Choose what it is referred for",
    )
    assistant_director = _short(
        "Which Assistant Director refers it?", needed="Name the Assistant Director"
    )
    team = _choice("Which team's case is it?", needed="Choose a team")
    note = _long("What is asked?", needed="Say what is asked")


class RaiseForm(Form):
    """A criterion that staff say is met."""

    criterion = _choice(
        "Which sign for specific handling does it meet?",
        ((c.value, capitalised(CRITERIA[c])) for c in Criterion if c not in _BY_LISTS),
        needed="Choose a sign",
    )
    assistant_director = _short(
        "Which Assistant Director has agreed?", needed="Name the Assistant Director"
    )
    note = _long("Why?", needed="Say why")


class SubjectForm(Form):
    """The colleague that an enquiry is about."""

    person = _short(
        "The colleague's e-mail address",
        hint="They neither hold the enquiry nor see it from now on.",
        needed="Give the colleague's e-mail address",
        autocomplete="off",
    )
    note = _note()


class MilestoneForm(Form):
    """Something that lies ahead."""

    words = _short("What is to be reached?", needed="Say what is to be reached")
    on = _Day("By which day?", [InputRequired("Give a day")])


class LetterForm(Form):
    """Where a letter goes."""

    address = _long("Name and address, a line each", needed="Give the name and the address", rows=6)
    note = _note()


class ClockForm(Form):
    """What happens to a clock."""

    what = _choice(
        "What has happened?",
        (
            (f"stop:{FactKind.CLARIFICATION}", "We asked what they mean: the clock stands still"),
            (f"resume:{FactKind.CLARIFICATION}", "They answered what we asked"),
            (f"stop:{FactKind.FEES}", "We sent a fees notice: the clock stands still"),
            (f"resume:{FactKind.FEES}", "The fees are paid"),
        ),
        needed="Choose what has happened",
    )
    on = _Day("On which day?", [InputRequired("Give a day")])
    note = _long("Why?", needed="Say why")


class ArrangementForm(Form):
    """What was agreed for somebody who writes, or for a theme."""

    # Not id, and not matches below: a field of such a name hides what every form has.
    short_id = _short(
        "A short id",
        hint="Such as ward-seven. No name: it is written to the log.",
        needed="Give a short id",
    )
    about = _choice(
        "What do you know them by?",
        (
            ("addresses", "An e-mail address"),
            ("domains", "A whole domain, such as ward.example"),
            ("names", "Their whole name"),
            ("handles", "A name on X"),
            ("references", "The reference of a case"),
            ("themes", "Words that stand together in what is written"),
        ),
        needed="Choose what you know them by",
    )
    which = _long("Which? One a line", needed="Give at least one", rows=3)
    instruction = _long("What was agreed?", needed="Say what was agreed")
    requested_by = _short("Who asked for it?", needed="Say who asked for it")
    handling = SelectMultipleField(
        "What is asked for?",
        choices=options(
            (
                (Handling.CUSTOMER_CARE_FIRST.value, "Customer Care see it first"),
                (Handling.PERSONAL_REPLY.value, "A personal reply only: nothing goes by itself"),
                (Handling.TELL_WATCHERS.value, "Tell the colleagues below"),
                (Handling.WATCHING_BRIEF.value, "A watching brief"),
                (Handling.APPROVE.value, "Approve the reply before it goes"),
                (Handling.MONITOR.value, "Monitor social media about it"),
            )
        ),
    )
    watchers = _long("E-mail addresses of colleagues to tell, one a line (optional)", rows=2)
    review_on = _Day("When is it looked at again? (optional)", [Optional()])
    until_on = _Day("What is its last day? (optional)", [Optional()])


class LetterRecordForm(Form):
    """A letter as the post team has it before them."""

    from_name = _short("Who wrote?", needed="Give the writer's name")
    postal_address = _long(
        "Their address, a line each (optional)",
        hint="Needed if they gave no e-mail address: the answer goes by post.",
        rows=4,
    )
    from_address = _short("Their e-mail address (optional)", inputmode="email")
    received_on = _Day("When was it delivered?", [InputRequired("Give the day")])
    subject = _short("What is it about, in a few words?", needed="Say what it is about")
    to = _choice(
        "Is it for somebody's personal attention?",
        (
            ("", "No"),
            ("ombudsman", "The Ombudsman's"),
            ("ceo", "The Chief Executive's"),
        ),
    )
    text = _long(
        "The words of the letter", hint="Or give a scan below: its words are read.", rows=10
    )
    scans = MultipleFileField("Scans (optional)")


class CallRecordForm(Form):
    """A call as somebody noted it."""

    from_name = _short("Who called?", needed="Give the caller's name")
    number = _short("Their telephone number (optional)", inputmode="tel")
    from_address = _short("Their e-mail address (optional)", inputmode="email")
    postal_address = _long("Their address, a line each (optional)", rows=3)
    received_at = _Moment("When did the call begin?", [InputRequired("Give the day and the time")])
    text = _long("What did they say?", needed="Note what they said", rows=8)
    call_back = _choice(
        "Do they want somebody to call them back?",
        (("", "No"), *((key, capitalised(words)) for key, words in CALLED_BACK_BY.items())),
    )


class SandboxForm(Form):
    """A message to try."""

    box = _choice(
        "Where did it arrive?",
        (
            ("customer-care", "Customer Care"),
            ("intake", "Intake"),
            ("ombudsman", "The Ombudsman's account"),
            ("ceo", "The Chief Executive's account"),
        ),
        needed="Choose where it arrived",
    )
    from_name = _short("The sender's name (optional)")
    from_address = _short("The sender's e-mail address", needed="Give an e-mail address")
    subject = _short("Subject (optional)")
    text = _long("The message", needed="Paste the message", rows=12)


class SignInForm(Form):
    """Name and password."""

    name = _short("Name", needed="Enter your name", autocomplete="username", autocapitalize="none")
    password = PasswordField(
        "Password",
        [InputRequired("Enter your password")],
        render_kw={"autocomplete": "current-password"},
    )


class PasswordForm(Form):
    """A new password."""

    password = PasswordField(
        "New password",
        [InputRequired("Enter a password")],
        description="At least 12 characters. Three words that do not belong together will do.",
        render_kw={"autocomplete": "new-password"},
    )


class AccountForm(Form):
    """A new account."""

    name = _short(
        "What they sign in with",
        hint="Such as sam.okonedo.",
        needed="Give a name to sign in with",
        autocomplete="off",
        autocapitalize="none",
    )
    display_name = _short("Their full name", needed="Give their full name", autocomplete="off")
    address = _short(
        "Their e-mail address at the office", needed="Give their address", autocomplete="off"
    )
    roles = SelectMultipleField("Roles", [InputRequired("Choose at least one role")])


class RolesForm(Form):
    """Other roles for an account."""

    roles = SelectMultipleField("Roles", [InputRequired("Choose at least one role")])


def as_typed(value: object) -> str:
    """Return a date or time as the browser's own field takes it."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M")
    return value.isoformat() if isinstance(value, date) else str(value or "")
