"""A browser without a screen: keeps its cookie, takes the token from the page, follows what it is told to."""

import re
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from support_app.access import Actor
from support_app.services import accounts
from support_app.web.identity import SignedIn
from tests.factories import World

TOKEN = re.compile(r'<meta name="csrf-token" content="([^"]+)">')


class Browser:
    """One person's browser."""

    def __init__(self, app: Flask, *, language: str = "en") -> None:
        self.client: FlaskClient = app.test_client()
        self.headers = {"Accept-Language": language}

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(path, headers=self.headers | options.pop("headers", {}), **options)

    def token(self) -> str:
        """The token as a page carries it."""
        found = TOKEN.search(self.get("/help").text)
        assert found
        return found[1]

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form, with the token of a page."""
        return self.client.post(path, data={"csrf_token": self.token()} | (data or {}), headers=self.headers | options.pop("headers", {}), **options)

    def call(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Write over the API, as the page's scripts do."""
        headers = self.headers | {"X-CSRFToken": self.token()} | options.pop("headers", {})
        return self.client.post(path, json={} if body is None else body, headers=headers, **options)

    def text_after(self, response: TestResponse) -> str:
        """What the page says to which an answer leads."""
        assert response.status_code in {302, 303}, response.text
        return self.get(response.headers["Location"]).text


As = Callable[[Actor], Browser]


def enter(app: Flask, world: World, actor: Actor, *, language: str = "en") -> Browser:
    """A browser in which somebody is signed in already."""
    browser = Browser(app, language=language)
    opened = accounts.open_session(world.db, user_id=actor.user_id, now=world.now, days=14)
    with browser.client.session_transaction() as cookie:
        cookie.update({"_user_id": SignedIn(opened.actor, opened.token).get_id(), "_fresh": True, "language": language})
    return browser


def error_code(response: TestResponse) -> tuple[int, str]:
    """Status and code of a refusal in JSON."""
    assert set(response.json) == {"error"}
    assert response.json["error"]["message"]
    return response.status_code, response.json["error"]["code"]
