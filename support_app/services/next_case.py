"""Which case comes next: the most urgent one that nobody has and the volunteer may decide."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, exists, or_, select

from models import Case, Membership, Message
from models.case import CaseState
from moderation.taxonomy import Level
from support_app.access import Actor, lock_circle, require_reviewer
from support_app.database import AnyRow, Database
from support_app.services.cases import lease_case
from support_app.services.priority import most_urgent_first


def claim_next(db: Database, actor: Actor, *, now: datetime) -> int | None:
    """Claim the most urgent case that nobody has and the actor may decide; answers with its number, or None when nobody waits.

    Somebody who already has an open case gets that one again: one at a time.
    """
    with db.write() as connection:
        require_reviewer(connection, actor, now=now)
        held = select(Case.id).where(Case.state == CaseState.OPEN, Case.owner_id == actor.user_id, Case.lease_until > now).order_by(Case.id).limit(1)
        if (case_id := connection.execute(held).scalar_one_or_none()) is not None:
            return case_id
        for waiting in most_urgent_first(connection.execute(_waiting(actor, now)), now):
            if (case := _still_free(connection, waiting, now)) is not None:
                lease_case(connection, actor, case, now=now)
                return int(case.id)
    return None


def _waiting(actor: Actor, now: datetime) -> Select[int, int, Level, datetime, datetime]:
    sits = exists().where(Membership.circle_id == Case.circle_id, Membership.user_id == actor.user_id)
    wrote = exists().where(Message.id == Case.message_id, Message.author_id == actor.user_id)
    return select(Case.id, Case.circle_id, Case.level, Case.opened_at, Case.due_at).where(Case.state == CaseState.OPEN, _free(now), ~sits, ~wrote)


def _still_free(connection: Connection, waiting: AnyRow, now: datetime) -> AnyRow | None:
    """The case, locked, unless somebody was faster."""
    lock_circle(connection, waiting.circle_id)
    query = select(Case.__table__).where(Case.id == waiting.id, Case.state == CaseState.OPEN, _free(now))
    return connection.execute(query.with_for_update()).one_or_none()


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(Case.lease_until.is_(None), Case.lease_until <= now)
