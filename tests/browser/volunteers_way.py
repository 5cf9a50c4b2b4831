"""The way of a new volunteer, from the application to the first case: the test walks it, and the pictures of docs/volunteers-way.md are taken on it."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from support_app.services.curriculum import Module, Scenario, curriculum
from tests.browser.conftest import PASS_PHRASE, fill_in_sign_in
from tests.browser.rooms import expect_live, expect_state, fill_in_closing, message, open_room, say

NAME = "Gentle Birch"
WHY = "After my father's death a stranger wrote with me for three evenings. I would like to be that stranger for somebody, with people I can ask."
NOTE = "You left room for silence, and you asked plainly. Next time wait a little longer before you offer help."
CRY = "I am so tired of it all. I do not want to live any more"
ASKS = "I am glad you wrote that. I have time now. What is hardest tonight?"
ANSWERS = "It gets so quiet after eight. Since the funeral nobody calls"
CONTENT = curriculum("en")
Look = Callable[..., None]


@dataclass(frozen=True)
class Way:
    """Who is on it; `look` is called with a name and a page, and where on it, whenever there is something to see."""

    newcomer: Page
    lead: Page
    member: Page
    look: Look


def walk(way: Way) -> None:
    """From the first question to the first closed case."""
    apply(way)
    for module in CONTENT.modules:
        learn(way, module)
    for scenario in CONTENT.scenarios:
        practise(way, scenario)
    for number in (1, 2):
        have_mock_chat(way, number)
    go_on_duty(way)
    take_first_case(way)
    talk(way)
    close_case(way)


def apply(way: Way) -> None:
    """Say why; a lead reads it and says yes; sign in again and find the training."""
    page = way.newcomer
    page.goto("/me")
    page.get_by_test_id("training-link").click()
    form = page.get_by_test_id("application-form")
    form.locator("[name=why]").fill(WHY)
    form.locator("[name=hours]").fill("3")
    form.locator("[name=languages]").fill("English, a little German")
    way.look("apply", page)
    page.get_by_test_id("apply").click()
    expect(page.get_by_test_id("application-waiting")).to_be_visible()
    way.lead.goto("/review")
    way.lead.get_by_test_id("team-training").click()
    application = way.lead.get_by_test_id("application").filter(has_text=NAME)
    way.look("application-read", way.lead, application)
    application.get_by_test_id("accept").click()
    expect(way.lead.get_by_test_id("application").filter(has_text=NAME)).to_have_count(0)
    fill_in_sign_in(page, {"name": NAME, "pass_phrase": PASS_PHRASE})
    page.goto("/training")
    way.look("training", page)


def learn(way: Way, module: Module) -> None:
    """Read the module that comes next, screen by screen, and answer its questions, one of them not quite right."""
    page, is_first = way.newcomer, module is CONTENT.modules[0]
    page.get_by_test_id("next-step").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(module.screens[0].title)
    if is_first:
        way.look("module", page)
    for screen in module.screens[1:]:
        page.get_by_test_id("next-screen").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(screen.title)
    page.get_by_test_id("to-quiz").click()
    for question in module.questions:
        answer = question.answer if question is not module.questions[0] else next(key for key in question.options if key != question.answer)
        page.locator(f"[name={question.key}][value={answer}]").check()
    if is_first:
        way.look("quiz", page)
    page.get_by_test_id("answer").click()
    expect(page.get_by_test_id("quiz-result")).to_have_attribute("data-passed", "yes")
    if is_first:
        way.look("quiz-result", page)
    page.get_by_test_id("onwards").click()


def practise(way: Way, scenario: Scenario) -> None:
    """Say what helps to somebody who is scripted, until the conversation ends well."""
    page, is_first = way.newcomer, scenario is CONTENT.scenarios[0]
    page.get_by_test_id("next-step").click()
    page.get_by_test_id("start").click()
    conversation = page.get_by_test_id("talk")
    steps = 0
    while (node := scenario.node(conversation.get_attribute("data-node") or "")).replies:
        steps += 1
        if is_first and steps == 2:
            way.look("simulator", page, conversation.locator(".is-mine").last)
        page.locator(f"[name=reply][value={next(reply.key for reply in node.replies if reply.effect == 'helped')}]").click()
        expect(conversation.locator(".is-mine")).to_have_count(steps)
    expect(page.get_by_test_id("debrief")).to_have_attribute("data-ending", "together")
    if is_first:
        way.look("simulator-debrief", page, page.get_by_test_id("debrief"))
    page.get_by_test_id("debrief").get_by_role("link", name="Your training").click()


def have_mock_chat(way: Way, number: int) -> None:
    """Ask for a practice conversation; the lead, who has had it with them, fills in the sheet."""
    page, lead = way.newcomer, way.lead
    page.get_by_test_id("next-step").click()
    page.get_by_test_id("ask-mock-chat").click()
    expect(page.get_by_test_id("mock-chat").filter(has_text="Asked for")).to_be_visible()
    if number == 1:
        way.look("mock-chat", page, card_of(page.get_by_test_id("chats-passed")))
    lead.goto("/training/team")
    lead.get_by_test_id("mock-chat-waiting").filter(has_text=NAME).get_by_test_id("open-sheet").click()
    expect(lead.get_by_test_id("sheet")).to_be_visible()
    for place, line in enumerate(lead.locator("fieldset").all()):
        line.locator(f"[value='{4 + place % 2}']").check()
    lead.locator("[name=note]").fill(NOTE)
    if number == 1:
        way.look("score-sheet", lead)
    lead.get_by_test_id("save-sheet").click()
    expect(lead.locator(".note-success")).to_contain_text("passed")
    page.goto("/training")
    expect(page.get_by_test_id("chats-passed")).to_contain_text(f"{number} / 2")


def go_on_duty(way: Way) -> None:
    """With the certificate: to the volunteers' page, ask oneself how one is, and start."""
    page = way.newcomer
    expect(page.get_by_test_id("certificate")).to_have_attribute("data-state", "valid")
    way.look("certificate", page)
    page.get_by_test_id("to-cases").click()
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "live")
    page.locator("[name=check][value='4']").check()
    way.look("start-check", page)
    page.get_by_test_id("start-button").click()
    expect(page.get_by_test_id("on-duty")).to_be_visible()


