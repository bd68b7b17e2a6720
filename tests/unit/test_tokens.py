"""References notice a slip of the pen, and tokens let nobody make one up."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from daemon.tokens import (
    ALPHABET,
    MAX_TOKEN_CHARS,
    REFERENCE_RANDOM_BITS,
    Purpose,
    Signer,
    as_reference,
    find_references,
    message_id,
    new_reference,
    signed_address,
)

KEY, OTHER_KEY = b"first key of the tests" * 2, b"second key of the tests" * 2
BITS = st.integers(min_value=0, max_value=2**REFERENCE_RANDOM_BITS - 1)
REFERENCE = new_reference("PH", 0x1234_5678_9AB)
PLACES = [i for i, char in enumerate(REFERENCE) if i > 2 and char != "-"]
LOCAL_PART_CHARS = "abcdefghijklmnopqrstuvwxyz0123456789.+-_"


def a_token(signer: Signer | None = None, **changes: object) -> str:
    values = {
        "reference": REFERENCE,
        "purpose": Purpose.ACKNOWLEDGEMENT,
        "entry_key": f"{REFERENCE}:acknowledgement",
    }
    return (signer or Signer([("k1", KEY)])).sign(**{**values, **changes})


# References


def test_a_reference_is_a_prefix_and_two_groups_of_five():
    """It can be read out: prefix, five, five, no letters that are misheard."""
    prefix, first, second = REFERENCE.split("-")
    assert prefix == "PH"
    assert len(first) == len(second) == 5
    assert set(first + second) <= set(ALPHABET)
    assert not set("ILOU") & set(ALPHABET)


@given(bits=BITS)
def test_a_new_reference_is_found_in_a_subject(bits):
    """Whatever the chance, a subject that holds a reference is recognised."""
    reference = new_reference("PH", bits)
    assert find_references(f"Re: [{reference}] your letter", "PH") == (reference,)


@pytest.mark.parametrize("place", PLACES)
def test_every_single_wrong_character_is_noticed(place):
    """No one character can be replaced by another."""
    for char in ALPHABET:
        changed = REFERENCE[:place] + char + REFERENCE[place + 1 :]
        assert find_references(changed, "PH") == ((REFERENCE,) if char == REFERENCE[place] else ())


@given(bits=BITS, place=st.integers(min_value=0, max_value=8))
@example(bits=31, place=7)  # ...0Z: the pair that a Luhn sum would miss
@example(bits=31 << 5, place=7)
def test_two_neighbours_that_changed_places_are_noticed(bits, place):
    """Swapping two different neighbours never gives another valid reference."""
    chars = list(new_reference("PH", bits).replace("-", "")[2:])
    assume(chars[place] != chars[place + 1])
    chars[place], chars[place + 1] = chars[place + 1], chars[place]
    assert find_references(f"PH-{''.join(chars[:5])}-{''.join(chars[5:])}", "PH") == ()


@given(bits=BITS, other=BITS)
def test_different_random_bits_give_different_references(bits, other):
    """All 45 bits stand in the reference."""
    assert (new_reference("PH", bits) == new_reference("PH", other)) == (bits == other)


@pytest.mark.parametrize(
    "written",
    [
        REFERENCE,
        REFERENCE.lower(),
        REFERENCE.replace("-", " "),
        REFERENCE.replace("-", ""),
        f"({REFERENCE}).",
        f"RE: AW: {REFERENCE}, second letter",
    ],
)
def test_a_reference_is_found_however_it_is_written(written):
    """Case, spaces, hyphens and punctuation do not matter."""
    assert find_references(written, "PH") == (REFERENCE,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        REFERENCE.replace("PH", "XH"),
        REFERENCE[:-1],
        f"{REFERENCE}7",
        f"A{REFERENCE}",
        REFERENCE.replace("PH-", ""),
    ],
)
def test_what_only_looks_like_a_reference_is_none(text):
    """Another prefix, a missing or a further character: no reference."""
    assert find_references(text, "PH") == ()


def test_references_come_in_order_and_once():
    """A subject can hold several."""
    other = new_reference("PH", 5)
    assert find_references(f"{other} {REFERENCE} {other}", "PH") == (other, REFERENCE)


# Tokens


@given(bits=BITS, purpose=st.sampled_from(Purpose), entry_key=st.text())
def test_a_token_says_again_what_was_signed(bits, purpose, entry_key):
    """Reference, purpose and key come back from a Message-ID and from an address."""
    signer, reference = Signer([("k1", KEY)]), new_reference("PH", bits)
    token = signer.sign(reference=reference, purpose=purpose, entry_key=entry_key)
    for text in (
        message_id(token, "office.example"),
        signed_address("care@office.example", token),
    ):
        found = signer.verify(text, prefix="PH")
        assert found is not None
        assert (found.reference, found.purpose, found.key_id) == (reference, purpose, "k1")


def test_the_same_entry_gets_the_same_token_and_another_another():
    """A repeat after a crash is the same mail; two entries are never taken for one."""
    assert a_token() == a_token()
    others = {
        a_token(entry_key="something else"),
        a_token(purpose=Purpose.NOTICE),
        a_token(reference=new_reference("PH", 9)),
    }
    assert len(others | {a_token()}) == 4


def test_a_token_of_another_key_is_nobodys():
    """Who does not hold the key cannot sign, whatever key id they write."""
    assert Signer([("k1", OTHER_KEY)]).verify(a_token(), prefix="PH") is None
    assert Signer([("k2", KEY)]).verify(a_token(), prefix="PH") is None


@given(
    place=st.integers(min_value=0, max_value=len(a_token()) - 1),
    char=st.sampled_from(LOCAL_PART_CHARS),
)
def test_a_token_with_any_character_altered_is_refused(place, char):
    """Key id, reference, purpose, entry and signature are all under the signature."""
    token = a_token()
    assume(token[place] != char)
    altered = token[:place] + char + token[place + 1 :]
    found = Signer([("k1", KEY)]).verify(f"care+{altered}@office.example", prefix="PH")
    assert found is None


@given(text=st.text())
def test_any_text_at_all_can_be_asked_for_a_token(text):
    """Strangers' Message-IDs raise nothing and verify as nothing."""
    assert Signer([("k1", KEY)]).verify(text, prefix="PH") is None


