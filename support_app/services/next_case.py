"""Which case comes next: the most urgent one that nobody has and the volunteer may decide."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Integer, Select, bindparam, func, or_, select

from models import Case, User
from models.case import CaseState
from moderation.taxonomy import Label, Level
from support_app.access import Actor, access_case_as_volunteer, may_decide, require_certified, require_reviewer
from support_app.database import AnyRow, Database
from support_app.errors import NotOnDuty
from support_app.services.leases import lease_case
from support_app.services.opt_outs import about, topics_set_aside
from support_app.services.priority import most_urgent_first
from support_app.services.rest import require_rested, rest_of
from support_app.services.shifts import is_on_duty, require_on_duty

FRONT = 60  # cases of each level: more than others can take between looking and taking
_ACTOR, _ROLE, _NOW = bindparam("actor_id", type_=Integer), bindparam("actor_role", type_=User.role.type), bindparam("now", type_=Case.due_at.type)
_HELD = (
    select(Case.id)
    .where(Case.state == CaseState.OPEN, Case.owner_id == _ACTOR, Case.lease_until > _NOW, *may_decide(_ACTOR, _ROLE, _NOW))
    .order_by(Case.id)
    .limit(1)
)
# What nobody has, nobody else was asked to take first, and the actor may decide.
_OFFERED = select(Case.id, Case.level, Case.waiting_since, Case.due_at, Case.offered_to_id).where(
    Case.state == CaseState.OPEN,
    or_(Case.lease_until.is_(None), Case.lease_until <= _NOW),
    or_(Case.offered_to_id.is_(None), Case.offered_to_id == _ACTOR, Case.offered_until <= _NOW),
    *may_decide(_ACTOR, _ROLE, _NOW),
)


def claim_next(db: Database, actor: Actor, *, now: datetime, although_resting: bool = False) -> int | None:
    """Claim the most urgent case that nobody has and the actor may decide; answers with its number, or None when nobody waits.

    Somebody who already has an open case gets that one again: one at a time. Topics that the actor set aside are not offered.
    Whoever rests is refused, unless nobody else is free and they said that they take a case of acute danger all the same.
    """
    with db.read() as connection:
        require_reviewer(connection, actor, now=now)
        if not is_on_duty(connection, actor.user_id):
            raise NotOnDuty
        held = _held(connection, actor, now)
        rest = None if held else rest_of(connection, actor.user_id, now=now)
        if rest is not None and not although_resting:
            raise rest.refusal()
        waiting = [] if held else most_urgent_first(_front(connection, actor, now), now)
        if rest is not None:
            waiting = [case for case in waiting if case.level is Level.C4]
        if not held and not waiting:  # to say that nobody waits would not be true for somebody who may decide nothing
            require_certified(connection, actor, now=now)
    waiting.sort(key=lambda case: case.offered_to_id != actor.user_id)  # what was promised to somebody in person comes first
    for case in waiting:
        with db.write() as connection:  # one for each attempt: whoever locked a second circle could meet somebody who locks them the other way round
            if (claimed := _claim(connection, actor, case.id, now)) is not None:
                return claimed
    return held


def urgent_waits(connection: Connection, actor: Actor, *, now: datetime) -> bool:
    """Whether somebody in acute danger waits whom the actor could be offered."""
    return any(case.level is Level.C4 for case in _front(connection, actor, now))


def _claim(connection: Connection, actor: Actor, case_id: int, now: datetime) -> int | None:
    """The number of the case, if it is still free; of two presses of one person the second finds what the first one claimed."""
    require_on_duty(connection, actor, now=now)
    held = _held(connection, actor, now)
    if held is not None:
        return held
    case = access_case_as_volunteer(connection, actor, case_id, now=now)
    if case.state is not CaseState.OPEN or (case.lease_until is not None and case.lease_until > now):
        return None
    require_rested(connection, actor, case, now=now)
    lease_case(connection, actor, case, now=now)
    return case_id


def _held(connection: Connection, actor: Actor, now: datetime) -> int | None:
    """The case that the actor has already."""
    return connection.execute(_HELD, _asked_by(actor, now)).scalar_one_or_none()


def _front(connection: Connection, actor: Actor, now: datetime) -> Sequence[AnyRow]:
    """The front of each level's queue, of what nobody has and the actor may be offered: within a level, whoever came later is never more urgent."""
    return connection.execute(_front_without(frozenset(topics_set_aside(connection, actor.user_id, now=now))), _asked_by(actor, now)).all()


@cache
def _front_without(topics: frozenset[Label]) -> Select[Any]:
    """The same as a statement, by the topics that are set aside: building it takes longer than running it."""
    wanted = or_(~about(topics), Case.offered_to_id == _ACTOR)
    place = func.row_number().over(partition_by=(Case.level, Case.offered_to_id), order_by=(Case.waiting_since, Case.id)).label("place")
    ranked = _OFFERED.where(wanted).add_columns(place).subquery()
    return select(ranked).where(ranked.c.place <= FRONT)


def _asked_by(actor: Actor, now: datetime) -> dict[str, Any]:
    return {"actor_id": actor.user_id, "actor_role": actor.role, "now": now}
