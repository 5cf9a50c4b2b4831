"""What an author does with messages: send, edit, take back, send a nudged one on to a person."""

import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from models import Circle, Event, HoldReason, Message, MessageState
from models.activity import CaseAction
from models.case import CaseOrigin, CaseOutcome
from models.event import Audience, EventKind
from moderation.taxonomy import Lane, Level
from support_app import audit
from support_app.access import Actor, access_circle_to_write, access_own_message
from support_app.database import INSERTS, AnyRow, Database
from support_app.errors import Blank, Conflict, Invalid, NotFound, TooLong
from support_app.limits import RateLimiter
from support_app.services.case_log import DueCase, close_cases, open_cases
from support_app.services.states import require_move

TEXT_MAX = 4000  # no circle may allow more, see `moderation.rules.Rules.max_length`
_INSERT_ONCE = {
    dialect: into(Message).on_conflict_do_nothing(index_elements=["author_id", "client_id"]).returning(Message.id) for dialect, into in INSERTS.items()
}
BIDI_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
EDITABLE = frozenset({MessageState.PENDING, MessageState.DELIVERED, MessageState.NUDGED, MessageState.HELD, MessageState.RETURNED})


@dataclass(frozen=True, slots=True)
class Submission:
    """What an author wants to say; `client_id` makes sending it again harmless."""

    circle_id: int
    client_id: str
    text: str
    reply_to_id: int | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The stored message; `duplicate` when it had been stored before."""

    id: int
    state: MessageState
    duplicate: bool


def submit(db: Database, actor: Actor, submission: Submission, *, limiter: RateLimiter, now: datetime) -> Accepted:
    """Store a message as pending; nobody else sees it before it was screened.

    Raises `Blank`, `TooLong`, `RateLimited`, `NotFound` (no seat), `TalkEnded`, `Conflict` (client_id used for another text), `NotSignedIn`, `Banned`, `Busy`.
    """
    text = clean_text(submission.text)
    client_id = clean_client_id(submission.client_id)
    limiter.check("message", str(actor.user_id))
    with db.write(events=False) as connection:
        seat = access_circle_to_write(connection, actor, submission.circle_id, now=now)
        _require_length(db.rules_of(connection, seat.circle_id, seat.rules_version).max_length, text)
        _require_reply_target(connection, submission)
        row = _new_row(actor, submission.circle_id, client_id, text, now) | {"reply_to_id": submission.reply_to_id}
        return _insert_once(connection, row)


def edit(db: Database, actor: Actor, message_id: int, *, client_id: str, text: str, version: int, limiter: RateLimiter, now: datetime) -> int:
    """Replace a message's text by a new one that is screened again; answers with the id of the new row.

    A delivered message stays as it is until its new revision was screened. One that nobody saw yet is taken back and sent anew.
    """
    cleaned, client_id = clean_text(text), clean_client_id(client_id)
    limiter.check("message", str(actor.user_id))
    with db.write() as connection:
        old = access_own_message(connection, actor, message_id, now=now)
        seat = access_circle_to_write(connection, actor, old.circle_id, now=now)
        _require_length(db.rules_of(connection, seat.circle_id, seat.rules_version).max_length, cleaned)
        row = _new_row(actor, old.circle_id, client_id, cleaned, now) | {"reply_to_id": old.reply_to_id}
        stored = _stored(connection, row)
        if stored is not None:
            return _same_text(stored, row).id
        if old.version != version or old.state not in EDITABLE or _taken_out(old):
            raise Conflict
        if old.state is MessageState.DELIVERED:
            row |= _next_revision(connection, old.revises_id or old.id)
        else:
            row |= {"revises_id": old.revises_id, "revision": 1 if old.revises_id is None else _next_revision(connection, old.revises_id)["revision"]}
            _withdraw_row(connection, old, now)
        return _insert_once(connection, row).id


def withdraw(db: Database, actor: Actor, message_id: int, *, version: int, now: datetime) -> None:
    """Take a message back with all its revisions; care for its author goes on."""
    with db.write() as connection:
        message = access_own_message(connection, actor, message_id, now=now)
        if message.state is MessageState.WITHDRAWN:
            return
        if message.version != version:
            raise Conflict
        root_id = message.revises_id or message.id
        whole = message.state is MessageState.DELIVERED or message.revises_id is None
        family = select(Message.__table__).where((Message.id == root_id) | (Message.revises_id == root_id)).order_by(Message.id).with_for_update()
        rows = connection.execute(family).all() if whole else [message]
        seen_by_others = any(row.state is MessageState.DELIVERED for row in rows) and whole
        for row in rows:
            if row.state is not MessageState.WITHDRAWN:
                _withdraw_row(connection, row, now)
        if seen_by_others:
            announce_in_circle(connection, circle_id=message.circle_id, kind=EventKind.MESSAGE_WITHDRAWN, message_id=root_id, now=now)
        audit.record(connection, actor_id=actor.user_id, action="message.withdrawn", subject=f"message:{root_id}", now=now)


def send_on(db: Database, actor: Actor, message_id: int, *, version: int, now: datetime) -> None:
    """Have a person check a nudged message instead of changing it."""
    with db.write() as connection:
        message = access_own_message(connection, actor, message_id, now=now)
        access_circle_to_write(connection, actor, message.circle_id, now=now)
        if message.version != version or message.state is not MessageState.NUDGED:
            raise Conflict
        _move(connection, message, MessageState.HELD, now, hold_reason=HoldReason.AUTHOR_ASKED)
        open_cases(connection, [DueCase(message.id, message.circle_id, Lane.CONDUCT, Level.H1, CaseOrigin.AUTHOR)], now=now)
        audit.record(connection, actor_id=actor.user_id, action="message.sent_on", subject=f"message:{message.id}", now=now)


def dismiss_care(db: Database, actor: Actor, message_id: int, *, now: datetime) -> None:
    """Put the care card away; the case of the volunteers stays open."""
    with db.write() as connection:
        message = access_own_message(connection, actor, message_id, now=now)
        connection.execute(update(Message).where(Message.id == message.id).values(care_dismissed_at=now, version=message.version + 1))
        tell_author(connection, message, now)


def withdraw_waiting(connection: Connection, *, user_id: int, now: datetime, circle_id: int | None = None) -> None:
    """Take back what a person sent, in one circle or in all, and no screener has judged yet; for seats and accounts that are being closed."""
    waiting = select(Message.__table__).where(Message.author_id == user_id, Message.to_screen).order_by(Message.id).with_for_update()
    for row in connection.execute(waiting if circle_id is None else waiting.where(Message.circle_id == circle_id)).all():
        _withdraw_row(connection, row, now)


def own_text(db: Database, actor: Actor, message_id: int) -> str | None:
    """What the actor wrote; None when the message is not theirs."""
    with db.read() as connection:
        return connection.execute(select(Message.text).where(Message.id == message_id, Message.author_id == actor.user_id)).scalar_one_or_none()


def clean_text(text: str) -> str:
    """The text as it will be stored: composed characters, no invisible steering of direction; raises `Blank`, `TooLong`."""
    if not isinstance(text, str):
        raise Invalid
    cleaned = "".join(character for character in unicodedata.normalize("NFC", text) if character in "\n\t" or not _steers(character)).strip()
    if not cleaned or not any(unicodedata.category(character)[:1] in "LNPS" or unicodedata.category(character) == "Cn" for character in cleaned):
        raise Blank
    if len(cleaned) > TEXT_MAX:
        raise TooLong(limit=TEXT_MAX)
    return cleaned


def clean_client_id(client_id: str) -> str:
    """A UUID in its usual spelling; raises `Invalid`."""
    try:
        return str(uuid.UUID(client_id))
    except (ValueError, AttributeError, TypeError):
        raise Invalid from None


def announce_in_circle(connection: Connection, *, circle_id: int, kind: EventKind, now: datetime, message_id: int | None = None) -> None:
    """Add the circle's next event in the caller's transaction."""
    number = connection.execute(update(Circle).where(Circle.id == circle_id).values(last_event=Circle.last_event + 1).returning(Circle.last_event)).scalar_one()
    event = {"audience": Audience.CIRCLE, "kind": kind, "circle_id": circle_id, "number": number, "message_id": message_id, "created_at": now}
    connection.execute(insert(Event), event)


def tell_author(connection: Connection, message: AnyRow, now: datetime) -> None:
    """Have the author's pages look at a message again."""
    tell_authors(connection, [message], now)


