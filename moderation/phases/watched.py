"""Phase: the circle's watched phrases, however they are spelled."""

import unicodedata
from collections.abc import Mapping, Sequence
from itertools import accumulate, groupby

from moderation.findings import Candidate, Finding, Scores
from moderation.taxonomy import ReasonCode
from moderation.text import SIGNS_AS_LETTERS, visible

PHASE = "watched"
_LONGEST_FRAGMENT = 2  # letters of a word that was pulled apart ("st up id")
# Umlauts may be typed as ä, ae or a: all three are read as the bare vowel, in the phrase and in the message alike.
_BARE_VOWELS = (("ae", "a"), ("oe", "o"), ("ue", "u"))
# A 1 or ! stands for i in one word and for l in the next, so a message is read both ways.
_READINGS = (SIGNS_AS_LETTERS, SIGNS_AS_LETTERS | str.maketrans("1!", "ll"))


def check_watched_phrases(candidate: Candidate, _scores: Scores | None) -> list[Finding]:
    """Find each watched phrase once, in any case, spacing, doubling, digit spelling or umlaut spelling."""
    readings = [folded_words(candidate.text, signs) for signs in _READINGS]
    return [
        Finding(ReasonCode.WATCHED_PHRASE, PHASE, detail=phrase)
        for phrase in candidate.rules.watched_phrases
        if any(occurs(folded_words(phrase), words) for words in readings)
    ]


def folded_words(text: str, signs: Mapping[int, int] = SIGNS_AS_LETTERS) -> list[str]:
    """Return the words as bare letters: one alphabet, no marks, digits read as letters, no doubled letters."""
    folded = (_fold(word, signs) for word in visible(text).casefold().split(" "))
    return [word for word in folded if word]


def occurs(phrase: Sequence[str], words: Sequence[str]) -> bool:
    """Tell whether folded words contain a folded phrase as whole words, run together or pulled apart."""
    if not phrase:
        return False
    width = len(phrase)
    as_written = any(words[i : i + width] == phrase for i in range(len(words)))
    return as_written or "".join(phrase) in words or _pulled_apart(phrase, words)


def _fold(word: str, signs: Mapping[int, int]) -> str:
    word = word.strip(".,;:!?…\"'()[]")
    if any(c.isalpha() for c in word):
        word = word.translate(signs)
    bare = "".join(c for c in unicodedata.normalize("NFKD", word) if c.isalnum())
    for spelled, vowel in _BARE_VOWELS:
        bare = bare.replace(spelled, vowel)
    return _merged(bare)


def _merged(letters: str) -> str:
    return "".join(letter for letter, _ in groupby(letters))


def _pulled_apart(phrase: Sequence[str], words: Sequence[str]) -> bool:
    # Only fragments count: "the pen is" regroups whole words and is no disguise.
    wanted = _merged("".join(phrase))
    for is_fragment, run in groupby(words, key=lambda word: len(word) <= _LONGEST_FRAGMENT):
        fragments = list(run)
        if is_fragment and len(fragments) > 1 and _starts_at_a_word(wanted, fragments):
            return True
    return False


def _starts_at_a_word(wanted: str, fragments: Sequence[str]) -> bool:
    starts = accumulate(fragments, lambda at, word: at + len(word), initial=0)
    letters = "".join(fragments)
    return any(_merged(letters[at : at + 2 * len(wanted)]).startswith(wanted) for at in starts)
