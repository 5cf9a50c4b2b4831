"""The words behind a flag, as a volunteer sees them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo
from tests.browser.rooms import UNKIND, expect_state, open_newest_case, open_room, say
from tests.live.waiting import eventually

STYLES = "mark => [getComputedStyle(mark).textDecorationLine, getComputedStyle(mark).color === getComputedStyle(mark.parentNode).color]"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_words_are_marked_in_the_text(scheme: str, demo: Demo, sign_in: Callable[..., Page]) -> None:
    """Underlined, in the text's own colour and said in words below; the text reads as it was typed, and markup in it is text."""
    robin = sign_in(demo.person("member"))
    open_room(robin)
    text = f"\U0001f327\ufe0f <b>{UNKIND}</b> {scheme}"
    expect_state(say(robin, text), "held")
    volunteer = open_newest_case(sign_in(demo.person("volunteer"), scheme=scheme), "conduct")
    shown = volunteer.get_by_test_id("case-text")
    expect(shown).to_have_text(text)
    marks = shown.locator("mark")
    eventually(lambda: volunteer.reload() and marks.count(), "for the words behind the flag")
    assert shown.inner_text() == text
    assert marks.first.evaluate(STYLES) == ["underline", True]
    assert all(word in text for word in marks.all_inner_texts())
    expect(shown.locator("b")).to_have_count(0)
    expect(volunteer.get_by_test_id("why")).to_contain_text("It can be wrong.")
    assert sorted(volunteer.get_by_test_id("why").locator("q").all_inner_texts()) == sorted(marks.all_inner_texts())
