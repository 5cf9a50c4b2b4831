"""Processes that die at the worst moments: nothing is lost, nothing comes twice, nothing is shown unscreened."""

import signal
from collections.abc import Callable

import pytest
from sqlalchemy import select

from models import MessageState, Screening
from support_app.database import AnyRow
from tests.live.client import LiveClient
from tests.live.people import Person
from tests.live.server import Server
from tests.live.waiting import eventually
from tests.live.weights import SLOW

StartServer = Callable[..., Server]


def test_the_screener_dies_between_claim_and_settle(fresh_server: StartServer) -> None:
    """Killed with a message in its hands: the message is held, a new screener starts by itself and delivers it, once."""
    server = fresh_server().start()
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        sent = one.send(circle, f"a {SLOW} on the window")["id"]
        eventually(lambda: server.claimed(circle), "for the claim")
        victim = server.pause_screener()
        assert server.message(sent).state is MessageState.PENDING
        victim.kill()
        later = one.send(circle, "good evening")["id"]
        for client in (one, two):
            assert [client.wait_for_message(message_id)["seq"] for message_id in (sent, later)] == [1, 2]
        assert server.screener.pid != victim.pid
        assert_each_once(server, circle, willow, two, [f"a {SLOW} on the window", "good evening"])


def test_the_screener_is_killed_for_memory_again_and_again(fresh_server: StartServer) -> None:
    """Killed as the kernel kills for memory, as soon as it takes each of several messages: all arrive, in the end, in order."""
    server = fresh_server().start()
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    texts = [f"{SLOW} number {number}" for number in range(3)]
    with robin.connect(circle) as one, willow.connect(circle) as two:
        for text in texts[:2]:
            victim = server.screener
            assert one.send(circle, text)["ok"]
            victim.kill()
            eventually(lambda victim=victim: server.screener.pid != victim.pid, "for another screener")
        last = one.send(circle, texts[2])["id"]
        two.wait_for_message(last)
        assert [data["text"] for data in two.named("message.new")] == texts
        assert_each_once(server, circle, willow, two, texts)


def test_the_screener_dies_between_settle_and_publish(fresh_server: StartServer) -> None:
    """What was settled is published although its screener died before anybody could hear of it."""
    server = fresh_server().start()
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        sent = one.send(circle, f"a {SLOW} on the window")["id"]
        web = server.web
        web.send_signal(signal.SIGSTOP)  # it cannot publish
        server.wait_for_state(sent, MessageState.DELIVERED)
        server.screener.kill()
        web.send_signal(signal.SIGCONT)
        for client in (one, two):
            assert client.wait_for_message(sent)["seq"] == 1
        server.wait_for_screener("ready")
        assert_each_once(server, circle, willow, two, [f"a {SLOW} on the window"])


def test_the_web_worker_dies_before_it_published(fresh_server: StartServer) -> None:
    """Messages that were accepted and settled while nobody could hear of them are there when the clients come back."""
    server = fresh_server().start()
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    one, two = robin.connect(circle), willow.connect(circle)
    first = one.send(circle, "good evening")["id"]
    seen = two.wait_for_message(first)["event"]
    sent = one.send(circle, f"a {SLOW} on the window")["id"]
    web = server.web
    web.send_signal(signal.SIGSTOP)
    server.wait_for_state(sent, MessageState.DELIVERED)
    web.kill()
    two.wait_until_closed()
    assert two.named("message.new")[-1]["id"] == first
    eventually(lambda: server.web.pid != web.pid, "for another web worker")
    server.wait_for_screener("ready")
    caught = willow.events(circle, after=seen)
    assert [event["id"] for event in caught["events"]] == [sent]
    with willow.connect(circle) as again, robin.connect(circle) as writer:
        after = writer.send(circle, "are you all back")["id"]
        assert again.wait_for_message(after)["event"] == caught["last_event"] + 1
        assert_each_once(server, circle, willow, again, ["good evening", f"a {SLOW} on the window", "are you all back"], seen_live=1)
    one.close()
    two.close()


