"""A Socket.IO client of its own, down to the frames, so that tests can also say what a well-behaved client would not."""

import json
import socket
import time
from collections.abc import Callable
from typing import Any, Self
from uuid import uuid4

import websocket

WAIT_SECONDS = 45  # only ever reached by a test that fails


class Refused(Exception):  # noqa: N818 (a refusal is an answer, not a fault)
    """The server refused the connection; `data` says why."""

    def __init__(self, data: Any) -> None:
        super().__init__("refused")
        self.data = data


class LiveClient:
    """One socket. Events that arrive are kept in `events` in their order, and every frame as it came in `frames`."""

    def __init__(
        self, port: int, *, cookie: str = "", origin: str | None = "", auth: Any = None, connect: bool = True, receive_buffer: int | None = None
    ) -> None:
        headers = [f"Cookie: {cookie}"] if cookie else []
        options: dict[str, Any] = {"suppress_origin": True} if origin is None else {"origin": origin or f"http://127.0.0.1:{port}"}
        if receive_buffer is not None:
            options["sockopt"] = [(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)]
        self.socket = websocket.create_connection(
            f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket", header=headers, timeout=WAIT_SECONDS, **options
        )
        self.frames: list[str] = []
        self.events: list[tuple[str, Any]] = []
        self.acks: dict[int, Any] = {}
        self.next_ack = 0
        self.closed = False
        self.close_code: int | None = None
        assert self.socket.recv().startswith("0")
        if connect:
            self.say("40" + json.dumps(auth))
            self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def say(self, frame: str) -> None:
        """Send one raw frame."""
        self.socket.send(frame)

    def say_binary(self, frame: bytes) -> None:
        """Send one raw binary frame."""
        self.socket.send_binary(frame)

    def emit(self, event: str, *arguments: Any) -> Any:
        """Send an event and wait for its acknowledgement."""
        return self.answer(self.emit_only(event, *arguments))

    def emit_only(self, event: str, *arguments: Any) -> int:
        """Send an event; answers with the number under which the acknowledgement will come."""
        self.next_ack += 1
        self.say(f"42{self.next_ack}" + json.dumps([event, *arguments]))
        return self.next_ack

    def answer(self, number: int) -> Any:
        """Wait for one acknowledgement."""
        self.wait(lambda: number in self.acks)
        return self.acks.pop(number)

    def enter(self, circle: int) -> Any:
        """Go into a circle's room."""
        answer = self.emit("circle.enter", {"circle": circle})
        assert answer["ok"], answer
        return answer

    def send(self, circle: int, text: str, client_id: str | None = None, **more: Any) -> Any:
        """Send a message; answers with the acknowledgement."""
        return self.emit("message.send", message(circle, text, client_id, **more))

    def catch_frames(self) -> list[str]:
        """Everything the server had put on this socket before it read our question."""
        assert self.emit("are.we.there.yet", {})["error"]["code"] == "unknown_event"
        return self.frames

    def wait(self, condition: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
        """Read frames until the condition holds."""
        deadline = time.monotonic() + seconds
        while not (result := condition()):
            if self.closed or time.monotonic() > deadline:
                raise AssertionError(f"waited in vain; closed: {self.closed}; events: {[name for name, _ in self.events]}")
            self._read(deadline - time.monotonic())
        return result

    def wait_for(self, event: str, matching: Callable[[Any], Any] = lambda _: True) -> Any:
        """The first event of this name that matches."""
        return self.wait(lambda: next((data for name, data in self.events if name == event and matching(data)), None))

    def wait_for_message(self, message_id: int) -> Any:
        """The `message.new` of one message."""
        return self.wait_for("message.new", lambda data: data["id"] == message_id)

    def wait_for_state(self, message_id: int, state: str) -> Any:
        """The author's `message.state` that says so."""
        return self.wait_for("message.state", lambda data: data["id"] == message_id and data["state"] == state)

    def wait_until_closed(self) -> None:
        """Read until the server closes the connection."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not self.closed:
            assert time.monotonic() < deadline, "the server kept the connection open"
            self._read(deadline - time.monotonic())

    def read_what_comes(self, seconds: float = 0.5) -> list[str]:
        """Frames of the next moment, for connections that would get no answer to wait for."""
        deadline = time.monotonic() + seconds
        while not self.closed and time.monotonic() < deadline:
            self._read(deadline - time.monotonic())
        return self.frames

    def named(self, event: str) -> list[Any]:
        """What has arrived under this name."""
        return [data for name, data in self.events if name == event]

    def close(self) -> None:
        """Go away without a word."""
        self.closed = True
        self.socket.shutdown()

    def _connect(self) -> None:
        self.connected = False
        try:
            self.wait(lambda: self.connected)
        except BaseException:
            self.close()
            raise

    def _read(self, seconds: float) -> None:
        try:
            self.socket.settimeout(max(seconds, 0.01))
            opcode, data = self.socket.recv_data()
        except websocket.WebSocketTimeoutException:
            return
        except (websocket.WebSocketConnectionClosedException, OSError):
            self.closed = True
            return
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            self.close_code = int.from_bytes(data[:2], "big") if data else None
            self.closed = True
            return
        self._take(data.decode())

    def _take(self, frame: str) -> None:
        self.frames.append(frame)
        if frame == "2":
            self.say("3")
        elif frame.startswith("40"):
            self.connected = True
        elif frame.startswith("44{"):
            raise Refused(json.loads(frame[2:]).get("data"))
        elif frame.startswith("41"):
            self.closed = True
        elif frame.startswith("42"):
            self.events.append(tuple(json.loads(frame[2:])))
        elif frame.startswith("43"):
            number, _, rest = frame[2:].partition("[")
            self.acks[int(number)] = json.loads("[" + rest)[0]


def message(circle: int, text: Any, client_id: str | None = None, **more: Any) -> dict[str, Any]:
    """The payload of a `message.send`."""
    return {"circle": circle, "client_id": client_id or str(uuid4()), "text": text, **more}
