"""The servers outside, played on this machine: an HTTP server that does what its test says, and keeps what it got."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Got:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpServer:
    """What came, and what is answered: a status for each request in turn, the last one for ever; None answers nothing until the test ends."""

    address: str
    answers: list[int | None] = field(default_factory=lambda: [201])
    got: list[Got] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def next_answer(self) -> int | None:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def http_server() -> Iterator[HttpServer]:
    """A server on a free port of this machine."""
    listening = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    listening.daemon_threads = True
    server = HttpServer(f"http://127.0.0.1:{listening.server_port}")
    listening.RequestHandlerClass = handler_of(server)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        listening.shutdown()
        thread.join()
        listening.server_close()


def handler_of(server: HttpServer) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            server.got.append(Got(self.path, dict(self.headers), body))
            status = server.next_answer()
            if status is None:
                server.over.wait(60)
                return
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{server.address}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            server.got.append(Got(self.path, dict(self.headers), b""))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Handler
