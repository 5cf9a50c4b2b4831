"""Whether a text is in a language the weights were trained on, by the words it is made of."""

import re
from typing import Protocol

LEXICON_FILE = "words.txt"  # one on a line
SENTENCE = 6  # words; of fewer, names and rare words are too large a part
FEWEST_KNOWN = 0.67  # share of a sentence's words; of our lines 1 in 1,000 English and 5 in 1,000 German ones fall below, nearly all of other languages
TELLING = 3  # letters
PHRASE = 4  # words, of which two must be known
STRANGE_LETTERS = 10  # two or three words none of which is known must be this long to count as another language
_WORD = re.compile(r"[^\W\d_]{2,}")


class Known(Protocol):
    """What a list of words says of a word in lower case."""

    def knows(self, word: str) -> bool:
        """Return whether the word is listed at all."""

    def is_usual(self, word: str) -> bool:
        """Return whether it is a word that people use often."""


def covers(text: str, words: Known) -> bool:
    """Return whether enough of the words are known; a text of one word, or of none, says nothing and passes.

    In a sentence every listed word counts, in a few words only usual ones of three letters and more: short words are words of many languages.
    """
    found = words_of(text)
    if len(found) >= SENTENCE:
        return sum(map(words.knows, found)) >= FEWEST_KNOWN * len(found)
    usual = sum(len(word) >= TELLING and words.is_usual(word) for word in found)
    if len(found) >= PHRASE:
        return usual > 1
    return len(found) <= 1 or usual > 0 or sum(map(len, found)) < STRANGE_LETTERS


def words_of(text: str) -> list[str]:
    """Return the words of two letters and more, in lower case."""
    return _WORD.findall(text.lower())
