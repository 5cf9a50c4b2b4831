"""The way of a message between real browsers' sockets."""

from itertools import pairwise

from models import MessageState, Role
from tests.live.client import message
from tests.live.server import Server


def test_two_members_talk(shipped: Server) -> None:
    """People made for load tests meet: a greeting, who is here, a message to both with its place, and its state to the author only."""
    ((circle, (robin, willow)),) = shipped.seed_load(count=1, members=2)
    with robin.connect() as one, willow.connect() as two:
        hello = one.wait_for("hello")
        assert hello["user"] == {"id": robin.id, "name": robin.name}
        assert hello["circles"] == [{"id": circle, "last_seq": 0, "last_event": 0}]
        assert (hello["v"], hello["screener"]) == (1, "ready")
        assert one.enter(circle)["present"] == [{"id": robin.id, "name": robin.name}]
        assert len(two.enter(circle)["present"]) == 2
        one.wait_for("presence", lambda data: len(data["present"]) == 2)

        answer = one.send(circle, "Good evening everyone, the tea is warm.")
        assert answer == {"ok": True, "id": answer["id"], "state": "pending", "duplicate": False}
        seen = [client.wait_for_message(answer["id"]) for client in (one, two)]
        assert seen[0] == seen[1]
        assert (seen[0]["seq"], seen[0]["event"], seen[0]["text"]) == (1, 1, "Good evening everyone, the tea is warm.")
        assert seen[0]["author"] == {"id": robin.id, "name": robin.name}
        assert seen[0]["released_at"] is None
        state = one.wait_for_state(answer["id"], "delivered")
        assert (state["client_id"], state["seq"], state["notice"]) == (seen[0]["client_id"], 1, None)
        two.catch_frames()
        assert two.named("message.state") == []


def test_presence_follows_sockets(server: Server) -> None:
    """Who leaves the room or goes away is no longer present; a second browser of the same person is not a second person."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with willow.connect(circle) as watcher:
        first, second = robin.connect(circle), server.sign_in(robin.id).connect(circle)
        watcher.wait_for("presence", lambda data: len(data["present"]) == 2)
        first.emit("circle.leave", {"circle": circle})
        watcher.catch_frames()
        assert len(watcher.named("presence")[-1]["present"]) == 2
        first.close()
        second.close()
        watcher.wait(lambda: watcher.named("presence")[-1]["present"] == [{"id": willow.id, "name": willow.name}])


def test_typing_reaches_the_others_in_the_room_and_seldom(server: Server) -> None:
    """Of many keystrokes one is passed on, to the other members in the room: not back, not to strangers, not for a stranger."""
    circle, elsewhere = server.circle(), server.circle()
    robin, willow, stranger = server.person(circle), server.person(circle), server.person(elsewhere)
    with robin.connect(circle) as one, willow.connect(circle) as two, stranger.connect(elsewhere) as third:
        for _ in range(20):
            assert one.emit("typing", {"circle": circle}) == {"ok": True}
        third.emit("typing", {"circle": circle})
        for client in (one, two, third):
            client.catch_frames()
        assert two.named("typing") == [{"circle": circle, "user": {"id": robin.id, "name": robin.name}}]
        assert one.named("typing") == third.named("typing") == []


def test_quick_sends_keep_their_order(server: Server) -> None:
    """Sixty messages sent without waiting, by two people at once, arrive once each, numbered without gaps, each author's in order."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        for number in range(30):
            one.emit_only("message.send", message(circle, f"one {number}"))
            two.emit_only("message.send", message(circle, f"two {number}"))
        for client in (one, two):
            client.wait(lambda client=client: len(client.named("message.new")) == 60)
            messages = client.named("message.new")
            assert [data["seq"] for data in messages] == [data["event"] for data in messages] == list(range(1, 61))
            for who in ("one", "two"):
                assert [data["text"] for data in messages if data["text"].startswith(who)] == [f"{who} {number}" for number in range(30)]
        assert one.named("message.new") == two.named("message.new") == [as_on_the_socket(event) for event in robin.events(circle)["events"]]
        one.wait(lambda: len(one.named("message.state")) == 30)
        assert all(before["seq"] < after["seq"] for before, after in pairwise(one.named("message.state")))


