"""What people do in a room and with a case, in the words of the tests."""

from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

EVENING = "Evening circle"
UNKIND = "nobody would miss you, do us all a favour"
RUDE = "nobody asked you, to be honest"  # unkind enough to be asked about, not enough to be held
CRISIS = "I want to die"


def card(page: Page, name: str) -> Locator:
    """A circle in the directory."""
    return page.get_by_test_id("circle-card").filter(has=page.get_by_role("heading", name=name))


def open_room(page: Page, name: str = EVENING) -> None:
    """Go into a circle one sits in, and wait until it is live."""
    card(page, name).get_by_test_id("open-circle").click()
    expect_live(page)


def join(page: Page, name: str) -> None:
    """Take a seat in a circle, and wait until its room is live."""
    card(page, name).get_by_test_id("join-circle").click()
    expect_live(page)


def expect_live(page: Page) -> None:
    """Wait until the room has its messages and hears new ones."""
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "live")
    expect(page.get_by_test_id("log")).to_have_attribute("aria-busy", "false")


def say(page: Page, text: str) -> Locator:
    """Write a message and send it; answers with one's own bubble."""
    page.get_by_test_id("composer-input").fill(text)
    page.get_by_test_id("send").click()
    return message(page, text)


def message(page: Page, text: str) -> Locator:
    """The newest message with this text, as this page shows it."""
    return messages(page, text).last


def messages(page: Page, text: str) -> Locator:
    """All messages with this text, as this page shows them."""
    return page.get_by_test_id("message").filter(has_text=text)


def expect_state(own: Locator, state: str) -> None:
    """Wait until a message of one's own has come to this state."""
    expect(own).to_have_attribute("data-state", state)


def press(own: Locator, action: str) -> None:
    """Press one of the buttons of a message, which show themselves under the pointer."""
    own.hover()
    own.get_by_test_id(f"action-{action}").first.click()


def place_of(page: Page, text: str) -> int:
    """Where a message stands among all that this page shows."""
    texts = page.get_by_test_id("message").all_inner_texts()
    return next(place for place, shown in enumerate(texts) if text in shown)


def newest_case(page: Page, lane: str) -> str:
    """The path of the newest case of a lane."""
    page.goto("/review")
    cases = page.locator(f"[data-lane={lane}] [data-testid=case]")
    newest = max((case.get_attribute("data-case") or "0" for case in cases.all()), key=int)
    return f"/review/cases/{newest}"


def start_shift(page: Page) -> None:
    """Go on duty, for whoever is not."""
    page.goto("/review")
    if page.get_by_test_id("start-shift").count():
        page.locator("[name=check][value='4']").check()
        page.get_by_test_id("start-button").click()
    expect(page.get_by_test_id("on-duty")).to_be_visible()


def open_newest_case(page: Page, lane: str) -> Page:
    """Claim the newest case of a lane and ask for its text, on duty."""
    start_shift(page)
    page.goto(newest_case(page, lane))
    page.get_by_test_id("claim").click()
    page.get_by_test_id("reveal").click()
    return page


def look_after(page: Page) -> None:
    """Find that the care case on the page is not the most urgent, and close it without a follow-up."""
    close_care_case(page, follow_up="declined")


def close_care_case(page: Page, *, follow_up: str, note: str = "") -> None:
    """Close the care case on the page."""
    fill_in_closing(page, follow_up=follow_up, note=note)
    page.get_by_test_id("close-case").click()
    page.wait_for_url("**/review")


def fill_in_closing(page: Page, *, follow_up: str, note: str) -> None:
    """Say how urgent the care case on the page was and how it ended, and when somebody asks again."""
    page.locator("[name=level][value=C2]").check()
    page.get_by_test_id("set-level").click()
    page.get_by_test_id("close-form").locator("summary").click()
    page.locator("[name=outcome][value=supported]").check()
    page.locator(f"[name=follow_up][value={follow_up}]").check()
    page.locator("#close-note").fill(note)


def return_it(page: Page, *, rule: str, reason: str) -> None:
    """Give the held message of the case on the page back to its author, and wait until that has taken effect."""
    page.get_by_test_id("return-form").locator("summary").first.click()
    page.locator("[name=rule]").select_option(rule)
    page.locator("[name=reason]").fill(reason)
    page.get_by_test_id("return").click()
    page.wait_for_url("**/review")


def take_next_case(page: Page) -> str | None:
    """Press *next case* and ask for its text, on duty; answers with the path of the case, or None when nobody waits."""
    page.goto("/review")
    page.get_by_test_id("next-case").click()
    expect(page.get_by_test_id("case-page").or_(page.locator(".note-success"))).to_be_visible()
    if not page.get_by_test_id("case-page").count():
        expect(page.locator(".note-success")).to_contain_text("Nobody waits for you")
        return None
    page.get_by_test_id("reveal").click()
    expect(page.get_by_test_id("case-text")).to_be_visible()
    return urlsplit(page.url).path


def clear_the_desk(page: Page) -> None:
    """Go on duty and look after everything that waits."""
    start_shift(page)
    while take_next_case(page):
        if page.get_by_test_id("release").count():
            page.get_by_test_id("release").click()
            page.wait_for_url("**/review")
        else:
            look_after(page)


def set_longest_message(admin: Page, circle: str, characters: int) -> None:
    """Make a new version of a circle's rules."""
    admin.goto("/admin")
    admin.get_by_role("row").filter(has_text=circle).get_by_role("link").click()
    admin.locator("[name=max_length]").fill(str(characters))
    admin.locator("[name=reason]").fill("shorter messages are easier to answer")
    admin.get_by_test_id("save-rules").click()
    expect(admin.locator(".note-success")).to_be_visible()
