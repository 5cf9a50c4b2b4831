"""Writing in a room: changing, taking back, being asked, being held, writing too much, two pages of one person."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo
from tests.browser.rooms import EVENING, RUDE, card, expect_live, expect_state, join, message, messages, open_room, press, say, set_longest_message

LONGEST = 2000
LOSS = "After a loss"


@pytest.fixture
def robin(demo: Demo, sign_in: Callable[..., Page]) -> Page:
    """A member in the Evening circle."""
    return in_room(sign_in(demo.person("member")))


@pytest.fixture
def willow(demo: Demo, sign_in: Callable[..., Page]) -> Page:
    """Another member, in the same room."""
    return in_room(sign_in(demo.person("member", 1)))


def in_room(page: Page) -> Page:
    open_room(page)
    return page


def test_others_see_a_change_and_that_it_is_one(robin: Page, willow: Page) -> None:
    """A delivered message that its author changes is shown to others in its new words, at its place, marked."""
    expect_state(say(robin, "The bus was late tday"), "delivered")
    expect(message(willow, "late tday")).to_be_visible()
    expect_state(say(willow, "It is dry in here now"), "delivered")
    press(message(robin, "late tday"), "edit")
    expect(robin.get_by_test_id("composer-input")).to_have_value("The bus was late tday")
    say(robin, "The bus was late today")
    changed = message(willow, "late today")
    expect(changed).to_contain_text("changed")
    expect(messages(willow, "late tday")).to_have_count(0)
    expect(messages(robin, "late today")).to_have_count(1)
    texts = willow.get_by_test_id("message").locator("[data-part=text]").all_inner_texts()
    assert texts.index("The bus was late today") < texts.index("It is dry in here now")


def test_others_see_that_a_message_was_taken_back_and_no_longer_what_it_said(robin: Page, willow: Page) -> None:
    """After one question; also somebody who comes later does not receive the words."""
    expect_state(say(robin, "My street has a blue door"), "delivered")
    expect(message(willow, "blue door")).to_be_visible()
    press(message(robin, "blue door"), "withdraw")
    robin.get_by_test_id("confirm-withdraw").click()
    expect(messages(robin, "blue door")).to_have_count(0)
    expect(messages(willow, "blue door")).to_have_count(0)
    expect(willow.get_by_test_id("message").last).to_have_text("Quiet Robin took a message back")
    with willow.expect_response("**/events?*") as answer:
        willow.reload()
    assert "blue door" not in answer.value.text()


def test_an_unkind_message_is_asked_about_and_goes_to_a_person_on_request(robin: Page, willow: Page) -> None:
    """Until its author decides, nothing is sent on; then a person reads it, and its author knows that."""
    take_back_all(robin, RUDE)
    own = say(robin, RUDE)
    expect_state(own, "nudged")
    expect(own.get_by_test_id("notice")).to_contain_text("This may hurt someone.")
    own.get_by_test_id("action-send_on").click()
    expect_state(own, "held")
    expect(own.get_by_test_id("notice")).to_contain_text("It has not been deleted")
    expect(messages(willow, RUDE)).to_have_count(0)
    own.get_by_test_id("action-withdraw").click()
    expect(messages(robin, RUDE)).to_have_count(0)


def take_back_all(page: Page, text: str) -> None:
    """What an earlier test left undecided."""
    for left in reversed(range(messages(page, text).count())):
        messages(page, text).first.get_by_test_id("action-withdraw").click()
        expect(messages(page, text)).to_have_count(left)


def test_contact_details_are_held_and_the_rule_is_named(robin: Page, willow: Page) -> None:
    """The author reads which rule it is and why the circle has it; changed, the message goes through."""
    own = say(robin, "You can always write to me at robin@example.org")
    expect_state(own, "held")
    expect(own.get_by_test_id("notice")).to_contain_text("contact details")
    expect(own.get_by_test_id("notice")).to_contain_text("so that nobody can be approached outside it")
    own.get_by_test_id("action-edit").click()
    expect_state(say(robin, "Thank you, it is warm in here"), "delivered")
    expect(messages(robin, "robin@example.org")).to_have_count(0)
    expect(message(willow, "Thank you, it is warm in here")).to_be_visible()
    expect(messages(willow, "robin@example.org")).to_have_count(0)


def test_too_much_text_is_not_sent_and_stays(robin: Page) -> None:
    """The page counts, says how much is too much, and sends nothing until it fits."""
    box, counter = robin.get_by_test_id("composer-input"), robin.get_by_test_id("counter")
    allowed = int(robin.get_by_test_id("room").get_attribute("data-text-max") or 0)
    text = "long " * (allowed // 5 - 1)
    text += "x" * (allowed - len(text) - 2)
    before = robin.get_by_test_id("message").count()
    box.fill(text)
    expect(counter).to_have_text("2 characters left")
    box.press_sequentially("ing it")
    expect(counter).to_contain_text("4 characters too many")
    box.press("Enter")
    robin.get_by_test_id("send").click(force=True)  # it says of itself that it is disabled
    expect(box).to_have_value(text + "ing it")
    expect(robin.get_by_test_id("message")).to_have_count(before)
    box.fill("")


def test_a_circle_that_allows_less_refuses_with_words_and_loses_nothing(demo: Demo, sign_in: Callable[..., Page], register: Callable[..., Page]) -> None:
    """Rules that were changed while somebody was writing refuse the message; its text goes back to where one writes."""
    heron = register("Patient Heron")
    join(heron, LOSS)
    admin = sign_in(demo.person("admin"))
    set_longest_message(admin, LOSS, 100)
    text = "This is what I wanted to say about him. " * 4
    own = say(heron, text.strip())
    expect_state(own, "failed")
    expect(own).to_contain_text("Not sent")
    expect(own).to_contain_text("100")
    own.get_by_test_id("action-edit").click()
    expect(own).to_have_count(0)
    expect(heron.get_by_test_id("composer-input")).to_have_value(text.strip())
    expect_state(say(heron, text[:39]), "delivered")
    set_longest_message(admin, LOSS, LONGEST)


def test_two_pages_of_one_person_show_the_same(robin: Page) -> None:
    """What one page sends, is asked about and takes back, the other page of the same person shows, once and as its own."""
    other = robin.context.new_page()
    other.goto(robin.url)
    expect_live(other)
    expect_state(say(robin, "The kettle is on"), "delivered")
    expect_state(message(other, "The kettle is on"), "delivered")
    assert message(other, "The kettle is on").get_attribute("data-mine") == "true"
    expect_state(say(other, "mail me: sofa@example.org"), "held")
    expect_state(message(robin, "sofa@example.org"), "held")
    message(robin, "sofa@example.org").get_by_test_id("action-withdraw").click()
    expect(messages(other, "sofa@example.org")).to_have_count(0)
    press(message(other, "The kettle is on"), "edit")
    say(other, "Written on the green sofa")
    expect(messages(robin, "green sofa")).to_have_count(1)
    expect(messages(other, "green sofa")).to_have_count(1)
    expect(robin.get_by_test_id("presence-count")).to_have_text("1")


def test_others_see_that_somebody_is_writing(robin: Page, willow: Page) -> None:
    """From the first key, by name; once the message is there, no longer."""
    willow.get_by_test_id("composer-input").press_sequentially("Tea")
    expect(robin.get_by_test_id("typing")).to_have_text("Amber Willow is writing…")
    willow.get_by_test_id("send").click()
    expect(message(robin, "Tea")).to_be_visible()
    expect(robin.get_by_test_id("typing")).to_be_empty()


def test_a_reply_names_whom_it_answers(robin: Page, willow: Page) -> None:
    """Others see the words it answers; when these are taken back, the reply no longer repeats them."""
    expect_state(say(willow, "I planted basil"), "delivered")
    press(message(robin, "I planted basil"), "reply")
    say(robin, "Does it smell yet?")
    reply = message(willow, "Does it smell yet?")
    expect(reply).to_contain_text("To Amber Willow: I planted basil")
    press(messages(willow, "I planted basil").first, "withdraw")
    willow.get_by_test_id("confirm-withdraw").click()
    expect(message(robin, "Does it smell yet?")).to_contain_text("to a message that is no longer here")
    expect(messages(robin, "basil")).to_have_count(0)


def test_a_seat_can_be_given_back(register: Callable[..., Page]) -> None:
    """Leaving asks once, says what stays, and closes the room to whoever left; the seat is free again."""
    page = register("Morning Finch")
    seats = card(page, LOSS).locator("dd").nth(1).inner_text()
    join(page, LOSS)
    room = page.url
    expect_state(say(page, "I will try another circle"), "delivered")
    page.get_by_test_id("about-circle").click()
    page.get_by_test_id("leave-circle").click()
    page.get_by_test_id("confirm-leave").click()
    page.wait_for_url("**/circles")
    expect(page.get_by_text("You have left the circle")).to_be_visible()
    expect(card(page, LOSS).locator("dd").nth(1)).to_have_text(seats)
    expect(card(page, EVENING).get_by_test_id("join-circle")).to_be_visible()
    page.goto(room)
    expect(page.get_by_test_id("error-page")).to_have_attribute("data-code", "404")
