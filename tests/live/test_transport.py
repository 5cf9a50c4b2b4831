"""What goes over the wire: whole frames of every size, never compressed."""

import base64
import os
import socket
import struct

import pytest

from support_app.live.transport import frame_of
from tests.live.client import WAIT_SECONDS
from tests.live.server import Server


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 200_000])
def test_a_frame_of_any_size_reads_back(size: int) -> None:
    """The length is written the way RFC 6455 wants it on both sides of every border, and the frame is final and not masked."""
    frame = frame_of("x" * size)
    assert frame[0] == 0x81
    short = frame[1]
    length, start = {126: (lambda: struct.unpack("!H", frame[2:4])[0], 4), 127: (lambda: struct.unpack("!Q", frame[2:10])[0], 10)}.get(
        short, (lambda: short, 2)
    )
    assert (length(), len(frame) - start) == (size, size)
    assert (short < 126, short == 126, short == 127) == (size < 126, 126 <= size < 65536, size >= 65536)


def test_a_frame_counts_bytes_and_tells_text_from_data() -> None:
    """The length is that of the encoded text; bytes go as a binary frame."""
    assert frame_of("ü") == b"\x81\x02\xc3\xbc"
    assert frame_of(b"\x00") == b"\x82\x01\x00"


def test_compression_is_not_agreed_to(server: Server) -> None:
    """A browser that offers permessage-deflate is answered without it: a few bytes that unpack to gigabytes never reach the server's memory."""
    key = base64.b64encode(os.urandom(16)).decode()
    asked = (
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: http://127.0.0.1:{server.port}\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_SECONDS) as connection:
        connection.sendall(asked.encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(4096)
    assert b"101 Switching Protocols" in answer
    assert b"sec-websocket-extensions" not in answer.lower()
