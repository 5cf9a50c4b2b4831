"""What a well-behaved client would not send: each gets its typed refusal, and nothing is stored or delivered."""

from typing import Any
from uuid import uuid4

import pytest

from models import Role
from support_app.live.transport import FRAME_MAX
from tests.live.client import LiveClient, message
from tests.live.server import Server
from tests.live.waiting import eventually

GOOD_ID = "6f1d9a52-8a3f-4c63-9d1e-0f2f4f0c7b11"
DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text": ""}, "blank"),
        ({"text": " \n\t \u2003"}, "blank"),
        ({"text": "\u200b\u200d\ufeff"}, "blank"),
        ({"text": "\x00\x07\x1b"}, "blank"),
        ({"text": DIRECTIONS}, "blank"),
        ({"text": "a" * 100_000}, "too_long"),
        ({"text": "a" * 2001}, "too_long"),
        ({"text": None}, "invalid"),
        ({"text": 7}, "invalid"),
        ({"text": ["good evening"]}, "invalid"),
        ({"text": {"good": "evening"}}, "invalid"),
        ({"circle": "1"}, "invalid"),
        ({"circle": "circle:1"}, "invalid"),
        ({"circle": 1.5}, "invalid"),
        ({"circle": True}, "invalid"),
        ({"circle": None}, "invalid"),
        ({"circle": 0}, "invalid"),
        ({"circle": -1}, "invalid"),
        ({"circle": 10**30}, "invalid"),
        ({"circle": 2**52}, "not_found"),
        ({"client_id": ""}, "invalid"),
        ({"client_id": "not a uuid"}, "invalid"),
        ({"client_id": "a" * 5000}, "invalid"),
        ({"client_id": 5}, "invalid"),
        ({"reply_to": "1"}, "invalid"),
        ({"reply_to": 2**52}, "not_found"),
        ({"author": 1}, "invalid"),
        ({"state": "delivered"}, "invalid"),
        ({"seq": 1}, "invalid"),
    ],
)
def test_a_bad_payload_is_refused(server: Server, change: dict[str, Any], code: str) -> None:
    """Wrong in one field: refused with the code the protocol names, without repeating the text."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        answer = one.emit("message.send", {"circle": circle, "client_id": GOOD_ID, "text": "good evening"} | change)
        assert (answer["ok"], answer["error"]["code"]) == (False, code)
        assert "aaaa" not in answer["error"]["message"]
        two.catch_frames()
        assert two.named("message.new") == []
    assert server.messages(circle) == []


@pytest.mark.parametrize("arguments", [[], [None], ["text"], [[]], [7], [{}], [{}, {}], [{"circle": 1}]])
def test_a_payload_of_another_shape_is_refused(server: Server, arguments: list[Any]) -> None:
    """No object, too few fields or too many arguments are `invalid` for every event."""
    with server.person(server.circle()).connect() as one:
        for event in ("message.send", *(("circle.enter", "circle.leave", "typing") if arguments != [{"circle": 1}] else ())):
            assert one.emit(event, *arguments)["error"]["code"] == "invalid"


@pytest.mark.parametrize("event", ["message.delete", "message.new", "screener.changed", "session.ended", "", "disconnect!", "hello"])
def test_an_unknown_event_is_refused(server: Server, event: str) -> None:
    """An event that the protocol does not have gets `unknown_event`, also when it is one of the server's own."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        assert one.emit(event, {"circle": circle, "text": "good evening"})["error"]["code"] == "unknown_event"
        assert not any("good evening" in frame for frame in two.catch_frames())


@pytest.mark.parametrize("event", ["circle.enter", "circle.leave", "typing"])
@pytest.mark.parametrize("named", ["circle:{}", "user:{}", "volunteers", "{}"])
def test_a_room_cannot_be_named_by_a_client(server: Server, event: str, named: str) -> None:
    """A room's name, stolen or guessed, is no number of a circle: refused, and nothing of the room arrives."""
    circle = server.circle()
    robin, stranger = server.person(circle), server.person()
    with robin.connect(circle) as one, stranger.connect() as other:
        assert other.emit(event, {"circle": named.format(circle)})["error"]["code"] == "invalid"
        one.wait_for_message(one.send(circle, "good evening")["id"])
        assert not any("good evening" in frame for frame in other.catch_frames())


