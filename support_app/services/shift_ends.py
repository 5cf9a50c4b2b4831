"""Going off duty: by oneself, by signing out, or because nobody has been there for hours. Every case one holds goes back."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, update

from models import Case, Shift
from models.activity import CaseAction
from models.case import CaseState
from models.shift import ShiftEnd
from support_app import audit
from support_app.access import Actor, lock_circle, require_reviewer
from support_app.database import AnyRow, Database
from support_app.services.case_log import Step
from support_app.services.leases import end_lease
from support_app.services.rest import rest_of
from support_app.services.shifts import SILENCE


def end(db: Database, actor: Actor, *, now: datetime) -> None:
    """Go off duty; without a shift there is nothing to end, and nobody is asked why."""
    with db.write() as connection:
        require_reviewer(connection, actor, now=now)
        rest = rest_of(connection, actor.user_id, now=now)
        end_shift_of(connection, user_id=actor.user_id, by=ShiftEnd.LIMIT if rest and rest.until is None else ShiftEnd.SELF, now=now)


def end_shift_of(connection: Connection, *, user_id: int, by: ShiftEnd, now: datetime) -> None:
    """End the shift of a person who leaves, if they are on duty."""
    shift = _locked(connection, Shift.user_id == user_id)
    if shift is not None:
        _end(connection, shift, by=by, ended_at=now, now=now)


def end_forgotten(db: Database, *, now: datetime) -> int:
    """End shifts of people who have not been there for `SILENCE`, at the moment they were last; answers with their number."""
    forgotten = Shift.active_at <= now - SILENCE
    with db.read() as connection:
        shift_ids = connection.execute(select(Shift.id).where(Shift.ended_at.is_(None), forgotten).limit(100)).scalars().all()
    for shift_id in shift_ids:
        with db.write() as connection:
            shift = _locked(connection, forgotten & (Shift.id == shift_id))
            if shift is not None:
                _end(connection, shift, by=ShiftEnd.SILENCE, ended_at=shift.active_at, now=now)
    return len(shift_ids)


def _locked(connection: Connection, condition: ColumnElement[bool]) -> AnyRow | None:
    query = select(Shift.__table__).where(Shift.ended_at.is_(None), condition)
    return connection.execute(query.with_for_update(key_share=True)).one_or_none()


def _end(connection: Connection, shift: AnyRow, *, by: ShiftEnd, ended_at: datetime, now: datetime) -> None:
    connection.execute(update(Shift).where(Shift.id == shift.id).values(ended_at=ended_at, ended_by=by))
    actor_id = None if by is ShiftEnd.SILENCE else shift.user_id
    held = select(Case.id, Case.circle_id).where(Case.state == CaseState.OPEN, Case.owner_id == shift.user_id).order_by(Case.circle_id, Case.id)
    for case_id, circle_id in connection.execute(held).all():
        lock_circle(connection, circle_id)
        case = connection.execute(select(Case.__table__).where(Case.id == case_id).with_for_update()).one()
        if case.owner_id == shift.user_id:
            end_lease(connection, case, Step(CaseAction.GIVEN_BACK, actor_id), now=now)
    audit.record(connection, actor_id=actor_id, action="shift.ended", subject=f"shift:{shift.id}", now=now, by=by)
