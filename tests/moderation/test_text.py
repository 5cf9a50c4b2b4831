"""How the checks read a message: disguises undone, ordinary writing untouched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text import normalise, visible


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("y0u are w0rthl3ss", "you are worthless"),
        ("you are $tupid", "you are stupid"),
        ("h\u200be\u200bl\u202elo", "hello"),
        ("і will hеlp you", "і will help you"),  # noqa: RUF001 - the disguise under test
        ("g o a w a y now", "goaway now"),
        ("sooooooo tired", "soo tired"),
        ("line one\n\n line two\t", "line one line two"),
        ("thanks😊so much❤️", "thanks 😊 so much ❤️"),
        ("🅺🅸🅻🅻 it", "kill it"),
        ("s\u0336h\u0336i\u0336t\u0336 wórthléss", "shit worthless"),
        ("ｆｕｌｌ width", "full width"),  # noqa: RUF001 - the disguise under test
    ],
)
def test_a_disguise_is_undone(typed: str, read: str) -> None:
    """Zero-width and direction marks, lookalikes, signs for letters and stretched words are read as meant."""
    assert normalise(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        "see you at 3pm, room 4",
        "привет, как дела",
        "καλημέρα σε όλους",
        "Mir geht's heute ganz gut, schön dich zu sehen",
        "write to me@example.org",
        "call 0800 111 0 111",
        "I a m fine",
        "covid19 and h2so",
    ],
)
def test_ordinary_writing_is_left_alone(typed: str) -> None:
    """Another alphabet, numbers, umlauts and addresses are no disguise."""
    assert normalise(typed) == typed


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    """Reading never fails and always ends on one line."""
    assert "\n" not in normalise(text)
    assert visible(visible(text)) == visible(text)
