"""Reports by members: one tap, no form. A person looks, and whoever reported can see that they did."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Select, case, exists, insert, literal, select

from models import Case, CaseActivity, Circle, Message, MessageState, Report
from models.activity import CaseAction
from models.case import CaseOrigin, CaseState
from moderation.taxonomy import Lane, Level
from support_app import audit
from support_app.access import Actor, access_circle_as_member, lock_circle, require_live
from support_app.database import AnyRow, Database
from support_app.errors import N_, Conflict, NotFound
from support_app.limits import RateLimiter
from support_app.services.case_log import DueCase, Step, note_step, open_cases

SHOWN = 50


class ReportState(StrEnum):
    """Where a report is, as whoever made it sees it."""

    RECEIVED = "received"
    READ = "read"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class OwnReport:
    """A report of the actor's; it names neither the author nor what they wrote."""

    message_id: int
    circle_id: int
    circle_name: str
    state: ReportState
    created_at: datetime


def report(db: Database, actor: Actor, message_id: int, *, limiter: RateLimiter, now: datetime) -> None:
    """Have a person look at a message of somebody else's; reporting twice changes nothing.

    `message_id` is the first revision, as the circle knows it; the newest one that was delivered is looked at.
    """
    limiter.check("report", str(actor.user_id))
    with db.write() as connection:
        message = _seen_message(connection, actor, message_id, now)
        known = select(Report.id).where(Report.message_id == message.id, Report.reporter_id == actor.user_id)
        if connection.execute(known).first() is not None:
            return
        case_id = _case_of(connection, message, now)
        connection.execute(insert(Report), {"message_id": message.id, "reporter_id": actor.user_id, "case_id": case_id, "created_at": now})
        note_step(connection, case_id, Step(CaseAction.REPORTED), now=now)  # who reported is in nobody's history
        audit.record(connection, actor_id=actor.user_id, action="message.reported", subject=f"message:{message.id}", now=now, case=case_id)


def own_reports(db: Database, actor: Actor, *, now: datetime) -> list[OwnReport]:
    """What became of the actor's newest reports, newest first."""
    with db.read() as connection:
        require_live(connection, actor, now=now)
        rows = connection.execute(_states().where(Report.reporter_id == actor.user_id).order_by(Report.id.desc()).limit(SHOWN)).all()
        return [_own(row) for row in rows]


def reports_in(connection: Connection, actor: Actor, circle_id: int) -> list[OwnReport]:
    """The actor's reports of messages in one circle."""
    query = _states().where(Report.reporter_id == actor.user_id, Message.circle_id == circle_id).order_by(Report.id.desc()).limit(SHOWN)
    return [_own(row) for row in connection.execute(query)]


def reports_of(db: Database, case_ids: Collection[int]) -> list[tuple[int, OwnReport]]:
    """Who reported what in these cases, for telling them: the reporter's id and their report."""
    with db.read() as connection:
        return [(row.reporter_id, _own(row)) for row in connection.execute(_states().where(Report.case_id.in_(case_ids)))]


def _seen_message(connection: Connection, actor: Actor, message_id: int, now: datetime) -> AnyRow:
    """The newest delivered revision of a message that the actor sees, and did not write."""
    family = (Message.id == message_id) | (Message.revises_id == message_id)
    circle_id = connection.execute(select(Message.circle_id).where(Message.id == message_id)).scalar_one_or_none()
    if circle_id is None:
        require_live(connection, actor, now=now)
        raise NotFound
    access_circle_as_member(connection, actor, circle_id, now=now)
    lock_circle(connection, circle_id)
    newest = select(Message.__table__).where(family, Message.state == MessageState.DELIVERED).order_by(Message.revision.desc()).limit(1)
    message = connection.execute(newest.with_for_update()).one_or_none()
    if message is None:
        raise NotFound
    if message.author_id == actor.user_id:
        raise Conflict(N_("This message is yours. You can change it or take it back."))
    return message


def _case_of(connection: Connection, message: AnyRow, now: datetime) -> int:
    """The open conduct case about the message, or a new one."""
    query = select(Case.id).where(Case.message_id == message.id, Case.lane == Lane.CONDUCT, Case.state != CaseState.CLOSED)
    case_id: int | None = connection.execute(query).scalar_one_or_none()
    if case_id is not None:
        return case_id
    (opened,) = open_cases(connection, [DueCase(message.id, message.circle_id, Lane.CONDUCT, Level.H2, CaseOrigin.REPORT)], now=now)
    return opened


def _states() -> Select[int, int, int, str, str, int, datetime]:
    read = exists().where(CaseActivity.case_id == Report.case_id, CaseActivity.action == CaseAction.REVEALED, CaseActivity.created_at >= Report.created_at)
    state = case((Case.state == CaseState.CLOSED, literal(ReportState.DONE.value)), (read, literal(ReportState.READ.value)), else_=ReportState.RECEIVED.value)
    root = case((Message.revises_id.is_(None), Message.id), else_=Message.revises_id)
    columns = (root.label("message_id"), Message.circle_id, Report.reporter_id, Circle.name, state.label("state"), Report.id, Report.created_at)
    joined = select(*columns).join(Message, Message.id == Report.message_id).join(Case, Case.id == Report.case_id)
    return joined.join(Circle, Circle.id == Message.circle_id)


def _own(row: AnyRow) -> OwnReport:
    return OwnReport(row.message_id, row.circle_id, row.name, ReportState(row.state), row.created_at)
