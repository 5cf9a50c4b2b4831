"""The event log, read: by clients that catch up, and by live servers that pass new events on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.orm import aliased

from models import Event, Message, MessageState, Screening, User
from models.event import Audience, EventKind
from moderation.taxonomy import Verdict
from support_app.access import Actor, access_circle_as_member
from support_app.database import AnyRow, Database
from support_app.services.notices import NoticeFacts, notice_facts
from support_app.services.reports import OwnReport, reports_in

PAGE_MAX = 500
LATEST_MAX = 200
OWN_OPEN_MAX = 100
BATCH_MAX = 500


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What a client needs to be in the same state as everybody else."""

    circle_id: int
    last_event: int
    last_seq: int
    events: list[dict[str, Any]]
    more: bool
    mine: list[tuple[NoticeFacts, str]]
    reports: list[OwnReport]


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A committed event that live servers have not passed on yet."""

    id: int
    audience: Audience
    kind: EventKind
    circle_id: int | None
    message_id: int | None
    case_id: int | None
    user_id: int | None
    payload: dict[str, Any] | None
    delivered: dict[str, Any] | None
    alert: bool


def catch_up(db: Database, actor: Actor, circle_id: int, *, after: int, limit: int, now: datetime) -> CatchUp:
    """The circle's events after one number, oldest first, and the actor's own messages that need telling about."""
    with db.read() as connection:
        seat = access_circle_as_member(connection, actor, circle_id, now=now)
        query = _EVENTS.where(Event.circle_id == circle_id, Event.number > after).order_by(Event.number).limit(limit + 1)
        rows = connection.execute(query).all()
        events = [circle_payload(row) | {"type": row.kind.value} | _for_author(row, actor) for row in rows[:limit]]
        mine = _own_open_messages(connection, actor, circle_id, now)
        reports = reports_in(connection, actor, circle_id)
    return CatchUp(circle_id, seat.last_event, seat.last_seq, events, len(rows) > limit, mine, reports)


def latest_start(db: Database, actor: Actor, circle_id: int, *, latest: int, now: datetime) -> int:
    """The event number after which the newest `latest` events stand."""
    with db.read() as connection:
        return max(access_circle_as_member(connection, actor, circle_id, now=now).last_event - latest, 0)


def newest_event_id(db: Database) -> int:
    """Where a live server that has just started begins to listen."""
    with db.read() as connection:
        return int(connection.execute(select(func.coalesce(func.max(Event.id), 0))).scalar_one())


def new_events(db: Database, *, after_id: int, known: Collection[int], limit: int = BATCH_MAX) -> list[NewEvent]:
    """At most `limit` committed events with an id above `after_id`, without those `known`."""
    with db.read() as connection:
        found = connection.execute(_NEW_EVENTS, {"after_id": after_id, "most": limit + len(known)})
        rows = [row for row in found if row.event_id not in known]
    return [_new_event(row) for row in rows]


def facts_for(db: Database, message_ids: list[int], *, now: datetime) -> dict[int, NoticeFacts]:
    """What authors must be told about some messages now."""
    with db.read() as connection:
        return notice_facts(connection, message_ids, now=now)


def circle_payload(row: AnyRow) -> dict[str, Any]:
    """An event of a circle as the protocol writes it, from rows read after their commit."""
    payload = {"circle": row.circle_id, "event": row.number}
    if row.kind is EventKind.TALK_CHANGED:
        return payload
    payload["id"] = row.revises_id or row.message_id
    if row.kind is EventKind.MESSAGE_WITHDRAWN:
        return payload | {"by": "author" if row.state is MessageState.WITHDRAWN else "team"}
    text = row.text if row.state is MessageState.DELIVERED and row.root_state is not MessageState.WITHDRAWN and not row.superseded else None
    payload |= {"text": text, "revision": row.revision}
    if row.kind is EventKind.MESSAGE_RESTORED:
        return payload
    if row.kind is EventKind.MESSAGE_EDITED:
        return payload | {"edited_at": iso(row.delivered_at)}
    return payload | {
        "seq": row.seq,
        "client_id": row.client_id,
        "author": {"id": row.author_id, "name": row.author_name},
        "sent_at": iso(row.sent_at),
        "released_at": iso(row.delivered_at) if row.released else None,
        "reply_to": row.reply_to_id,
    }


def _for_author(row: AnyRow, actor: Actor) -> dict[str, Any]:
    """What only the author is told with an event: the version by which they may change their message."""
    return {"version": row.message_version} if row.author_id == actor.user_id and row.kind is EventKind.MESSAGE_NEW else {}


def iso(moment: datetime | None) -> str | None:
    """A time as the protocol writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


