"""Who may open a socket at all, and who may write over HTTP."""

import json
from typing import Any
from urllib.parse import quote

import pytest
import websocket

from models import Role
from tests.live.client import LiveClient, Refused, message
from tests.live.people import request
from tests.live.server import Server


def refusal(server: Server, **options: Any) -> str:
    """The code with which a connection is refused."""
    with pytest.raises(Refused) as refused:
        LiveClient(server.port, **options)
    return str(refused.value.data["code"])


def test_another_sites_origin_is_refused(server: Server) -> None:
    """A page of another site cannot open a socket with somebody's cookie, whatever it claims about the host in front."""
    robin = server.person(server.circle())
    for origin in ("https://example.org", "null", f"http://127.0.0.1:{server.port}.example.org", f"https://127.0.0.1:{server.port}", "http://127.0.0.1"):
        with pytest.raises((websocket.WebSocketBadStatusException, Refused)):
            robin.connect(origin=origin)


def test_a_missing_origin_is_refused(server: Server) -> None:
    """Browsers always send an origin; a handshake without one is refused with its own code."""
    robin = server.person(server.circle())
    assert refusal(server, cookie=robin.cookie, auth={"v": 1, "csrf": robin.csrf}, origin=None) == "wrong_origin"


@pytest.mark.parametrize(
    ("auth", "code"),
    [
        (None, "invalid"),
        ({}, "invalid"),
        ({"v": 1}, "invalid"),
        ({"v": 2, "csrf": "CSRF"}, "invalid"),
        ({"v": "1", "csrf": "CSRF"}, "invalid"),
        ({"v": True, "csrf": "CSRF"}, "invalid"),
        ({"csrf": "CSRF"}, "invalid"),
        ({"v": 1, "csrf": "CSRF", "role": "admin"}, "invalid"),
        ({"v": 1, "csrf": 1}, "invalid"),
        ({"v": 1, "csrf": "x" * 5000}, "invalid"),
        ({"v": 1, "csrf": ""}, "csrf"),
        ({"v": 1, "csrf": "wrong"}, "csrf"),
        ({"v": 1, "csrf": "OTHER"}, "csrf"),
        ([1, "CSRF"], "invalid"),
        ("CSRF", "invalid"),
    ],
)
def test_a_wrong_greeting_is_refused(server: Server, auth: Any, code: str) -> None:
    """The protocol's version and this session's own csrf token are both needed, nothing more, nothing else."""
    robin, willow = server.person(), server.person()
    tokens = {"CSRF": robin.csrf, "OTHER": willow.csrf}
    filled = {key: tokens.get(value, value) if isinstance(value, str) else value for key, value in auth.items()} if isinstance(auth, dict) else auth
    assert refusal(server, cookie=robin.cookie, auth=filled) == code


def test_without_a_session_there_is_no_socket(server: Server) -> None:
    """No cookie, a made-up cookie, and one whose session has ended are refused; a banned account is told so."""
    robin, admin = server.person(), server.person(role=Role.ADMIN)
    auth = {"v": 1, "csrf": robin.csrf}
    assert refusal(server, auth=auth) == "csrf"  # the token belongs to a session that is not there
    assert refusal(server, cookie="peer_circles=made-up", auth=auth) == "csrf"
    other = server.sign_in(robin.id)
    assert other.post("/logout", form={}).status == 302
    assert refusal(server, cookie=other.cookie, auth={"v": 1, "csrf": other.csrf}) == "not_signed_in"
    robin.connect().close()
    assert admin.post(f"/admin/people/{robin.id}/ban", form={"reason": "wrote to people outside the circle"}).status == 302
    assert refusal(server, cookie=robin.cookie, auth=auth) in {"banned", "not_signed_in"}
    assert robin.get("/api/circles/1/events?after=0").error in {"banned", "not_signed_in"}


@pytest.mark.parametrize("greeting", ["", '40{"v":1,"csrf":"wrong"}'])
def test_without_a_greeting_nothing_can_be_done(server: Server, greeting: str) -> None:
    """Events of a transport that has not been let in, or was refused, are not answered and do nothing."""
    circle = server.circle()
    robin = server.person(circle)
    with LiveClient(server.port, cookie=robin.cookie, connect=False) as client, robin.connect(circle) as watcher:
        client.say(greeting or "3")
        if greeting:
            with pytest.raises(Refused):
                client.read_what_comes(20)
        client.say("421" + json.dumps(["message.send", message(circle, "good evening")]))
        client.say("422" + json.dumps(["circle.enter", {"circle": circle}]))
        watcher.wait_for_message(watcher.send(circle, "is anybody here")["id"])
        assert not any(frame.startswith("43") for frame in client.read_what_comes())
    assert {row.text for row in server.messages(circle)} == {"is anybody here"}


def test_polling_is_not_offered(server: Server) -> None:
    """Only the WebSocket transport exists."""
    robin = server.person()
    answer = request(server.port, "GET", "/socket.io/?EIO=4&transport=polling", headers={"Cookie": robin.cookie})
    assert answer.status == 400


@pytest.mark.parametrize("csrf", ["", "wrong", "OTHER"])
def test_writing_needs_the_pages_token(server: Server, csrf: str) -> None:
    """A write over HTTP without this session's token changes nothing, at every door."""
    circle = server.circle()
    robin, other = server.person(circle), server.person()
    with robin.connect(circle) as one:
        sent = one.send(circle, "good evening")["id"]
        one.wait_for_message(sent)
        before = server.message(sent)
        token = other.csrf if csrf == "OTHER" else csrf
        body = {"version": before.version, "client_id": "6f1d9a52-8a3f-4c63-9d1e-0f2f4f0c7b11", "text": "good night"}
        for path in (f"/api/messages/{sent}/withdraw", f"/api/messages/{sent}/edit", f"/circles/{circle}/leave", "/me/end-sessions", "/logout"):
            answer = robin.post(path, body, csrf=token)
            assert (answer.status, answer.error) == (400, "csrf"), path
        assert server.message(sent) == before
        assert one.emit("circle.enter", {"circle": circle})["ok"]


def test_reading_needs_a_session(server: Server) -> None:
    """Without a session every private address says so."""
    for path in ("/api/circles/1/events?after=0", "/api/cases", "/circles", "/me", "/review", "/admin"):
        answer = request(server.port, "GET", path)
        assert (answer.status, answer.error) == (401, "not_signed_in"), path


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=1e3", "after=", "limit=0x", "limit=501", "latest=201", "after=" + "9" * 40, "after=\u0663"])
def test_a_bad_query_is_refused(server: Server, query: str) -> None:
    """Numbers out of range, and things that are no numbers, are `invalid`."""
    circle = server.circle()
    answer = server.person(circle).get(f"/api/circles/{circle}/events?" + quote(query, safe="=&"))
    assert (answer.status, answer.error) == (400, "invalid")


def test_numbers_beyond_the_database_are_not_found(server: Server) -> None:
    """An id that no row can have is not found, and no fault."""
    robin = server.person()
    for path in ("/api/circles/{}/events", "/circles/{}"):
        assert robin.get(path.format("9" * 30)).status == 404
    for path in ("/api/messages/{}/withdraw", "/api/messages/{}/send-on"):
        assert robin.post(path.format("9" * 30), {"version": 1}).status == 404
