"""People with a real session: their cookie, their csrf token, their sockets and their requests."""

import http.client
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from flask import Flask, session
from flask_login import LoginManager, login_user
from flask_wtf.csrf import generate_csrf

from support_app import flask_config
from support_app.services.accounts import OpenedSession
from support_app.settings import Settings
from support_app.web.identity import SignedIn
from tests.live.client import WAIT_SECONDS, LiveClient


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.text)

    @property
    def error(self) -> str:
        """The code of the refusal."""
        return str(self.json["error"]["code"])


@dataclass(frozen=True)
class Person:
    """Somebody signed in with one browser."""

    port: int
    id: int
    name: str
    cookie: str
    csrf: str

    def connect(self, *circles: int, **options: Any) -> LiveClient:
        """Open a socket and enter the circles."""
        options = {"cookie": self.cookie, "auth": {"v": 1, "csrf": self.csrf}} | options
        client = LiveClient(self.port, **options)
        for circle in circles:
            client.enter(circle)
        return client

    def get(self, path: str) -> Answer:
        """Read a path, as a program."""
        return request(self.port, "GET", path, headers={"Cookie": self.cookie})

    def post(self, path: str, body: Any = None, *, form: dict[str, Any] | None = None, csrf: str | None = None) -> Answer:
        """Write to a path: JSON, or a form."""
        headers = {"Cookie": self.cookie, "X-CSRFToken": self.csrf if csrf is None else csrf}
        if form is not None:
            return request(self.port, "POST", path, headers=headers | {"Content-Type": "application/x-www-form-urlencoded"}, body=urlencode(form))
        return request(self.port, "POST", path, headers=headers | {"Content-Type": "application/json"}, body=json.dumps(body if body is not None else {}))

    def events(self, circle: int, after: int = 0, limit: int = 500) -> Any:
        """What the circle's event log says after a number."""
        answer = self.get(f"/api/circles/{circle}/events?after={after}&limit={limit}")
        assert answer.status == HTTPStatus.OK, answer
        return answer.json


def request(port: int, method: str, path: str, *, headers: dict[str, str] | None = None, body: str | None = None) -> Answer:
    """One HTTP request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)
    try:
        connection.request(method, path, body=body, headers={"Accept": "application/json"} | (headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read().decode())
    finally:
        connection.close()


class Browsers:
    """Writes sessions as browsers would keep them, with the server's own key."""

    def __init__(self, settings: Settings) -> None:
        self.port = settings.port
        self.app = Flask(__name__)
        self.app.config.update(flask_config(settings))
        LoginManager(self.app)

    def sign_in(self, opened: OpenedSession) -> Person:
        """The cookie and csrf token that a sign-in leaves in the browser."""
        with self.app.app_context(), self.app.test_request_context("/"):
            login_user(SignedIn(opened.actor, opened.token))
            csrf = generate_csrf()
            serializer = self.app.session_interface.get_signing_serializer(self.app)
            assert serializer is not None
            cookie = f"{self.app.config['SESSION_COOKIE_NAME']}={serializer.dumps(dict(session))}"
        return Person(self.port, opened.actor.user_id, opened.actor.name, cookie, csrf)
