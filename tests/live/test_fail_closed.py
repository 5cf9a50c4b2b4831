"""When messages cannot be screened they wait, everybody is told, and they go on by themselves afterwards."""

import shutil
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from models import HoldReason, MessageState
from moderation.classifier.onnx import MODEL_FILE
from tests.live.client import LiveClient
from tests.live.server import Server
from tests.live.waiting import eventually
from tests.live.weights import MISSHAPEN, NOT_A_NUMBER, SLOW, word_weights

StartServer = Callable[..., Server]


def test_a_hanging_screener_holds_messages_until_it_answers(fresh_server: StartServer) -> None:
    """Stopped: the author gets a notice, everybody the banner, operators a degraded health; going on: all is delivered by itself, in order."""
    server = fresh_server().start()
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        screener = server.pause_screener()
        sent = [one.send(circle, f"good evening {number}")["id"] for number in range(3)]
        assert_held_as_unscreened(server, one, sent[0])
        two.wait_for("screener.changed", lambda data: data == {"state": "unavailable"})
        health = server.wait_for_screener("unavailable")
        assert (health["status"], health["pending"]) == ("degraded", 3)
        with willow.connect() as newcomer:
            assert newcomer.wait_for("hello")["screener"] == "unavailable"
        assert not any("good evening" in frame for frame in two.catch_frames())
        screener.send_signal(signal.SIGCONT)
        two.wait_for("screener.changed", lambda data: data == {"state": "ready"})
        assert_delivered_in_order(server, one, two, sent)
        assert server.wait_for_screener("ready")["status"] == "ok"


def test_a_screener_that_hangs_for_good_is_replaced(fresh_server: StartServer) -> None:
    """Nobody has to do anything: the supervisor ends it and starts another, which delivers what was held."""
    server = fresh_server().start()
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        stopped = server.pause_screener()
        sent = one.send(circle, "good evening")["id"]
        one.wait_for_state(sent, "held")
        eventually(lambda: not stopped.is_running(), "for the supervisor to end it")
        assert_delivered_in_order(server, one, two, [sent])
        assert server.screener.pid != stopped.pid


