"""The volunteers' own settings for pages, the test page, and what an admin sees of pages."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from models import AttemptState, Channel, PageAttempt, PageStep, PushSubscription, Role, Trouble
from moderation.taxonomy import Label
from support_app.core import core_of
from support_app.paging.vapid import public_key
from support_app.services import page_attempts, paging, reach
from support_app.services.care_status import CareState
from support_app.services.page_attempts import Outcome
from support_app.words import CARE_STATUS_WORDS, CHANNEL_WORDS, STEP_WORDS, TROUBLE_WORDS
from tests.factories import World
from tests.web.browser import Browser, enter, error_code

HOME = "/review/reach-me"
SUBSCRIPTION = {
    "endpoint": "https://fcm.googleapis.com/fcm/send/one",
    "expirationTime": None,
    "keys": {"p256dh": "B" + "a" * 86, "auth": "a" * 22},
}


@pytest.fixture
def harbour(here: World, as_person) -> Browser:
    return as_person(here.volunteer)


def reach_of(here: World) -> reach.Reach:
    return reach.reach_of(here.db, here.volunteer, now=here.now)


def try_all(here: World, outcome: Callable[[page_attempts.Delivery], Outcome]) -> None:
    for attempt_id in page_attempts.hand_to_queue(here.db, now=here.now):
        delivery = page_attempts.take(here.db, attempt_id, now=here.now)
        assert delivery is not None
        page_attempts.record(here.db, delivery, outcome(delivery), now=here.now)


def test_every_kind_has_its_words() -> None:
    """Whatever happens can be said."""
    assert (set(TROUBLE_WORDS), set(CHANNEL_WORDS), set(STEP_WORDS), set(CARE_STATUS_WORDS)) == (set(Trouble), set(Channel), set(PageStep), set(CareState))


class TestSettings:
    def test_yes_and_no(self, here: World, harbour: Browser) -> None:
        """A volunteer says whether they may be paged, and by which address; an empty one takes it away."""
        page = harbour.text_after(harbour.post(f"{HOME}/save", {"page_me": "yes", "email": " harbour@example.org "}))
        assert 'value="harbour@example.org"' in page
        assert (reach_of(here).page_me, reach_of(here).email) == (True, "harbour@example.org")
        harbour.post(f"{HOME}/save", {"email": ""})
        assert (reach_of(here).page_me, reach_of(here).email) == (False, None)

    @pytest.mark.parametrize(
        "address",
        ["harbour", "a@b", "a b@example.org", "a@example.org, b@example.org", "a@example.org\nBcc: b@example.org", "é@example.org", "a" * 250 + "@example.org"],
    )
    def test_what_is_no_address(self, here: World, harbour: Browser, address: str) -> None:
        """Is not kept, and the page says so."""
        assert "name@example.org" in harbour.text_after(harbour.post(f"{HOME}/save", {"page_me": "yes", "email": address}))
        assert reach_of(here).email is None

    def test_volunteers_only(self, here: World, as_person) -> None:
        """Members and admins have no such page."""
        for person in (here.robin, here.admin):
            browser = as_person(person)
            assert browser.get(HOME).status_code == 403
            assert browser.call(f"{HOME}/browsers", SUBSCRIPTION).status_code == 403

    def test_says_that_mail_is_not_set_up(self, harbour: Browser) -> None:
        """Nobody relies on what cannot work."""
        assert "E-mail is not set up" in harbour.get(HOME).text


class TestBrowsers:
    def test_on_and_off(self, app: Flask, here: World, harbour: Browser) -> None:
        """The page hands out the key; the browser's subscription is kept, and taken away again."""
        assert f'data-key="{public_key(core_of(app).settings)}"' in harbour.get(HOME).text
        for _ in range(2):
            assert harbour.call(f"{HOME}/browsers", SUBSCRIPTION).json == {"ok": True}
        assert reach_of(here).browsers == 1
        assert harbour.call(f"{HOME}/browsers/remove", {"endpoint": SUBSCRIPTION["endpoint"]}).json == {"ok": True}
        assert reach_of(here).browsers == 0

    def test_a_browser_belongs_to_whoever_used_it_last(self, here: World, harbour: Browser, as_person) -> None:
        """At a shared computer nobody gets another one's pages; and nobody takes another one's browser away."""
        harbour.call(f"{HOME}/browsers", SUBSCRIPTION)
        lantern = as_person(here.other_volunteer)
        lantern.call(f"{HOME}/browsers/remove", {"endpoint": SUBSCRIPTION["endpoint"]})
        assert reach_of(here).browsers == 1
        lantern.call(f"{HOME}/browsers", SUBSCRIPTION)
        with here.db.read() as connection:
            assert connection.execute(select(PushSubscription.user_id)).scalars().all() == [here.other_volunteer.user_id]

    def test_not_without_end(self, here: World, harbour: Browser) -> None:
        """The newest ones count."""
        for number in range(reach.BROWSERS_MOST + 2):
            harbour.call(f"{HOME}/browsers", SUBSCRIPTION | {"endpoint": f"https://fcm.googleapis.com/{number}"})
        assert reach_of(here).browsers == reach.BROWSERS_MOST

    @pytest.mark.parametrize(
        "wrong",
        [
            [],
            SUBSCRIPTION | {"endpoint": "https://127.0.0.1/admin"},
            SUBSCRIPTION | {"endpoint": "http://fcm.googleapis.com/x"},
            SUBSCRIPTION | {"endpoint": 7},
            SUBSCRIPTION | {"endpoint": "https://fcm.googleapis.com/" + "x" * 1000},
            SUBSCRIPTION | {"keys": {"p256dh": "!" * 87, "auth": "a" * 22}},
            SUBSCRIPTION | {"keys": None},
        ],
    )
    def test_what_is_no_subscription(self, here: World, harbour: Browser, wrong: object) -> None:
        """Is refused; above all addresses that are no push service."""
        assert error_code(harbour.client.post(f"{HOME}/browsers", json=wrong, headers={"X-CSRFToken": harbour.token()})) == (400, "invalid")
        assert reach_of(here).browsers == 0

    def test_the_service_worker_is_there(self, harbour: Browser) -> None:
        """And is a script of this site."""
        answer = harbour.get("/static/page-worker.js")
        assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
        assert "showNotification" in answer.text
        answer.close()


