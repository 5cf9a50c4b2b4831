"""Two volunteers at the same case know of each other."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo
from tests.browser.rooms import UNKIND, expect_state, newest_case, open_room, say, start_shift

LOOK = "document.dispatchEvent(new Event('visibilitychange'))"  # as if the page had come to the front, so that nobody waits for its clock


def test_two_volunteers_see_that_they_look_at_the_same_case(demo: Demo, sign_in: Callable[..., Page]) -> None:
    """By name; and whoever did not take it is told that the case has changed."""
    robin = sign_in(demo.person("member"))
    open_room(robin)
    expect_state(say(robin, f"{UNKIND}, both of you"), "held")
    first, second = sign_in(demo.person("volunteer")), sign_in(demo.person("volunteer", 1))
    start_shift(first)
    path = newest_case(first, "conduct")
    for page in (first, second):
        page.goto(path)
    expect(second.get_by_test_id("viewers")).to_contain_text(demo.person("volunteer")["name"])
    first.evaluate(LOOK)
    expect(first.get_by_test_id("viewers")).to_contain_text(demo.person("volunteer", 1)["name"])
    expect(second.get_by_test_id("case-changed")).to_be_hidden()
    first.get_by_test_id("claim").click()
    expect(first.get_by_test_id("lease")).to_be_visible()
    second.evaluate(LOOK)
    expect(second.get_by_test_id("case-changed")).to_be_visible()
    second.get_by_test_id("case-changed").get_by_role("link").click()
    expect(second.get_by_test_id("case-changed")).to_be_hidden()
    first.get_by_test_id("give-back").click()
