"""The readings of a message that the checks share: they undo disguises and never change what is delivered."""

import re
import unicodedata

_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"\S+")
_LONG_RUN = re.compile(r"(\w)\1{3,}")
_SIGN_IN_WORD = re.compile(r"(?<=[^\W\d_])[013457@$!](?=[^\W\d_])")
_LEADING_DOLLAR = re.compile(r"^\$(?=[^\W\d_]{3})")
_LETTER_BY_LETTER = re.compile(r"(?<!\w)(?:[^\W\d_][ .*-]){3,}[^\W\d_](?!\w)")
_MARKED_LETTER = re.compile("([A-Za-z])([\u0300-\u036f]+)")
DIAERESIS = "\u0308"
_SEPARATORS = re.compile(r"[ .*-]")
_PICTURES = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f]+")

SIGNS_AS_LETTERS = str.maketrans("013457@$!", "oieastasi")
_LOOKALIKES = str.maketrans(
    "аеорсухікмтвнАЕОРСУХІКМТВНοαειυρτκνΟΑΕΙΥΡΤΚΝ",
    "aeopcyxikmtbhAEOPCYXIKMTBHoaeiuptkvOAEIYPTKN",
)
_BOXED_LETTERS = {first + place: ord("a") + place for first in (0x1F150, 0x1F170) for place in range(26)}  # white on black
_LONGEST_DISGUISED_WORD = 40
_SHORTEST_DISGUISED_WORD = 3
_LINE_BREAKS = "\n\r\t"
# The joiner inside an emoji goes too: a family becomes its members, which no check minds.
_INVISIBLE = {"Cf", "Cc", "Co", "Cs", "Cn"}


def visible(text: str) -> str:
    """Return the text on one line with only what a reader can see, signs and digits as typed."""
    shown = (c for c in unicodedata.normalize("NFKC", text) if _is_visible(c))
    return _SPACES.sub(" ", "".join(shown)).strip()


def normalise(text: str) -> str:
    """Return the text as the classifier reads it: visible characters with common disguises undone."""
    seen = _WORD.sub(_undisguise_word, _pictures_apart(_without_accents(visible(text))))
    seen = _LETTER_BY_LETTER.sub(_join_letters, seen)
    return _LONG_RUN.sub(r"\1\1", seen)


def _pictures_apart(text: str) -> str:
    # An emoji at the end of a word would make it a word that nobody knows.
    return _SPACES.sub(" ", _PICTURES.sub(r" \g<0> ", text.translate(_BOXED_LETTERS))).strip() if _PICTURES.search(text) else text


def _without_accents(text: str) -> str:
    """Return the text with no marks on Latin letters but German umlauts: one can be put on, or struck through, every letter of an insult."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _MARKED_LETTER.sub(_umlaut_or_plain, unicodedata.normalize("NFD", text)))


def _umlaut_or_plain(match: re.Match[str]) -> str:
    letter, marks = match.groups()
    return letter + DIAERESIS if letter in "aouAOU" and DIAERESIS in marks else letter


def _is_visible(character: str) -> bool:
    return character in _LINE_BREAKS or unicodedata.category(character) not in _INVISIBLE


def _undisguise_word(match: re.Match[str]) -> str:
    word = match.group()
    if not _SHORTEST_DISGUISED_WORD <= len(word) <= _LONGEST_DISGUISED_WORD:
        return word
    if _mixes_alphabets(word):
        word = word.translate(_LOOKALIKES)
    if "://" in word or (word.count("@") == 1 and "." in word):
        return word  # links and addresses keep their signs
    word = _LEADING_DOLLAR.sub("s", word)
    return _SIGN_IN_WORD.sub(lambda sign: sign.group().translate(SIGNS_AS_LETTERS), word)


def _mixes_alphabets(word: str) -> bool:
    # A word wholly in Cyrillic or Greek is somebody's language; only a mixture is a disguise.
    has_latin = any("a" <= c <= "z" for c in word.lower())
    return has_latin and any(ord(c) in _LOOKALIKES for c in word)


def _join_letters(match: re.Match[str]) -> str:
    return _SEPARATORS.sub("", match.group())
