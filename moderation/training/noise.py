"""Typing as people type: small, seeded changes of a text so that neither spelling nor length decides."""

import random
from collections.abc import Callable, Sequence

_UMLAUTS_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
MOST_COMPANIONS = 3
SHORTEST_TO_CUT = 8  # letters; a lost letter in "ok" leaves no word
_MARKS = str.maketrans("", "", ".,;:!?'\u2019\"")


def noised(text: str, dice: random.Random) -> str:
    """Return the text with one or two of: spelled-out umlauts, no marks, a swap, a lost or a doubled letter."""
    for change in dice.sample(_CHANGES, dice.choice((1, 1, 2))):
        text = change(text, dice)
    return text


def buried(text: str, harmless: Sequence[str], dice: random.Random) -> str:
    """Return the text at a random place among one to three harmless ones, as it may stand in a long message."""
    parts = dice.sample(harmless, dice.choice((1, 1, 2, MOST_COMPANIONS)))
    parts.insert(dice.randrange(len(parts) + 1), text)
    return dice.choice((" ", ". ", "\n")).join(parts)


def _spell_out_umlauts(text: str, _dice: random.Random) -> str:
    return text.translate(_UMLAUTS_SPELLED)


def _drop_marks(text: str, _dice: random.Random) -> str:
    return text.translate(_MARKS) or text


def _swap_neighbours(text: str, dice: random.Random) -> str:
    at = dice.randrange(max(1, len(text) - 1))
    return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]


def _lose_letter(text: str, dice: random.Random) -> str:
    at = dice.randrange(max(1, len(text)))
    return text[:at] + text[at + 1 :] if len(text) > SHORTEST_TO_CUT else text


def _double_letter(text: str, dice: random.Random) -> str:
    at = dice.randrange(max(1, len(text)))
    return text[:at] + text[at : at + 1] + text[at:]


_CHANGES: tuple[Callable[[str, random.Random], str], ...] = (
    _spell_out_umlauts,
    _spell_out_umlauts,
    _drop_marks,
    _drop_marks,
    _swap_neighbours,
    _lose_letter,
    _double_letter,
)
