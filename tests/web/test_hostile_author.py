"""No field an author can forge moves a message on: what was nudged, held, returned or taken out goes to others by a person's decision, or not at all."""

from collections.abc import Callable
from typing import Any

import pytest

from models import MessageState
from support_app.access import Actor
from support_app.settings import Settings, replace_settings
from tests.factories import BORDERLINE, UNKIND, World
from tests.web.browser import Browser
from tests.web.hostile import FORM, unchanged
from tests.web.test_review import address, read

As = Callable[[Actor], Browser]
NEW_ID = "6f1d9a52-8a3f-4c63-9d1e-0f2f4f0c7b{:02d}"
FORGED: dict[str, Any] = {
    "state": "delivered",
    "verdict": "deliver",
    "decision": "release",
    "decided_by_id": 1,
    "revision": 2,
    "revises_id": 1,
    "screening": 1,
    "seq": 1,
    "to_screen": False,
    "author_id": 1,
    "circle": 1,
    "message_id": 1,
    "role": "volunteer",
    "lease_token": "0" * 32,
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Nobody is kept from trying by how often they try."""
    return replace_settings(settings, message_rate="1000/second")


@pytest.fixture
def robin(here: World, as_person: As) -> Browser:
    return as_person(here.robin)


@pytest.fixture
def nudged(here: World) -> int:
    return here.say(here.robin, BORDERLINE)


def version(here: World, message: int) -> dict[str, Any]:
    return {"version": here.message(message).version}


def edit(here: World, message: int, text: str, number: int = 1) -> dict[str, Any]:
    return version(here, message) | {"client_id": NEW_ID.format(number), "text": text}


def seen_by_willow(here: World, as_person: As) -> list[str]:
    return [
        event["text"] for event in as_person(here.willow).get(f"/api/circles/{here.circle_id}/events").json["events"] if event["type"] != "message.withdrawn"
    ]


class TestNudged:
    def test_no_forged_field_is_taken(self, here: World, robin: Browser, nudged: int) -> None:
        """Whatever else a body carries, it is refused whole, at every door an author has."""
        bodies = {"send-on": version(here, nudged), "edit": edit(here, nudged, "kinder"), "withdraw": version(here, nudged), "appeal": version(here, nudged)}
        with unchanged(here):
            for what, body in bodies.items():
                for name, value in FORGED.items():
                    assert robin.call(f"/api/messages/{nudged}/{what}", body | {name: value}).status_code == 400, (what, name)
                assert robin.call(f"/api/messages/{nudged}/{what}", body | {"version": body["version"] + 1}).status_code == 409, what
            for query in ("?state=delivered", "?verdict=deliver", "?force=1"):
                assert robin.call(f"/api/messages/{nudged}/send-on{query}", {"version": 99}).status_code == 409

    def test_sent_on_it_waits_for_a_person(self, here: World, robin: Browser, nudged: int, as_person: As) -> None:
        """Held, and held however often it is screened, sent on again or looked at; its author has no way to decide."""
        assert robin.call(f"/api/messages/{nudged}/send-on", version(here, nudged)).json["message"]["state"] == "held"
        path = address(here, nudged)
        with unchanged(here):
            here.screen()
            assert robin.call(f"/api/messages/{nudged}/send-on", version(here, nudged)).status_code == 409
            for step in ("claim", "reveal", "release", "level", "close", "undo"):
                assert robin.post(f"{path}/{step}", FORM | {"version": 1}).status_code == 403, step
        assert seen_by_willow(here, as_person) == []

    def test_the_same_words_again_are_nudged_again(self, here: World, robin: Browser, nudged: int, as_person: As) -> None:
        """As an edit, under a new number, and after taking the first one back."""
        again = robin.call(f"/api/messages/{nudged}/edit", edit(here, nudged, BORDERLINE)).json["message"]["id"]
        here.screen()
        assert here.message(again).state is MessageState.NUDGED
        robin.call(f"/api/messages/{again}/withdraw", version(here, again))
        assert here.message(here.say(here.robin, BORDERLINE)).state is MessageState.NUDGED
        assert seen_by_willow(here, as_person) == []

    def test_the_number_of_a_delivered_message_opens_nothing(self, here: World, robin: Browser, nudged: int) -> None:
        """A `client_id` that was used is that message for ever: with other words a conflict, with its own words only that one again."""
        kind = here.send(here.robin, "good evening", client_id=NEW_ID.format(9))
        here.screen()
        with unchanged(here):
            assert robin.call(f"/api/messages/{nudged}/edit", edit(here, nudged, BORDERLINE, 9)).status_code == 409
            assert robin.call(f"/api/messages/{nudged}/edit", edit(here, nudged, "good evening", 9)).json["message"]["id"] == kind.id
        assert here.message(nudged).state is MessageState.NUDGED

    def test_somebody_elses_number_opens_nothing(self, here: World, robin: Browser, nudged: int, as_person: As) -> None:
        """Neither the number of another person's message nor their `client_id`."""
        willows, willow = here.say(here.willow, "good evening"), as_person(here.willow)
        with unchanged(here):
            for what in ("send-on", "withdraw", "appeal"):
                assert robin.call(f"/api/messages/{willows}/{what}", version(here, willows)).status_code == 404
                assert willow.call(f"/api/messages/{nudged}/{what}", version(here, nudged)).status_code == 404
            assert robin.call(f"/api/messages/{willows}/edit", edit(here, willows, "mine")).status_code == 404


class TestTakenOut:
    @pytest.fixture
    def taken_out(self, here: World, as_person: As) -> int:
        """A message with a later revision that the circle saw, was reported, and a person took out."""
        first = here.say(here.robin, "hello there")
        as_person(here.robin).call(f"/api/messages/{first}/edit", edit(here, first, "hello you there", 5))
        here.screen()
        as_person(here.willow).call(f"/api/messages/{first}/report")
        newest = first + 1
        harbour, path = as_person(here.volunteer), address(here, newest)
        assert harbour.post(f"{path}/return", FORM | read(here, harbour, path)).status_code == 302
        return newest

    def test_is_not_edited_back_in(self, here: World, robin: Browser, taken_out: int, as_person: As) -> None:
        """Neither while it is returned nor while another person looks at it again: the way back is their decision. The page offers no other."""
        for _ in range(2):
            (notice,) = [mine["notice"] for mine in robin.get(f"/api/circles/{here.circle_id}/events").json["mine"] if mine["id"] == taken_out]
            assert "edit" not in notice["actions"]
            for message in (taken_out, taken_out - 1):
                with unchanged(here):
                    assert robin.call(f"/api/messages/{message}/edit", edit(here, message, "hello again")).status_code == 409
            robin.call(f"/api/messages/{taken_out}/appeal", version(here, taken_out))
        here.screen()
        assert set(seen_by_willow(here, as_person)) == {None}


def test_what_was_taken_back_stays_gone(here: World, robin: Browser, as_person: As) -> None:
    """By no door of its author does a message come back that they took back."""
    gone = [here.say(here.robin, text) for text in ("hello", BORDERLINE, UNKIND)]
    for message in gone:
        robin.call(f"/api/messages/{message}/withdraw", version(here, message))
        with unchanged(here):
            assert robin.call(f"/api/messages/{message}/edit", edit(here, message, "hello")).status_code == 409
            assert robin.call(f"/api/messages/{message}/send-on", version(here, message)).status_code == 409
            assert robin.call(f"/api/messages/{message}/appeal", version(here, message)).status_code == 409
            assert robin.call(f"/api/messages/{message}/talk").status_code == 404
            assert robin.call(f"/api/messages/{message}/withdraw", {"version": 1}).status_code == 200
    assert set(seen_by_willow(here, as_person)) == {None}