_root = aliased(Message)
_later = aliased(Message)
_superseded = (
    select(_later.id)
    .where(_later.revises_id == func.coalesce(Message.revises_id, Message.id), _later.revision > Message.revision, _later.state == MessageState.DELIVERED)
    .exists()
)
_EVENTS = (
    select(
        Event.id.label("event_id"),
        Event.audience,
        Event.kind,
        Event.circle_id,
        Event.number,
        Event.message_id,
        Event.case_id,
        Event.user_id,
        Message.revises_id,
        Message.text,
        Message.state,
        Message.revision,
        Message.seq,
        Message.version.label("message_version"),
        Message.client_id,
        Message.author_id,
        Message.reply_to_id,
        Message.created_at.label("sent_at"),
        Message.delivered_at,
        User.name.label("author_name"),
        _root.state.label("root_state"),
        _superseded.label("superseded"),
        Screening.verdict,
        (Screening.decided_by_id.is_not(None)).label("released"),
    )
    .outerjoin(Message, Message.id == Event.message_id)
    .outerjoin(_root, _root.id == Message.revises_id)
    .outerjoin(Screening, (Screening.message_id == Message.id) & (Screening.number == Message.screening))
    .outerjoin(User, User.id == Message.author_id)
)
_NEW_EVENTS = _EVENTS.where(Event.id > bindparam("after_id")).order_by(Event.id).limit(bindparam("most"))


def _new_event(row: AnyRow) -> NewEvent:
    payload = circle_payload(row) if row.audience is Audience.CIRCLE else None
    alert = row.verdict is Verdict.DELIVER_ALERT or bool(row.released)
    return NewEvent(row.event_id, row.audience, row.kind, row.circle_id, row.message_id, row.case_id, row.user_id, payload, _delivered_state(row), alert)


def _delivered_state(row: AnyRow) -> dict[str, Any] | None:
    """The `message.state` of a message that was simply delivered."""
    if row.seq is None or row.state is not MessageState.DELIVERED:
        return None
    return {
        "circle": row.circle_id,
        "id": row.message_id,
        "client_id": row.client_id,
        "state": row.state.value,
        "seq": row.seq,
        "revises": row.revises_id,
        "version": row.message_version,
        "notice": None,
    }


def _own_open_messages(connection: Connection, actor: Actor, circle_id: int, now: datetime) -> list[tuple[NoticeFacts, str]]:
    """The actor's messages that others do not see, or that carry a care card still on the table; a person's release leaves it there."""
    flagged = select(Screening.message_id).where(Screening.message_id == Message.id, Screening.verdict.in_((Verdict.DELIVER_ALERT, Verdict.HOLD))).exists()
    unseen = Message.state.in_((MessageState.PENDING, MessageState.NUDGED, MessageState.HELD, MessageState.RETURNED))
    query = (
        select(Message.id, Message.text)
        .where(Message.author_id == actor.user_id, Message.circle_id == circle_id)
        .where(unseen | ((Message.state == MessageState.DELIVERED) & Message.care_dismissed_at.is_(None) & flagged))
        .order_by(Message.id.desc())
        .limit(OWN_OPEN_MAX)
    )
    texts = {row.id: row.text for row in connection.execute(query)}
    facts = notice_facts(connection, sorted(texts), now=now)
    shown = [message_id for message_id in sorted(texts) if facts[message_id].care or facts[message_id].state is not MessageState.DELIVERED]
    return [(facts[message_id], texts[message_id]) for message_id in shown]
