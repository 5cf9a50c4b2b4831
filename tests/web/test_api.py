"""JSON over HTTP: catching up, and what authors do, with typed refusals."""

from uuid import uuid4

import pytest

from support_app.services import accounts
from tests.factories import BORDERLINE, IN_CRISIS, UNKIND, World
from tests.web.browser import Browser, error_code


@pytest.fixture
def robin(here: World, as_person) -> Browser:
    return as_person(here.robin)


def version(here: World, message_id: int) -> dict[str, int]:
    return {"version": here.message(message_id).version}


def new_text(here: World, message_id: int, text: str = "kinder") -> dict[str, object]:
    return version(here, message_id) | {"client_id": str(uuid4()), "text": text}


class TestEvents:
    def test_catching_up(self, here: World, robin: Browser) -> None:
        """Events, counters and one's own, in the protocol's words."""
        first, held = here.say(here.willow, "hello"), here.say(here.robin, UNKIND)
        body = robin.get(f"/api/circles/{here.circle_id}/events?after=0&limit=10").json
        assert {key: body[key] for key in ("circle", "last_event", "last_seq", "more")} == {
            "circle": here.circle_id,
            "last_event": 1,
            "last_seq": 1,
            "more": False,
        }
        assert [(event["type"], event["id"], event["text"]) for event in body["events"]] == [("message.new", first, "hello")]
        (mine,) = body["mine"]
        assert (mine["id"], mine["state"], mine["text"], mine["notice"]["code"]) == (held, "held", UNKIND, "held")
        assert mine["notice"]["actions"] == ["edit", "withdraw"]

    def test_latest(self, here: World, robin: Browser) -> None:
        """The newest few, for a page that opens."""
        for number in range(4):
            here.say(here.willow, f"line {number}")
        body = robin.get(f"/api/circles/{here.circle_id}/events?latest=2").json
        assert [event["text"] for event in body["events"]] == ["line 2", "line 3"]

    @pytest.mark.parametrize("query", ["after=-1", "after=x", "after=1.5", "limit=501", "limit=-1", "latest=201", "after=" + "9" * 20, "after=٣", "after=²"])
    def test_numbers_that_are_none(self, here: World, robin: Browser, query: str) -> None:
        """Refused, not guessed at."""
        assert error_code(robin.get(f"/api/circles/{here.circle_id}/events?{query}")) == (400, "invalid")

    def test_is_for_members(self, here: World, as_person, browser: Browser) -> None:
        """A stranger is asked to sign in; anybody without a seat learns nothing."""
        path = f"/api/circles/{here.circle_id}/events"
        assert error_code(browser.get(path)) == (401, "not_signed_in")
        assert error_code(as_person(here.volunteer).get(path)) == (404, "not_found")

    def test_never_stays_in_a_cache(self, here: World, robin: Browser) -> None:
        """What people wrote is in no cache on the way."""
        assert robin.get(f"/api/circles/{here.circle_id}/events").headers["Cache-Control"] == "no-store"


class TestWithdraw:
    def test_works(self, here: World, robin: Browser) -> None:
        """And answers with the message as it is now."""
        message_id = here.say(here.robin, "hello")
        body = robin.call(f"/api/messages/{message_id}/withdraw", version(here, message_id)).json
        assert (body["ok"], body["message"]["id"], body["message"]["state"]) == (True, message_id, "withdrawn")

    def test_stale(self, here: World, robin: Browser) -> None:
        """Somebody changed it first."""
        message_id = here.say(here.robin, "hello")
        assert error_code(robin.call(f"/api/messages/{message_id}/withdraw", {"version": 99})) == (409, "conflict")

    def test_somebody_elses(self, here: World, robin: Browser) -> None:
        """Looks like one that is not there."""
        message_id = here.say(here.willow, "hello")
        assert error_code(robin.call(f"/api/messages/{message_id}/withdraw", version(here, message_id))) == (404, "not_found")


class TestEdit:
    def test_works(self, here: World, robin: Browser) -> None:
        """The answer is the new revision, waiting for its own screening."""
        message_id = here.say(here.robin, "hello")
        message = robin.call(f"/api/messages/{message_id}/edit", new_text(here, message_id)).json["message"]
        assert (message["state"], message["revises"], message["text"]) == ("pending", message_id, "kinder")

    def test_again_is_the_same(self, here: World, robin: Browser) -> None:
        """A lost answer may be asked for again."""
        message_id = here.say(here.robin, UNKIND)
        body = new_text(here, message_id)
        ids = {robin.call(f"/api/messages/{message_id}/edit", body).json["message"]["id"] for _ in range(2)}
        assert len(ids) == 1

    @pytest.mark.parametrize(("text", "code"), [(" ", "blank"), ("x" * 2001, "too_long"), ("x" * 4001, "too_long")])
    def test_texts_that_do_not_fit(self, here: World, robin: Browser, text: str, code: str) -> None:
        """With the code that the page turns into words, and never the text."""
        message_id = here.say(here.robin, "hello")
        answer = robin.call(f"/api/messages/{message_id}/edit", new_text(here, message_id, text))
        assert error_code(answer) == (400, code)
        assert "xxx" not in answer.text


class TestSendOn:
    def test_works(self, here: World, robin: Browser) -> None:
        """A person will look."""
        message_id = here.say(here.robin, BORDERLINE)
        message = robin.call(f"/api/messages/{message_id}/send-on", version(here, message_id)).json["message"]
        assert (message["state"], message["notice"]["code"]) == ("held", "held")

    def test_only_what_was_nudged(self, here: World, robin: Browser) -> None:
        """Nothing else has a doubt to send on."""
        message_id = here.say(here.robin, "hello")
        assert error_code(robin.call(f"/api/messages/{message_id}/send-on", version(here, message_id))) == (409, "conflict")


