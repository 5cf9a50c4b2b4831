"""Words as they were meant: umlauts and apostrophes that were left out, digits for letters, stretched letters and slips of the fingers are undone.

A word that is in a dictionary or in a training line stays, unless the same letters with their marks are many times as frequent in the
message's language; and only a known word can take another's place. It is better to leave a slip than to change a word: names and rare
words look like slips too. All this is for the network: what is delivered is what was typed.
"""

import gzip
import json
import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import chain, combinations, islice, pairwise, product
from math import inf
from pathlib import Path

from moderation.text import normalise

READING = 3  # of this module; weights read another way than they were taught would err, so that the manifest names it
DICTIONARIES = ("en", "de")  # of the package pyspellchecker
ENGLISH, GERMAN = 0, 1
UNCOUNTED = 50  # what the package gives words that it never counted
SHORTEST = 4  # letters of a word with digits or signs for letters
SHORTEST_STRETCHED = 3
# A slip by the letters of the word: how frequent the word must be that was meant. A short word is a slip of many others, and names are short.
MEANT_BY_LENGTH = {3: 60, 4: 300}
MEANT_BY_LISTED = 2000  # for a dictionary lists common slips, but also every noun and rare word that looks like one
CLEARER = 8  # times as frequent are the same letters with their marks: fur and für, hes and he's
SHORTEST_UNDOTTED = 3  # letters
CONTRACTION_RANK = 250
OWN_RANK = 8000  # of a training line's word that no dictionary has counted
LONGEST = 24  # letters; a longer one is a compound
FREQUENT = 8000  # words of a language: what a slip may have been meant to be
TELLING = 1500  # words that tell a language
MOST_LOOKED_AT = 24  # unknown words of one text, which bounds the time for a text full of them
MOST_MARKED = 400  # words of one text
MOST_RUNS = 4
_WORD = re.compile(r"[\w@$]+(?:[!*'./-]+[\w@$]+)*")
_UMLAUT = re.compile("[äöü]")
_INSIDE = re.compile(r"[_.*/-]+")
_NUMBER = re.compile(r"\d+\D{1,3}")  # 14th, 50's, 30min: no disguise
_RUN = re.compile(r"(.)\1+")
_STOPS = re.compile(r"(?<![.,;:!])[.,;:!]+(?=[\s\"]|$)")  # half of all people leave them out; question marks stay
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'") | {"<": "< "})  # and nothing typed is one of the tokenizer's marks
_LETTERS = "abcdefghijklmnopqrstuvwxyzäöüß"
_KEYS = ("qwertyuiop", "qwertzuiopü", "asdfghjklöä", "zxcvbnm", "yxcvbnm")
_PAIRS = [pair for row in _KEYS for ahead in (row, row[::-1]) for pair in pairwise(ahead)]
_BESIDE = {letter: {beside for key, beside in _PAIRS if key == letter} for letter in _LETTERS}
_SPELLED_OUT = {"ae": "ä", "oe": "ö", "ue": "ü", "ss": "ß"}
_DIGRAPH = re.compile("|".join(_SPELLED_OUT))
_SURELY_SPELLED_OUT = re.compile("(?<![aeiouq])(?:ae|oe|ue)")
_LEFT_OUT = {"a": "ä", "o": "ö", "u": "ü"}
_SIGNS = tuple(str.maketrans("034578@$!1", f"oeastbasi{one}") for one in "il")
# What people put stars into. A masked word that fits none of these stays masked.
_MASKED = frozenset((Path(__file__).parent / "masked.txt").read_text(encoding="utf-8").split())


