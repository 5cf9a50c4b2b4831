"""What is known about talks between members and volunteers: for the care card, the screening path and the cases."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, Select, select

from models import Case, CaseActivity, Membership, Message, Role, SideRoom, User
from models.activity import CaseAction
from models.case import CaseState
from moderation.taxonomy import Lane
from support_app.database import AnyRow
from support_app.errors import N_, Conflict


class TalkState(StrEnum):
    """How far a talk has come, as its member is told."""

    OFFERED = "offered"
    WAITING = "waiting"
    HERE = "here"
    LEFT = "left"  # the volunteer no longer has the case, and nobody came after them
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Talk:
    """A talk, or the offer of one. Without `asked` a volunteer opened it unasked."""

    state: TalkState
    circle_id: int | None = None
    volunteer: str | None = None
    asked: bool = False
    ended_by_member: bool = False


OFFERED = Talk(TalkState.OFFERED)


def talks_of(connection: Connection, messages: Sequence[AnyRow]) -> dict[int, Talk]:
    """The talk that belongs to each of some messages, by message: the author's open one before all others. None within that talk itself."""
    if not messages:
        return {}
    open_rooms = {row.member_id: row for row in connection.execute(_ROOMS.where(SideRoom.member_id.in_({row.author_id for row in messages}), _IS_OPEN))}
    cases = {row.message_id: row for row in connection.execute(_cases_with_rooms([row.id for row in messages]))}
    talks = {}
    for message in messages:
        case, room = cases.get(message.id), open_rooms.get(message.author_id)
        if case is not None and case.circle_id is not None and case.closed_at is None:
            room = case
        if room is None and case is not None:
            room = case if case.circle_id is not None else None
            talks[message.id] = talk_from(room) if room else OFFERED
        elif room is not None and room.circle_id != message.circle_id:
            talks[message.id] = talk_from(room)
    return talks


def talk_from(room: AnyRow) -> Talk:
    """A talk as its row, with the volunteer's name, tells it."""
    state = _state_of(room)
    by_member = state is TalkState.ENDED and room.ended_by_id == room.member_id
    return Talk(state, room.circle_id, room.volunteer, room.asked_at is not None, by_member)


def _state_of(room: AnyRow) -> TalkState:
    if room.closed_at is not None:
        return TalkState.ENDED
    if room.joined_at is None:
        return TalkState.WAITING
    still_there = room.seated and (room.volunteer_id == room.owner_id or room.volunteer_role is Role.LEAD)  # a lead needs no case to be there
    return TalkState.HERE if still_there else TalkState.LEFT


def said_by_helpers(connection: Connection, message_ids: Collection[int]) -> set[int]:
    """Those messages that a volunteer wrote in a talk: a plain question about dying is no cry for help."""
    if not message_ids:
        return set()
    query = select(Message.id).join(SideRoom, SideRoom.circle_id == Message.circle_id)
    return set(connection.execute(query.where(Message.id.in_(message_ids), Message.author_id != SideRoom.member_id)).scalars())


def open_cases_of_rooms(connection: Connection, circle_ids: Collection[int]) -> dict[int, int]:
    """The care case behind each of some open talks, by the talk's circle, locked for a step; circles that are no talk are not among them."""
    if not circle_ids:
        return {}
    query = select(SideRoom.circle_id, SideRoom.case_id).join(Case, Case.id == SideRoom.case_id)
    query = query.where(SideRoom.circle_id.in_(circle_ids), SideRoom.closed_at.is_(None), Case.state != CaseState.CLOSED)
    return {row.circle_id: row.case_id for row in connection.execute(query.order_by(Case.id).with_for_update(of=Case))}


def room_of_case(connection: Connection, case_id: int) -> AnyRow | None:
    """The talk of a case, with the volunteer's name."""
    return connection.execute(_ROOMS.where(SideRoom.case_id == case_id)).one_or_none()


def room_of_circle(connection: Connection, circle_id: int) -> AnyRow | None:
    """The talk that happens in a circle, with the volunteer's name; None for every ordinary circle."""
    return connection.execute(_ROOMS.where(SideRoom.circle_id == circle_id)).one_or_none()


def open_room_of(connection: Connection, member_id: int) -> AnyRow | None:
    """The newest talk of a member that has not ended."""
    return connection.execute(_NEWEST_FIRST.where(SideRoom.member_id == member_id, _IS_OPEN).limit(1)).one_or_none()


def refuse_while_open(connection: Connection, case_id: int) -> None:
    """A care case is not closed over the heads of people who talk, nor of somebody who sits there alone and waits."""
    room = room_of_case(connection, case_id)
    if room is not None and room.closed_at is None:
        raise Conflict(STILL_TALKING if room.joined_at is not None else STILL_WAITING)


STILL_TALKING = N_("The talk with this person is still open. End it first; what was said stays there to read.")
STILL_WAITING = N_("This person asked to talk and is waiting. Go into the side room, or give the case back so that somebody else can.")
_IS_OPEN = SideRoom.closed_at.is_(None)
_SEATED = select(Membership.user_id).where(Membership.circle_id == SideRoom.circle_id, Membership.user_id == SideRoom.volunteer_id).exists().label("seated")
_ENDED_BY = (
    select(CaseActivity.actor_id)
    .where(CaseActivity.case_id == SideRoom.case_id, CaseActivity.action == CaseAction.TALK_ENDED)
    .order_by(CaseActivity.number.desc())
    .limit(1)
    .correlate(SideRoom)
    .scalar_subquery()
    .label("ended_by_id")
)
_ROOM_COLUMNS = (*SideRoom.__table__.columns, _ENDED_BY, Case.owner_id, User.name.label("volunteer"), User.role.label("volunteer_role"), _SEATED)
_ROOMS: Select[tuple[object, ...]] = (
    select(*_ROOM_COLUMNS).join(Case, Case.id == SideRoom.case_id).outerjoin(User, User.id == SideRoom.volunteer_id).order_by(SideRoom.circle_id)
)
_NEWEST_FIRST: Select[tuple[object, ...]] = _ROOMS.order_by(None).order_by(SideRoom.circle_id.desc())


def _cases_with_rooms(message_ids: Collection[int]) -> Select[tuple[object, ...]]:
    """The care cases of some messages, the newest of each last, with their talks where there are any."""
    return (
        select(Case.message_id, *_ROOM_COLUMNS)
        .outerjoin(SideRoom, SideRoom.case_id == Case.id)
        .outerjoin(User, User.id == SideRoom.volunteer_id)
        .where(Case.message_id.in_(message_ids), Case.lane == Lane.CARE)
        .order_by(Case.id)
    )
