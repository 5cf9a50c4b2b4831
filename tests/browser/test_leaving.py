"""Coming and going: a new account in German, leaving quickly so that nothing stays behind."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PASS_PHRASE, Demo, new_context
from tests.browser.rooms import card, expect_live, expect_state, open_room, say
from tests.live.waiting import eventually

DRAFT = "something I have told nobody"


@pytest.mark.parametrize("way", ["button", "Shift three times"])
def test_leaving_quickly_leaves_nothing_behind(way: str, demo: Demo, chromium: Browser, sign_in: Callable[..., Page]) -> None:
    """The session ends on the server, this tab forgets the draft, a neutral page takes the room's place, and Back does not bring it back."""
    page = sign_in(demo.person("member"), fresh=True)
    open_room(page)
    room = page.url
    page.get_by_test_id("composer-input").fill(DRAFT)
    page.reload()
    expect_live(page)
    expect(page.get_by_test_id("composer-input")).to_have_value(DRAFT)
    cookies, pages = page.context.cookies(), page.evaluate("history.length")
    leave(page, way)
    page.wait_for_url("**/away")
    assert page.evaluate("history.length") == pages
    assert page.evaluate("[sessionStorage.length, localStorage.length]") == [0, 0]
    assert is_signed_out(chromium, demo, cookies, room)
    eventually(lambda: not page.context.cookies(), "for the cookies to be wiped")
    page.go_back()
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    page.goto(room)
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    expect(page.get_by_text("Evening circle")).to_have_count(0)


def leave(page: Page, way: str) -> None:
    if way == "button":
        page.get_by_test_id("quick-exit").click()
    else:
        for _ in range(3):
            page.keyboard.press("Shift")


def is_signed_out(chromium: Browser, demo: Demo, cookies: list, room: str) -> bool:
    """Whether the server still knows somebody by cookies that were copied before."""
    context = new_context(chromium, demo.url)
    context.add_cookies(cookies)
    try:
        return eventually(lambda: "/login" in context.request.get(room).url, "for the session to end")
    finally:
        context.close()


def test_capital_letters_are_not_a_way_out(demo: Demo, sign_in: Callable[..., Page]) -> None:
    """Shift together with letters is writing, however often; two presses alone do nothing either."""
    page = sign_in(demo.person("member"))
    open_room(page)
    box = page.get_by_test_id("composer-input")
    for letter in "OKAY":
        box.press(f"Shift+{letter}")
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")
    expect(box).to_have_value("OKAY")
    assert page.evaluate("document.documentElement.classList.contains('leaving')") is False
    box.fill("")


def test_a_new_account_in_german(new_page: Callable[..., Page]) -> None:
    """From the first page to the first message, in German; a name that is taken is refused without losing what was filled in."""
    page = new_page(language="de", width=390, height=844)
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.locator("main").get_by_role("link", name="Konto anlegen").click()
    page.get_by_label("Name", exact=True).fill("Quiet Robin")
    page.get_by_label("Passphrase").fill(PASS_PHRASE)
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_test_id("create-account").click()
    expect(page.locator("#name-error")).to_be_visible()
    expect(page.get_by_role("checkbox").first).to_be_checked()
    page.locator("[data-take-name]").click()
    name = page.get_by_label("Name", exact=True).input_value()
    page.get_by_label("Passphrase").fill(PASS_PHRASE)
    page.get_by_test_id("create-account").click()
    page.wait_for_url("**/circles")
    expect(page.get_by_text("Willkommen")).to_be_visible()
    card(page, "Abendrunde").get_by_test_id("join-circle").click()
    expect_live(page)
    own = say(page, "Guten Abend, ich bin neu hier")
    expect_state(own, "delivered")
    expect(own).to_contain_text("Zugestellt")
    held = say(page, "Schreibt mir an neu@example.org")
    expect_state(held, "held")
    expect(held.get_by_test_id("notice")).to_contain_text("Kontaktdaten")
    page.goto("/me")
    expect(page.locator("main").get_by_text(name)).to_be_visible()
    expect(page.get_by_test_id("decision")).to_contain_text("Kontaktdaten")
