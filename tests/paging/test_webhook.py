"""The signed webhook against a server that accepts, fails, sends elsewhere, and does not answer."""

import hashlib
import hmac
import json

import pytest

from models import Channel, Trouble
from support_app.paging import webhook
from support_app.services.page_attempts import Delivery, Outcome
from support_app.settings import Settings, replace_settings
from tests.factories import START
from tests.paging.conftest import SECRET
from tests.paging.outside import HttpServer

PAGE = Delivery(1, 1, Channel.WEBHOOK, "en", None, (), 7, "C4", "on_call", START)


def test_what_is_posted(settings: Settings, outside: HttpServer) -> None:
    """Number, level, step and time of the case, and nothing else; signed over time and body as docs/paging.md says."""
    assert webhook.send(settings, PAGE, now=START) == Outcome()
    got = outside.got[0]
    assert (got.path, json.loads(got.body)) == ("/hook", {"case": 7, "level": "C4", "step": "on_call", "at": "2026-01-31T19:00:00.000Z"})
    fields = dict(part.split("=", 1) for part in got.headers["X-Peer-Circles-Signature"].split(","))
    assert int(fields["t"]) == START.timestamp()
    assert fields["v1"] == hmac.new(SECRET.encode(), fields["t"].encode() + b"." + got.body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("status", "trouble"),
    [(200, None), (204, None), (302, Trouble.REDIRECTED), (308, Trouble.REDIRECTED), (403, Trouble.REFUSED), (500, Trouble.SERVER_FAILED)],
)
def test_answers(settings: Settings, outside: HttpServer, status: int, trouble: Trouble | None) -> None:
    """Nothing but an acceptance counts as sent, and nobody is followed elsewhere."""
    outside.answers = [status]
    assert webhook.send(settings, PAGE, now=START) == Outcome(trouble)
    assert [got.path for got in outside.got] == ["/hook"]


def test_no_answer(settings: Settings, outside: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too late, and not there at all."""
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", (1.0, 0.05))
    outside.answers = [None]
    assert webhook.send(settings, PAGE, now=START) == Outcome(Trouble.TIMED_OUT)
    assert webhook.send(replace_settings(settings, webhook_url="http://127.0.0.1:9/"), PAGE, now=START) == Outcome(Trouble.UNREACHABLE)


def test_not_set_up(settings: Settings, outside: HttpServer) -> None:
    """Says so."""
    assert webhook.send(replace_settings(settings, webhook_url=""), PAGE, now=START) == Outcome(Trouble.NOT_CONFIGURED)
