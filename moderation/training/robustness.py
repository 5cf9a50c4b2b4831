"""Robustness: the same message, typed or disguised differently, must get the same verdict."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from moderation.classifier.base import Classifier
from moderation.training.flags import verdict
from moderation.training.noise import EMOJI, next_key
from moderation.training.rows import Row

MOST_FLIPS = 0.03
_LEET = str.maketrans("aeiost", "431057")
_CYRILLIC = str.maketrans("aeopcx", "\u0430\u0435\u043e\u0440\u0441\u0445")
_WITHOUT_UMLAUTS = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "Ä": "A", "Ö": "O", "Ü": "U", "ß": "ss"})
_SPELLED_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})
_SHORTEST = 4  # letters of a word worth disguising

Perturbation = Callable[[str, random.Random], str]


@dataclass(frozen=True, slots=True)
class Flips:
    """How many of the lines that a kind of perturbation changed got another verdict."""

    changed: int
    flipped: int

    @property
    def share(self) -> float:
        """The share of changed lines, from 0 to 1."""
        return self.flipped / self.changed if self.changed else 0.0


def measure_flips(classifier: Classifier, rows: Sequence[Row], *, seed: int = 1) -> dict[str, Flips]:
    """Return kind -> flips over these rows; the same rows and seed give the same perturbed lines."""
    before = _verdicts(classifier, [row.text for row in rows])
    return {kind: _flips(classifier, rows, before, perturb, random.Random(f"{seed}/{kind}")) for kind, perturb in PERTURBATIONS.items()}


def _flips(classifier: Classifier, rows: Sequence[Row], before: Sequence[str], perturb: Perturbation, dice: random.Random) -> Flips:
    perturbed = [perturb(row.text, dice) for row in rows]
    changed = [index for index, row in enumerate(rows) if perturbed[index] != row.text]
    after = _verdicts(classifier, [perturbed[index] for index in changed])
    return Flips(len(changed), sum(before[index] != new for index, new in zip(changed, after, strict=True)))


def _verdicts(classifier: Classifier, texts: Sequence[str]) -> list[str]:
    return [verdict(text, scores) for text, scores in zip(texts, classifier.score(texts), strict=True)]


def _in_one_word(text: str, dice: random.Random, change: Callable[[str], str]) -> str:
    words = text.split(" ")
    long = [index for index, word in enumerate(words) if len(word) >= _SHORTEST and word.isalpha()]
    if not long:
        return text
    at = dice.choice(long)
    return " ".join([*words[:at], change(words[at]), *words[at + 1 :]])


def _repeated_letter(text: str, dice: random.Random) -> str:
    def stretch(word: str) -> str:
        at = dice.randrange(len(word))
        return word[:at] + word[at] * dice.randint(3, 6) + word[at + 1 :]

    return _in_one_word(text, dice, stretch)


def _typo(text: str, dice: random.Random) -> str:
    def slip(word: str) -> str:
        at = dice.randrange(1, len(word) - 1)
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return dice.choice((swapped, word[:at] + word[at + 1 :], word[:at] + next_key(word[at], dice) + word[at + 1 :]))

    return _in_one_word(text, dice, slip)


def _zero_width(text: str, dice: random.Random) -> str:
    return _in_one_word(text, dice, "\u200b".join)


# In the order of the report.
PERTURBATIONS: Mapping[str, Perturbation] = {
    "upper case": lambda text, _dice: text.upper(),
    "lower case": lambda text, _dice: text.lower(),
    "double spaces": lambda text, _dice: text.replace(" ", "  "),
    "one word spelled out": lambda text, dice: _in_one_word(text, dice, " ".join),
    "leetspeak": lambda text, dice: _in_one_word(text, dice, lambda word: word.translate(_LEET)),
    "homoglyphs": lambda text, dice: _in_one_word(text, dice, lambda word: word.translate(_CYRILLIC)),
    "emoji": lambda text, dice: f"{text} {dice.choice(EMOJI)}",
    "repeated letters": _repeated_letter,
    "zero-width characters": _zero_width,
    "umlauts left out": lambda text, _dice: text.translate(_WITHOUT_UMLAUTS),
    "umlauts spelled out": lambda text, _dice: text.translate(_SPELLED_UMLAUTS),
    "no punctuation": lambda text, _dice: "".join(c for c in text if c not in ".,;:!?'\u2019\"") or text,
    "one typing error": _typo,
}