class Spelling:
    """The words that can be meant: those of the dictionaries, and the other ones of the training lines."""

    def __init__(self, words: Iterable[str]) -> None:
        self._ranks, self._listed = _dictionaries()
        self._own = frozenset(word for word in words if not self._is_counted(word) and not self._is_frequent_slip(word))

    def knows(self, word: str) -> bool:
        """Return whether a word in lower case is in a dictionary or in a training line."""
        if word in self._own or any(word in ranks for ranks in self._ranks):
            return True
        place = bisect_left(self._listed, number := hash(word))
        return place < len(self._listed) and self._listed[place] == number

    def is_usual(self, word: str) -> bool:
        """Return whether a word is in a training line or was counted for a dictionary; the rest of a dictionary holds many other languages' words."""
        return word in self._own or any(word in ranks for ranks in self._ranks)

    def _is_counted(self, word: str) -> bool:
        return any(meant in ranks for ranks in self._ranks for meant in (word, *_plainly_meant(word)))

    def _is_frequent_slip(self, word: str) -> bool:
        return any(ranks.get(meant, TELLING) < TELLING for ranks in self._ranks for meant in _swapped(word))

    def mend(self, text: str) -> str:
        """Return the text in lower case with every unknown word that is another spelling of a known one replaced by it."""
        text = text.lower()
        words = _WORD.findall(text)
        ranks = self._language(words)
        undotted = ranks is self._ranks[GERMAN] and not any(map(_UMLAUT.search, words))  # whoever types one umlaut types them all
        spell = _left_out_umlauts if undotted else _contractions if ranks is self._ranks[ENGLISH] else None
        meant = self._marked(words, ranks, spell) if spell else {}
        unusual = [word for word in dict.fromkeys(words) if word not in meant and len(word) <= LONGEST and not word.isdigit() and not self.is_usual(word)]
        meant |= {word: self._meant(word, ranks, undotted=undotted) for word in unusual[:MOST_LOOKED_AT]}
        return _WORD.sub(lambda match: meant.get(match.group(), match.group()), text) if meant else text

    def _marked(self, words: Iterable[str], ranks: Mapping[str, int], spell: Callable[[str], Iterator[str]]) -> dict[str, str]:
        """Return the words, among those that may be words as they are, that were rather typed without their umlauts or apostrophe."""
        found = {}
        for word in islice(dict.fromkeys(words), MOST_MARKED):
            rank = ranks.get(word, OWN_RANK if word in self._own else CLEARER * MEANT_BY_LISTED if self.knows(word) else inf)
            if rank > CLEARER and word.isalpha() and len(word) <= LONGEST:
                meant = min(spell(word), key=lambda spelling: self._rank(spelling, ranks), default=word)
                if self._rank(meant, ranks) * CLEARER < rank:
                    found[word] = meant
        return found

    def _rank(self, word: str, ranks: Mapping[str, int]) -> float:
        """Return the rank of a word; some contractions are in the dictionary, but not counted."""
        return ranks.get(word, CONTRACTION_RANK if "'" in word and not word.endswith("'s") and self.knows(word) else inf)

    def _language(self, words: Iterable[str]) -> Mapping[str, int]:
        """Return the ranks of the language whose telling words occur most; none when there are none, because a slip is one of some language."""
        telling = [sum(ranks.get(word, FREQUENT) < TELLING for word in words) for ranks in self._ranks]
        return self._ranks[telling.index(max(telling))] if any(telling) else {}

    def _meant(self, word: str, ranks: Mapping[str, int], *, undotted: bool) -> str:
        """Return the known word that the word is another spelling of, or the word itself."""
        if self.knows(word):
            return _most_frequent(chain(_spelled_out_umlauts(word), _swapped(word)), ranks, MEANT_BY_LISTED) or word
        for spellings in (_spelled_out_umlauts(word), _left_out_umlauts(word) if undotted else iter(()), _unmasked(word), _joined(word)):
            if known := self._best(filter(self.knows, spellings), ranks):
                return known
        for spellings in (_with_apostrophe(word), _without_signs(word), _without_runs(word)):
            if known := self._best(filter(self.is_usual, spellings), ranks):
                return known
        slipped = self._slipped(word, ranks, FREQUENT)
        return _SURELY_SPELLED_OUT.sub(lambda match: _SPELLED_OUT[match.group()], word) if undotted and slipped == word else slipped

    def _slipped(self, word: str, ranks: Mapping[str, int], most: int) -> str:
        if len(word) < min(MEANT_BY_LENGTH) or not word.isalpha() or word in _MASKED:
            return word
        most = min(most, MEANT_BY_LENGTH.get(len(word), most))
        return _most_frequent(_swapped(word), ranks, most) or _most_frequent(_slips(word), ranks, most) or word

    def _best(self, spellings: Iterator[str], ranks: Mapping[str, int]) -> str | None:
        return min(spellings, key=lambda spelling: ranks.get(spelling, len(ranks)), default=None)


def read_spelling(file: Path) -> Spelling:
    """Read a list of words, one on a line."""
    return Spelling(file.read_text(encoding="utf-8").split())


def readable(text: str, spelling: Spelling | None) -> str:
    """Return a text as typed in the form that a network reads: disguises undone and, where the words are known, spelling and stops too."""
    plain = normalise(text)
    return plain if spelling is None else _STOPS.sub("", spelling.mend(plain.translate(_APOSTROPHES)))


