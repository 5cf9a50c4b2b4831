"""The ladder when nobody is free: who is paged about a waiting case, and when. Computed from the case's own clock, so it survives a restart."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, insert, select

from models import AttemptState, Case, CaseActivity, Channel, Membership, Message, Page, PageAttempt, PageStep, ReachSettings, Role, User
from models.activity import CaseAction
from models.case import CaseState
from moderation.taxonomy import Level
from support_app import audit
from support_app.access import lock_circle
from support_app.database import INSERTS, AnyRow, Database
from support_app.services.leases import tell_author_of
from support_app.services.shifts import on_call

LADDER = {PageStep.ON_CALL: timedelta(seconds=60), PageStep.LEADS: timedelta(seconds=120)}
PAGED_LEVELS = (Level.C3, Level.C4)
_ONCE = {
    dialect: into(Page).on_conflict_do_nothing(index_elements=["case_id", "waiting_since", "step"]).returning(Page.id) for dialect, into in INSERTS.items()
}


@dataclass(frozen=True, slots=True)
class DueStep:
    """A step of the ladder whose time has come."""

    case_id: int
    circle_id: int
    step: PageStep


def unanswered() -> tuple[ColumnElement[bool], ...]:
    """Cases that nobody has, and that nobody has had since they began to wait."""
    answered = exists().where(CaseActivity.case_id == Case.id, CaseActivity.action == CaseAction.CLAIMED, CaseActivity.created_at > Case.free_since)
    return Case.state == CaseState.OPEN, Case.owner_id.is_(None), ~answered


def page_due(db: Database, *, now: datetime) -> int:
    """Make the pages whose time has come; answers with how many this process made. Others may try the same: each step is made once."""
    return sum(_page(db, due, now) for due in due_steps(db, now=now))


def due_steps(db: Database, *, now: datetime) -> list[DueStep]:
    """What is due and has no page yet."""
    with db.read() as connection:
        return [
            DueStep(row.id, row.circle_id, step)
            for step, after in LADDER.items()
            for row in connection.execute(select(Case.id, Case.circle_id).where(*_due(step, now - after)))
        ]


def _due(step: PageStep, before: datetime) -> tuple[ColumnElement[bool], ...]:
    paged = exists().where(Page.case_id == Case.id, Page.waiting_since == Case.free_since, Page.step == step)
    return *unanswered(), Case.level.in_(PAGED_LEVELS), Case.free_since <= before, ~paged


def _page(db: Database, due: DueStep, now: datetime) -> bool:
    """One step in one transaction: the page, what must be sent, the record, and the news for the author."""
    with db.write() as connection:
        lock_circle(connection, due.circle_id)
        case = connection.execute(select(Case.__table__).where(Case.id == due.case_id, *unanswered()).with_for_update()).one_or_none()
        if case is None:
            return False
        page = {"case_id": case.id, "step": due.step, "waiting_since": case.free_since, "created_at": now}
        page_id = connection.execute(_ONCE[connection.dialect.name], page).scalar_one_or_none()
        if page_id is None:
            return False
        people = _people(connection, case, due.step, now)
        connection.execute(insert(PageAttempt), _attempts(connection, page_id, people, now))
        audit.record(connection, actor_id=None, action="case.paged", subject=f"case:{case.id}", now=now, step=due.step, people=len(people))
        tell_author_of(connection, case, now)
        return True


def _people(connection: Connection, case: AnyRow, step: PageStep, now: datetime) -> list[int]:
    """Who is paged: never somebody who may not decide about the case."""
    if step is PageStep.ON_CALL:
        wanted = on_call(connection, now=now)
    else:
        wanted = list(connection.execute(select(User.id).where(User.role == Role.LEAD, User.banned_at.is_(None)).order_by(User.id)).scalars())
    sits = select(Membership.user_id).where(Membership.circle_id == case.circle_id)
    wrote = select(Message.author_id).where(Message.id == case.message_id)
    barred = set(connection.execute(sits).scalars()) | set(connection.execute(wrote).scalars())
    return [user_id for user_id in wanted if user_id not in barred]


def _attempts(connection: Connection, page_id: int, people: list[int], now: datetime) -> list[dict[str, Any]]:
    ways: list[tuple[int | None, Channel]] = [(user_id, channel) for user_id in people for channel in ways_to(connection, user_id)]
    return [new_attempt(page_id=page_id, user_id=user_id, channel=channel, now=now) for user_id, channel in [*ways, (None, Channel.WEBHOOK)]]


def ways_to(connection: Connection, user_id: int) -> list[Channel]:
    """The channels by which a person is tried. Push always: that it is on in no browser must be seen."""
    email = connection.execute(select(ReachSettings.email).where(ReachSettings.user_id == user_id)).scalar_one_or_none()
    return [Channel.PUSH, Channel.EMAIL] if email else [Channel.PUSH]


def new_attempt(*, page_id: int | None, user_id: int | None, channel: Channel, now: datetime) -> dict[str, Any]:
    """A row that waits to be sent at once."""
    way = {"page_id": page_id, "user_id": user_id, "channel": channel}
    return way | {"state": AttemptState.WAITING, "attempts": 0, "tries": [], "next_try_at": now, "created_at": now}