def test_the_web_worker_dies_with_a_message_unscreened(fresh_server: StartServer) -> None:
    """An acknowledged message outlives both processes; sending it again after the crash changes nothing."""
    server = fresh_server().start()
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    client_id = "6f1d9a52-8a3f-4c63-9d1e-0f2f4f0c7b11"
    with robin.connect(circle) as one:
        server.pause_screener()
        sent = one.send(circle, "good evening", client_id)["id"]
        web = server.web
        server.screener.kill()
        web.kill()
        one.wait_until_closed()
    eventually(lambda: server.web.pid != web.pid, "for another web worker")
    server.wait_for_screener("ready")
    with robin.connect(circle) as one, willow.connect(circle) as two:
        again = one.send(circle, "good evening", client_id)
        assert (again["id"], again["duplicate"]) == (sent, True)
        server.wait_for_state(sent, MessageState.DELIVERED)
        assert [event["id"] for event in willow.events(circle)["events"]] == [sent]
        two.catch_frames()
        assert len(two.named("message.new")) <= 1
    assert server.invariants().holds


def test_an_outlived_screener_cannot_settle(fresh_server: StartServer) -> None:
    """A screener that slept through its claim finds the message settled by another one, and changes nothing."""
    server = fresh_server(PEER_CIRCLES_SCREENER="external").start(until="")
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    command = (server.python, "-m", "flask", "--app", "wsgi", "screener")
    with server.log_file.open("ab") as log:
        sleeper = server.run(*command, stdout=log)
        server.wait_for_screener("ready")
        with robin.connect(circle) as one, willow.connect(circle) as two:
            sent = one.send(circle, f"a {SLOW} on the window")["id"]
            eventually(lambda: server.claimed(circle), "for the claim")
            sleeper.send_signal(signal.SIGSTOP)
            assert server.message(sent).state is MessageState.PENDING
            other = server.run(*command, stdout=log)
            try:
                assert two.wait_for_message(sent)["seq"] == 1
                settled = server.message(sent)
                sleeper.send_signal(signal.SIGCONT)
                after = one.send(circle, "good evening")["id"]
                assert two.wait_for_message(after)["seq"] == 2
                other.kill()
                last = one.send(circle, "is the first one awake")["id"]
                assert two.wait_for_message(last)["seq"] == 3  # so it has been through its turn
                assert server.message(sent) == settled
                assert_each_once(server, circle, willow, two, [f"a {SLOW} on the window", "good evening", "is the first one awake"])
            finally:
                for process in (sleeper, other):
                    process.kill()
                    process.wait()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_screener_outlives_its_server(fresh_server: StartServer, how: signal.Signals) -> None:
    """However the server ends, its screener ends too, so that a new server's screener is the only one."""
    server = fresh_server().start()
    screener, web = server.screener, server.web
    if how is signal.SIGTERM:
        server.stop_gently()
    else:
        server.process.kill()
        web.kill()
    eventually(lambda: not screener.is_running(), "for the screener to end")


def assert_each_once(server: Server, circle: int, viewer: Person, client: LiveClient, texts: list[str], *, seen_live: int | None = None) -> None:
    """Each text was delivered exactly once, live and in the event log, with a screening that let it."""
    log = viewer.events(circle)["events"]
    assert [event["text"] for event in log] == texts
    assert [event["seq"] for event in log] == [event["event"] for event in log] == list(range(1, len(texts) + 1))
    client.catch_frames()
    assert len(client.named("message.new")) == (len(texts) if seen_live is None else seen_live)
    report = server.invariants()
    assert report.holds
    assert report.unscreened == 0
    assert all(row.verdict == "deliver" for row in _screenings(server))


def _screenings(server: Server) -> list[AnyRow]:
    with server.db.read() as connection:
        return list(connection.execute(select(Screening.__table__)))