def test_an_old_key_verifies_until_it_is_retired():
    """After a change of keys what was sent before is still known; then no more."""
    token = a_token()
    after_change = Signer([("k2", OTHER_KEY), ("k1", KEY)])
    assert after_change.verify(token, prefix="PH") is not None
    assert a_token(after_change).startswith("k2.")
    assert Signer([("k2", OTHER_KEY)]).verify(token, prefix="PH") is None


def test_case_does_not_matter():
    """Some mail systems shout the local part."""
    address = signed_address("care@office.example", a_token()).upper()
    found = Signer([("k1", KEY)]).verify(address, prefix="PH")
    assert found is not None
    assert found.reference == REFERENCE


@pytest.mark.parametrize("prefix", ["PH", "PHSO"])
def test_a_signed_address_keeps_to_64_characters_before_the_at_sign(prefix):
    """RFC 5321 §4.5.3.1.1, with a base of 15 characters and a long key id."""
    token = a_token(Signer([("ab", KEY)]), reference=new_reference(prefix, 77))
    local, _, domain = signed_address(f"{'a' * 15}@office.example", token).rpartition("@")
    assert len(token) <= MAX_TOKEN_CHARS
    assert len(local) <= 64
    assert domain == "office.example"
    assert local.startswith("a" * 15 + "+")


def test_a_signer_without_a_key_cannot_be_made():
    """It would sign nothing."""
    with pytest.raises(ValueError, match="at least one key"):
        Signer([])


def test_names_are_hashed_with_a_key():
    """The audit tells two people apart and names neither; without the key nobody can."""
    signer = Signer([("k1", KEY)])
    assert signer.keyed_hash("A. Name") == signer.keyed_hash("A. Name")
    assert signer.keyed_hash("A. Name") != signer.keyed_hash("B. Name")
    assert signer.keyed_hash("A. Name") != Signer([("k1", OTHER_KEY)]).keyed_hash("A. Name")
    assert len(signer.keyed_hash("A. Name")) <= 32  # as the audit's column has it


def test_a_hashed_name_outlives_a_change_of_keys():
    """The oldest key hashes, so one person stays one in the audit until it is retired."""
    before, after = Signer([("k1", KEY)]), Signer([("k2", OTHER_KEY), ("k1", KEY)])
    assert before.keyed_hash("A. Name") == after.keyed_hash("A. Name")


@pytest.mark.parametrize(
    "typed", ["PH-00000-00000", "ph0000000000", " PH 00000 00000 ", "ph-OO0oo-00ooo"]
)
def test_a_reference_is_read_as_people_type_it(typed):
    """Case, spaces and dashes do not matter, nor the letter O for a nought."""
    assert as_reference(typed) == "PH-00000-00000"
