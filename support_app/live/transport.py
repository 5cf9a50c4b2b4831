"""The WebSocket under Socket.IO, made safe for slow readers and large frames.

simple-websocket writes once and ignores a short write, which corrupts the stream of a slow reader, and engineio passes no limit for
incoming frames on to it. Both are put right here. Compression is never agreed to: chat lines gain nothing by it, it was the largest
cost of a delivery, and a small compressed frame may unpack to any size before its length is checked.
"""

import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from socket import SHUT_WR
from typing import Any

import gevent
import simple_websocket
from engineio.async_drivers.gevent import Thread
from gevent.event import Event
from gevent.lock import RLock
from gevent.selectors import DefaultSelector

FRAME_MAX = 256 * 1024
SEND_SECONDS = 20
LINGER_SECONDS = 2
RECEIVE_BYTES = 16 * 1024
PACKET_TYPES = frozenset("0123456")


class WholeWrites:
    """A socket whose `send` sends everything, one caller at a time, or fails after `SEND_SECONDS`."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._lock = RLock()

    def send(self, data: bytes) -> int:
        """Send all of `data`; raises OSError when the reader does not take it in time."""
        with self._lock:
            sent = self._send_now(data)
            if sent < len(data):
                with gevent.Timeout(SEND_SECONDS, OSError("the reader is too slow")):
                    self._sock.sendall(memoryview(data)[sent:])
        return len(data)

    def _send_now(self, data: bytes) -> int:
        """What the connection takes without waiting, which is nearly always everything."""
        try:
            return int(self._sock.send(data, 0, 0.0))
        except BlockingIOError:
            return 0

    def close(self) -> None:
        """Close after the other side has, at most `LINGER_SECONDS` later: what it still sends would undo our last frame, which says why."""
        with gevent.Timeout(LINGER_SECONDS, exception=False), suppress(OSError):
            self._sock.shutdown(SHUT_WR)
            while self._sock.recv(RECEIVE_BYTES):
                pass
        self._sock.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class WebSocket:
    """What engineio calls for every WebSocket request; the interface is that of its own gevent driver."""

    def __init__(self, handler: Callable[["WebSocket"], Iterable[bytes]], _server: object) -> None:
        self.handler = handler

    def __call__(self, environ: dict[str, Any], _start_response: object) -> Iterable[bytes]:
        """Serve one connection until it ends."""
        environ["gunicorn.socket"] = self.sock = WholeWrites(environ["gunicorn.socket"])
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        self.ws = simple_websocket.Server(
            environ,
            receive_bytes=RECEIVE_BYTES,
            max_message_size=FRAME_MAX,
            thread_class=Thread,
            event_class=Event,
            selector_class=DefaultSelector,
        )
        self.handler(self)
        self.ws.thread.join(LINGER_SECONDS)  # gunicorn closes the socket as soon as this returns
        raise StopIteration  # tells gunicorn that the response was sent by other means

    def close(self) -> None:
        """Close politely, unless the other side did."""
        if self.ws.connected:
            self.ws.close()

    def send(self, message: str | bytes) -> None:
        """Send one frame; raises OSError when the connection is gone."""
        if not self.ws.connected:
            raise OSError
        self.sock.send(frame_of(message))

    def wait(self) -> str | bytes | None:
        """The next frame, or None when the connection is gone."""
        try:
            frame: str | bytes = self.ws.receive()
        except simple_websocket.ConnectionClosed:
            return None
        # engineio would raise at anything else, and gunicorn would answer with HTTP in the middle of the WebSocket.
        return frame if isinstance(frame, bytes) or frame[:1] in PACKET_TYPES else None


def frame_of(message: str | bytes) -> bytes:
    """One whole WebSocket frame, as a server sends it: final and not masked (RFC 6455, section 5.2)."""
    kind, payload = (0x81, message.encode()) if isinstance(message, str) else (0x82, message)
    size = len(payload)
    if size < 126:  # noqa: PLR2004 (the lengths are the RFC's)
        return bytes((kind, size)) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", kind, 126, size) + payload
    return struct.pack("!BBQ", kind, 127, size) + payload
