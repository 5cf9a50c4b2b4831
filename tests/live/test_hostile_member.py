"""What a hostile member can get out of a socket: nothing of others' that was not delivered, no room that is not theirs, and nothing by naming what they know."""

from typing import Any

from models import MessageState, Role
from tests.live.client import LiveClient
from tests.live.people import Person
from tests.live.server import Server
from tests.live.test_side_rooms import asked, come
from tests.live.weights import HELD, IN_CRISIS, NOT_A_NUMBER, NUDGED

MARK = "zebrafinch"
NEW_ID = "6f1d9a52-8a3f-4c63-9d1e-0f2f4f0c7b{:02d}"


def act(server: Server, person: Person, message: int, what: str, **body: Any) -> int:
    """What an author does with a message; answers with the number of the message it became."""
    answer = person.post(f"/api/messages/{message}/{what}", {"version": server.message(message).version} | body)
    assert answer.status == 200, answer
    return int(answer.json["message"]["id"])


def hide(server: Server, robin: Person, one: LiveClient, circle: int) -> list[int]:
    """Words of Robin's that others must not read: stopped, doubtful, unreadable for the classifier, as first words and as later revisions."""
    stopped = {HELD: "held", NUDGED: "nudged", NOT_A_NUMBER: "held"}
    hidden = []
    for number, (word, state) in enumerate(stopped.items()):
        hidden.append(one.send(circle, f"{MARK} {word}")["id"])
        one.wait_for_state(hidden[-1], state)
        plain = one.send(circle, "good evening")["id"]
        one.wait_for_state(plain, "delivered")
        hidden.append(act(server, robin, plain, "edit", client_id=NEW_ID.format(number), text=f"{MARK} {word} later"))
        one.wait_for_state(hidden[-1], state)
    act(server, robin, hidden[2], "send-on")
    one.wait_for_state(hidden[2], "held")
    return hidden


def test_no_frame_and_no_reference_reaches_what_is_stopped(server: Server) -> None:
    """Neighbours, strangers, the team: not one frame has the words, whatever they ask for by the numbers of the messages."""
    circle, elsewhere = server.circle(), server.circle()
    robin, willow = server.person(circle), server.person(circle)
    others = [
        server.person(elsewhere),
        *(server.person(role=role) for role in (Role.VOLUNTEER, Role.LEAD, Role.ADMIN)),
        server.person(circle, role=Role.VOLUNTEER),
    ]
    with robin.connect(circle) as one, willow.connect(circle) as two:
        sockets = [two, *(other.connect() for other in others)]
        hidden = hide(server, robin, one, circle)
        for message in hidden:
            assert two.send(circle, "what did you say", reply_to=message)["error"]["code"] == "not_found"
            for what in ("report", "withdraw", "edit", "send-on", "appeal", "talk", "dismiss-care"):
                body = {"version": 1} | ({"client_id": NEW_ID.format(50), "text": "mine now"} if what == "edit" else {})
                assert willow.post(f"/api/messages/{message}/{what}", {} if what in {"report", "talk", "dismiss-care"} else body).error == "not_found"
        for client, person in zip(sockets, (willow, *others), strict=True):
            assert not any(MARK in frame for frame in client.catch_frames())
            assert MARK not in person.get(f"/api/circles/{circle}/events?after=0").text
            client.close()
        assert {server.message(message).state for message in hidden} <= {MessageState.HELD, MessageState.NUDGED}
    assert server.invariants().holds


def test_what_was_taken_back_is_gone_for_whoever_comes_later(server: Server) -> None:
    """A message and each of its revisions: no event a newcomer can ask for has a word of it."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one:
        first = one.send(circle, f"{MARK} one")["id"]
        one.wait_for_state(first, "delivered")
        second = act(server, robin, first, "edit", client_id=NEW_ID.format(1), text=f"{MARK} two")
        one.wait_for_state(second, "delivered")
        third = act(server, robin, second, "edit", client_id=NEW_ID.format(2), text=f"{MARK} {HELD} three")
        one.wait_for_state(third, "held")
        act(server, robin, second, "withdraw")
        one.wait_for_state(third, "withdrawn")
    for after in range(4):
        assert MARK not in willow.get(f"/api/circles/{circle}/events?after={after}").text
    assert MARK not in robin.get(f"/api/circles/{circle}/events?after=0").text


def test_forged_fields_move_nothing(server: Server) -> None:
    """A message that names its own verdict, state or revision is refused whole; a nudged one stays where it is."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        nudged = one.send(circle, f"{MARK} {NUDGED}", NEW_ID.format(1))["id"]
        one.wait_for_state(nudged, "nudged")
        forged = {
            "state": "delivered",
            "verdict": "deliver",
            "decision": "release",
            "revision": 2,
            "revises": nudged,
            "id": nudged,
            "to_screen": False,
            "seq": 1,
        }
        for name, value in forged.items():
            assert one.send(circle, f"{MARK} {NUDGED}", **{name: value})["error"]["code"] == "invalid", name
        assert one.send(circle, f"{MARK} {NUDGED}", NEW_ID.format(1)) == {"ok": True, "id": nudged, "state": "nudged", "duplicate": True}
        for event in ("message.new", "message.state", "message.edited", "message.restored", "case.changed", "talk.changed", "report.changed"):
            assert one.emit(event, {"circle": circle, "id": nudged, "state": "delivered", "text": MARK})["error"]["code"] == "unknown_event"
        again = one.send(circle, f"{MARK} {NUDGED}")["id"]
        one.wait_for_state(again, "nudged")
        assert not any(MARK in frame for frame in two.catch_frames())
    assert [row.state for row in server.messages(circle)] == [MessageState.NUDGED] * 2


def test_what_is_for_one_person_arrives_nowhere_else(server: Server) -> None:
    """Care card, notice, report and talk of one member: no frame of them on the sockets of neighbours, strangers and other volunteers."""
    circle = server.circle()
    robin, willow, harbour = server.person(circle), server.person(circle), server.person(role=Role.VOLUNTEER)
    others = [server.person(circle), server.person(), server.person(role=Role.VOLUNTEER), server.person(role=Role.ADMIN)]
    with robin.connect(circle) as one, willow.connect(circle) as two:
        sockets = [others[0].connect(circle), *(other.connect() for other in others[1:])]
        case, room = asked(server, robin, one, circle)
        assert willow.post(f"/api/messages/{one.named('message.new')[0]['id']}/report", {}).json == {"ok": True}
        two.wait_for("report.changed")
        for client in sockets:
            assert client.emit("circle.enter", {"circle": room})["error"]["code"] == "not_found"
            assert client.emit("typing", {"circle": room}) == {"ok": True}
        come(harbour, case)
        one.wait_for("message.state", lambda data: (data["notice"] or {}).get("care") and data["notice"]["care"]["talk"]["state"] == "here")
        for client in (two, *sockets):
            client.catch_frames()
            assert client.named("message.state") == client.named("talk.changed") == []
            assert not any(f'"circle":{room}' in frame or harbour.name in frame for frame in client.frames)
        assert one.named("report.changed") == []
        for client in sockets:
            assert client.named("report.changed") == []
            assert [set(data) for data in client.named("case.changed")] == [{"id", "lane", "level", "state", "due_at"}] * len(client.named("case.changed"))
            client.close()
        assert [client.named("case.changed") for client in (one, two)] == [[], []]
        assert not any(willow.name in frame and "report" in frame for frame in one.catch_frames())
        assert IN_CRISIS not in str(two.named("report.changed"))
