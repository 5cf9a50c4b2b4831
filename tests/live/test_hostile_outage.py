"""While the classifier is away nothing gets past it, however it is sent; and people are told."""

from collections.abc import Callable
from typing import Any

from models import MessageState, Role
from tests.live.server import Server
from tests.live.test_hostile_member import MARK, NEW_ID, act
from tests.live.test_side_rooms import asked, come
from tests.live.weights import NUDGED

StartServer = Callable[..., Server]


def test_no_way_of_sending_passes_an_absent_classifier(fresh_server: StartServer) -> None:
    """New words, replies, edits of delivered and of nudged words, resends, a nudge sent on, words in a talk from both sides: all held, none read."""
    server = fresh_server().start()
    circle = server.circle()
    robin, willow, harbour = server.person(circle), server.person(circle), server.person(role=Role.VOLUNTEER)
    with robin.connect(circle) as one, willow.connect(circle) as two, harbour.connect() as three:
        plain, nudged, sent_on = (one.send(circle, text)["id"] for text in ("good evening", f"{MARK} {NUDGED}", f"{MARK} {NUDGED} too"))
        one.wait_for_state(plain, "delivered")
        one.wait_for_state(sent_on, "nudged")
        case, room = asked(server, robin, one, circle)
        come(harbour, case)
        one.enter(room)
        three.enter(room)
        server.pause_screener()
        twice = NEW_ID.format(1)
        sent = [
            one.send(circle, f"{MARK} new", twice)["id"],
            one.send(circle, f"{MARK} reply", reply_to=plain)["id"],
            act(server, robin, plain, "edit", client_id=NEW_ID.format(2), text=f"{MARK} edited"),
            act(server, robin, nudged, "edit", client_id=NEW_ID.format(3), text=f"{MARK} kinder"),
            one.send(room, f"{MARK} in the talk")["id"],
        ]
        asked_back = three.send(room, f"{MARK} asked back")["id"]
        for message in sent:
            notice: Any = one.wait_for_state(message, "held")["notice"]
            assert (notice["title"], "goes on by itself" in notice["text"]) == ("Waiting for the check", True)
        assert three.wait_for_state(asked_back, "held")["notice"]["title"] == "Waiting for the check"
        assert one.send(circle, f"{MARK} new", twice)["duplicate"]
        act(server, robin, sent_on, "send-on")
        newer = act(server, robin, sent[0], "edit", client_id=NEW_ID.format(4), text=f"{MARK} newer")
        one.wait_for_state(newer, "held")
        for client in (one, two, three):
            client.wait_for("screener.changed", lambda data: data == {"state": "unavailable"})
        assert not any(MARK in frame for frame in two.catch_frames())
        assert not any(MARK in str(data) for client in (one, three) for data in (*client.named("message.new"), *client.named("message.edited")))
        for person, where in ((willow, circle), (harbour, room)):
            assert all(MARK not in str(event) for event in person.events(where)["events"])
        assert {server.message(message).state for message in (*sent[1:], newer, asked_back, sent_on)} == {MessageState.HELD}
        assert server.health()["status"] == "degraded"
    assert server.invariants().holds


def test_nobody_without_a_right_releases_what_waits(fresh_server: StartServer) -> None:
    """What an outage holds is a case like any other: its author, neighbours and admins release nothing, nor does a volunteer who has not read it."""
    server = fresh_server().start()
    circle = server.circle()
    robin, harbour, admin = server.person(circle), server.person(role=Role.VOLUNTEER), server.person(role=Role.ADMIN)
    neighbour = server.person(circle, role=Role.VOLUNTEER)
    with robin.connect(circle) as one:
        server.pause_screener()
        held = one.send(circle, f"{MARK} new")["id"]
        one.wait_for_state(held, "held")
        (case,) = server.cases(held)
        path = f"/review/cases/{case.id}"
        codes = {robin: "forbidden", admin: "forbidden", neighbour: "conflict_of_interest", harbour: "lease_lost"}
        for person, code in codes.items():
            assert person.post(f"{path}/release", form={"version": case.version}).error == code
        assert harbour.post(f"{path}/claim", form={}).status == 302
        version = server.cases(held)[0].version
        assert harbour.post(f"{path}/release", form={"version": version}).error == "conflict"
        assert server.message(held).state is MessageState.HELD