def tell_authors(connection: Connection, messages: Sequence[AnyRow], now: datetime) -> None:
    """The same for several messages at once."""
    event = {"audience": Audience.AUTHOR, "kind": EventKind.MESSAGE_STATE, "created_at": now}
    rows = [event | {"circle_id": message.circle_id, "message_id": message.id, "user_id": message.author_id} for message in messages]
    connection.execute(insert(Event), rows)


def _steers(character: str) -> bool:
    """Control characters and bidirectional overrides, which can make a text read differently from what was screened."""
    return unicodedata.category(character) in {"Cc", "Cs"} or character in BIDI_CONTROLS or _is_noncharacter(character)


def _is_noncharacter(character: str) -> bool:
    """Code points that never mean anything; those merely newer than this Python, as new emoji are, stay."""
    return ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF  # noqa: PLR2004 (Unicode, section 23.7)


def _new_row(actor: Actor, circle_id: int, client_id: str, text: str, now: datetime) -> dict[str, Any]:
    return {
        "circle_id": circle_id,
        "author_id": actor.user_id,
        "client_id": client_id,
        "text": text,
        "reply_to_id": None,
        "revises_id": None,
        "revision": 1,
        "state": MessageState.PENDING,
        "hold_reason": None,
        "to_screen": True,
        "screen_attempts": 0,
        "version": 1,
        "created_at": now,
        "changed_at": now,
    }