def test_a_circle_is_closed_to_everybody_else(server: Server) -> None:
    """To somebody without a seat, whatever their role, a circle is `not_found`: to enter, to write, to read, and no frame arrives."""
    circle = server.circle()
    robin = server.person(circle)
    strangers = [server.person(server.circle()), server.person(role=Role.VOLUNTEER), server.person(role=Role.ADMIN)]
    with robin.connect(circle) as one:
        sockets = [stranger.connect() for stranger in strangers]
        for client in sockets:
            assert client.emit("circle.enter", {"circle": circle})["error"]["code"] == "not_found"
            assert client.send(circle, "let me in")["error"]["code"] == "not_found"
            assert client.emit("circle.leave", {"circle": circle}) == {"ok": True}
        one.wait_for_message(one.send(circle, "good evening")["id"])
        for client, stranger in zip(sockets, strangers, strict=True):
            assert not any("good evening" in frame for frame in client.catch_frames())
            assert stranger.get(f"/api/circles/{circle}/events?after=0").error == "not_found"
            client.close()
    assert len(server.messages(circle)) == 1


def test_a_full_circle_takes_nobody_in(server: Server) -> None:
    """With three seats taken the fourth person gets none: the room, the events and writing stay closed."""
    circle = server.circle(capacity=3)
    people = [server.person() for _ in range(4)]
    for person in people:
        person.post(f"/circles/{circle}/join", form={})
    assert [person.get(f"/api/circles/{circle}/events?after=0").status for person in people] == [200, 200, 200, 404]
    with people[3].connect() as fourth:
        assert fourth.wait_for("hello")["circles"] == []
        assert fourth.send(circle, "is there room")["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("typed", "delivered"),
    [
        ("good\x00 eve\x07ning\x1b", "good evening"),
        ("you are \u202egnissim\u202c us", "you are gnissim us"),
        ("  two\nlines\tand a tab  ", "two\nlines\tand a tab"),
        ("cafe\u0301", "café"),
        ("half \ud800 a pair", "half  a pair"),
        (
            "\U0001f468\u200d\U0001f469\u200d\U0001f467 & <b>&#38;</b> \u0634",
            "\U0001f468\u200d\U0001f469\u200d\U0001f467 & <b>&#38;</b> \u0634",
        ),
    ],
)
def test_what_is_delivered_is_what_was_screened(server: Server, typed: str, delivered: str) -> None:
    """Control and direction characters are taken out before storing; others read exactly the stored text, which is what was screened."""
    circle = server.circle()
    with server.person(circle).connect(circle) as one:
        answer = one.send(circle, typed)
        if "\ud800" in typed and not answer["ok"]:
            assert (answer["error"]["code"], server.messages(circle)) == ("invalid", [])
            return
        assert one.wait_for_message(answer["id"])["text"] == delivered
        assert server.message(answer["id"]).text == delivered


def test_a_replayed_client_id(server: Server) -> None:
    """The same text under the same `client_id` is the same message for ever; another text or circle is a conflict; another author is free to use it."""
    circle, elsewhere = server.circle(), server.circle()
    robin, willow = server.person(circle, elsewhere), server.person(circle)
    client_id = str(uuid4())
    with robin.connect(circle) as one, willow.connect(circle) as two:
        numbers = [one.emit_only("message.send", message(circle, "good evening", client_id)) for _ in range(3)]
        answers = [one.answer(number) for number in numbers]
        assert len({answer["id"] for answer in answers}) == 1
        assert [answer["duplicate"] for answer in answers] == [False, True, True]
        sent = answers[0]["id"]
        two.wait_for_message(sent)
        assert one.send(circle, "good evening", client_id.upper()) == {"ok": True, "id": sent, "state": "delivered", "duplicate": True}
        assert one.send(circle, "good night", client_id)["error"]["code"] == "conflict"
        assert one.send(elsewhere, "good evening", client_id)["error"]["code"] == "conflict"
        other = two.send(circle, "good evening", client_id)
        assert (other["ok"], other["duplicate"]) == (True, False)
        two.wait_for_message(other["id"])
        assert len(two.named("message.new")) == 2
    assert [row.text for row in server.messages(circle)] == ["good evening", "good evening"]
    assert server.messages(elsewhere) == []


