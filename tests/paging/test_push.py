"""Web Push with real encryption: the test plays the browser and its maker's push service."""

import base64
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from models import Channel, Trouble
from support_app.paging import push, vapid
from support_app.paging.page_words import PageWords
from support_app.paging.push_services import known_service
from support_app.services.page_attempts import Browser, Delivery, Outcome
from support_app.settings import Settings, replace_settings
from tests.paging.outside import Got, HttpServer

WORDS = PageWords("Jemand braucht einen Menschen", "Öffne die Seite der Ehrenamtlichen.")


@dataclass
class Receiver:
    """A browser's half: it made the keys and can decrypt."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    def browser(self, endpoint: str, number: int = 1) -> Browser:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return Browser(number, endpoint, plain(point), plain(self.auth))

    def read(self, got: Got) -> dict[str, str]:
        return json.loads(http_ece.decrypt(got.body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"))


def plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def to(*browsers: Browser) -> Delivery:
    return Delivery(1, 1, Channel.PUSH, "de", None, browsers, 7, "C4", "on_call", None)


def test_only_the_browser_can_read_it(settings: Settings, outside: HttpServer) -> None:
    """The service sees neither words nor address of the site; the browser reads both."""
    receiver = Receiver()
    assert push.send(settings, to(receiver.browser(f"{outside.address}/one")), WORDS) == Outcome()
    got = outside.got[0]
    assert receiver.read(got) == {"title": WORDS.title, "body": WORDS.text, "url": "/review"}
    assert b"review" not in got.body
    assert (got.path, got.headers["ttl"], got.headers["urgency"]) == ("/one", "300", "high")


def test_the_service_knows_who_sends(settings: Settings, outside: HttpServer) -> None:
    """The token is signed with the key that browsers were given, for this service, and names whom to write to."""
    push.send(settings, to(Receiver().browser(f"{outside.address}/one")), WORDS)
    scheme, _, values = outside.got[0].headers["authorization"].partition(" ")
    parts = dict(part.split("=", 1) for part in values.split(","))
    assert (scheme, parts["k"]) == ("vapid", vapid.public_key(settings))
    head, claims, signature = parts["t"].split(".")
    assert (json.loads(raw(claims))["aud"], json.loads(raw(claims))["sub"]) == (outside.address, "mailto:team@example.org")
    numbers = [int.from_bytes(half, "big") for half in (raw(signature)[:32], raw(signature)[32:])]
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(parts["k"]))
    key.verify(encode_dss_signature(*numbers), f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))


@pytest.mark.parametrize(
    ("status", "trouble"),
    [(201, None), (429, Trouble.REFUSED), (400, Trouble.REFUSED), (503, Trouble.SERVER_FAILED), (302, Trouble.REDIRECTED), (307, Trouble.REDIRECTED)],
)
def test_answers(settings: Settings, outside: HttpServer, status: int, trouble: Trouble | None) -> None:
    """Nothing but an acceptance counts as sent, and nobody is followed elsewhere."""
    outside.answers = [status]
    assert push.send(settings, to(Receiver().browser(f"{outside.address}/one")), WORDS) == Outcome(trouble)
    assert [got.path for got in outside.got] == ["/one"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone(settings: Settings, outside: HttpServer, status: int) -> None:
    """It is named, so that it is forgotten; another one that took the page is enough."""
    browsers = [Receiver().browser(f"{outside.address}/{number}", number) for number in (1, 2)]
    outside.answers = [status, 201]
    assert push.send(settings, to(*browsers), WORDS) == Outcome(None, gone=(1,))
    outside.answers = [status]
    assert push.send(settings, to(browsers[0]), WORDS) == Outcome(Trouble.NO_BROWSER, gone=(1,))
    assert push.send(settings, to(), WORDS) == Outcome(Trouble.NO_BROWSER)


def test_a_service_that_does_not_answer(settings: Settings, outside: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs a moment, not for ever; and one that is not there at all."""
    monkeypatch.setattr(push, "TIMEOUT_SECONDS", (1.0, 0.05))
    outside.answers = [None]
    assert push.send(settings, to(Receiver().browser(f"{outside.address}/one")), WORDS) == Outcome(Trouble.TIMED_OUT)
    nowhere = replace_settings(settings, push_services=("http://127.0.0.1:9",))
    assert push.send(nowhere, to(Receiver().browser("http://127.0.0.1:9/one")), WORDS) == Outcome(Trouble.UNREACHABLE)


def test_nobody_has_the_server_call_other_machines(settings: Settings, outside: HttpServer) -> None:
    """Addresses come from browsers, so only those of known push services are called."""
    known = replace_settings(settings, push_services=("push.example.org",))
    assert all(known_service(known, address) for address in ("https://push.example.org/x", "https://eu.push.example.org:443/x"))
    others = (
        "http://push.example.org/x",
        "https://push.example.org:22/x",
        "https://push.example.org@127.0.0.1/x",
        "https://notpush.example.org/x",
        "https://127.0.0.1/x",
        "https://push.example.org:port/x",
        "push.example.org",
        "",
    )
    assert [address for address in others if known_service(known, address)] == []
    assert push.send(known, to(Receiver().browser(f"{outside.address}/one")), WORDS) == Outcome(Trouble.REFUSED)
    assert outside.got == []


class TestKey:
    def test_is_made_once(self, settings: Settings) -> None:
        """And nobody else on the machine may read it."""
        first = vapid.public_key(settings)
        assert vapid.public_key(settings) == first
        assert (settings.data_dir / vapid.KEY_FILE).stat().st_mode & 0o077 == 0
        assert [path.name for path in settings.data_dir.glob("vapid*")] == [vapid.KEY_FILE]

    def test_of_two_that_start_together_one_counts(self, settings: Settings) -> None:
        """Whoever comes second keeps the first one's key."""
        first = vapid.public_key(settings)
        vapid._make_key(Path(settings.data_dir / vapid.KEY_FILE))
        assert vapid.public_key(settings) == first

    def test_may_be_given(self, settings: Settings) -> None:
        """For several machines: 32 bytes in base64 for URLs."""
        key = ec.generate_private_key(ec.SECP256R1())
        given = replace_settings(settings, vapid_private_key=plain(key.private_numbers().private_value.to_bytes(32, "big")))
        assert raw(vapid.public_key(given)) == key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        assert not (settings.data_dir / vapid.KEY_FILE).exists()