def _insert_once(connection: Connection, row: dict[str, Any]) -> Accepted:
    message_id = connection.execute(_INSERT_ONCE[connection.dialect.name], row).scalar_one_or_none()
    if message_id is not None:
        return Accepted(message_id, MessageState.PENDING, duplicate=False)
    stored = _stored(connection, row)
    if stored is None:  # the other row was rolled back in between
        raise Conflict
    return _same_text(stored, row)


def _stored(connection: Connection, row: dict[str, Any]) -> AnyRow | None:
    columns = (Message.id, Message.circle_id, Message.state, Message.text)
    return connection.execute(select(*columns).where(Message.author_id == row["author_id"], Message.client_id == row["client_id"])).one_or_none()


def _same_text(stored: AnyRow, row: dict[str, Any]) -> Accepted:
    if stored.text != row["text"] or stored.circle_id != row["circle_id"]:
        raise Conflict
    return Accepted(stored.id, stored.state, duplicate=True)


def _require_length(limit: int, text: str) -> None:
    if len(text) > limit:
        raise TooLong(limit=limit)


def _require_reply_target(connection: Connection, submission: Submission) -> None:
    if submission.reply_to_id is None:
        return
    query = select(Message.id).where(
        Message.id == submission.reply_to_id, Message.circle_id == submission.circle_id, Message.seq.is_not(None), Message.revises_id.is_(None)
    )
    if connection.execute(query).first() is None:
        raise NotFound


def _taken_out(message: AnyRow) -> bool:
    """Whether the team took the message out of the circle, or judges that again: words that were shown before are not edited in secret."""
    return message.seq is not None and message.state is not MessageState.DELIVERED


def _next_revision(connection: Connection, root_id: int) -> dict[str, int]:
    latest = connection.execute(select(func.max(Message.revision)).where(Message.revises_id == root_id)).scalar_one()
    return {"revises_id": root_id, "revision": (latest or 1) + 1}


def _withdraw_row(connection: Connection, message: AnyRow, now: datetime) -> None:
    _move(connection, message, MessageState.WITHDRAWN, now)
    close_cases(connection, [message.id], lane=Lane.CONDUCT, outcome=CaseOutcome.WITHDRAWN, action=CaseAction.WITHDRAWN, now=now, actor_id=message.author_id)


def _move(connection: Connection, message: AnyRow, state: MessageState, now: datetime, *, hold_reason: HoldReason | None = None) -> None:
    require_move(message.state, state)
    values = {"state": state, "hold_reason": hold_reason, "to_screen": False, "version": message.version + 1, "changed_at": now}
    connection.execute(update(Message).where(Message.id == message.id).values(**values))
    tell_author(connection, message, now)
