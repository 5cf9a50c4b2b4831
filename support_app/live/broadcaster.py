"""The only module that emits. It passes on committed events, re-read from the database, to the sockets of this process."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from flask import Flask
from flask_babel import force_locale
from flask_socketio import SocketIO
from gevent.event import Event as Signal

from models.event import Audience, EventKind
from support_app.core import Core, core_of
from support_app.errors import Busy, NotSignedIn
from support_app.live.rooms import VOLUNTEERS, Connection, Connections, circle_room, user_room
from support_app.services import accounts, cases_feed, events, reports
from support_app.services.events import NewEvent
from support_app.words import message_json, refusal_json, report_json

POLL_SECONDS = 0.5  # wake-ups are only hints; this is what makes up for a lost one
TRIES = 3  # to tell one batch of events
GAP_SECONDS = 10.0  # how long an id that never came may have belonged to a transaction still under way
log = structlog.get_logger()


@dataclass(slots=True)
class Cursor:
    """Which events were passed on. PostgreSQL hands out ids before it commits them, so a higher id may come first."""

    floor: int
    seen: set[int] = field(default_factory=set)
    gap_since: float | None = None

    def note(self, ids: Sequence[int], now: float) -> None:
        """Remember ids, and move the floor over those without a gap, or over a gap that has grown too old."""
        self.seen.update(ids)
        if self.seen and self.gap_since is not None and now - self.gap_since > GAP_SECONDS:
            self.floor = min(self.seen) - 1
        while self.floor + 1 in self.seen:
            self.floor += 1
            self.seen.discard(self.floor)
        self.gap_since = (self.gap_since or now) if self.seen else None


class Broadcaster:
    """Reads new events and emits them; `wake` makes it look at once."""

    def __init__(self, app: Flask, socketio: SocketIO, connections: Connections) -> None:
        self.app = app
        self.core: Core = core_of(app)
        self.socketio = socketio
        self.connections = connections
        self.signal = Signal()
        self.cursor: Cursor | None = None
        self.tries = 0

    def wake(self) -> None:
        """There may be something new; cheap, and may come from any greenlet."""
        self.signal.set()

    def run(self) -> None:
        """Pass events on until the process ends."""
        while True:
            self.signal.clear()
            try:
                while self.pass_on():
                    pass
            except Busy:
                log.warning("broadcaster.database_busy")
            except Exception as error:  # noqa: BLE001 (one bad event must not silence the room; its text is never in the log)
                log.error("broadcaster.failed", error=type(error).__name__)
            self.signal.wait(timeout=POLL_SECONDS)

    def pass_on(self) -> bool:
        """Emit one batch of new events; answers whether there may be more."""
        if self.cursor is None:
            self.cursor = Cursor(events.newest_event_id(self.core.db))
            return False
        batch = events.new_events(self.core.db, after_id=self.cursor.floor, known=self.cursor.seen)
        self.tries += 1
        if self.tries > TRIES:  # what cannot be told must not keep the rest waiting; clients catch up over HTTP
            self._note(self.cursor, batch)
            return True
        self._tell(batch)
        self._note(self.cursor, batch)
        return len(batch) >= events.BATCH_MAX

    def _note(self, cursor: Cursor, batch: Sequence[NewEvent]) -> None:
        cursor.note([event.id for event in batch], time.monotonic())
        self.tries = 0

    def _tell(self, batch: list[NewEvent]) -> None:
        """Emit a batch; told twice after a fault half-way, which clients do not mind."""
        for event in batch:
            if event.audience is Audience.CIRCLE and event.payload is not None:
                self.socketio.emit(event.kind.value, event.payload, to=circle_room(event.payload["circle"]))
            self._act(event)  # in their order: what was said after somebody left must not reach them
        self._tell_authors([event for event in batch if event.message_id is not None])
        self._tell_reporters([event for event in batch if event.kind is EventKind.REPORT_CHANGED and event.user_id in self.connections.by_user])
        self._tell_volunteers([event for event in batch if event.audience is Audience.VOLUNTEERS])

    def hello(self, connection: Connection, payload: dict[str, Any]) -> None:
        """Greet a new connection."""
        self.socketio.emit("hello", payload, to=connection.sid)

    def presence(self, circle_id: int) -> None:
        """Tell a circle who is here."""
        self.socketio.emit("presence", {"circle": circle_id, "present": self.connections.present(circle_id)}, to=circle_room(circle_id))

    def typing(self, connection: Connection, circle_id: int) -> None:
        """Tell a circle's others that somebody is writing."""
        user = {"id": connection.actor.user_id, "name": connection.actor.name}
        self.socketio.emit("typing", {"circle": circle_id, "user": user}, to=circle_room(circle_id), skip_sid=connection.sid)

    def screener_changed(self, *, ready: bool) -> None:
        """Tell everyone whether messages can be screened."""
        self.socketio.emit("screener.changed", {"state": "ready" if ready else "unavailable"})

    def end(self, connection: Connection) -> None:
        """Say that the session has ended, and close the socket."""
        with self.app.app_context(), force_locale(connection.actor.locale):
            self.socketio.emit("session.ended", refusal_json(NotSignedIn()), to=connection.sid)
        self.socketio.server.disconnect(connection.sid)

    def end_invalid(self, connections: Sequence[Connection]) -> None:
        """Close those of these sockets whose session is over."""
        if not connections:
            return
        valid = accounts.valid_session_ids(self.core.db, {item.actor.session_id for item in connections}, now=self.core.now())
        for connection in connections:
            if connection.actor.session_id not in valid:
                self.end(connection)

    def _tell_authors(self, batch: list[NewEvent]) -> None:
        """The state of their own messages; plain deliveries need no look at the database."""
        open_sockets = [event for event in batch if event.user_id in self.connections.by_user]
        for event in open_sockets:
            if event.audience is Audience.CIRCLE and not event.alert:
                self._emit_delivered(event)
        asked = {event.message_id: event for event in open_sockets if event.audience is Audience.AUTHOR or event.alert}
        if not asked:
            return
        facts = events.facts_for(self.core.db, [message_id for message_id in asked if message_id is not None], now=self.core.now())
        with self.app.app_context():
            for message_id, fact in sorted(facts.items()):
                locale = self._locale(fact.author_id)
                self.socketio.emit("message.state", message_json(fact, locale=locale), to=user_room(asked[message_id].user_id or 0))

    def _tell_reporters(self, batch: list[NewEvent]) -> None:
        """How their reports stand, to those who made them."""
        people = {event.user_id for event in batch}
        case_ids = {event.case_id for event in batch if event.case_id is not None}
        for reporter_id, report in reports.reports_of(self.core.db, case_ids) if case_ids else ():
            if reporter_id in people:
                self.socketio.emit(EventKind.REPORT_CHANGED.value, report_json(report), to=user_room(reporter_id))

    def _emit_delivered(self, event: NewEvent) -> None:
        if event.delivered is not None and event.user_id is not None:
            self.socketio.emit("message.state", event.delivered, to=user_room(event.user_id))

    def _locale(self, user_id: int) -> str:
        return next((connection.actor.locale for connection in self.connections.of_user(user_id)), "en")

    def _tell_volunteers(self, batch: list[NewEvent]) -> None:
        case_ids = {event.case_id for event in batch if event.case_id is not None}
        for payload in cases_feed.case_payloads(self.core.db, sorted(case_ids)):
            self.socketio.emit(EventKind.CASE_CHANGED.value, payload, to=VOLUNTEERS)

    def _act(self, event: NewEvent) -> None:
        """What the server itself does on an event."""
        if event.kind is EventKind.SESSIONS_ENDED and event.user_id is not None:
            self.end_invalid(list(self.connections.of_user(event.user_id)))
        if event.kind is EventKind.MEMBERSHIP_ENDED and event.user_id is not None and event.circle_id is not None:
            for connection in self.connections.of_user(event.user_id):
                self.put_out(connection, event.circle_id)
            self.presence(event.circle_id)

    def let_in(self, connection: Connection, circle_id: int) -> None:
        """Put a socket into a circle's room; the caller has checked that it may."""
        self.socketio.server.enter_room(connection.sid, circle_room(circle_id))
        self.connections.enter(connection.sid, circle_id)

    def put_out(self, connection: Connection, circle_id: int) -> None:
        """Take a socket out of a circle's room."""
        self.socketio.server.leave_room(connection.sid, circle_room(circle_id))
        self.connections.leave(connection.sid, circle_id)