def test_too_many_messages_at_once(shipped: Server) -> None:
    """Of two hundred sends at once those over the limit are refused with a time to wait; every accepted one is delivered, once."""
    circle = shipped.circle()
    robin, willow = shipped.person(circle), shipped.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        numbers = [one.emit_only("message.send", message(circle, f"Good evening to guest {number}.")) for number in range(200)]
        answers = [one.answer(number) for number in numbers]
        refused = [answer["error"] for answer in answers if not answer["ok"]]
        assert {error["code"] for error in refused} == {"rate_limited"}
        assert all(error["retry_after"] > 0 for error in refused)
        accepted = [answer["id"] for answer in answers if answer["ok"]]
        assert 10 <= len(accepted) < 200
        assert two.send(circle, "Somebody else may still write.")["ok"]
        eventually(lambda: all(row.state.value != "pending" for row in shipped.messages(circle)))
        two.wait(lambda: len(two.named("message.new")) == shipped_delivered(shipped, circle))
    assert [row.id for row in shipped.messages(circle)][: len(accepted)] == accepted
    assert shipped.invariants().holds


def test_binary_payloads_are_refused(server: Server) -> None:
    """A binary event gets no answer but a refusal; a text smuggled in as bytes is not a text."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        placeholder = '{"_placeholder":true,"num":0}'
        one.say(f'451-77["message.send",{{"circle":{circle},"client_id":"{GOOD_ID}","text":{placeholder}}}]')
        one.say_binary(b"good evening")
        assert one.answer(77)["error"]["code"] == "invalid"
        assert not any("good evening" in frame for frame in two.catch_frames())
    assert server.messages(circle) == []


@pytest.mark.parametrize(("times", "pieces"), [(1, 1), (1, 4), (8, 32)])
def test_a_frame_over_the_limit_closes_only_its_own_connection(server: Server, times: int, pieces: int) -> None:
    """A message larger than `frame_max`, in one frame or in pieces, ends with WebSocket code 1009; others in the room notice nothing."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        assert one.wait_for("hello")["limits"]["frame_max"] == FRAME_MAX
        _say_in_pieces(one, "421" + '["message.send",{"text":"' + "x" * FRAME_MAX * times + '"}]', pieces)
        one.wait_until_closed()
        assert one.close_code == 1009
        assert two.send(circle, "good evening")["ok"]
        two.wait_for("presence", lambda data: [person["id"] for person in data["present"]] == [willow.id])
    with robin.connect(circle) as again:
        assert again.send(circle, "x" * 1900)["ok"]


def shipped_delivered(server: Server, circle: int) -> int:
    """How many messages have a place in the circle."""
    return sum(row.seq is not None for row in server.messages(circle))


def _say_in_pieces(client: LiveClient, text: str, pieces: int) -> None:
    from websocket import ABNF  # noqa: PLC0415

    data, size = text.encode(), -(-len(text) // pieces)
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    for number, part in enumerate(parts):
        opcode = ABNF.OPCODE_TEXT if number == 0 else ABNF.OPCODE_CONT
        frame = ABNF.create_frame(part, opcode, 1 if number == len(parts) - 1 else 0)
        try:
            client.socket.send_frame(frame)
        except OSError:  # the server may close before it has read everything
            return