@pytest.mark.parametrize("word", [NOT_A_NUMBER, MISSHAPEN])
def test_what_the_classifier_cannot_judge_is_held(server: Server, word: str) -> None:
    """NaN or another shape for one message holds that one, never delivers it, and tries again more and more seldom; others pass it."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        held = one.send(circle, f"the {word} of the day")["id"]
        passed = one.send(circle, "good evening")["id"]
        assert two.wait_for_message(passed)["seq"] == 1
        assert_held_as_unscreened(server, one, held)
        tries: dict[int, datetime] = {}
        eventually(lambda: len(_note_attempt(server, held, tries)) == 3, "for three attempts")
        (first, second, third) = sorted(tries)
        assert (second, third) == (first + 1, first + 2)
        assert (tries[second] - tries[first]).total_seconds() >= 2 ** (second - 1)
        assert (tries[third] - tries[second]).total_seconds() >= 2 ** (third - 1)
        assert server.message(held).state is MessageState.HELD
        assert not any(word in frame for frame in two.catch_frames())
        assert server.health()["screener"]["state"] == "ready"


def _note_attempt(server: Server, message_id: int, tries: dict[int, datetime]) -> dict[int, datetime]:
    row = server.message(message_id)
    if row.screen_after is not None:
        tries.setdefault(row.screen_attempts, row.screen_after)
    return tries


def test_weights_that_never_answer_hold_everything(fresh_server: StartServer, tmp_path: Path) -> None:
    """A network that gives nothing usable for any text: the server runs and accepts, health says why not, everything is held."""
    weights = word_weights(tmp_path / "broken", always=NOT_A_NUMBER)
    server = fresh_server(PEER_CIRCLES_WEIGHTS=str(weights)).start(until="failed")
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        held = one.send(circle, "good evening")["id"]
        assert_held_as_unscreened(server, one, held)
        assert not any("good evening" in frame for frame in two.catch_frames())
    assert server.invariants().by_state["delivered"] == 0


def alter(weights: Path) -> None:
    """Change one byte of the network."""
    file = weights / MODEL_FILE
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("damage", [alter, shutil.rmtree], ids=["altered", "missing"])
def test_damaged_weights_are_refused_and_repair_is_noticed(fresh_server: StartServer, tmp_path: Path, words: Path, damage: Callable[[Path], Any]) -> None:
    """Files that are not the ones the manifest names are not loaded; messages are held; once the files are right again they go out by themselves."""
    weights = tmp_path / "damaged"
    shutil.copytree(words, weights)
    damage(weights)
    server = fresh_server(PEER_CIRCLES_WEIGHTS=str(weights)).start(until="failed")
    assert server.health()["status"] == "degraded"
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        assert one.wait_for("hello")["screener"] == "unavailable"
        held = one.send(circle, "good evening")["id"]
        assert_held_as_unscreened(server, one, held)
        shutil.copytree(words, weights, dirs_exist_ok=True)
        assert_delivered_in_order(server, one, two, [held])
        one.wait_for("screener.changed", lambda data: data == {"state": "ready"})


def test_starting_again_with_good_weights_delivers_what_waited(fresh_server: StartServer, tmp_path: Path, words: Path) -> None:
    """Messages held under bad weights are screened by the good ones after a restart, under the same accounts and sessions."""
    server = fresh_server(PEER_CIRCLES_WEIGHTS=str(tmp_path / "nowhere")).start(until="failed")
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one:
        sent = [one.send(circle, f"good evening {number}")["id"] for number in range(2)]
        for message_id in sent:
            assert_held_as_unscreened(server, one, message_id)
    server.stop()
    server.environ["PEER_CIRCLES_WEIGHTS"] = str(words)
    server.start()
    with robin.connect(circle) as one, willow.connect(circle) as two:
        for message_id in sent:
            server.wait_for_state(message_id, MessageState.DELIVERED)
        last = one.send(circle, "here we are again")["id"]
        two.wait_for_message(last)
        assert [event["id"] for event in willow.events(circle)["events"]] == [*sent, last]
    assert server.invariants().holds


def test_a_slow_classifier_holds_and_then_delivers(server: Server) -> None:
    """Longer than two seconds in the middle of its work: held with a notice; as soon as the answer is there it is delivered, once."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        sent = [one.send(circle, f"{SLOW} number {number}")["id"] for number in range(5)]
        eventually(lambda: server.claimed(circle), "for the screener to begin")
        screener = server.pause_screener()
        assert_held_as_unscreened(server, one, sent[-1])
        screener.send_signal(signal.SIGCONT)
        assert_delivered_in_order(server, one, two, sent)
        assert server.cases(sent[-1]), "it was never held"


def assert_held_as_unscreened(server: Server, author: LiveClient, message_id: int) -> None:
    """The message is held because of the classifier, its author was told, and it is a volunteer's case."""
    notice = author.wait_for_state(message_id, "held")["notice"]
    assert notice["title"]
    assert notice["text"]
    assert notice["actions"] == ["edit", "withdraw"]
    row = server.message(message_id)
    assert (row.state, row.hold_reason, row.to_screen, row.seq) == (MessageState.HELD, HoldReason.SCREENER_UNAVAILABLE, True, None)
    assert [case.closed_at for case in server.cases(message_id)] == [None]


def assert_delivered_in_order(server: Server, author: LiveClient, reader: LiveClient, sent: list[int]) -> None:
    """They arrive once each, in order, their author knows, and no case is left open about them."""
    for message_id in sent:
        reader.wait_for_message(message_id)
        author.wait_for_state(message_id, "delivered")
    reader.catch_frames()
    assert [data["id"] for data in reader.named("message.new")] == sent
    assert all(case.closed_at is not None for message_id in sent for case in server.cases(message_id))
    assert server.invariants().holds
