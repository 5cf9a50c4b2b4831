"""A talk as people see it: in its own room, beside its case, and on the way back to it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from models import Case, Membership, Role, SideRoom, User
from models.case import CaseState
from moderation.taxonomy import Lane
from support_app.access import Actor, access_circle_as_member
from support_app.database import AnyRow, Database
from support_app.services.case_view import CaseView
from support_app.services.talks import Talk, TalkState, room_of_case, room_of_circle, talk_from


@dataclass(frozen=True, slots=True)
class RoomView:
    """A talk as somebody who sits in it sees it."""

    talk: Talk
    circle_id: int
    case_id: int
    member: str
    leads: tuple[str, ...]
    of_member: bool
    holds_case: bool
    may_end: bool


@dataclass(frozen=True, slots=True)
class CaseTalk:
    """A care case's talk beside it, and what the reader may do about it; without a talk nobody has opened one."""

    talk: Talk | None
    seated: bool
    may_enter: bool
    may_end: bool


def room_view(db: Database, actor: Actor, circle_id: int, *, now: datetime) -> RoomView | None:
    """The talk that happens in a circle the actor sits in; None when it is an ordinary circle, `NotFound` for everybody else."""
    with db.read() as connection:
        access_circle_as_member(connection, actor, circle_id, now=now)
        room = room_of_circle(connection, circle_id)
        return _room_view(connection, actor, room, now) if room is not None else None


def open_talks(db: Database, actor: Actor, *, now: datetime) -> list[RoomView]:
    """The actor's talks that have not ended, so that a closed page is no way lost."""
    query = select(SideRoom.circle_id).join(Membership, Membership.circle_id == SideRoom.circle_id)
    with db.read() as connection:
        ids = connection.execute(query.where(Membership.user_id == actor.user_id, SideRoom.closed_at.is_(None)).order_by(SideRoom.circle_id)).scalars().all()
        rooms = [room_of_circle(connection, circle_id) for circle_id in ids]
        return [_room_view(connection, actor, room, now) for room in rooms if room is not None]


def case_talk(db: Database, actor: Actor, view: CaseView) -> CaseTalk | None:
    """What a volunteer's page says about talking with the author of a case; None for cases that are not about care."""
    if view.case.lane is not Lane.CARE or view.conflict_of_interest:
        return None
    with db.read() as connection:
        room = room_of_case(connection, view.case.id)
        seated = room is not None and _sits_in(connection, room.circle_id, actor)
    is_lead, is_open = actor.role is Role.LEAD, room is not None and room.closed_at is None
    in_hand = view.case.state is not CaseState.CLOSED and (is_lead or (view.claimed_by(actor) and view.revealed))
    new_here = room is None or not is_open or not seated or (view.claimed_by(actor) and room.volunteer_id != actor.user_id)
    return CaseTalk(
        talk=talk_from(room) if room is not None else None,
        seated=seated,
        may_enter=in_hand and new_here,
        may_end=_may_end(room, actor) if room is not None else False,
    )


def _room_view(connection: Connection, actor: Actor, room: AnyRow, now: datetime) -> RoomView:
    owner = select(Case.owner_id).where(Case.id == room.case_id, Case.state != CaseState.CLOSED, Case.lease_until > now)
    here = select(User.id, User.name).join(Membership, Membership.user_id == User.id).where(Membership.circle_id == room.circle_id, User.role == Role.LEAD)
    leads = connection.execute(here.order_by(Membership.joined_at, User.id)).all()
    return RoomView(
        talk=talk_from(room),
        circle_id=room.circle_id,
        case_id=room.case_id,
        member=connection.execute(select(User.name).where(User.id == room.member_id)).scalar_one(),
        leads=tuple(lead.name for lead in leads if lead.id not in {room.volunteer_id, room.member_id}),
        of_member=room.member_id == actor.user_id,
        holds_case=connection.execute(owner).scalar_one_or_none() == actor.user_id,
        may_end=_may_end(room, actor),
    )


def _may_end(room: AnyRow, actor: Actor) -> bool:
    """The member ends their talk at any time; a volunteer or a lead, once somebody came to them."""
    if room.member_id == actor.user_id:
        return room.closed_at is None
    return talk_from(room).state in {TalkState.HERE, TalkState.LEFT} and (room.volunteer_id == actor.user_id or actor.role is Role.LEAD)


def _sits_in(connection: Connection, circle_id: int, actor: Actor) -> bool:
    seat = select(Membership.user_id).where(Membership.circle_id == circle_id, Membership.user_id == actor.user_id)
    return connection.execute(seat).first() is not None
