"""The whole way of a message, seen by the people it is about, in their browsers."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo
from tests.browser.rooms import CRISIS, UNKIND, message, open_newest_case, open_room, return_it, say


def test_two_members_chat(demo: Demo, sign_in: Callable[..., Page]) -> None:
    """What one member writes is delivered to the other, and both know who is here."""
    robin, willow = sign_in(demo.person("member")), sign_in(demo.person("member", 1))
    open_room(robin)
    open_room(willow)
    expect(robin.get_by_test_id("presence-count")).to_have_text("2")
    own = say(robin, "Good evening, I have brought a blanket")
    expect(own).to_have_attribute("data-state", "delivered")
    expect(message(willow, "Good evening, I have brought a blanket")).to_be_visible()
    say(willow, "There is room on the sofa")
    expect(message(robin, "There is room on the sofa")).to_be_visible()


def test_a_cry_for_help_is_delivered_and_answered_by_people(demo: Demo, sign_in: Callable[..., Page]) -> None:
    """Wanting to die is shown to the circle; its author alone gets a private card, and the volunteers' page shows a case without the text."""
    volunteer = sign_in(demo.person("volunteer"))
    volunteer.goto("/review")
    before = volunteer.locator("[data-lane=care] [data-testid=case]").count()
    robin, willow = sign_in(demo.person("member")), sign_in(demo.person("member", 1))
    open_room(robin)
    open_room(willow)
    own = say(robin, CRISIS)
    expect(own).to_have_attribute("data-state", "delivered")
    expect(own.get_by_test_id("care-card")).to_be_visible()
    expect(message(willow, CRISIS)).to_be_visible()
    expect(message(willow, CRISIS).get_by_test_id("care-card")).to_have_count(0)
    expect(volunteer.locator("[data-lane=care] [data-testid=case]")).to_have_count(before + 1)
    assert CRISIS not in volunteer.content()
    own.get_by_test_id("care-dismiss").click()
    expect(own.get_by_test_id("care-card")).to_have_count(0)


def test_a_cruel_message_is_held_and_returned_with_a_reason(demo: Demo, sign_in: Callable[..., Page]) -> None:
    """Nobody else receives it in any form; its author is told at every step and reads the volunteer's words."""
    robin, willow = sign_in(demo.person("member")), sign_in(demo.person("member", 1))
    frames: list[str] = []
    willow.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    willow.on("response", lambda response: frames.append(response.text()) if "/api/" in response.url else None)
    open_room(robin)
    open_room(willow)
    own = say(robin, UNKIND)
    expect(own).to_have_attribute("data-state", "held")
    expect(own.get_by_test_id("notice")).to_contain_text("It has not been deleted")
    volunteer = open_newest_case(sign_in(demo.person("volunteer")), "conduct")
    expect(own.get_by_test_id("notice")).to_contain_text("is reading this now")
    expect(volunteer.get_by_test_id("case-text")).to_contain_text(UNKIND)
    volunteer.get_by_test_id("release").click()
    volunteer.get_by_test_id("undo").click()
    expect(volunteer.get_by_test_id("case-text")).to_contain_text(UNKIND)
    return_it(volunteer, rule="kindness", reason="This sounds like telling somebody that they should be gone. Please say what upset you instead.")
    expect(own).to_have_attribute("data-state", "returned")
    expect(own.get_by_test_id("notice")).to_contain_text("Please say what upset you instead")
    say(robin, "I am sorry, I was angry")
    expect(message(willow, "I am sorry, I was angry")).to_be_visible()
    assert frames
    assert not [frame for frame in frames if UNKIND in frame]


def test_a_held_message_is_released_at_its_place(demo: Demo, sign_in: Callable[..., Page]) -> None:
    """A release brings the message to everybody through the normal door, with both times."""
    robin, willow = sign_in(demo.person("member")), sign_in(demo.person("member", 1))
    open_room(robin)
    open_room(willow)
    text = UNKIND + ", that is what my aunt always said to me"
    own = say(robin, text)
    if own.get_attribute("data-state") != "held":
        expect(own).not_to_have_attribute("data-state", "pending")
    expect(own).to_have_attribute("data-state", "held")
    volunteer = open_newest_case(sign_in(demo.person("volunteer", 1)), "conduct")
    volunteer.get_by_test_id("release").click()
    volunteer.wait_for_url("**/review")
    expect(own).to_have_attribute("data-state", "delivered")
    expect(message(willow, text)).to_be_visible()
    expect(message(willow, text)).to_contain_text("shown")
