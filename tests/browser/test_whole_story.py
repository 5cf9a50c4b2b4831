"""Two stories from their first word to their last, told by three people in three browsers."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.later import MovableDemo, running_movable_demo
from tests.browser.rooms import (
    CRISIS,
    UNKIND,
    clear_the_desk,
    close_care_case,
    expect_live,
    expect_state,
    message,
    newest_case,
    open_room,
    place_of,
    press,
    return_it,
    say,
    start_shift,
    take_next_case,
)

ASKS_HOW = "I am glad you wrote. What is hardest right now?"
ANSWERS = "The evenings, when it gets quiet"
NOTE = "Alone in the evenings; a sister nearby knows and comes over."
REASON = "This reads as if somebody should be gone. Please say what upset you instead."
PLEA = "These are my aunt's words about me, not mine about anybody."
QUOTED = f"{UNKIND}, that is what my aunt always said to me"
Enter = Callable[[str, int], Page]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MovableDemo]:
    """A demonstration of these stories' own, whose clock can be moved."""
    with running_movable_demo(tmp_path_factory.mktemp("story")) as demo:
        yield demo


@pytest.fixture
def enter(demo: MovableDemo, sign_in: Callable[..., Page]) -> Enter:
    """Opens a browser for one of the people, at the moment of the story."""
    return lambda role, number=0: demo.tell_time(sign_in(demo.person(role, number), fresh=True))


def test_from_a_cry_for_help_to_the_follow_up(demo: MovableDemo, enter: Enter) -> None:
    """Delivered, answered in a private talk, closed with a promise; two hours later the promise comes back to the one who gave it."""
    harbour = enter("volunteer", 0)
    clear_the_desk(harbour)
    robin, willow = enter("member", 0), enter("member", 1)
    heard = frames_of(willow)
    open_room(robin)
    open_room(willow)
    ask_for_a_talk(robin)
    case = come_to_the_talk(harbour)
    talk_together(robin, harbour)
    look_after_and_promise(harbour, case)
    sees_only_the_message(willow, heard, case=case, talk=robin.url)
    harbour.close()

    demo.move_clock(timedelta(hours=2, minutes=1))
    harbour = enter("volunteer", 0)
    harbour.goto("/review")
    expect(harbour.get_by_test_id("forgotten")).to_be_visible()
    start_shift(harbour)
    assert take_next_case(harbour) == case
    expect(harbour.locator(".history")).to_contain_text("The follow-up is due")
    expect(harbour.locator(".history")).to_contain_text(NOTE)
    expect(harbour.get_by_test_id("case-text")).to_contain_text(CRISIS)
    close_care_case(harbour, follow_up="declined")
    assert take_next_case(harbour) is None


def ask_for_a_talk(robin: Page) -> None:
    """Say it, read on one's own card that nobody is forgotten, and go into the private room."""
    own = say(robin, CRISIS)
    expect_state(own, "delivered")
    expect(own.get_by_test_id("care-card")).to_contain_text("only visible to you")
    own.get_by_test_id("care-ask").click()
    own.get_by_test_id("care-talk-link").click()
    expect_live(robin)
    expect(robin.get_by_test_id("talk-lines")).to_contain_text("Nobody has come yet")


def come_to_the_talk(harbour: Page) -> str | None:
    """Take what comes next, read it, and go where the person waits."""
    case = take_next_case(harbour)
    expect(harbour.get_by_test_id("case-text")).to_contain_text(CRISIS)
    expect(harbour.get_by_test_id("case-talk")).to_contain_text("would like to talk")
    harbour.get_by_test_id("enter-talk").click()
    expect_live(harbour)
    return case


def talk_together(robin: Page, harbour: Page) -> None:
    """Each reads what the other writes, while it is written."""
    expect(robin.get_by_test_id("talk-lines")).to_contain_text("is here for you")
    expect_state(say(harbour, ASKS_HOW), "delivered")
    expect(message(robin, ASKS_HOW)).to_be_visible()
    expect_state(say(robin, ANSWERS), "delivered")
    expect(message(harbour, ANSWERS)).to_be_visible()


