"""Sockets are hints, the event log is the truth: whoever comes back ends where a fresh client ends."""

from uuid import uuid4

from models import Role
from tests.live.client import LiveClient
from tests.live.people import Person
from tests.live.reduced import live_events, reduced
from tests.live.server import Server
from tests.live.test_cases import claim, release
from tests.live.weights import HELD, IN_CRISIS


def test_coming_back_at_any_moment_ends_like_a_fresh_client(server: Server) -> None:
    """Talk, edits, withdrawals and releases: what was seen live up to n, and the log after n, are for every n the room of a fresh client."""
    circle = server.circle()
    robin, willow, volunteer = server.person(circle), server.person(circle), server.person(role=Role.VOLUNTEER)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        _an_evening(server, circle, robin, volunteer, one)
        log = willow.events(circle)
        two.wait(lambda: live_events(two.events) and live_events(two.events)[-1]["event"] == log["last_event"])
        seen = live_events(two.events)
    assert {event["type"] for event in log["events"]} == {"message.new", "message.edited", "message.withdrawn"}
    assert [event["event"] for event in seen] == [event["event"] for event in log["events"]] == list(range(1, log["last_event"] + 1))
    fresh = reduced(log["events"])
    assert [shown["seq"] for shown in fresh.values()] == sorted(shown["seq"] for shown in fresh.values())
    assert reduced(seen) == fresh
    for number in range(log["last_event"] + 1):
        after = willow.events(circle, after=number)
        assert reduced(after["events"], reduced(seen[:number])) == fresh, f"back after event {number}"
        assert (after["last_event"], after["last_seq"], after["more"]) == (log["last_event"], log["last_seq"], False)
    assert not any("first thought" in str(event) for event in log["events"])  # what was replaced or taken back is gone for newcomers
    assert server.invariants().holds


def test_pages_of_the_log_join_without_a_seam(server: Server) -> None:
    """Read in small pages the log is the same as in one; the newest events can be asked for alone."""
    circle = server.circle()
    robin = server.person(circle)
    with robin.connect(circle) as one:
        for number in range(11):
            last = one.send(circle, f"good evening {number}")["id"]
        one.wait_for_message(last)
    whole, pages, after = robin.events(circle), [], 0
    while True:
        page = robin.events(circle, after=after, limit=3)
        pages += page["events"]
        if not page["more"]:
            break
        after = page["events"][-1]["event"]
    assert pages == whole["events"]
    assert robin.get(f"/api/circles/{circle}/events?latest=4").json["events"] == whole["events"][-4:]
    assert robin.events(circle, after=11)["events"] == robin.events(circle, after=5000)["events"] == []


def test_what_only_the_author_knows_is_there_again(server: Server) -> None:
    """Held and pending messages and an open care card come back to their author in `mine`, with the newest version, and to nobody else."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one:
        held = one.send(circle, f"the {HELD} of the rose")["id"]
        heavy = one.send(circle, f"a {IN_CRISIS} day")["id"]
        states = {state["id"]: state for state in (one.wait_for_state(held, "held"), one.wait_for_state(heavy, "delivered"))}
    mine = {entry["id"]: entry for entry in robin.events(circle)["mine"]}
    assert mine.keys() == {held, heavy}
    assert mine[heavy]["notice"]["care"]["dismissed"] is False
    for message_id, state in states.items():
        assert {key: mine[message_id][key] for key in state} == state
    assert willow.events(circle)["mine"] == []
    assert robin.post(f"/api/messages/{heavy}/dismiss-care").json["ok"]
    assert [entry["id"] for entry in robin.events(circle)["mine"]] == [held]
    answer = robin.post(f"/api/messages/{held}/edit", {"client_id": str(uuid4()), "text": "the rose", "version": mine[held]["version"]})
    assert answer.json["message"]["id"] != held
    with willow.connect(circle) as two:
        two.wait(lambda: [event["text"] for event in willow.events(circle)["events"]][1:] == ["the rose"])
    assert robin.events(circle)["mine"] == []


def test_a_stale_change_of_ones_own_message_is_refused(server: Server) -> None:
    """Withdrawing or editing an older version than there is, or somebody else's message, changes nothing."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one:
        sent = one.send(circle, "good evening")["id"]
        version = one.wait_for_state(sent, "delivered")["version"]
        for path, body in ((f"/api/messages/{sent}/withdraw", {}), (f"/api/messages/{sent}/edit", {"client_id": str(uuid4()), "text": "good night"})):
            stale = robin.post(path, body | {"version": version - 1})
            assert (stale.status, stale.error) == (409, "conflict")
            assert willow.post(path, body | {"version": version}).error == "not_found"
            assert robin.post(path, body | {"version": version, "state": "delivered"}).error == "invalid"
        assert server.message(sent).version == version


def _an_evening(server: Server, circle: int, robin: Person, volunteer: Person, one: LiveClient) -> None:
    """Everything that can happen to messages, in a mixture."""
    held = [one.send(circle, f"{HELD} number {number}")["id"] for number in range(3)]
    sent = [one.send(circle, f"a first thought {number}")["id"] for number in range(6)]
    for message_id in sent:
        one.wait_for_message(message_id)
    _edit(robin, one, sent[0], "a second thought")
    _edit(robin, one, sent[1], f"a {HELD} in the second thought")  # held: the circle goes on seeing the first
    _withdraw(robin, one, sent[2])
    one.wait_for_state(held[0], "held")
    claim(server, volunteer, held[0])
    assert release(server, volunteer, held[0]).status == 302
    one.wait_for_message(held[0])
    _edit(robin, one, sent[0], "a third thought")
    _withdraw(robin, one, held[1])
    _edit(robin, one, sent[3], "another second thought")
    _withdraw(robin, one, sent[3])
    for number, message_id in enumerate((sent[1], sent[4], sent[5])):
        _edit(robin, one, message_id, f"a last thought {number}")
    last = one.send(circle, "good night", reply_to=sent[5])["id"]
    one.wait_for_message(last)


def _version(one: LiveClient, message_id: int) -> int:
    return int(max(data["version"] for data in one.named("message.state") if data["id"] == message_id))


def _edit(robin: Person, one: LiveClient, message_id: int, text: str) -> None:
    """Replace a text, naming the original, and wait until the new one was screened."""
    one.wait(lambda: any(data["id"] == message_id and data["state"] == "delivered" for data in one.named("message.state")))
    answer = robin.post(f"/api/messages/{message_id}/edit", {"client_id": str(uuid4()), "text": text, "version": _version(one, message_id)})
    assert answer.status == 200, answer
    new = answer.json["message"]["id"]
    one.wait(lambda: any(data["id"] == new and data["state"] in {"delivered", "held"} for data in one.named("message.state")))


def _withdraw(robin: Person, one: LiveClient, message_id: int) -> None:
    one.wait(lambda: any(data["id"] == message_id and data["state"] != "pending" for data in one.named("message.state")))
    answer = robin.post(f"/api/messages/{message_id}/withdraw", {"version": _version(one, message_id)})
    assert answer.status == 200, answer
    one.wait_for_state(message_id, "withdrawn")
