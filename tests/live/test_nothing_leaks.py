"""What people write stands in no log, no address and no health report, whatever happens to it on the way."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote
from uuid import uuid4

import pytest

from models import MessageState, Role
from tests.live.client import LiveClient, message
from tests.live.people import Answer, Person
from tests.live.server import Server
from tests.live.test_cases import claim, release
from tests.live.waiting import eventually
from tests.live.weights import HELD, IN_CRISIS, NOT_A_NUMBER, NUDGED, SLOW

StartServer = Callable[..., Server]
MARK = "zebrafinch"  # in every text of this test


def test_no_text_in_any_log(fresh_server: StartServer) -> None:
    """With everything logged that can be: delivered, held, released, returned, edited, refused, malformed, broken, locked out and crashed texts."""
    server = fresh_server().start()
    circle = server.circle()
    robin, willow, volunteer = server.person(circle), server.person(circle), server.person(role=Role.VOLUNTEER)
    with robin.connect(circle) as one, willow.connect(circle):
        answers = [*_usual_ways(server, circle, robin, volunteer, one), *_refused_ways(circle, robin, one)]
    _malformed_ways(circle, robin)
    _a_fault_in_the_database(server, circle, robin)
    _crashes(server, circle, robin)
    for answer in answers:
        assert MARK not in unquote(str(answer.headers)), answer
    assert MARK not in str(server.health())
    assert MARK not in volunteer.get("/api/cases").text
    log = server.log()
    assert "child.ended" in log  # the log is the right one
    assert MARK not in log
    assert willow.csrf not in log
    assert robin.cookie not in log
    assert server.invariants().holds


def _usual_ways(server: Server, circle: int, robin: Person, volunteer: Person, one: LiveClient) -> list[Answer]:
    sent = {word: one.send(circle, f"{MARK} {word} day")["id"] for word in ("fine", HELD, NUDGED, IN_CRISIS, NOT_A_NUMBER)}
    returned = one.send(circle, f"{MARK} another {HELD}")["id"]
    states = {
        word: one.wait_for_state(sent[word], state) for word, state in ((HELD, "held"), (NUDGED, "nudged"), (IN_CRISIS, "delivered"), (NOT_A_NUMBER, "held"))
    }
    fine = one.wait_for_state(sent["fine"], "delivered")
    one.wait_for_state(returned, "held")
    claim(server, volunteer, sent[HELD])
    claim(server, volunteer, returned)
    (case,) = server.cases(returned)
    return [
        release(server, volunteer, sent[HELD]),
        volunteer.post(f"/review/cases/{case.id}/return", form={"version": case.version, "reason": f"please leave out {MARK}", "rule": "kindness"}),
        volunteer.get(f"/review/cases/{case.id}"),
        robin.post(f"/api/messages/{sent[NUDGED]}/send-on", {"version": states[NUDGED]["version"]}),
        robin.post(f"/api/messages/{sent['fine']}/edit", {"client_id": str(uuid4()), "text": f"{MARK} edited", "version": fine["version"]}),
        robin.post(f"/api/messages/{sent[NOT_A_NUMBER]}/withdraw", {"version": states[NOT_A_NUMBER]["version"]}),
        robin.get(f"/circles/{circle}"),
        robin.get("/me"),
    ]


def _refused_ways(circle: int, robin: Person, one: LiveClient) -> list[Answer]:
    client_id = str(uuid4())
    one.send(circle, f"{MARK} once", client_id)
    for change in ({"text": f"{MARK} twice"}, {"text": MARK * 20_000}, {"text": {"text": MARK}}, {"extra": MARK}, {"circle": MARK}, {"client_id": MARK}):
        assert not one.emit("message.send", message(circle, MARK, client_id) | change)["ok"]
    for event in ("typing", "circle.enter", MARK, "message.delete"):
        one.emit(event, {"circle": MARK, "text": MARK})
    body = {"client_id": MARK, "text": MARK, "version": MARK}
    answers = [robin.post("/api/messages/1/edit", body), robin.post("/api/messages/1/edit", body, csrf=MARK), robin.post("/api/messages/1/withdraw", body)]
    return [*answers, robin.post("/login", form={"name": MARK, "pass_phrase": MARK}), robin.post(f"/circles/{circle}/join", form={"text": MARK})]


def _malformed_ways(circle: int, robin: Person) -> None:
    placeholder = '{"_placeholder":true,"num":9}'
    for frame in (
        f'42["message.send",{{"circle":{circle},"text":"{MARK}"',
        f"42{MARK}",
        f'42{{"{MARK}":"{MARK}"}}',
        f'42["{MARK}',
        f'451-["message.send",{{"text":{placeholder},"{MARK}":1}}]',
        MARK,
        f"4{MARK}",
        f"40{MARK}",
        f'40/{MARK},{{"{MARK}":"{MARK}"}}',
        f'44["{MARK}"]',
        f'431["{MARK}"]',
        f"b{MARK}",
    ):
        with robin.connect(circle) as client:
            client.say(frame)
            if frame.startswith("451"):
                client.say_binary(MARK.encode())
            client.read_what_comes(0.1)
        with robin.connect(circle) as client:
            client.say_binary(frame.encode())
            client.read_what_comes(0.1)


def _a_fault_in_the_database(server: Server, circle: int, robin: Person) -> None:
    """A database that refuses the row itself: the driver's error would quote it."""
    path = server.folder / "peer-circles.sqlite3"
    with robin.connect(circle) as one:
        _run(path, "CREATE TRIGGER no_more BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'no room'); END")
        assert not one.send(circle, f"{MARK} and a fault")["ok"]
        _run(path, "DROP TRIGGER no_more")
        _run(path, "CREATE TRIGGER no_more BEFORE INSERT ON screenings BEGIN SELECT RAISE(ABORT, 'no room'); END")
        sent = one.send(circle, f"{MARK} and a fault later")["id"]
        one.wait_for_state(sent, "held")
        _run(path, "DROP TRIGGER no_more")
        server.wait_for_state(sent, MessageState.DELIVERED)
        with server.locked():
            assert one.send(circle, f"{MARK} and a lock")["error"]["code"] == "busy"


def _crashes(server: Server, circle: int, robin: Person) -> None:
    with robin.connect(circle) as one:
        one.send(circle, f"{MARK} {SLOW}")
        server.screener.kill()
        one.send(circle, f"{MARK} {SLOW} again")
        web = server.web
        web.kill()
    eventually(lambda: server.web.pid != web.pid, "for another web worker")
    server.wait_for_screener("ready")
    eventually(lambda: all(row.state is not MessageState.PENDING for row in server.messages(circle)), "for everything to be screened")


def _run(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None, timeout=20)
    connection.execute(statement)
    connection.close()


def test_the_screener_carries_only_what_it_needs(shipped: Server) -> None:
    """The default screener process has the small runtime loaded, and neither torch nor transformers."""
    maps = Path(f"/proc/{shipped.screener.pid}/maps").read_text()
    assert "onnxruntime" in maps
    for heavy in ("torch", "transformers", "tensorflow"):
        assert heavy not in maps


@pytest.mark.parametrize("path", ["/health", "/health?after=1"])
def test_health_tells_no_secrets(server: Server, path: str) -> None:
    """Anybody may read it: states and counts only."""
    body = server.person().get(path).json
    assert set(body) == {"status", "screener", "pending", "oldest_pending_s"}
    assert set(body["screener"]) == {"state", "classifier", "weights_revision"}
