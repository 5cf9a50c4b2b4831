"""What a room does when something fails: the line, an answer, the screener, the session."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import PASS_PHRASE, Demo
from tests.browser.rooms import expect_live, expect_state, join, message, messages, open_room, say


def test_what_is_written_without_a_line_waits_and_is_delivered_once(demo: Demo, sign_in: Callable[..., Page]) -> None:
    """Nothing is lost, not even by a reload once the line is back; others receive it exactly once, in the order of writing."""
    robin, willow = sign_in(demo.person("member")), sign_in(demo.person("member", 1))
    open_room(robin)
    open_room(willow)
    robin.context.set_offline(True)
    expect(robin.get_by_test_id("connection-state")).to_have_attribute("data-state", "offline")
    first, second = say(robin, "I am on the bus home"), say(robin, "Still on the bus home")
    expect_state(first, "waiting")
    expect_state(second, "waiting")
    expect(first).to_contain_text("It is sent as soon as you are connected again")
    expect_state(say(willow, "Meanwhile, the soup is ready"), "delivered")
    robin.context.set_offline(False)
    expect_state(first, "delivered")
    expect_state(second, "delivered")
    expect(message(robin, "Meanwhile, the soup is ready")).to_be_visible()
    expect(messages(willow, "Still on the bus home")).to_have_count(1)
    expect(messages(willow, "I am on the bus home")).to_have_count(1)
    robin.reload()
    expect_live(robin)
    expect(messages(robin, "I am on the bus home")).to_have_count(1)
    texts = robin.get_by_test_id("message").locator("[data-part=text]").all_inner_texts()
    assert [text for text in texts if "bus home" in text] == ["I am on the bus home", "Still on the bus home"]


def test_a_lost_answer_is_asked_for_again_and_nothing_is_sent_twice(demo: Demo, sign_in: Callable[..., Page]) -> None:
    """The server had taken the message when the line broke, so the page sends it again; everybody has it once."""
    robin, willow = sign_in(demo.person("member")), sign_in(demo.person("member", 1))
    line = Line()
    robin.route_web_socket("**/socket.io/**", line.carry)
    open_room(willow)
    open_room(robin)
    line.breaks_after_sending = "Typed before the kettle boiled"
    own = say(robin, "Typed before the kettle boiled")
    expect(message(willow, "Typed before the kettle boiled")).to_be_visible()
    expect_state(own, "delivered")
    expect(robin.get_by_test_id("connection-state")).to_have_attribute("data-state", "live")
    assert line.times_sent == 2
    expect_state(say(robin, "And tea came after it"), "delivered")
    expect(message(willow, "And tea came after it")).to_be_visible()
    for page in (robin, willow):
        expect(messages(page, "Typed before the kettle boiled")).to_have_count(1)


class Line:
    """A line between page and server that breaks once, right after a text went over it: the answer never arrives."""

    def __init__(self) -> None:
        self.breaks_after_sending = "\0"
        self.times_sent = 0

    def carry(self, page_side: WebSocketRoute) -> None:
        server_side = page_side.connect_to_server()
        broken = False

        def to_server(frame: Any) -> None:
            nonlocal broken
            server_side.send(frame)
            if self.breaks_after_sending in str(frame):
                self.times_sent += 1
                broken = self.times_sent == 1

        def to_page(frame: Any) -> None:
            if broken:
                page_side.close(code=1011, reason="the line broke")
            else:
                page_side.send(frame)

        page_side.on_message(to_server)
        server_side.on_message(to_page)


def test_without_a_screener_messages_wait_and_everybody_is_told(demo: Demo, sign_in: Callable[..., Page]) -> None:
    """While the screener stands still, nobody receives anything and a strip says so; once it goes on, the message does, by itself."""
    robin, willow = sign_in(demo.person("member")), sign_in(demo.person("member", 1))
    open_room(robin)
    open_room(willow)
    strip = robin.get_by_test_id("screener-banner")
    expect(strip).to_have_attribute("data-screener", "ready")
    with screener_stopped(demo):
        own = say(robin, "I will wait for the check")
        expect_state(own, "held")
        expect(own.get_by_test_id("notice")).to_contain_text("goes on by itself as soon as the check is back")
        expect(strip).to_have_attribute("data-screener", "unavailable")
        expect(strip.get_by_text("Nobody sees new ones until the check is back")).to_be_visible()
        expect(willow.get_by_test_id("screener-banner")).to_have_attribute("data-screener", "unavailable")
        expect(messages(willow, "I will wait for the check")).to_have_count(0)
    expect_state(own, "delivered")
    expect(own.get_by_test_id("notice")).to_have_count(0)
    expect(messages(willow, "I will wait for the check")).to_have_count(1)
    expect(strip).to_have_attribute("data-screener", "ready")
    expect(strip.locator("p")).to_be_hidden()


@contextmanager
def screener_stopped(demo: Demo) -> Iterator[None]:
    """The screener process stands still, and goes on afterwards."""
    children = psutil.Process(demo.pid).children(recursive=True)
    (screener,) = [child for child in children if "support_app.screening" in child.cmdline()]
    screener.suspend()
    try:
        yield
    finally:
        with suppress(psutil.NoSuchProcess):  # who stands still for long is replaced
            screener.resume()


def test_a_session_that_ended_elsewhere_takes_the_conversation_away(register: Callable[..., Page], sign_in: Callable[..., Page]) -> None:
    """Signing out everywhere ends the other page at once: it says so, hides what others wrote, and leaves one's own words to copy."""
    name = "Northern Wren"
    phone = register(name)
    join(phone, "Carers' corner")
    desk = sign_in({"name": name, "pass_phrase": PASS_PHRASE}, fresh=True)
    desk.goto(phone.url)
    expect_live(desk)
    expect_state(say(phone, "The kettle is on"), "delivered")
    expect(message(desk, "The kettle is on")).to_be_visible()
    desk.get_by_test_id("composer-input").fill("half a thought")
    phone.goto("/me")
    phone.get_by_test_id("end-sessions").click()
    phone.locator("#end-dialog [data-dialog=confirm]").click()
    expect(phone.get_by_text("You are signed out everywhere.")).to_be_visible()
    expect(desk.get_by_test_id("session-ended")).to_be_visible()
    expect(messages(desk, "The kettle is on")).to_have_count(0)
    desk.get_by_role("button", name="Look at my text first").click()
    expect(desk.get_by_test_id("composer-input")).to_have_value("half a thought")
    desk.reload()
    expect(desk.get_by_test_id("sign-in")).to_be_visible()
