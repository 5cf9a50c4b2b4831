"""Typing as people type: small, seeded changes of a text so that neither spelling nor length decides."""

import random
from collections.abc import Callable, Sequence

_UMLAUTS_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_UMLAUTS_LEFT_OUT = str.maketrans("äöüÄÖÜ", "aouAOU")
MOST_COMPANIONS = 2
SHORTEST_TO_CUT = 8  # letters; a lost letter in "ok" leaves no word
SHORTEST_TO_MASK = 4
EMOJI = ("🙂", "❤️", "😢", "🙏", "😂", "👍", "😭", "💔", "🙄", "🤗")
_MORE_EMOJI = ("😅", "😊", "🥺", "😔", "🤣", "😡", "😬", "🤷", "✨", "🌙", "☕", "🐈", "🎉", "💀", "🔥", "😴", "🥲", "💜", "👀", "🫂")
_KEYS = ("qwertzuiop", "asdfghjkl", "yxcvbnm")
_MARKS = str.maketrans("", "", ".,;:!?'\u2019\"")


def noised(text: str, dice: random.Random) -> str:
    """Return the text with one or two of: umlauts spelled or left out, no marks, a slip of the fingers, a stretched or masked letter, an emoji."""
    for change in dice.sample(_CHANGES, dice.choice((1, 1, 2))):
        text = change(text, dice)
    return text


def buried(text: str, harmless: Sequence[str], dice: random.Random) -> str:
    """Return the text before, after or between one or two harmless ones, as it may stand in a long message."""
    parts = dice.sample(harmless, dice.choice((1, 1, MOST_COMPANIONS)))
    parts.insert(dice.randrange(len(parts) + 1), text)
    return dice.choice((" ", ". ", "\n")).join(parts)


def _spell_out_umlauts(text: str, _dice: random.Random) -> str:
    return text.translate(_UMLAUTS_SPELLED)


def _leave_out_umlauts(text: str, _dice: random.Random) -> str:
    return text.translate(_UMLAUTS_LEFT_OUT)


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


def _slip_to_next_key(text: str, dice: random.Random) -> str:
    at = dice.randrange(max(1, len(text)))
    return text[:at] + next_key(text[at : at + 1], dice) + text[at + 1 :]


def _stretch_letter(text: str, dice: random.Random) -> str:
    at = dice.randrange(max(1, len(text)))
    return text[:at] + text[at : at + 1] * (dice.randint(3, 5) if text[at : at + 1].isalpha() else 1) + text[at + 1 :]


def _mask_letter(text: str, dice: random.Random) -> str:
    words = text.split(" ")
    at = dice.randrange(len(words))
    word = words[at]
    if len(word) >= SHORTEST_TO_MASK and word.isalpha():
        inside = dice.randrange(1, len(word) - 1)
        words[at] = word[:inside] + "*" + word[inside + 1 :]
    return " ".join(words)


def _add_emoji(text: str, dice: random.Random) -> str:
    emoji = dice.choice((*EMOJI, *_MORE_EMOJI)) * dice.choice((1, 1, 1, 2, 3))
    return dice.choice((f"{text} {emoji}", f"{text} {emoji}", f"{text}{emoji}", f"{emoji} {text}"))


def next_key(letter: str, dice: random.Random) -> str:
    """Return a letter beside this one on the keyboard, or the same where there is none."""
    for row in _KEYS:
        at = row.find(letter.lower()) if letter else -1
        if at >= 0:
            return dice.choice(row[max(0, at - 1) : at] + row[at + 1 : at + 2])
    return letter


_CHANGES: tuple[Callable[[str, random.Random], str], ...] = (
    _drop_marks,
    _drop_marks,
    _drop_marks,
    _spell_out_umlauts,
    _leave_out_umlauts,
    _leave_out_umlauts,
    _swap_neighbours,
    _lose_letter,
    _lose_letter,
    _double_letter,
    _slip_to_next_key,
    _slip_to_next_key,
    _swap_neighbours,
    _stretch_letter,
    _mask_letter,
    _add_emoji,
    _add_emoji,
    _add_emoji,
    _add_emoji,
)
