"""Which language a text is in."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

FEWEST_LETTERS: Final = 20
READ_CHARS: Final = 1_500
SURE: Final = 0.80  # below this a text that could be English is taken for English
SURE_OF_FEW: Final = 0.97  # the same for a line or two
FEW_LETTERS: Final = 80
ISO_639_1_LETTERS: Final = 2
_NAMES: Final = re.compile(r"[@#]\w+|https?://\S+|\S+@\S+")  # say nothing about the language


@cache
def _identifier() -> LanguageIdentifier:
    """Return the loaded model: once a process, when first asked for."""
    from py3langid.langid import (  # noqa: PLC0415 - loading takes a moment; not all need it
        MODEL_FILE,
        LanguageIdentifier,
    )

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language_of(text: str) -> str | None:
    """Return the ISO 639-1 code of a text's language; None where there is too little text."""
    sample = _NAMES.sub(" ", text[:READ_CHARS])
    letters = sum(letter.isalpha() for letter in sample)
    if letters < FEWEST_LETTERS:
        return None
    # All-capital letters look like another language to a model of written text.
    language, probability = _identifier().classify(sample.lower() if sample.isupper() else sample)
    needed = SURE if letters > FEW_LETTERS else SURE_OF_FEW
    is_sure = probability >= needed and len(language) == ISO_639_1_LETTERS
    return str(language) if is_sure else "en"