def test_a_reply_names_its_message(server: Server) -> None:
    """A reply carries the number of what it answers; to something outside the circle it is refused."""
    circle, elsewhere = server.circle(), server.circle()
    robin = server.person(circle, elsewhere)
    with robin.connect(circle, elsewhere) as one:
        first = one.send(circle, "how was your day")["id"]
        one.wait_for_message(first)
        reply = one.send(circle, "it was long", reply_to=first)["id"]
        assert one.wait_for_message(reply)["reply_to"] == first
        assert one.send(elsewhere, "it was long", reply_to=first)["error"]["code"] == "not_found"


def test_a_wish_to_die_is_delivered_and_calls_volunteers(shipped: Server) -> None:
    """The circle reads it, the author alone gets a care notice, the volunteers' pages get a case without any text."""
    circle = shipped.circle()
    robin, willow, volunteer = shipped.person(circle), shipped.person(circle), shipped.person(role=Role.VOLUNTEER)
    with robin.connect(circle) as one, willow.connect(circle) as two, volunteer.connect() as third:
        sent = one.send(circle, "I want to die")["id"]
        assert two.wait_for_message(sent)["text"] == "I want to die"
        state = one.wait_for_state(sent, "delivered")
        assert state["notice"]["care"]["dismissed"] is False
        assert state["notice"]["care"]["helplines_url"].startswith("/")
        case = third.wait_for("case.changed")
        assert set(case) == {"id", "lane", "level", "state", "due_at"}
        assert (case["lane"], case["state"]) == ("care", "open")
        assert not any("die" in frame for frame in third.catch_frames())
        assert not any('"care"' in frame and "notice" in frame for frame in two.catch_frames())
        assert two.named("message.state") == two.named("case.changed") == []


def test_goading_never_reaches_the_circle(shipped: Server) -> None:
    """Nobody but its author gets an unkind message in any frame or over HTTP; the author is told that a person will read it."""
    circle = shipped.circle()
    robin, willow, volunteer = shipped.person(circle), shipped.person(circle), shipped.person(role=Role.VOLUNTEER)
    text = "nobody would miss you, do us all a favour"
    with robin.connect(circle) as one, willow.connect(circle) as two, volunteer.connect() as third:
        sent = one.send(circle, text)["id"]
        notice = one.wait_for_state(sent, "held")["notice"]
        assert notice["title"]
        assert notice["actions"] == ["edit", "withdraw"]
        assert third.wait_for("case.changed")["lane"] == "conduct"
        after = one.send(circle, "Good evening everyone, the tea is warm.")["id"]
        assert two.wait_for_message(after)["seq"] == 1
        for client in (two, third):
            assert not any("favour" in frame or "miss you" in frame for frame in client.catch_frames())
    caught = willow.get(f"/api/circles/{circle}/events?after=0")
    assert "favour" not in caught.text
    assert caught.json["mine"] == []
    assert [mine["text"] for mine in robin.events(circle)["mine"]] == [text]
    assert volunteer.get(f"/api/circles/{circle}/events?after=0").error == "not_found"
    assert "favour" not in volunteer.get("/api/cases").text
    assert shipped.message(sent).state is MessageState.HELD
    assert shipped.invariants().holds


def test_a_nudged_message_waits_for_its_author(server: Server) -> None:
    """A borderline message goes nowhere until the author sends it on to a person; then it is held."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        sent = one.send(circle, "here is a pebble")["id"]
        state = one.wait_for_state(sent, "nudged")
        assert state["notice"]["actions"] == ["edit", "withdraw", "send_on"]
        answer = robin.post(f"/api/messages/{sent}/send-on", {"version": state["version"]})
        assert answer.json["message"]["state"] == "held"
        one.wait_for_state(sent, "held")
        assert not any("pebble" in frame for frame in two.catch_frames())


def as_on_the_socket(event: dict[str, object]) -> dict[str, object]:
    """An event of the log as the socket tells everybody."""
    return {key: value for key, value in event.items() if key not in {"type", "version"}}
