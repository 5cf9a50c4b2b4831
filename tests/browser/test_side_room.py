"""A talk from the care card to its end, in the browsers of the two people in it."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo
from tests.browser.rooms import CRISIS, expect_live, look_after, message, open_newest_case, open_room, say

QUESTION = "What has kept you safe until now?"


def test_a_member_asks_for_a_talk_and_a_volunteer_comes(demo: Demo, sign_in: Callable[..., Page]) -> None:
    """The card and the room say truly who is there; the guide writes for the volunteer and never sends; after the end nobody can write."""
    robin, volunteer = sign_in(demo.person("member")), sign_in(demo.person("volunteer"))
    open_room(robin)
    own = say(robin, CRISIS)
    barriers = own.get_by_test_id("care-barriers")
    barriers.locator("summary").first.click()
    barriers.locator("summary").nth(1).click()
    expect(barriers.get_by_role("button", name="Talk to a volunteer here")).to_be_visible()
    own.get_by_test_id("care-ask").click()
    expect(own.get_by_test_id("care-talk")).to_contain_text("Nobody has come yet")
    expect(own.get_by_test_id("care-ask")).to_have_count(1)
    expect(own.get_by_test_id("care-ask")).to_be_hidden()
    own.get_by_test_id("care-talk-link").click()
    expect_live(robin)
    lines = robin.get_by_test_id("talk-lines")
    expect(lines).to_contain_text("Nobody has come yet")
    say(robin, "I will wait here")

    open_newest_case(volunteer, "care")
    expect(volunteer.get_by_test_id("case-talk")).to_contain_text("would like to talk")
    volunteer.get_by_test_id("enter-talk").click()
    expect_live(volunteer)
    expect(message(volunteer, "I will wait here")).to_be_visible()
    expect(lines).to_contain_text("is here for you")
    ask_from_the_guide(volunteer)
    expect(message(robin, QUESTION)).to_be_visible()

    volunteer.get_by_test_id("end-talk").click()
    volunteer.get_by_test_id("confirm-end-talk").click()
    expect(volunteer.get_by_test_id("case-talk")).to_have_attribute("data-state", "ended")
    expect(lines).to_contain_text("This talk has ended")
    expect(robin.get_by_test_id("composer")).to_be_hidden()
    look_after(volunteer)


def ask_from_the_guide(page: Page) -> None:
    """Choose a sentence, see that it waits in one's own field behind what was there, and send it by hand."""
    page.get_by_test_id("composer-input").fill("I am here.")
    page.get_by_test_id("guide").locator("summary").click()
    page.get_by_test_id("guide-sentence").filter(has_text=QUESTION).click()
    expect(page.get_by_test_id("composer-input")).to_have_value(f"I am here. {QUESTION}")
    expect(page.get_by_test_id("message").filter(has_text=QUESTION)).to_have_count(0)
    page.get_by_test_id("send").click()
    expect(message(page, QUESTION)).to_have_attribute("data-state", "delivered")
