"""A talk over real sockets: both ways, for nobody else, and over when it is over."""

from models import Role
from moderation.taxonomy import Lane
from tests.live.client import LiveClient
from tests.live.people import Person
from tests.live.server import Server
from tests.live.weights import HELD, IN_CRISIS


def asked(server: Server, robin: Person, one: LiveClient, circle: int) -> tuple[int, int]:
    """A member in crisis asks for a talk: the number of the case, and the circle of the talk."""
    sent = one.send(circle, f"everything is {IN_CRISIS}")["id"]
    one.wait_for_state(sent, "delivered")
    talk = robin.post(f"/api/messages/{sent}/talk").json["message"]["notice"]["care"]["talk"]
    (case,) = [case for case in server.cases(sent) if case.lane is Lane.CARE]
    return case.id, int(talk["url"].rsplit("/", 1)[-1])


def come(volunteer: Person, case_id: int) -> None:
    """Take the case, read it, and go into the side room."""
    for step in ("claim", "reveal", "talk/enter"):
        assert volunteer.post(f"/review/cases/{case_id}/{step}", form={}).status == 302, step


def test_member_and_volunteer_talk(server: Server) -> None:
    """What waited for the volunteer is there when they come; then both hear each other, and the card says who is here."""
    circle = server.circle()
    robin, volunteer = server.person(circle), server.person(role=Role.VOLUNTEER)
    with robin.connect(circle) as one, volunteer.connect() as two:
        case_id, room = asked(server, robin, one, circle)
        two.wait_for("case.changed", lambda data: data["id"] == case_id)
        one.enter(room)
        waiting = one.send(room, "I will wait here")["id"]
        one.wait_for_message(waiting)
        come(volunteer, case_id)
        one.wait_for("message.state", lambda data: (data["notice"] or {}).get("care") and data["notice"]["care"]["talk"]["state"] == "here")
        two.enter(room)
        one.wait_for("presence", lambda data: data["circle"] == room and len(data["present"]) == 2)
        assert [event["text"] for event in volunteer.events(room)["events"] if event["type"] == "message.new"] == ["I will wait here"]
        asked_back = two.send(room, "I am here. What is hardest right now?")["id"]
        assert one.wait_for_message(asked_back)["author"]["name"] == volunteer.name
        answered = one.send(room, f"it is so {IN_CRISIS}")["id"]
        assert two.wait_for_message(answered)["text"] == f"it is so {IN_CRISIS}"
        assert server.cases(answered) == []
    assert server.invariants().holds


def test_nobody_else_gets_in(server: Server) -> None:
    """A member of the same circle, another volunteer, an admin and a stranger: refused by socket and by HTTP; not one frame of it reaches them."""
    circle = server.circle()
    robin, volunteer = server.person(circle), server.person(role=Role.VOLUNTEER)
    others = [server.person(circle), server.person(role=Role.VOLUNTEER), server.person(role=Role.ADMIN), server.person()]
    sockets = [other.connect() for other in others]
    with robin.connect(circle) as one:
        case_id, room = asked(server, robin, one, circle)
        one.enter(room)
        come(volunteer, case_id)
        for other, client in zip(others, sockets, strict=True):
            assert client.emit("circle.enter", {"circle": room})["error"]["code"] == "not_found"
            assert client.send(room, "let me in")["error"]["code"] == "not_found"
            assert other.get(f"/api/circles/{room}/events?after=0").error == "not_found"
            assert other.get(f"/api/circles/{room}/talk").error == "not_found"
            assert other.get(f"/circles/{room}").status == 404
            assert other.post(f"/circles/{room}/join", form={}).status == 404
            assert other.post(f"/review/cases/{case_id}/talk/enter", form={}).status in {403, 409}
        sent = one.send(room, "only between us")["id"]
        one.wait_for_message(sent)
        for client in sockets:
            assert not any("between us" in frame or '"talk.changed"' in frame for frame in client.catch_frames())
            client.close()


def test_a_stopped_message_reaches_nobody_there(server: Server) -> None:
    """The volunteer in the room does not get it in any frame, and cannot decide about it; another volunteer can."""
    circle = server.circle()
    robin, volunteer, another = server.person(circle), server.person(role=Role.VOLUNTEER), server.person(role=Role.VOLUNTEER)
    with robin.connect(circle) as one, volunteer.connect() as two:
        case_id, room = asked(server, robin, one, circle)
        come(volunteer, case_id)
        two.enter(room)
        held = one.send(room, f"you are a {HELD}")["id"]
        one.wait_for_state(held, "held")
        assert not any(HELD in frame for frame in two.catch_frames())
        (conduct,) = server.cases(held)
        assert volunteer.post(f"/review/cases/{conduct.id}/claim", form={}).error == "conflict_of_interest"
        assert another.post(f"/review/cases/{conduct.id}/claim", form={}).status == 302


def test_after_the_end_nobody_writes(server: Server) -> None:
    """Both pages are told at once; sockets stay in the room, and whatever is sent is refused with a reason."""
    circle = server.circle()
    robin, volunteer = server.person(circle), server.person(role=Role.VOLUNTEER)
    with robin.connect(circle) as one, volunteer.connect() as two:
        case_id, room = asked(server, robin, one, circle)
        come(volunteer, case_id)
        one.enter(room)
        two.enter(room)
        last = two.send(room, "take care of yourself")["id"]
        one.wait_for_message(last)
        before = robin.events(room)["last_event"]
        assert volunteer.post(f"/review/cases/{case_id}/talk/end", form={}).status == 302
        for client, person in ((one, robin), (two, volunteer)):
            client.wait_for("talk.changed", lambda data: data["event"] > before)
            assert client.send(room, "one more thing")["error"]["code"] == "talk_ended"
            assert person.get(f"/api/circles/{room}/talk").json["state"] == "ended"
        assert [event["type"] for event in robin.events(room, after=before)["events"]] == ["talk.changed"]
    assert [message.text for message in server.messages(room)] == ["take care of yourself"]
