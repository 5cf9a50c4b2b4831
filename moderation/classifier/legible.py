"""Whether weights can read a text at all: what they cannot read they score as harmless, so a person must read it."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

MOST_UNREAD_LETTERS = 12  # a name or a word in another alphabet is part of ordinary talk, a sentence is not
_WORD = re.compile(r"[^\W\d_]{2,}")  # a letter alone is part of a face: ¯\_(ツ)_/¯

Span = tuple[int, int]


def is_legible(text: str, unknown: Iterable[Span], *, latin_only: bool) -> bool:
    """Return whether so few letters are lost that the rest says what is meant.

    Lost are letters inside the spans that the tokenizer has no entry for and, `latin_only`, those of other alphabets.
    Emoji, digits and signs are no letters: a heart alone loses nothing.
    """
    lost = {place for start, end in unknown for place in range(start, end)}
    places = [place for word in _WORD.finditer(text) for place in range(*word.span())]
    letters = [place in lost or (latin_only and not _is_latin(text[place])) for place in places]
    unread = letters.count(True)
    return unread <= MOST_UNREAD_LETTERS and 2 * unread <= len(letters)


@lru_cache(maxsize=4096)
def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN ")