def test_dismiss_care(here: World, robin: Browser, as_person) -> None:
    """The card goes; for anybody else there is nothing to dismiss."""
    message_id = here.say(here.robin, IN_CRISIS)
    before = robin.get(f"/api/circles/{here.circle_id}/events").json["mine"]
    assert [entry["notice"]["care"]["dismissed"] for entry in before] == [False]
    assert error_code(as_person(here.willow).call(f"/api/messages/{message_id}/dismiss-care")) == (404, "not_found")
    assert robin.call(f"/api/messages/{message_id}/dismiss-care").json == {"ok": True}
    assert robin.get(f"/api/circles/{here.circle_id}/events").json["mine"] == []


class TestBodies:
    @pytest.mark.parametrize(
        "body", [None, [], "x", 7, {}, {"version": "1"}, {"version": 1.0}, {"version": True}, {"version": 0}, {"version": None}, {"version": 1, "extra": 1}]
    )
    def test_are_exactly_what_the_protocol_says(self, here: World, robin: Browser, body: object) -> None:
        """Wrong types, unknown and missing fields are refused."""
        message_id = here.say(here.robin, "hello")
        answer = robin.client.post(f"/api/messages/{message_id}/withdraw", json=body, headers={"X-CSRFToken": robin.token()})
        assert error_code(answer) == (400, "invalid")

    @pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"version=1"])
    def test_that_are_no_json(self, here: World, robin: Browser, raw: bytes) -> None:
        """Refused like any other nonsense."""
        message_id = here.say(here.robin, "hello")
        headers = {"X-CSRFToken": robin.token(), "Content-Type": "application/json"}
        assert error_code(robin.client.post(f"/api/messages/{message_id}/withdraw", data=raw, headers=headers)) == (400, "invalid")

    def test_that_are_too_large(self, here: World, robin: Browser) -> None:
        """Nothing of it is stored."""
        message_id = here.say(here.robin, "hello")
        answer = robin.call(f"/api/messages/{message_id}/edit", new_text(here, message_id, "x" * 300_000))
        assert error_code(answer) == (413, "too_long")


class TestCsrf:
    @pytest.mark.parametrize("path", ["withdraw", "edit", "send-on", "dismiss-care"])
    @pytest.mark.parametrize("token", [None, "", "made-up"])
    def test_api(self, here: World, robin: Browser, path: str, token: str | None) -> None:
        """Another site cannot write in a person's name."""
        message_id = here.say(here.robin, BORDERLINE)
        headers = {} if token is None else {"X-CSRFToken": token}
        answer = robin.client.post(f"/api/messages/{message_id}/{path}", json=new_text(here, message_id), headers=headers)
        assert error_code(answer) == (400, "csrf")
        assert here.message(message_id).version == version(here, message_id)["version"]

    def test_somebody_elses_token(self, here: World, robin: Browser, as_person) -> None:
        """A token belongs to one browser."""
        message_id = here.say(here.robin, "hello")
        headers = {"X-CSRFToken": as_person(here.willow).token()}
        assert error_code(robin.client.post(f"/api/messages/{message_id}/withdraw", json=version(here, message_id), headers=headers)) == (400, "csrf")

    @pytest.mark.parametrize("path", ["/login", "/register", "/logout", "/language", "/me/end-sessions"])
    def test_forms(self, robin: Browser, path: str) -> None:
        """A form without the page's token is answered with a page that says what to do."""
        answer = robin.client.post(path, data={"name": "Robin", "lang": "de"})
        assert answer.status_code == 400
        assert "reload" in answer.text


class TestCases:
    def test_the_queue_without_text(self, here: World, as_person) -> None:
        """What the volunteers' page needs, and no word of anybody, nor who wrote it."""
        here.say(here.robin, UNKIND)
        answer = as_person(here.volunteer).get("/api/cases")
        (case,) = answer.json["cases"]
        assert (case["lane"], case["level"], case["state"], case["circle"]["name"]) == ("conduct", "H2", "open", "Evening circle")
        assert UNKIND not in answer.text
        assert "Robin" not in answer.text

    def test_is_for_volunteers(self, here: World, as_person, browser: Browser) -> None:
        """Members and admins are refused; strangers asked to sign in."""
        for actor in (here.robin, here.admin):
            assert error_code(as_person(actor).get("/api/cases")) == (403, "forbidden")
        assert error_code(browser.get("/api/cases")) == (401, "not_signed_in")


def test_unknown_addresses(robin: Browser) -> None:
    """In JSON for programs."""
    assert error_code(robin.get("/api/nothing")) == (404, "not_found")
    assert error_code(robin.get("/api/messages/1/withdraw")) == (405, "invalid")


def test_a_banned_persons_next_request(here: World, robin: Browser) -> None:
    """Is refused, whatever it is."""
    accounts.ban(here.db, here.admin, user_id=here.robin.user_id, reason="a reason", now=here.now)
    assert robin.get(f"/api/circles/{here.circle_id}/events").status_code in {401, 403}


def test_in_ones_language(here: World, robin: Browser) -> None:
    """Refusals too are words for a person."""
    robin.post("/language", {"lang": "de"})
    english = "This is not here, or not for you to see."
    assert robin.get("/api/circles/999999/events").json["error"]["message"] != english
