"""Another process holds the database's only write lock: refused in so many words or done a little later, never lost."""

from models import MessageState
from tests.live.client import message
from tests.live.server import Server
from tests.live.waiting import eventually
from tests.live.weights import SLOW

CLIENT_ID = "6f1d9a52-8a3f-4c63-9d1e-0f2f4f0c7b11"


def test_a_send_that_cannot_be_stored_is_refused(server: Server) -> None:
    """While the lock stays away the sender is told `busy`, nothing is stored, and pages can still be read; sent again it is accepted as new."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        with server.locked():
            answer = one.send(circle, "good evening", CLIENT_ID)
            assert (answer["ok"], answer["error"]["code"]) == (False, "busy")
            assert server.messages(circle) == []
            assert willow.events(circle)["events"] == []
            refused = willow.post(f"/circles/{circle}/leave", form={})
            assert (refused.status, refused.error) == (503, "busy")
        again = one.send(circle, "good evening", CLIENT_ID)
        assert (again["ok"], again["duplicate"]) == (True, False)
        assert two.wait_for_message(again["id"])["seq"] == 1
    assert [row.text for row in server.messages(circle)] == ["good evening"]
    assert server.invariants().holds


def test_a_send_waits_for_a_short_lock(server: Server) -> None:
    """A lock that is gone in time delays the answer, and other people's pages meanwhile stand still for nobody."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        with server.locked():
            number = one.emit_only("message.send", message(circle, "good evening"))
            one.read_what_comes(0.3)
            assert number not in one.acks
        answer = one.answer(number)
        assert answer["ok"], answer
        assert two.wait_for_message(answer["id"])["seq"] == 1


def test_what_was_judged_while_the_database_was_locked_is_settled_later(server: Server) -> None:
    """The screener cannot write its result for long: nothing is lost, the message is delivered once after the lock is gone."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        met = server.log().count("database_busy")
        sent = one.send(circle, f"a {SLOW} on the window")["id"]
        eventually(lambda: server.claimed(circle), "for the claim")
        with server.locked():
            assert server.message(sent).state is MessageState.PENDING
            eventually(lambda: server.log().count("database_busy") > met, "for the web process to meet the lock")
            assert not any("window" in frame for frame in two.read_what_comes())
        assert two.wait_for_message(sent)["seq"] == 1
        after = one.send(circle, "good evening")["id"]
        two.wait_for_message(after)
        assert [data["id"] for data in two.named("message.new")] == [sent, after]
        assert server.invariants().holds
