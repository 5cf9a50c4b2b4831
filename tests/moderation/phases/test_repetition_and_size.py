"""Repetition counts only within the window; size looks at what can be seen."""

import pytest

from moderation.findings import Candidate
from moderation.phases.repetition import check_repetition
from moderation.phases.size import check_size
from moderation.rules import Rules
from moderation.taxonomy import ReasonCode


def repeated(text: str, *recent: str) -> bool:
    """Tell whether the phase finds a repetition."""
    return bool(check_repetition(Candidate(text, Rules(), recent), None))


def test_the_fourth_equal_message_is_a_repetition() -> None:
    """Spelling tricks do not make it another one."""
    text = "please read this now everybody"
    assert not repeated(text, text, text)
    assert repeated(text, text, "PLEASE read th1s now, everybody!", text + "  ")
    assert not repeated(text, text, "something else entirely", text)


@pytest.mark.parametrize("text", ["me too", "hi", "❤️", "danke dir"])
def test_short_ones_may_come_back_more_often(text: str) -> None:
    """A heart for each of four people is no flood."""
    assert not repeated(text, *[text] * 4)
    assert repeated(text, *[text] * 5)


def test_different_emoji_are_different() -> None:
    """Messages without letters are compared as they are."""
    assert not repeated("❤️", *["🌧️"] * 9)


@pytest.mark.parametrize("text", ["", "  \n", "\u200b\u200e", "\u2060 \ufeff"])
def test_nothing_visible_is_blank(text: str) -> None:
    """Invisible characters are nothing to read."""
    assert [f.code for f in check_size(Candidate(text, Rules()), None)] == [ReasonCode.BLANK]


def test_length_is_measured_as_typed() -> None:
    """The limit is the circle's."""
    rules = Rules(max_length=100)
    assert check_size(Candidate("x" * 100, rules), None) == []
    codes = [f.code for f in check_size(Candidate("x" * 101, rules), None)]
    assert codes == [ReasonCode.TOO_LONG]