def look_after_and_promise(harbour: Page, case: str | None) -> None:
    """End the talk, say how urgent it was and how it ended, and promise to ask again in two hours."""
    harbour.get_by_test_id("end-talk").click()
    harbour.get_by_test_id("confirm-end-talk").click()
    close_care_case(harbour, follow_up="hours", note=NOTE)
    harbour.goto(str(case))
    expect(harbour.get_by_test_id("outcome")).to_contain_text("We talked")
    expect(harbour.get_by_test_id("follow-up")).to_contain_text("It comes back")
    expect(harbour.get_by_test_id("case-text")).to_have_count(0)
    assert take_next_case(harbour) is None


def sees_only_the_message(willow: Page, heard: list[str], *, case: str | None, talk: str) -> None:
    """Another member reads what was said to the circle, and nothing of what followed: not live, and not by its address."""
    expect(message(willow, CRISIS)).to_be_visible()
    expect(willow.get_by_test_id("care-card")).to_have_count(0)
    assert any(CRISIS in frame for frame in heard)
    assert not [frame for frame in heard if ASKS_HOW in frame or ANSWERS in frame or '"talk' in frame]
    for address, status in ((str(case), 403), (talk, 404), ("/review", 403)):
        answer = willow.request.get(address)
        assert (address, answer.status, ANSWERS in answer.text(), NOTE in answer.text()) == (address, status, False, False)


def test_held_returned_appealed_overturned(demo: MovableDemo, enter: Enter) -> None:
    """Who returned a message does not judge the appeal; another person shows it at the place where it was said."""
    robin, willow = enter("member", 0), enter("member", 1)
    harbour, lantern = enter("volunteer", 0), enter("volunteer", 1)
    open_room(robin)
    open_room(willow)
    clear_the_desk(harbour)
    expect_state(say(willow, "What was said to you as a child?"), "delivered")
    own = say(robin, QUOTED)
    expect_state(own, "held")
    expect_state(say(willow, "Take your time, Robin"), "delivered")

    assert take_next_case(harbour) is not None
    expect(harbour.get_by_test_id("case-text")).to_contain_text(QUOTED)
    return_it(harbour, rule="kindness", reason=REASON)
    reads_why_and_asks_another_person(robin)
    is_kept_from_the_appeal(harbour)

    start_shift(lantern)
    assert take_next_case(lantern) is not None
    expect(lantern.get_by_test_id("case-text")).to_contain_text(QUOTED)
    expect(lantern.locator(".history")).to_contain_text(PLEA)
    lantern.get_by_test_id("release").click()
    lantern.wait_for_url("**/review")
    expect_state(message(robin, QUOTED), "delivered")
    for _ in range(2):
        expect(message(willow, QUOTED)).to_contain_text("shown")
        assert place_of(willow, "What was said to you") < place_of(willow, QUOTED) < place_of(willow, "Take your time")
        willow.reload()
        expect_live(willow)


def reads_why_and_asks_another_person(robin: Page) -> None:
    """The author reads the reason, the rule and by whom, before they decide to ask."""
    own = message(robin, QUOTED)
    expect_state(own, "returned")
    notice = own.get_by_test_id("notice")
    for words in (REASON, "version", "volunteer"):
        expect(notice).to_contain_text(words)
    press(own, "appeal")
    robin.locator("#appeal-note").fill(PLEA)
    robin.get_by_test_id("confirm-appeal").click()
    expect_state(own, "held")


def is_kept_from_the_appeal(harbour: Page) -> None:
    """It is not offered to whoever returned it; its page says why, and taking it all the same is refused."""
    assert take_next_case(harbour) is None
    appeal = newest_case(harbour, "conduct")
    harbour.goto(appeal)
    expect(harbour.get_by_test_id("conflict")).to_be_visible()
    expect(harbour.get_by_test_id("claim")).to_have_count(0)
    expect(harbour.get_by_test_id("case-text")).to_have_count(0)
    token = harbour.locator("[name=csrf_token]").first.input_value()
    for action in ("claim", "reveal", "release"):
        answer = harbour.request.post(f"{appeal}/{action}", form={"csrf_token": token, "version": "1"})
        assert (action, answer.status, QUOTED in answer.text()) == (action, 403, False)


def frames_of(page: Page) -> list[str]:
    """Everything the server sends to somebody's open room, from now on."""
    heard: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(str(frame))))
    page.on("response", lambda response: heard.append(response.text()) if "/api/" in response.url else None)
    return heard
