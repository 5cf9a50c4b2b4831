"""Numbers as people write them: digits, digits with gaps, and digits spelled out in English and German."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

DIGIT_WORDS = {
    **dict.fromkeys(("zero", "oh", "null"), "0"),
    **dict.fromkeys(("one", "eins"), "1"),
    **dict.fromkeys(("two", "zwei", "zwo"), "2"),
    **dict.fromkeys(("three", "drei"), "3"),
    **dict.fromkeys(("four", "vier"), "4"),
    **dict.fromkeys(("five", "fünf", "fuenf"), "5"),
    **dict.fromkeys(("six", "sechs"), "6"),
    **dict.fromkeys(("seven", "sieben"), "7"),
    **dict.fromkeys(("eight", "acht"), "8"),
    **dict.fromkeys(("nine", "neun"), "9"),
}

_RUN = re.compile(r"(?<![\w.,])[+(]{0,2}\d(?:[ ().\-/]{0,2}\d){6,24}(?!\w)")
_GROUPS = re.compile(r"\d+")
DATE = re.compile(r"\d{1,2}[./-] ?\d{1,2}[./-] ?(?:\d{4}|\d{2})|\d{4}[./-]\d{1,2}[./-]\d{1,2}")
_YEAR = re.compile(r"(?:19|20)\d\d")


def digit_runs(text: str) -> Iterator[list[str]]:
    """Yield the groups of digits of each long number, written with or without gaps, counting and dates left out."""
    for match in _RUN.finditer(DATE.sub(" date ", text)):
        groups = _GROUPS.findall(match.group())
        if not is_counting(groups) and not all(_YEAR.fullmatch(group) for group in groups):
            yield groups


def spelled_runs(text: str) -> Iterator[list[str]]:
    """Yield the digits of each stretch of words in which every word is a digit."""
    run: list[str] = []
    for word in [*re.split(r"[ ,.;:/\-]+", text.casefold()), ""]:
        digit = word if len(word) == 1 and word.isdecimal() else DIGIT_WORDS.get(word)
        if digit is not None:
            run.append(digit)
            continue
        if run and not is_counting(run):
            yield run
        run = []


def is_counting(groups: Iterable[str]) -> bool:
    """Tell counting up or down in ones ("5 4 3 2 1"), a common grounding exercise, from a number."""
    values = [int(group) for group in groups]
    steps = {after - before for before, after in pairwise(values)}
    return steps in ({1}, {-1})
