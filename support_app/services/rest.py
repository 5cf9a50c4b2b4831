"""When a volunteer rests: the pause after a hard case, and the limit of a shift. What they have read is counted for nobody but themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.orm import aliased

from models import Case, CaseActivity, Shift
from models.activity import CaseAction
from moderation.taxonomy import Lane, Level
from support_app.access import Actor
from support_app.database import AnyRow
from support_app.errors import InPause, Refusal, ShiftLimit
from support_app.services.shifts import people_on_duty

PAUSE = timedelta(minutes=10)
MOST_CASES = 20
MOST_HOURS = timedelta(hours=3)
COUNTED = timedelta(hours=12)  # what a limit looks back on, so that ending a shift and starting anew does not begin the count anew
HARD = (Level.C3, Level.C4)
# What ends a reading, whoever did it: also the author who took the message back, and a claim that ran out.
_ENDINGS = (CaseAction.GIVEN_BACK, CaseAction.HANDED_OVER, CaseAction.ESCALATED, CaseAction.LOOKED_AFTER, CaseAction.WITHDRAWN, CaseAction.SCREENED)
_reading, _ending = aliased(CaseActivity), aliased(CaseActivity)
_READ = (
    select(CaseActivity.case_id, Case.level)
    .join(Case, Case.id == CaseActivity.case_id)
    .where(CaseActivity.actor_id == bindparam("user_id"), CaseActivity.action == CaseAction.REVEALED, CaseActivity.created_at >= bindparam("since"))
)
_SHIFTS = select(Shift.started_at, Shift.ended_at).where(
    Shift.user_id == bindparam("user_id"), (Shift.ended_at > bindparam("since")) | Shift.ended_at.is_(None)
)
_HARD_READING_ENDED = (
    select(func.min(_ending.created_at))
    .select_from(_reading)
    .join(_ending, (_ending.case_id == _reading.case_id) & (_ending.number > _reading.number) & _ending.action.in_(_ENDINGS))
    .join(Case, Case.id == _reading.case_id)
    .where(_reading.actor_id == bindparam("user_id"), _reading.action == CaseAction.REVEALED, _reading.created_at >= bindparam("since"))
    .where(Case.lane == Lane.CARE, Case.level.in_(HARD))
    .group_by(_reading.id)
    .order_by(func.min(_ending.created_at).desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Rest:
    """Why no new case is offered now: a pause with its end, or, without one, the limit of a shift."""

    until: datetime | None

    def refusal(self) -> Refusal:
        """The same, as an answer to whoever asks for a case."""
        return ShiftLimit() if self.until is None else InPause()


def rest_of(connection: Connection, user_id: int, *, now: datetime) -> Rest | None:
    """The rest a person is in, if they are in one."""
    if _limit_reached(connection, user_id, now):
        return Rest(None)
    ended = _hard_reading_ended(connection, user_id, now)
    return Rest(ended + PAUSE) if ended is not None and ended + PAUSE > now else None


def require_rested(connection: Connection, actor: Actor, case: AnyRow, *, now: datetime) -> None:
    """Refuse a new case to whoever rests."""
    rest = rest_from(connection, actor, case, now=now)
    if rest is not None:
        raise rest.refusal()


def rest_from(connection: Connection, actor: Actor, case: AnyRow, *, now: datetime) -> Rest | None:
    """The rest that keeps the actor from a case; none does when somebody is in acute danger and nobody else is free."""
    rest = None if _lost(connection, actor, case) else rest_of(connection, actor.user_id, now=now)
    return None if case.level is Level.C4 and nobody_else_is_free(connection, actor, now=now) else rest


def nobody_else_is_free(connection: Connection, actor: Actor, *, now: datetime) -> bool:
    """Whether everybody else on duty rests, or nobody else is on duty."""
    others = (row.user_id for row in people_on_duty(connection, now=now) if row.user_id != actor.user_id)
    return all(rest_of(connection, user_id, now=now) is not None for user_id in others)


def texts_read(connection: Connection, user_id: int, *, since: datetime) -> Sequence[AnyRow]:
    """Case and level of every time a person asked for a text."""
    return connection.execute(_READ, {"user_id": user_id, "since": since}).all()


def _lost(connection: Connection, actor: Actor, case: AnyRow) -> bool:
    """Whether the actor was reading the case until their claim ran out: going on with it is no new case."""
    if case.owner_id == actor.user_id:
        return True
    query = select(CaseActivity.action, CaseActivity.actor_id).where(CaseActivity.case_id == case.id).order_by(CaseActivity.id.desc()).limit(2)
    return [tuple(step) for step in connection.execute(query)] == [(CaseAction.GIVEN_BACK, None), (CaseAction.REVEALED, actor.user_id)]


def _limit_reached(connection: Connection, user_id: int, now: datetime) -> bool:
    since = now - COUNTED
    shifts = connection.execute(_SHIFTS, {"user_id": user_id, "since": since})
    on_duty = sum(((shift.ended_at or now) - max(shift.started_at, since) for shift in shifts), timedelta())
    return on_duty >= MOST_HOURS or len({row.case_id for row in texts_read(connection, user_id, since=since)}) >= MOST_CASES


def _hard_reading_ended(connection: Connection, user_id: int, now: datetime) -> datetime | None:
    """When the person's last reading of a hard care case came to its end."""
    return connection.execute(_HARD_READING_ENDED, {"user_id": user_id, "since": now - COUNTED}).scalar_one_or_none()
