"""A browser that reads slowly gets whole frames late, and costs nobody else anything."""

import socket
from contextlib import ExitStack

from tests.live.server import Server

MESSAGES = 120
LONG = "\N{BUTTERFLY}" * 3990  # 48 KB in a frame, so that no buffer of the machine takes all of it


def test_a_slow_reader_gets_every_frame_whole(server: Server) -> None:
    """With a tiny buffer and not reading while megabytes are sent: others get everything at once, the slow one later, byte for byte."""
    circle = server.circle(max_length=4000)
    robin, willow, slow = server.person(circle), server.person(circle), server.person(circle)
    with ExitStack() as sockets:
        reader = sockets.enter_context(slow.connect(circle, receive_buffer=2048))
        one, two = (sockets.enter_context(person.connect(circle)) for person in (robin, willow))
        for number in range(MESSAGES):
            assert one.send(circle, f"{number} {LONG}")["ok"]
        for client in (one, two):
            client.wait(lambda client=client: len(client.named("message.new")) == MESSAGES)
            assert [data["seq"] for data in client.named("message.new")] == list(range(1, MESSAGES + 1))
        reader.socket.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
        read: list[dict[str, object]] = []
        while not reader.closed and len(read) < MESSAGES:
            before = len(reader.frames)
            reader.wait(lambda before=before: reader.closed or len(reader.frames) > before)
            read = reader.named("message.new")
        caught = slow.events(circle, after=read[-1]["event"] if read else 0)["events"]
        texts = [data["text"] for data in (*read, *caught)]
        assert texts == [f"{number} {LONG}" for number in range(MESSAGES)]
        last = two.send(circle, "good evening")["id"]
        assert one.wait_for_message(last)["seq"] == MESSAGES + 1
        if not reader.closed:
            assert reader.wait_for_message(last)["seq"] == MESSAGES + 1
