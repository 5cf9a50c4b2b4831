"""Which case comes next: the most urgent one that nobody has and the volunteer may decide."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, exists, or_, select

from models import Case, Membership, Message, User
from models.case import CaseState
from models.certificate import certified
from moderation.taxonomy import Level
from support_app.access import Actor, access_case_as_volunteer, require_certified, require_reviewer
from support_app.database import Database
from support_app.services.cases import lease_case
from support_app.services.priority import most_urgent_first


def claim_next(db: Database, actor: Actor, *, now: datetime) -> int | None:
    """Claim the most urgent case that nobody has and the actor may decide; answers with its number, or None when nobody waits.

    Somebody who already has an open case gets that one again: one at a time.
    """
    with db.read() as connection:
        require_reviewer(connection, actor, now=now)
        held = connection.execute(_held(actor, now)).scalar_one_or_none()
        waiting = [] if held else most_urgent_first(connection.execute(_waiting(actor, now)), now)
        if not held and not waiting:  # to say that nobody waits would not be true for somebody who may decide nothing
            require_certified(connection, actor, now=now)
    for case in waiting:
        with db.write() as connection:  # one for each attempt: whoever locked a second circle could meet somebody who locks them the other way round
            if (claimed := _claim(connection, actor, case.id, now)) is not None:
                return claimed
    return held


def _claim(connection: Connection, actor: Actor, case_id: int, now: datetime) -> int | None:
    """The number of the case, if it is still free; of two presses of one person the second finds what the first one claimed."""
    connection.execute(select(User.id).where(User.id == actor.user_id).with_for_update(key_share=True))
    held: int | None = connection.execute(_held(actor, now)).scalar_one_or_none()
    if held is not None:
        return held
    case = access_case_as_volunteer(connection, actor, case_id, now=now)
    if case.state is not CaseState.OPEN or (case.lease_until is not None and case.lease_until > now):
        return None
    lease_case(connection, actor, case, now=now)
    return case_id


def _held(actor: Actor, now: datetime) -> Select[int]:
    return (
        select(Case.id)
        .where(Case.state == CaseState.OPEN, Case.owner_id == actor.user_id, Case.lease_until > now, *_may_decide(actor, now))
        .order_by(Case.id)
        .limit(1)
    )


def _waiting(actor: Actor, now: datetime) -> Select[int, Level, datetime, datetime]:
    free = or_(Case.lease_until.is_(None), Case.lease_until <= now)
    return select(Case.id, Case.level, Case.opened_at, Case.due_at).where(Case.state == CaseState.OPEN, free, *_may_decide(actor, now))


def _may_decide(actor: Actor, now: datetime) -> Sequence[ColumnElement[bool]]:
    """What `access.access_case_as_volunteer` asks for, for many cases at once."""
    sits = exists().where(Membership.circle_id == Case.circle_id, Membership.user_id == actor.user_id)
    wrote = exists().where(Message.id == Case.message_id, Message.author_id == actor.user_id)
    return certified(actor.user_id, now), ~sits, ~wrote
