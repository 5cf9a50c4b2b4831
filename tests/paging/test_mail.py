"""E-mail against a real mail server on this machine."""

import email
import socket
from collections.abc import Callable, Iterator
from email.message import Message

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from models import Channel, Trouble
from support_app.paging import mail
from support_app.paging.page_words import PageWords
from support_app.services.page_attempts import Delivery, Outcome
from support_app.settings import Settings, replace_settings
from tests.live.server import free_port

PAGE = Delivery(1, 1, Channel.EMAIL, "de", "harbour@example.org", (), 7, "C4", "on_call", None)
WORDS = PageWords("Jemand braucht einen Menschen", "Öffne die Seite der Ehrenamtlichen.")


class Box:
    """Keeps what arrives, or answers what the test says."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.answer = "250 OK"
        self.signed_in: list[tuple[bytes, bytes]] = []

    async def handle_DATA(self, _server: object, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (named so by aiosmtpd)
        if self.answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return self.answer

    async def handle_RCPT(self, _server: object, _session: Session, envelope: Envelope, address: str, _options: list[str]) -> str:  # noqa: N802
        if address == "nobody@example.org":
            return "550 No such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def sign_in(self, _server: object, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword) -> AuthResult:
        self.signed_in.append((data.login, data.password))
        return AuthResult(success=data.password == b"open sesame", handled=False)


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def serve(box: Box, settings: Settings) -> Iterator[Callable[..., Settings]]:
    """Starts the mail server and answers with settings that lead to it."""
    running: list[Controller] = []

    def start(**options: object) -> Settings:
        server = Controller(box, hostname="127.0.0.1", port=free_port(), **options)
        server.start()
        running.append(server)
        return replace_settings(settings, smtp_host="127.0.0.1", smtp_port=server.port, smtp_security="none", mail_sender="circles@example.org")

    yield start
    for server in running:
        server.stop()


def test_the_mail(box: Box, serve: Callable[..., Settings]) -> None:
    """Says that someone needs a person and where to look, in the receiver's language."""
    assert mail.send(serve(), PAGE, WORDS) == Outcome()
    got = box.mails[0]
    assert (got["Subject"], got["From"], got["To"]) == (WORDS.title, "circles@example.org", "harbour@example.org")
    assert got.get_content().split() == [*WORDS.text.split(), "http://127.0.0.1:8000/review"]


@pytest.mark.parametrize(("answer", "trouble"), [("451 Try later", Trouble.SERVER_FAILED), ("554 No", Trouble.REFUSED)])
def test_answers(box: Box, serve: Callable[..., Settings], answer: str, trouble: Trouble) -> None:
    """What the server does not take is not sent."""
    box.answer = answer
    assert mail.send(serve(), PAGE, WORDS) == Outcome(trouble)


def test_an_address_that_does_not_exist(box: Box, serve: Callable[..., Settings]) -> None:
    delivery = Delivery(1, 1, Channel.EMAIL, "en", "nobody@example.org", (), 7, "C4", "on_call", None)
    assert mail.send(serve(), delivery, WORDS) == Outcome(Trouble.REFUSED)
    assert box.mails == []


def test_signing_in(box: Box, serve: Callable[..., Settings]) -> None:
    """With the operator's name and password; a wrong one is refused."""
    settings = serve(authenticator=box.sign_in, auth_require_tls=False)
    right = replace_settings(settings, smtp_user="circles", smtp_password="open sesame")
    assert mail.send(right, PAGE, WORDS) == Outcome()
    assert box.signed_in == [(b"circles", b"open sesame")]
    assert mail.send(replace_settings(right, smtp_password="wrong"), PAGE, WORDS) == Outcome(Trouble.REFUSED)


def test_nothing_is_sent_in_the_clear_when_it_should_be_encrypted(box: Box, serve: Callable[..., Settings]) -> None:
    """A server without STARTTLS, or that does not speak TLS, gets no mail."""
    settings = serve()
    for security in ("starttls", "tls"):
        assert mail.send(replace_settings(settings, smtp_security=security), PAGE, WORDS).trouble in {Trouble.REFUSED, Trouble.UNREACHABLE}
    assert box.mails == []


def test_nobody_there(settings: Settings) -> None:
    """Not reachable, too slow, and not set up at all: each is its own kind of trouble."""
    assert mail.send(settings, PAGE, WORDS) == Outcome(Trouble.NOT_CONFIGURED)
    there = replace_settings(settings, smtp_host="127.0.0.1", smtp_port=9, mail_sender="circles@example.org")
    assert mail.send(there, PAGE, WORDS) == Outcome(Trouble.UNREACHABLE)


def test_a_server_that_hangs(box: Box, serve: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs a moment, not for ever."""
    monkeypatch.setattr(mail, "TIMEOUT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = replace_settings(serve(), smtp_port=silent.getsockname()[1])
        assert mail.send(hanging, PAGE, WORDS) == Outcome(Trouble.TIMED_OUT)
