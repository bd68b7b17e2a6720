"""How far the parser goes before it stops: a hostile message costs seconds, never the day."""

from __future__ import annotations

MAX_HEADER_BYTES = 256 * 1024  # of one header block; what stands beyond is not read
MAX_FIELDS = 1_000  # header lines in one block
MAX_VALUE_CHARS = 64 * 1024  # of one header value while it is decoded
MAX_KEPT_VALUE_CHARS = 4 * 1024  # of one header value that is stored
MAX_KEPT_HEADER_CHARS = 64 * 1024  # of all stored header values together
MAX_KEPT_REPEATS = 50  # values stored for one header name (Received, mostly)
MAX_ADDRESS_CHARS = 320  # of one address: 64 + @ + 255 (RFC 5321 §4.5.3.1), shared out as it comes
MAX_ADDRESSES = 200  # of one To, Cc or Reply-To
MAX_REFERENCES = 100  # the last ones; older ancestors never decide a thread
MAX_SUBJECT_CHARS = 16_000
MAX_NAME_CHARS = 500  # of a display name
MAX_ID_OCTETS = 998  # a line's length in RFC 5322 §2.1.1

MAX_DEPTH = 20  # multiparts and attached messages inside one another
MAX_PARTS = 500  # MIME parts in all, those of attached messages included
MAX_NESTED_BYTES = 64 * 1024 * 1024  # of attached messages, each level of nesting counted anew
MAX_FORWARDED = 20  # messages found inside a message

MAX_PART_TEXT_BYTES = 8 * 1024 * 1024  # of one text part that is decoded
MAX_HTML_CHARS = 4_000_000  # of one HTML part that is laid out
MAX_HTML_ELEMENTS = 20_000  # beyond, the text is drawn out without layout
MAX_TEXT_CHARS = 2_000_000  # of a message's whole text
MAX_NORMALISED_LINE = 1_000  # longer lines are not NFC-normalised: marks sort in quadratic time
CUT_HASH_CHARS = 16 * 1024  # of a message that was cut: what tells it from others
