"""Bytes that are no Socket.IO at all: at worst they end their own connection."""

import pytest
import websocket

from tests.live.client import LiveClient
from tests.live.server import Server

FRAMES = [
    "",
    "4",
    "42",
    "42[",
    "42[]",
    "42{}",
    "42null",
    "42[1]",
    "42[null]",
    '42["message.send"',
    '42"message.send"',
    "42" + "[" * 100_000,
    '42["message.send",' + "9" * 6000 + "]",
    "42" + "1" * 200 + '["typing",{}]',
    "4299999999999999999999",
    "40/admin,{}",
    "40[",
    "41/admin,",
    "43",
    "431[]",
    '44{"message":"no"}',
    "45",
    "451",
    '451-["typing"]',
    '459999999999-["typing"]',
    '450-["typing",{"_placeholder":true,"num":5}]',
    "46",
    "47",
    "4\x00",
    "7unknown",
    "x",
    "bAAAA",
    "b!!!",
    "2probe",
    "5",
    "6",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
]
BYTES = [b"", b"\x00", b"\xff\xfe", b"4", b'42["typing",{}]', b"x" * 1000]
RAW = [
    b"\xc1\x80\x00\x00\x00\x00",  # a reserved bit
    b"\x83\x80\x00\x00\x00\x00",  # a reserved opcode
    b"\x81\x02hi",  # not masked
    b"\x80\x80\x00\x00\x00\x00",  # a continuation of nothing
    b"\x81\x82\x00\x00\x00\x00\xff\xfe",  # text that is not UTF-8
    b"\x89\xfe\x01\x00" + b"\x00" * 260,  # an oversized ping
    b"\x88\x81\x00\x00\x00\x00\x01",  # a close without a whole code
]


@pytest.fixture
def room(server: Server) -> int:
    """A circle."""
    return server.circle()


def test_malformed_packets_harm_nobody_else(server: Server, room: int) -> None:
    """After each of many malformed text and binary packets others still talk, and the sender can come again."""
    robin, willow = server.person(room), server.person(room)
    with willow.connect(room) as watcher:
        for number, frame in enumerate([*FRAMES, *BYTES]):
            client = robin.connect(room)
            _say(client, frame)
            _expect_a_room_at_work(watcher, room, f"good evening {number}")
            client.close()
        robin.connect(room).close()
    assert all(row.author_id == willow.id for row in server.messages(room))


@pytest.mark.parametrize("frame", ["", "x", "7unknown", "b!!!", "bAAAA", "{}", "GET / HTTP/1.1"])
def test_what_is_no_packet_ends_its_connection(server: Server, room: int, frame: str) -> None:
    """A frame that is no packet at all closes its connection as WebSocket does it, and its sender is no longer present."""
    robin, willow = server.person(room), server.person(room)
    with willow.connect(room) as watcher, robin.connect(room) as client:
        watcher.wait(lambda: len(watcher.named("presence")[-1]["present"]) == 2)
        client.say(frame)
        client.wait_until_closed()
        watcher.wait(lambda: len(watcher.named("presence")[-1]["present"]) == 1)


def test_broken_websocket_frames_close_their_connection(server: Server, room: int) -> None:
    """A violation of WebSocket itself ends that connection; who sent it is no longer present, and others talk on."""
    robin, willow = server.person(room), server.person(room)
    with willow.connect(room) as watcher:
        for number, raw in enumerate(RAW):
            with robin.connect(room) as client:
                watcher.wait(lambda: len(watcher.named("presence")[-1]["present"]) == 2)
                client.socket.sock.sendall(raw)
                client.wait_until_closed()
                watcher.wait(lambda: len(watcher.named("presence")[-1]["present"]) == 1)
            _expect_a_room_at_work(watcher, room, f"good evening {number}")


def test_half_a_handshake_stops_nobody(server: Server, room: int) -> None:
    """Connections that say nothing, or hang up in the middle, do not keep others from talking."""
    import socket  # noqa: PLC0415

    willow = server.person(room)
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    for connection in silent[:10]:
        connection.sendall(b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: web")
    greeted = [LiveClient(server.port, connect=False) for _ in range(5)]
    with willow.connect(room) as watcher:
        _expect_a_room_at_work(watcher, room, "good evening")
    for connection in (*silent, *greeted):
        connection.close()


def _say(client: LiveClient, frame: str | bytes) -> None:
    try:
        if isinstance(frame, bytes):
            client.say_binary(frame)
        else:
            client.say(frame)
    except (OSError, websocket.WebSocketException):
        return


def _expect_a_room_at_work(watcher: LiveClient, room: int, text: str) -> None:
    watcher.wait_for_message(watcher.send(room, text)["id"])
