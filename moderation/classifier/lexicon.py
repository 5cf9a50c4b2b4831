"""Whether a text is in a language the weights were trained on, by the words it is made of."""

import re
from collections.abc import Callable
from pathlib import Path

LEXICON_FILE = "words.txt"
SENTENCE = 6  # words; of fewer, names and rare words are too large a part
FEWEST_KNOWN = 0.55  # share of a sentence's words; 3 in 1,000 of our lines fall below, nearly all of other languages
PHRASE = 4  # words, of which two must be known
STRANGE_LETTERS = 10  # two or three words none of which is known must be this long to count as another language
_WORD = re.compile(r"[^\W\d_]{2,}")


class Lexicon:
    """The words that training lines are made of, in the spelling that the tokenizer reads."""

    def __init__(self, file: Path, spelling: Callable[[str], str]) -> None:
        self._words = frozenset(file.read_text(encoding="utf-8").split())
        self._spelling = spelling

    def covers(self, text: str) -> bool:
        """Return whether enough of the words are known; a text of one word, or of none, says nothing and passes."""
        words = words_of(self._spelling(text))
        known = sum(word in self._words for word in words)
        if len(words) >= SENTENCE:
            return known >= FEWEST_KNOWN * len(words)
        if len(words) >= PHRASE:
            return known > 1
        return len(words) <= 1 or known > 0 or sum(map(len, words)) < STRANGE_LETTERS


def words_of(spelled: str) -> list[str]:
    """Return the words of two letters and more of a text in the tokenizer's spelling."""
    return _WORD.findall(spelled)
