"""Who is on duty: starting a shift, being there, and the rule that only people on duty take cases."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from models import ReachSettings, Shift, User
from models.certificate import certified
from support_app import audit
from support_app.access import REVIEWERS, Actor, require_reviewer
from support_app.database import AnyRow, Database
from support_app.errors import N_, Invalid, NotOnDuty, PleaseConsider

CHECK = range(1, 6)
WORST = 1
SILENCE = timedelta(hours=2)
_SHIFTS = select(Shift.__table__).where(Shift.user_id == bindparam("user_id"))
_LOCKED_SHIFT = _SHIFTS.where(Shift.ended_at.is_(None)).with_for_update(key_share=True)
_LATEST_SHIFT = _SHIFTS.order_by(Shift.id.desc()).limit(1)


def on_call(connection: Connection, *, now: datetime) -> list[int]:
    """The ids of everybody who may be called: who is on duty, and who said that they may be paged at other times."""
    on_duty = select(Shift.user_id).where(Shift.ended_at.is_(None), Shift.active_at > now - SILENCE)
    may_be_paged = select(ReachSettings.user_id).where(ReachSettings.page_me)
    people = User.__table__.c
    able = select(people.id).where(people.role.in_(REVIEWERS), people.banned_at.is_(None), certified(people.id, now))
    return list(connection.execute(able.where(or_(people.id.in_(on_duty), people.id.in_(may_be_paged))).order_by(people.id)).scalars())


def people_on_duty(connection: Connection, *, now: datetime) -> list[AnyRow]:
    """Everybody on duty with their name and since when, whoever came first in front."""
    query = (
        select(Shift.user_id, User.name, Shift.started_at)
        .join(User, User.id == Shift.user_id)
        .where(Shift.ended_at.is_(None), Shift.active_at > now - SILENCE)
        .order_by(Shift.started_at, Shift.id)
    )
    return list(connection.execute(query))


def require_on_duty(connection: Connection, actor: Actor, *, now: datetime) -> AnyRow:
    """The actor's open shift, locked, so that it cannot end while they take a case; refuses who has none."""
    require_reviewer(connection, actor, now=now)
    shift = connection.execute(_LOCKED_SHIFT, {"user_id": actor.user_id}).one_or_none()
    if shift is None:
        raise NotOnDuty
    return shift


def is_on_duty(connection: Connection, user_id: int) -> bool:
    """Whether a person's shift runs."""
    latest = latest_shift(connection, user_id)
    return latest is not None and latest.ended_at is None


def latest_shift(connection: Connection, user_id: int) -> AnyRow | None:
    """The open shift of a person, or the one that ended last."""
    return connection.execute(_LATEST_SHIFT, {"user_id": user_id}).one_or_none()


def start(db: Database, actor: Actor, *, check: int | None, sure: bool = False, now: datetime) -> None:
    """Go on duty; whoever feels worst is asked a second time (`PleaseConsider`). Starting twice is starting once."""
    with db.write() as connection:
        require_reviewer(connection, actor, now=now)
        if check not in CHECK:
            raise Invalid(N_("Please say how you are, from 1 to 5. Only you see the number."))
        if check == WORST and not sure:
            raise PleaseConsider
        connection.execute(select(User.id).where(User.id == actor.user_id).with_for_update(key_share=True))  # two presses start one shift
        latest = latest_shift(connection, actor.user_id)
        if latest is not None and latest.ended_at is None:
            return
        row = {"user_id": actor.user_id, "started_at": now, "active_at": now, "start_check": check}
        shift_id = connection.execute(insert(Shift).values(row).returning(Shift.id)).scalar_one()
        audit.record(connection, actor_id=actor.user_id, action="shift.started", subject=f"shift:{shift_id}", now=now)


def stay(db: Database, actor: Actor, *, now: datetime) -> None:
    """The actor's page says that they are still there."""
    with db.write(events=False) as connection:
        require_reviewer(connection, actor, now=now)
        keep_active(connection, user_id=actor.user_id, now=now)


def keep_active(connection: Connection, *, user_id: int, now: datetime) -> None:
    """Note that a person is there, so that their shift is not taken for forgotten."""
    connection.execute(update(Shift).where(Shift.user_id == user_id, Shift.ended_at.is_(None)).values(active_at=now))
