"""Events from browsers: parse, call one service, answer. Nothing is decided and nothing is emitted here."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import structlog
from flask import Flask, request, session
from flask_babel import force_locale
from flask_socketio import ConnectionRefusedError as ConnectionRefused
from flask_socketio import SocketIO, join_room
from flask_wtf.csrf import validate_csrf
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from wtforms.validators import ValidationError as CsrfValidationError

from support_app.access import REVIEWERS, Actor, Seat, access_circle_as_member, require_live
from support_app.core import Core, core_of
from support_app.errors import Busy, CsrfFailed, Invalid, NotSignedIn, Refusal, UnknownEvent, WrongOrigin
from support_app.live.broadcaster import Broadcaster
from support_app.live.rooms import VOLUNTEERS, Connection, Connections, user_room
from support_app.live.transport import FRAME_MAX
from support_app.services import accounts, circles, messages
from support_app.words import refusal_json

PROTOCOL = 1
TYPING_SECONDS = 2.0
SESSION_KEY = "_user_id"  # where Flask-Login keeps what `get_id` gave it: the session token
log = structlog.get_logger()

Id = Annotated[int, Field(strict=True, ge=1, le=2**53)]
Payload = dict[str, Any]


class _Frame(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


AnyFrame = TypeVar("AnyFrame", bound=_Frame)


class Hello(_Frame):
    """What a client says when it connects."""

    v: Annotated[int, Field(strict=True, ge=PROTOCOL, le=PROTOCOL)]
    csrf: Annotated[str, Field(strict=True, max_length=400)]


class ToCircle(_Frame):
    """An event about one circle."""

    circle: Id


class Send(_Frame):
    """A new message."""

    circle: Id
    client_id: Annotated[str, Field(strict=True, max_length=36)]
    text: Annotated[str, Field(strict=True)]
    reply_to: Id | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """The live side of one process: who is connected, and the one that emits."""

    core: Core
    connections: Connections
    broadcaster: Broadcaster

    def connect(self, auth: object) -> None:
        """Let a browser in: right origin, right token, valid session."""
        actor = self._admit(auth)
        connection = self.connections.add(request.sid, actor)  # type: ignore[attr-defined]
        join_room(user_room(actor.user_id))
        if actor.role in REVIEWERS:
            join_room(VOLUNTEERS)
        self.broadcaster.hello(connection, self._hello(actor))

    def disconnect(self, _reason: object = None) -> None:
        """Forget a socket and tell its circles."""
        for circle_id in self.connections.remove(request.sid):  # type: ignore[attr-defined]
            self.broadcaster.presence(circle_id)

    def enter(self, connection: Connection, data: object) -> Payload:
        """Let a member into the room of a circle."""
        frame = parsed(ToCircle, data)
        self._seat(connection, frame.circle)
        self.broadcaster.let_in(connection, frame.circle)
        try:
            seat = self._seat(connection, frame.circle)  # again: the seat may have been given back in between
        except Refusal:
            self.broadcaster.put_out(connection, frame.circle)
            raise
        self.broadcaster.presence(frame.circle)
        return {"last_event": seat.last_event, "last_seq": seat.last_seq, "present": self.connections.present(frame.circle)}

    def _seat(self, connection: Connection, circle_id: int) -> Seat:
        with self.core.db.read() as database:
            return access_circle_as_member(database, connection.actor, circle_id, now=self.core.now())

    def leave(self, connection: Connection, data: object) -> Payload:
        """Stop receiving a room; the seat stays."""
        frame = parsed(ToCircle, data)
        if frame.circle in connection.circles:
            self.broadcaster.put_out(connection, frame.circle)
            self.broadcaster.presence(frame.circle)
        return {}

    def send(self, connection: Connection, data: object) -> Payload:
        """Accept a message; it is stored before the answer goes out."""
        frame = parsed(Send, data)
        submission = messages.Submission(frame.circle, frame.client_id, frame.text, frame.reply_to)
        accepted = messages.submit(self.core.db, connection.actor, submission, limiter=self.core.message_limiter, now=self.core.now())
        return {"id": accepted.id, "state": accepted.state.value, "duplicate": accepted.duplicate}

    def typing(self, connection: Connection, data: object) -> Payload:
        """Pass on that somebody writes, at most once in `TYPING_SECONDS`."""
        frame = parsed(ToCircle, data)
        with self.core.db.read() as database:
            require_live(database, connection.actor, now=self.core.now())
        last, now = connection.typed_at.get(frame.circle, 0.0), time.monotonic()
        if frame.circle in connection.circles and now - last >= TYPING_SECONDS:
            connection.typed_at[frame.circle] = now
            self.broadcaster.typing(connection, frame.circle)
        return {}

    def _admit(self, auth: object) -> Actor:
        try:
            if request.environ.get("HTTP_ORIGIN") not in self.core.settings.allowed_origins:
                raise WrongOrigin
            hello = parsed(Hello, auth)
            _check_csrf(hello.csrf)
            return accounts.find_actor(self.core.db, token=session.get(SESSION_KEY, ""), now=self.core.now())
        except Refusal as refusal:
            body = refusal_json(refusal)
            raise ConnectionRefused(body["message"], body) from None

    def _hello(self, actor: Actor) -> Payload:
        return {
            "v": PROTOCOL,
            "user": {"id": actor.user_id, "name": actor.name},
            "circles": circles.own_circles(self.core.db, actor),
            "limits": {"text_max": messages.TEXT_MAX, "frame_max": FRAME_MAX},
            "screener": "ready" if self.core.service.screener_ready else "unavailable",
        }


def register(app: Flask, socketio: SocketIO, connections: Connections, broadcaster: Broadcaster) -> Live:
    """Bind the protocol's events; every other one is refused."""
    live = Live(core_of(app), connections, broadcaster)
    socketio.on_event("connect", live.connect)
    socketio.on_event("disconnect", live.disconnect)
    handlers = {"circle.enter": live.enter, "circle.leave": live.leave, "message.send": live.send, "typing": live.typing}
    for name, handler in handlers.items():
        socketio.server.on(name, _answering(live, handler))  # not Flask-SocketIO's own door: it builds a whole request for every event
    socketio.on_event("*", _refusing_unknown)
    return live


def parsed(model: type[AnyFrame], data: object) -> AnyFrame:
    """A payload as its type, or `Invalid`; never with the payload in the error."""
    try:
        return model.model_validate(data)
    except ValidationError:
        raise Invalid from None


def _answering(live: Live, handler: Callable[[Connection, object], Payload]) -> Callable[..., Payload]:
    """Turn a handler's result or refusal into the acknowledgement."""

    def handle(sid: str, *arguments: object) -> Payload:
        connection = live.connections.by_sid.get(sid)
        try:
            if connection is None:
                raise NotSignedIn
            if len(arguments) != 1:
                raise Invalid
            return {"ok": True} | handler(connection, arguments[0])
        except Refusal as refusal:
            return refused(connection, refusal)
        except Exception as error:  # noqa: BLE001 (nothing of the message may reach the log)
            log.error("live.failed", error=type(error).__name__)
            return refused(connection, Busy())

    def refused(connection: Connection | None, refusal: Refusal) -> Payload:
        with live.broadcaster.app.app_context(), force_locale(connection.actor.locale if connection else "en"):
            return {"ok": False, "error": refusal_json(refusal)}

    return handle


def _refusing_unknown(*_arguments: object) -> Payload:
    return {"ok": False, "error": refusal_json(UnknownEvent())}


def _check_csrf(token: str) -> None:
    try:
        validate_csrf(token)
    except CsrfValidationError:
        raise CsrfFailed from None
