"""Which language a text is in."""

from __future__ import annotations

import mmap
import re
import tempfile
from array import array
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from py3langid.langid import LanguageIdentifier

FEWEST_LETTERS: Final = 20
READ_CHARS: Final = 1_500
SURE: Final = 0.80  # below this a text that could be English is taken for English
SURE_OF_FEW: Final = 0.97  # the same for a line or two
FEW_LETTERS: Final = 80
ISO_639_1_LETTERS: Final = 2
FEWEST_WORDS: Final = 8
ENGLISH_SHARE: Final = 0.18  # nine in ten English messages have more, none in another language
LANGUAGES: Final = frozenset(
    {
        *("en", "cy", "ga", "gd", "ar", "am", "af", "bg", "bn", "cs", "da", "de", "el", "es", "et"),
        *("fa", "fi", "fr", "gu", "he", "hi", "hr", "hu", "id", "it", "ja", "ko", "ku", "lt", "lv"),
        *("mk", "ml", "mr", "ms", "mt", "ne", "nl", "no", "nb", "nn", "pa", "pl", "ps", "pt", "ro"),
        *("ru", "sk", "sl", "so", "sq", "sr", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "vi"),
        *("xh", "yo", "zh", "zu"),
    }
)
"""The languages told apart; a text in any other is taken for the nearest of these."""
_ENGLISH: Final = frozenset(
    {
        *("the", "and", "of", "to", "that", "with", "have", "you", "my", "this", "for", "are"),
        *("your", "not", "from", "been", "would", "they", "she", "which", "will", "were", "but"),
        *("it's", "i've", "i'm", "he", "his", "her", "their", "our", "we", "it", "has", "had"),
        *("who", "what", "when"),
    }
)
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_NAMES: Final = re.compile(r"[@#]\w+|https?://\S+|\S+@\S+")  # say nothing about the language


@cache
def _identifier() -> LanguageIdentifier:
    """Return the loaded model, for the languages people write to the office in: once a process."""
    from py3langid.langid import (  # noqa: PLC0415 - loading takes a moment; few messages need it
        MODEL_FILE,
        LanguageIdentifier,
    )

    full = LanguageIdentifier.from_model_file(MODEL_FILE)
    keep = [at for at, language in enumerate(full.nb_classes) if language in LANGUAGES]
    weights = full.nb_ptc.take(keep, axis=1)  # a third less than for all languages
    moves = full.tk_nextmove
    found = LanguageIdentifier(
        np.frombuffer(_in_a_file(weights), weights.dtype).reshape(weights.shape),
        full.nb_pc[keep],
        [full.nb_classes[at] for at in keep],
        memoryview(_in_a_file(moves)).cast("B").cast(moves.typecode),
        array("i", full.tk_output),
        norm_probs=True,
        tk_row=full.tk_row,
    )
    # Of a hundred thousand numbers a list takes ten times as much as an array.
    found._rowbase = array("I", found._rowbase)  # noqa: SLF001 -- it makes a list, whatever it is given
    return found


def _in_a_file(numbers: array[int] | NDArray[Any]) -> Any:  # noqa: ANN401 -- any buffer will do
    """Return the bytes of numbers, read out of a file that is in no folder.

    So what is not used takes no memory: a text touches a small part of these 50 MB. Where no file
    can be had they stay in it.
    """
    try:
        with tempfile.TemporaryFile() as file:
            numbers.tofile(file)
            file.flush()
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError:
        return numbers


def language_of(text: str) -> str | None:
    """Return the ISO 639-1 code of a text's language; None where there is too little text."""
    sample = _NAMES.sub(" ", text[:READ_CHARS])
    if sum(map(str.isalpha, sample)) < FEWEST_LETTERS:
        return None
    # All-capital letters look like another language to a model of written text.
    plain = sample.lower() if sample.isupper() else sample
    if _is_plainly_english(plain):
        return "en"
    language, probability = _identifier().classify(plain)
    needed = SURE if len(plain) > FEW_LETTERS else SURE_OF_FEW
    is_sure = probability >= needed and len(language) == ISO_639_1_LETTERS
    return str(language) if is_sure else "en"


def _is_plainly_english(text: str) -> bool:
    """Whether so many words are those that every English text is full of, and no other is."""
    words = _WORD.findall(text.lower())
    if len(words) < FEWEST_WORDS:
        return False
    return sum(word in _ENGLISH for word in words) >= ENGLISH_SHARE * len(words)