def take_first_case(way: Way) -> None:
    """Somebody asks for help; *next case* brings it, and its text is shown when it is asked for."""
    page, member = way.newcomer, way.member
    open_room(member)
    own = say(member, CRY)
    expect_state(own, "delivered")
    own.get_by_test_id("care-ask").click()
    expect(own.get_by_test_id("care-talk")).to_contain_text("Nobody has come yet")
    page.goto("/review")
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "live")
    way.look("on-duty", page)
    page.get_by_test_id("next-case").click()
    expect(page.get_by_test_id("lease")).to_be_visible()
    expect(page.get_by_test_id("case-text")).to_have_count(0)
    way.look("next-case", page)
    page.get_by_test_id("reveal").click()
    expect(page.get_by_test_id("case-text")).to_contain_text(CRY)
    expect(page.get_by_test_id("case-text")).to_be_in_viewport()
    way.look("revealed-case", page, card_of(page.get_by_test_id("case-text")))


def talk(way: Way) -> None:
    """In the side room each reads what the other writes."""
    page, member = way.newcomer, way.member
    page.get_by_test_id("enter-talk").click()
    expect_live(page)
    member.get_by_test_id("care-talk-link").click()
    expect_live(member)
    expect_state(say(page, ASKS), "delivered")
    expect(message(member, ASKS)).to_be_visible()
    expect_state(say(member, ANSWERS), "delivered")
    expect(message(page, ANSWERS)).to_be_visible()
    way.look("side-room", page)
    page.get_by_test_id("end-talk").click()
    page.get_by_test_id("confirm-end-talk").click()
    expect(page.get_by_test_id("case-talk")).to_have_attribute("data-state", "ended")


def close_case(way: Way) -> None:
    """Set the level, say how it ended, and promise to ask again tomorrow."""
    page = way.newcomer
    fill_in_closing(page, follow_up="tomorrow", note="Lives alone since a death in the family. A talk did good; evenings are the hard time.")
    way.look("closing", page, card_of(page.get_by_test_id("close-form")))
    page.get_by_test_id("close-case").click()
    page.wait_for_url("**/review")
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "live")
    way.look("closed", page)


def card_of(inner: Locator) -> Locator:
    """The part of the page that something stands in."""
    return inner.locator("xpath=ancestor::section[1]")