class TestTestPage:
    def test_takes_the_real_way_and_shows_the_outcome(self, here: World, harbour: Browser) -> None:
        """Waiting rows for the worker, then what came of each; one try is enough, because somebody sits there and waits."""
        harbour.post(f"{HOME}/save", {"page_me": "yes", "email": "harbour@example.org"})
        page = harbour.text_after(harbour.post(f"{HOME}/test"))
        assert 'data-under-way="yes"' in page
        assert [result["state"] for result in harbour.get(f"{HOME}/outcome").json["results"]] == ["waiting", "waiting"]
        try_all(here, lambda delivery: Outcome(None if delivery.channel is Channel.PUSH and delivery.test else Trouble.UNREACHABLE))
        outcome = harbour.get(f"{HOME}/outcome").json
        assert [(result["state"], result["words"]) for result in outcome["results"]] == [
            ("sent", "sent. Did it arrive?"),
            ("given_up", "the other server could not be reached"),
        ]
        assert outcome["under_way"] is False
        assert "the other server could not be reached" in harbour.get(HOME).text

    def test_not_again_and_again(self, here: World, harbour: Browser) -> None:
        """A second press waits; the outcome shown is that of the newest test."""
        harbour.post(f"{HOME}/test")
        assert "already on its way" in harbour.text_after(harbour.post(f"{HOME}/test"))
        here.pass_time(seconds=reach.TEST_EVERY_SECONDS + 1)
        harbour.post(f"{HOME}/test")
        assert len(harbour.get(f"{HOME}/outcome").json["results"]) == 1
        with here.db.read() as connection:
            assert len(connection.execute(select(PageAttempt.id)).all()) == 2

    def test_nobody_sees_another_ones(self, here: World, harbour: Browser, as_person) -> None:
        harbour.post(f"{HOME}/test")
        assert as_person(here.other_volunteer).get(f"{HOME}/outcome").json["results"] == []


class TestAdminPage:
    def test_pages_and_attempts(self, here: World, as_person) -> None:
        """Who was paged by which way, each try, and what went wrong in plain words; a way that is not set up is named."""
        here.person("Kestrel", role=Role.LEAD)
        reach.save_reach(here.db, here.volunteer, page_me=True, email="", now=here.now)
        here.classify_with(lambda _: dict.fromkeys(Label, 0.01) | {Label.IMMINENT: 0.95, Label.CRISIS: 0.95})
        here.say(here.robin, "a sentence for nobody else")
        here.pass_time(seconds=60)
        paging.page_due(here.db, now=here.now)
        cloud = as_person(here.admin)
        assert 'data-testid="stuck"' not in cloud.get("/admin/pages").text
        try_all(here, lambda delivery: Outcome(Trouble.NOT_CONFIGURED if delivery.channel is Channel.WEBHOOK else Trouble.TIMED_OUT))
        page = cloud.get("/admin/pages").text
        assert "Everyone on call" in page
        assert "Harbour" in page
        assert [state in page for state in ('data-state="failed"', 'data-state="given_up"', 'data-state="sent"')] == [True, True, False]
        assert "did not answer in time" in page
        assert "not set up on this installation" in page
        assert "a sentence for nobody else" not in page
        here.pass_time(minutes=5)
        assert 'data-testid="stuck"' in cloud.get("/admin/pages").text
        assert cloud.get("/admin").text.count("/admin/pages") == 1


class TestCareCard:
    @pytest.fixture
    def message_id(self, here: World) -> int:
        here.classify_with(lambda _: dict.fromkeys(Label, 0.01) | {Label.IMMINENT: 0.95, Label.CRISIS: 0.95})
        return here.say(here.robin, "hello")

    def status(self, browser: Browser, here: World) -> dict[str, str] | None:
        mine = browser.get(f"/api/circles/{here.circle_id}/events?latest=50").json["mine"]
        return mine[0]["notice"]["care"]["status"]

    def test_tells_the_truth_at_each_step(self, app: Flask, here: World, message_id: int) -> None:
        """Nobody is free; an alert was sent; somebody has answered. Never that somebody comes."""
        robin = enter(app, here, here.robin)
        assert self.status(robin, here) is None
        here.pass_time(seconds=60)
        paging.page_due(here.db, now=here.now)
        told = [self.status(robin, here)]
        try_all(here, lambda _: Outcome())
        told.append(self.status(robin, here))
        harbour = enter(app, here, here.volunteer)
        harbour.post("/review/next")
        told.append(self.status(robin, here))
        assert [status["code"] for status in told] == ["alerting", "alerted", "answered"]
        assert [("No one from our team is free" in status["text"]) for status in told] == [True, True, False]
        assert not any("coming" in status["text"] for status in told)
        assert told[1]["since"] == "2026-01-31T19:01:00.000Z"


def test_rows_of_a_test_end(here: World) -> None:
    """A test that failed is given up at once."""
    reach.request_test(here.db, here.volunteer, now=here.now)
    try_all(here, lambda _: Outcome(Trouble.SERVER_FAILED))
    with here.db.read() as connection:
        assert connection.execute(select(PageAttempt.state)).scalars().all() == [AttemptState.GIVEN_UP]
