"""The page for somebody whose account is closed: only with the right pass phrase, and with a way to ask once."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from models import Role
from models.case import Consequence
from support_app.access import Actor
from support_app.services import accounts, circles
from support_app.settings import Settings, replace_settings
from tests.factories import UNKIND, World
from tests.services.steps import REASON, open_cases, release, return_it, take
from tests.web.browser import Browser, enter
from tests.web.conftest import SECRET

PHRASE = "four words in a row"
TOKEN = re.compile(r'name="token" value="([^"]+)"')


@pytest.fixture
def otter(here: World) -> Actor:
    """A member with a real pass phrase, signed in somewhere."""
    user_id = accounts.register(here.db, name="Quiet Otter", pass_phrase=PHRASE, locale="en", now=here.now)
    actor = accounts.open_session(here.db, user_id=user_id, now=here.now, days=14).actor
    circles.join(here.db, actor, here.circle_id, now=here.now)
    return actor


@pytest.fixture
def closed(here: World, otter: Actor) -> int:
    """Their message, for which a lead closed the account."""
    message_id = here.say(otter, UNKIND)
    lead = here.person("Kestrel", role=Role.LEAD)
    return_it(here, lead, take(here, lead, message_id), consequence=Consequence.BAN)
    return message_id


def sign_in(browser: Browser, **change: str):
    return browser.post("/login", {"name": "quiet otter", "pass_phrase": PHRASE} | change)


def ask(browser: Browser, page: str, **change: str):
    return browser.post("/login/ask-again", {"token": TOKEN.search(page)[1], "note": "It was a quote."} | change)


def test_it_says_what_was_decided(browser: Browser, closed: int) -> None:
    """That, when, by whom in role, why, by which rule; where help is; and the way to ask. Never a name."""
    answer = sign_in(browser)
    assert answer.status_code == 403
    page = answer.text
    assert "Your account is closed" in page
    assert '<time datetime="2026-01-31T19:00' in page
    assert "A lead of our volunteers" in page
    assert "Kestrel" not in page
    assert REASON in page
    assert "Be kind: no attack on anybody here" in page
    assert 'href="/help"' in page
    assert 'data-testid="ask-again"' in page
    assert browser.get("/circles").status_code == 302


def test_a_wrong_pass_phrase_learns_nothing(browser: Browser, closed: int) -> None:
    """The same answer as for a name that nobody has."""
    answers = [sign_in(browser, pass_phrase="four other words here"), sign_in(browser, name="Nobody Here")]
    assert [answer.status_code for answer in answers] == [401, 401]
    for answer in answers:
        assert "do not go together" in answer.text
        assert "closed" not in answer.text
        assert 'name="token"' not in answer.text


def test_a_program_gets_a_code(browser: Browser, closed: int) -> None:
    """And no page."""
    answer = browser.post("/login", {"name": "Quiet Otter", "pass_phrase": PHRASE}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "banned")


def test_asking_and_coming_back(app: Flask, here: World, browser: Browser, closed: int) -> None:
    """It arrives with their words; whoever comes back reads that nobody has decided, and then gets in."""
    sent = ask(browser, sign_in(browser).text)
    assert sent.status_code == 200
    assert 'data-testid="sent"' in sent.text
    assert 'data-second-look="waiting"' in sent.text
    back = sign_in(browser)
    assert (back.status_code, "Nobody has decided yet." in back.text) == (403, True)
    assert 'data-testid="ask-again"' not in back.text
    case = take(here, here.volunteer, closed)
    page = enter(app, here, here.volunteer).get(f"/review/cases/{case.id}").text
    assert "It was a quote." in page
    assert 'data-testid="opens-account"' in page
    release(here, here.volunteer, case)
    assert sign_in(browser).headers["Location"] == "/circles"


def test_when_another_person_agrees(here: World, browser: Browser, closed: int) -> None:
    """The page says so, with their reason, and offers nothing that is not there."""
    ask(browser, sign_in(browser).text)
    return_it(here, here.volunteer, take(here, here.volunteer, closed), reason="I read it just as the lead did.")
    page = sign_in(browser).text
    assert "They came to the same decision" in page
    assert "I read it just as the lead did." in page
    assert 'data-testid="ask-again"' not in page


def test_twice(here: World, browser: Browser, closed: int) -> None:
    """From a page that was open twice: refused in words, and there is one case."""
    page = sign_in(browser).text
    ask(browser, page)
    again = ask(browser, page)
    assert (again.status_code, "possible once" in again.text) == (409, True)
    assert 'data-second-look="waiting"' in again.text
    assert len(open_cases(here, closed)) == 1


def test_too_many_words_are_not_lost(browser: Browser, closed: int) -> None:
    """They stand in the field still."""
    answer = ask(browser, sign_in(browser).text, note="x" * 501)
    assert (answer.status_code, f">{'x' * 501}</textarea>" in answer.text) == (400, True)


def test_after_half_an_hour_the_page_is_too_old(here: World, browser: Browser, closed: int) -> None:
    """Somebody who finds it open on a shared machine cannot go on with it."""
    page = sign_in(browser).text
    here.pass_time(minutes=29)
    assert ask(browser, page, note="x" * 501).status_code == 400
    here.pass_time(minutes=2)
    answer = ask(browser, page)
    assert (answer.status_code, "open for too long" in answer.text) == (400, True)
    assert open_cases(here, closed) == {}


@pytest.mark.parametrize("salt", ["another salt", "closed account"])
def test_nobody_makes_a_token_themselves(here: World, otter: Actor, browser: Browser, closed: int, salt: str) -> None:
    """Neither with another secret nor by one that was signed for something else."""
    secret = SECRET if salt == "another salt" else "another secret, and long enough too"
    forged = URLSafeTimedSerializer(secret, salt=salt).dumps(otter.user_id)
    for token in (forged, "", str(otter.user_id), "\x00"):
        answer = browser.post("/login/ask-again", {"token": token})
        assert (answer.status_code, "Quiet Otter" in answer.text, REASON in answer.text) == (400, False, False)
    assert open_cases(here, closed) == {}


def test_only_by_its_form(browser: Browser, closed: int) -> None:
    """No address shows or does anything by itself, and nothing without the page's token against forgery."""
    page = sign_in(browser).text
    assert browser.get("/login/ask-again").status_code == 405
    assert browser.client.post("/login/ask-again", data={"token": TOKEN.search(page)[1]}).status_code == 400
    assert 'data-second-look="possible"' in sign_in(browser).text


def test_an_account_that_was_opened_meanwhile(here: World, otter: Actor, browser: Browser, closed: int) -> None:
    """They are sent to sign in."""
    page = sign_in(browser).text
    accounts.unban(here.db, here.admin, user_id=otter.user_id, now=here.now)
    assert "You can sign in." in browser.text_after(ask(browser, page))


def test_closed_by_an_administrator(here: World, otter: Actor, browser: Browser) -> None:
    """No form; it says whom to write to. What was noted for the record is not shown."""
    accounts.ban(here.db, here.admin, user_id=otter.user_id, reason="a note for the record", now=here.now)
    page = sign_in(browser).text
    assert "Write to the people who run this service." in page
    assert "a note for the record" not in page
    assert 'data-testid="ask-again"' not in page


def test_asking_is_limited_like_signing_in(settings: Settings, make_app: Callable[..., Flask]) -> None:
    """Whoever tries tokens has to wait."""
    browser = Browser(make_app(replace_settings(settings, address_rate="2/minute")))
    assert [browser.post("/login/ask-again", {"token": "x"}).status_code for _ in range(3)] == [400, 400, 429]
