"""Which words of a flagged message its scores rest on: words are left out one by one, and those without which the scores fall are named."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from moderation.classifier.base import checked
from moderation.findings import Scores
from moderation.taxonomy import Label

MOST_WORDS = 6  # more marks than this say nothing any more
PASSAGE_WORDS = 24  # about what a classifier reads at once; a longer message is looked at in passages that overlap by half
MOST_PASSAGES = 3
QUIET = 0.25  # of the first score: what is left below this needs no further word
LEAST = 0.02  # of the first score: a word that changes less is not named

# A word, or one spelt letter by letter; signs inside stay, because they may be a disguise.
_WORD = re.compile(r"(?<!\w)(?:[^\W\d_][ .*-]){3,}[^\W\d_](?!\w)|[^\s<>()\[\]{}\"“”„«»,;…—\u2013/|\\]+")
_AT_THE_EDGE = ".!?:'\u2019*_~-"

Score = Callable[[Sequence[str]], Sequence[Mapping[Label, float]]]  # as `Classifier.score`
_Passage = tuple[int, int]  # the first word's index, and the index after the last one's


@dataclass(frozen=True, slots=True)
class Raised:
    """A stretch of the text as typed, in code points, and how far the label's score falls without it."""

    label: Label
    start: int
    end: int
    weight: float


def find_why(text: str, labels: Collection[Label], score: Score) -> list[Raised]:
    """Find the words on which the labels' scores rest most, in the order of the text; none when leaving words out changes nothing.

    They are chosen one after the other, each as what lowers the scores most when the ones before it are gone too, so it is together that
    they carry the flag. A message of up to `PASSAGE_WORDS` words costs at most 42 short classifications, a longer one at most 125 and one more
    for every 12 words. Raises what `score` raises, and `ClassifierError`.
    """
    search = _Search(text, tuple(labels), score)
    return _merged(text, search.run()) if labels and search.words else []


class _Search:
    """One message, and what was found in it so far."""

    def __init__(self, text: str, labels: Sequence[Label], score: Score) -> None:
        self.text = text
        self.words = words_of(text)
        self.labels = labels
        self.score = score
        self.found: dict[int, Raised] = {}  # by the word's index

    def run(self) -> list[Raised]:
        """Look at the passages with the highest scores; each is looked at once."""
        whole, passages = (0, len(self.words)), _passages(len(self.words))
        before, *scores = self._scores([(whole, ()), *((passage, ()) for passage in passages)])
        waiting = dict(zip(passages, scores, strict=True))
        loud = max(map(self._heat, scores))
        for _ in range(MOST_PASSAGES):
            if not waiting or len(self.found) == MOST_WORDS:
                break
            passage = max(waiting, key=lambda passage: self._heat(waiting[passage]))
            if self._heat(waiting[passage]) < QUIET * loud:
                break
            new = self._search_passage(passage, waiting.pop(passage), loud)
            touched = [passage for passage in waiting if any(passage[0] <= index < passage[1] for index in new)]
            waiting.update(zip(touched, self._scores([(passage, ()) for passage in touched]), strict=True))
        (after,) = self._scores([(whole, ())])
        return [self.found[index] for index in sorted(self.found)] if self._heat(after) < self._heat(before) else []

    def _search_passage(self, passage: _Passage, now: Scores, loud: float) -> list[int]:
        """Take word after word until what is left is quiet; the candidates are those that did most alone."""
        words = [index for index in range(*passage) if index not in self.found]
        without = dict(zip(words, self._scores([(passage, (index,)) for index in words]), strict=True))
        candidates = sorted(words, key=lambda index: self._heat(without[index]))[: MOST_WORDS - len(self.found)]
        new: list[int] = []
        while candidates:
            best = min(candidates, key=lambda index: self._heat(without[index]))
            fall = self._heat(now) - self._heat(without[best])
            if fall <= (LEAST * loud if new else 0):
                break
            self.found[best] = self._raised(best, now, without[best])
            new.append(best)
            candidates.remove(best)
            now = without[best]
            if self._heat(now) < QUIET * loud:
                break
            without = dict(zip(candidates, self._scores([(passage, (index,)) for index in candidates]), strict=True))
        return new

    def _scores(self, variants: Sequence[tuple[_Passage, Collection[int]]]) -> list[dict[Label, float]]:
        """Score passages without some more words, all of them without those found already."""
        texts = [self._text_of(passage, without) for passage, without in variants]
        return checked(self.score(texts), len(texts)) if texts else []

    def _text_of(self, passage: _Passage, without: Collection[int]) -> str:
        first, last = passage
        at = self.words[first][0] if first else 0
        kept = []
        for index in range(first, last):
            if index in without or index in self.found:
                start, end = self.words[index]
                kept.append(self.text[at:start])
                at = end
        kept.append(self.text[at : self.words[last][0] if last < len(self.words) else len(self.text)])
        return "".join(kept)

    def _heat(self, scores: Scores) -> float:
        return sum(scores[label] for label in self.labels)

    def _raised(self, index: int, before: Scores, after: Scores) -> Raised:
        label = max(self.labels, key=lambda label: before[label] - after[label])
        return Raised(label, *self.words[index], before[label] - after[label])


def words_of(text: str) -> list[tuple[int, int]]:
    """Where the words of a text are, without the signs around them."""
    return [span for match in _WORD.finditer(text) if (span := _trimmed(text, *match.span()))[0] < span[1]]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _AT_THE_EDGE:
        start += 1
    while start < end and text[end - 1] in _AT_THE_EDGE:
        end -= 1
    return start, end


def _passages(count: int) -> list[_Passage]:
    if count <= PASSAGE_WORDS:
        return [(0, count)]
    step = PASSAGE_WORDS // 2
    return [(first, min(first + PASSAGE_WORDS, count)) for first in range(0, count - step, step)]


def _merged(text: str, raised: Sequence[Raised]) -> list[Raised]:
    """Words of one label with nothing but space between them become one stretch."""
    merged: list[Raised] = []
    for item in raised:
        last = merged[-1] if merged else None
        if last is not None and last.label is item.label and text[last.end : item.start].isspace():
            merged[-1] = Raised(last.label, last.start, item.end, last.weight + item.weight)
        else:
            merged.append(item)
    return merged
