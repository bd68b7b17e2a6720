"""The monthly meeting's actions, and who may be put through by phone (guide §1.18-1.22)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import phonenumbers

from daemon.casework.acts import Acts, CaseworkError
from daemon.deadlines import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from daemon.store.meeting import PhoneContact

_HOME = "GB"  # how a number without its country is read
_FEWEST_DIGITS = 5  # fewer are no number


@dataclass(frozen=True, slots=True, kw_only=True)
class Meetings(Acts):
    """Actions, and the phone-call list."""

    def add_action(
        self, *, words: str, owner: str, due_on: date, by: str, reference: str = ""
    ) -> str:
        """Enter what was asked for at the meeting: it stands in the pack until it is done.

        Raises:
            CaseworkError: there is no such enquiry, or words or owner are missing.
        """
        if not (words.strip() and owner.strip()):
            msg = "An action says what is to be done, and by whom: give the words and the owner."
            raise CaseworkError(msg)
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._enquiry(tx, reference) if reference else None
            number = tx.add_action(
                words=words,
                owner=owner,
                due_on=due_on,
                enquiry_id=enquiry.id if enquiry else None,
                by=by,
                now=now,
            )
            detail = {"action": number, "due_on": due_on.isoformat()}
            if enquiry is None:
                self._note_apart(tx, "action-set", by=by, note=words, now=now, detail=detail)
            else:
                self._note(tx, enquiry, "action-set", by=by, note=words, now=now, detail=detail)
            return f"Action {number} is for {owner}, by {in_words(due_on)}."

    def finish_action(self, number: int, *, by: str, note: str = "") -> str:
        """Record that an action is done.

        Raises:
            CaseworkError: there is no such open action.
        """
        with self.store.write() as tx:
            now = self.clock()
            if not tx.action_done(number, by=by, now=now):
                msg = f"There is no open action {number}."
                raise CaseworkError(msg, command="assurance list actions")
            self._note_apart(
                tx, "action-done", by=by, note=note, now=now, detail={"action": number}
            )
            return f"Action {number} is done."

    # The phone-call list

    def add_phone_contact(self, contact: PhoneContact, *, by: str, reference: str = "") -> str:
        """Put somebody on the list of those who may be put through to Private Office.

        Numbers are kept in international form; one without its country is British.

        Raises:
            CaseworkError: a name, number, instruction or who agreed is missing or wrong.
        """
        for value, what in (
            (contact.name, "the caller's name"),
            (contact.instruction, "what was agreed"),
            (contact.agreed_by, "who agreed"),
        ):
            if not value.strip():
                msg = f"Give {what}."
                raise CaseworkError(msg)
        if contact.until_on is not None and contact.until_on < contact.from_on:
            msg = "The last day lies before the first. Correct one of them."
            raise CaseworkError(msg)
        numbers = tuple(dict.fromkeys(international(one) for one in contact.numbers))
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._enquiry(tx, reference) if reference else None
            number = tx.add_phone_contact(
                replace(contact, numbers=numbers),
                name_key=name_key(contact.name),
                enquiry_id=enquiry.id if enquiry else None,
                now=now,
            )
            self._note_apart(
                tx, "phone-contact-set", by=by, note="", now=now, detail={"contact": number}
            )
            return f"Entry {number} stands on the phone-call list."

    def end_phone_contact(self, number: int, *, by: str, note: str = "") -> str:
        """Take somebody off the list.

        Raises:
            CaseworkError: there is no such entry.
        """
        with self.store.write() as tx:
            now = self.clock()
            if not tx.end_phone_contact(number, now=now):
                msg = f"There is no entry {number} on the phone-call list."
                raise CaseworkError(msg)
            self._note_apart(
                tx, "phone-contact-ended", by=by, note=note, now=now, detail={"contact": number}
            )
            return f"Entry {number} is off the phone-call list."

    def find_phone_contacts(self, words: str) -> Sequence[PhoneContact]:
        """Return who may be put through today, by a part of their name or by number.

        Asked while the caller waits: each word of a name is found by how it begins.
        """
        digits = sum(one.isdigit() for one in words)
        numbers = [number] if digits >= _FEWEST_DIGITS and (number := _parsed(words)) else []
        with self.store.read() as tx:
            return tx.find_phone_contacts(
                name_key="" if digits >= _FEWEST_DIGITS else name_key(words).strip(),
                numbers=numbers,
                on=self._today(),
            )


def name_key(name: str) -> str:
    """Return a name as it is looked for: folded, without accents, each word after a blank."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return "".join(f" {word}" for word in letters.split())


def international(number: str) -> str:
    """Return a telephone number in international form (E.164).

    Raises:
        CaseworkError: it is none.
    """
    found = _parsed(number)
    if not found:
        msg = f"{number} is no telephone number. Write it as 0161 496 0000 or +44 161 496 0000."
        raise CaseworkError(msg)
    return found


def _parsed(number: str) -> str:
    try:
        found = phonenumbers.parse(number, _HOME)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(found):
        return ""
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