@cache
def _dictionaries() -> tuple[tuple[dict[str, int], ...], "array[int]"]:
    """Return the counted words of each language with their ranks from 0, and the sorted hashes of all words: a tenth of the memory they would take."""
    ranks, numbers = [], array("q")
    for language in DICTIONARIES:
        content = json.loads(gzip.decompress((files("spellchecker") / "resources" / f"{language}.json.gz").read_bytes()))
        numbers.extend(map(hash, content))
        counted = sorted((word for word, count in content.items() if count > UNCOUNTED), key=content.__getitem__, reverse=True)
        ranks.append({word: rank for rank, word in enumerate(counted)})
    return tuple(ranks), array("q", sorted(numbers))


def _most_frequent(spellings: Iterator[str], ranks: Mapping[str, int], most: int) -> str | None:
    rank, spelling = min(((ranks.get(spelling, most), spelling) for spelling in spellings), default=(most, ""))
    return spelling if rank < most else None


def _plainly_meant(word: str) -> Iterator[str]:
    """Yield what a word of the training lines is a usual other spelling of, so that it is no word of its own: moechte, mochte, dont."""
    yield from _spelled_out_umlauts(word)
    yield from _left_out_umlauts(word)
    yield from _with_apostrophe(word)


def _spelled_out_umlauts(word: str) -> Iterator[str]:
    """Yield the word with spelled-out umlauts as they are, all of them or one."""
    digraphs = list(_DIGRAPH.finditer(word))
    if digraphs:
        yield _DIGRAPH.sub(lambda match: _SPELLED_OUT[match.group()], word)
    for match in digraphs:
        yield word[: match.start()] + _SPELLED_OUT[match.group()] + word[match.end() :]


def _left_out_umlauts(word: str) -> Iterator[str]:
    """Yield the word with one or two umlauts more, and with an ß for its ss."""
    if len(word) < SHORTEST_UNDOTTED:
        return
    places = [at for at, letter in enumerate(word) if letter in _LEFT_OUT]
    for chosen in chain(combinations(places, 1), combinations(places, 2)):
        letters = list(word)
        for at in chosen:
            letters[at] = _LEFT_OUT[letters[at]]
        yield "".join(letters)
        yield "".join(letters).replace("ss", "ß")
    yield word.replace("ss", "ß")


def _contractions(word: str) -> Iterator[str]:
    yield from (f"{word[: -len(end)]}'{end}" for end in ("m", "s", "d", "t", "re", "ve", "ll") if word.endswith(end) and word != end)


def _with_apostrophe(word: str) -> Iterator[str]:
    if word.isalpha():
        for at in range(max(1, len(word) - 2), len(word)):
            yield f"{word[:at]}'{word[at:]}"


def _unmasked(word: str) -> Iterator[str]:
    if "*" in word:
        pattern = re.compile(re.escape(word).replace(r"\*", "."))
        yield from sorted(filter(pattern.fullmatch, _MASKED))


def _joined(word: str) -> Iterator[str]:
    if _INSIDE.search(word):
        yield _INSIDE.sub("", word)


def _without_signs(word: str) -> Iterator[str]:
    if len(word) >= SHORTEST and not word.isalpha() and not _NUMBER.fullmatch(word):
        for signs in _SIGNS:
            plain = word.translate(signs)
            yield plain
            yield from _spelled_out_umlauts(plain)
            yield from _left_out_umlauts(plain)


def _without_runs(word: str) -> Iterator[str]:
    runs = list(_RUN.finditer(word))
    if len(word) < SHORTEST_STRETCHED or not 0 < len(runs) <= MOST_RUNS:
        return
    ends = [*(run.start() for run in runs[1:]), len(word)]
    parts = [[run.group(1) * times + word[run.end() : end] for times in (1, 2)] for run, end in zip(runs, ends, strict=True)]
    for choice in product(*parts):
        yield word[: runs[0].start()] + "".join(choice)


def _swapped(word: str) -> Iterator[str]:
    for at in range(1, len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _slips(word: str) -> Iterator[str]:
    """Yield what differs by a letter too many, one missing or the next key; the first letter is rarely missed."""
    for at in range(1, len(word)):
        before, after = word[:at], word[at + 1 :]
        yield before + after
        for letter in _BESIDE.get(word[at], ()):
            yield before + letter + after
        for letter in _LETTERS:
            yield before + letter + word[at:]
    for letter in _LETTERS:
        yield word + letter
