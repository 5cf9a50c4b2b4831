"""A talk between a member and a volunteer: asked for, entered, ended. Inside it is a circle like any other."""

import secrets
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from models import Case, Circle, CircleKind, Membership, MembershipRole, Message, Role, SideRoom, User
from models.activity import CaseAction
from models.case import CaseState
from models.event import EventKind
from moderation.taxonomy import CrisisMode, Lane
from support_app import audit
from support_app.access import Actor, access_case_as_volunteer, access_circle_as_member, access_own_message, lock_circle
from support_app.database import AnyRow, Database
from support_app.errors import N_, Conflict, Forbidden, NotFound
from support_app.services.case_log import DueCase, Step, note_step, open_cases
from support_app.services.circles import add_member, end_membership
from support_app.services.leases import read_case
from support_app.services.messages import announce_in_circle, tell_authors
from support_app.services.rules import add_version, rules_in_force
from support_app.services.talks import open_room_of, room_of_case, room_of_circle

SEATS = 3  # the member, the volunteer, a lead
# A volunteer must be able to hear everything, also what a circle is spared; what would lead out of its protection is still stopped.
HEARD = {"crisis_mode": CrisisMode.DELIVER_AND_ALERT, "stop_dosages": False, "watched_phrases": ()}


def ask(db: Database, actor: Actor, message_id: int, *, now: datetime) -> int:
    """Say under one's message that one would like to talk; answers with the circle to write in. Whoever has an open talk gets that one."""
    with db.write() as connection:
        message = access_own_message(connection, actor, message_id, now=now)
        if (there := open_room_of(connection, actor.user_id)) is not None:
            return int(there.circle_id)
        case = _open_care_case(connection, message, now)
        room = room_of_case(connection, case.id) or _make_room(connection, case, member_id=actor.user_id, now=now)
        waiting = {"asked_at": now, "volunteer_id": None, "joined_at": None, "closed_at": None}
        connection.execute(update(SideRoom).where(SideRoom.circle_id == room.circle_id).values(**waiting))
        _record(connection, room, actor, CaseAction.ASKED_TO_TALK, now)
        return int(room.circle_id)


def enter(db: Database, actor: Actor, case_id: int, *, now: datetime) -> int:
    """Open the talk of a care case, or join the one its author asked for; answers with its circle. Entering twice changes nothing.

    For the volunteer who holds the case and has read it, and for leads, whom everybody there sees.
    Raises `ConflictOfInterest`, `LeaseLost`, `Conflict` (closed, or not read yet), `NotFound` (not a care case).
    """
    with db.write() as connection:
        _lock_circles(connection, case_id)
        case = _case_to_talk_about(connection, actor, case_id, now)
        room = room_of_case(connection, case_id) or _offer_room(connection, case, now)
        is_owner = case.owner_id == actor.user_id
        listens = room.volunteer_id is None or room.closed_at is not None or (is_owner and room.volunteer_id != actor.user_id)
        if listens:
            here = {"volunteer_id": actor.user_id, "joined_at": now, "closed_at": None}
            connection.execute(update(SideRoom).where(SideRoom.circle_id == room.circle_id).values(**here))
            _end_seats_of_others(connection, actor, room.circle_id, now)
        if _take_seat(connection, actor, room.circle_id, now) or listens:
            _record(connection, room, actor, CaseAction.TALK_JOINED, now)
        return int(room.circle_id)


def end(db: Database, actor: Actor, case_id: int, *, now: datetime) -> int:
    """End a talk: everybody keeps their seat and can read it, nobody can write. Answers with its circle; ending twice changes nothing."""
    with db.write() as connection:
        _lock_circles(connection, case_id)
        access_case_as_volunteer(connection, actor, case_id, now=now)
        room = room_of_case(connection, case_id)
        if room is None:
            raise NotFound
        if room.closed_at is not None:
            return int(room.circle_id)
        if room.volunteer_id is None:
            raise Conflict(N_("Nobody has come into this talk yet. Go in first, so that nobody is left alone."))
        if actor.role is not Role.LEAD and room.volunteer_id != actor.user_id:
            raise Forbidden(N_("Only the volunteer in this talk, or a lead, can end it."))
        connection.execute(update(SideRoom).where(SideRoom.circle_id == room.circle_id).values(closed_at=now))
        _record(connection, room, actor, CaseAction.TALK_ENDED, now)
        return int(room.circle_id)


def leave_talks(connection: Connection, *, user_id: int, now: datetime) -> None:
    """Take the seats that a person has in talks as somebody of the team: for those who no longer are, or in another role."""
    seats = select(Membership.circle_id).join(SideRoom, SideRoom.circle_id == Membership.circle_id)
    of_team = (Membership.user_id == user_id) & (SideRoom.member_id != user_id)
    for circle_id in connection.execute(seats.where(of_team).order_by(Membership.circle_id)).scalars().all():
        end_membership(connection, circle_id=circle_id, user_id=user_id, now=now)


def end_own(db: Database, actor: Actor, circle_id: int, *, now: datetime) -> None:
    """End one's own talk, also one to which nobody has come; the case stays open, and one can ask again. Ending twice changes nothing.

    Raises `NotFound` when it is not the actor's own talk. Whoever opens it again after that makes an offer.
    """
    with db.write() as connection:
        access_circle_as_member(connection, actor, circle_id, now=now)
        room = room_of_circle(connection, circle_id)
        if room is None or room.member_id != actor.user_id:
            raise NotFound
        _lock_circles(connection, room.case_id)
        ended = update(SideRoom).where(SideRoom.circle_id == circle_id, SideRoom.closed_at.is_(None)).values(closed_at=now, asked_at=None)
        if connection.execute(ended).rowcount:
            _record(connection, room, actor, CaseAction.TALK_ENDED, now)


def _lock_circles(connection: Connection, case_id: int) -> None:
    """The case's circle and then its talk's, which is always the younger one: in the order of their numbers, as the screener takes them, and before the case."""
    for circle in (select(Case.circle_id).where(Case.id == case_id), select(SideRoom.circle_id).where(SideRoom.case_id == case_id)):
        circle_id = connection.execute(circle).scalar_one_or_none()
        if circle_id is not None:
            lock_circle(connection, circle_id)


def _case_to_talk_about(connection: Connection, actor: Actor, case_id: int, now: datetime) -> AnyRow:
    of_lead = actor.role is Role.LEAD
    case = access_case_as_volunteer(connection, actor, case_id, now=now) if of_lead else read_case(connection, actor, case_id, now=now, undoable=True)
    if case.lane is not Lane.CARE:
        raise NotFound
    if case.state is CaseState.CLOSED:
        raise Conflict
    return case


def _open_care_case(connection: Connection, message: AnyRow, now: datetime) -> AnyRow:
    """The care case of a message; when it is closed already, a new one, so that somebody comes."""
    newest = select(Case.__table__).where(Case.message_id == message.id, Case.lane == Lane.CARE).order_by(Case.id.desc()).limit(1)
    case = connection.execute(newest).one_or_none()
    if case is None:
        raise NotFound
    if case.state is not CaseState.CLOSED:
        return case
    open_cases(connection, [DueCase(message.id, message.circle_id, Lane.CARE, case.level)], now=now)
    return connection.execute(newest).one()


def _make_room(connection: Connection, case: AnyRow, *, member_id: int, now: datetime) -> AnyRow:
    """A circle of its own kind with the member in it, judged by the rules of the circle that it grew out of, so far as a volunteer may hear it."""
    language = connection.execute(select(Circle.language).where(Circle.id == case.circle_id)).scalar_one()
    shown = {"name": f"Side room {secrets.token_hex(12)}", "topic": "", "description": "", "meets": "", "language": language, "capacity": SEATS}
    counters = {"rules_version": 1, "last_seq": 0, "last_event": 0, "screening_token": 0}
    circle = insert(Circle).values(kind=CircleKind.SIDE_ROOM, **shown, **counters, created_at=now).returning(Circle.id)
    circle_id = connection.execute(circle).scalar_one()
    rules = rules_in_force(connection, case.circle_id)[1].model_copy(update=HEARD)
    add_version(connection, circle_id=circle_id, number=1, rules=rules, reason="", actor_id=None, now=now)
    add_member(connection, circle_id=circle_id, user_id=member_id, role=MembershipRole.MEMBER, now=now)
    connection.execute(insert(SideRoom), {"circle_id": circle_id, "case_id": case.id, "member_id": member_id})
    return connection.execute(select(SideRoom.__table__).where(SideRoom.circle_id == circle_id)).one()


def _offer_room(connection: Connection, case: AnyRow, now: datetime) -> AnyRow:
    """A room nobody asked for: the author's care card comes back once to tell them, also when they had put it away."""
    message = update(Message).where(Message.id == case.message_id).values(care_dismissed_at=None)
    return _make_room(connection, case, member_id=connection.execute(message.returning(Message.author_id)).scalar_one(), now=now)


def _take_seat(connection: Connection, actor: Actor, circle_id: int, now: datetime) -> bool:
    """Whether the actor had no seat yet."""
    seat = select(Membership.user_id).where(Membership.circle_id == circle_id, Membership.user_id == actor.user_id)
    if connection.execute(seat).first() is not None:
        return False
    add_member(connection, circle_id=circle_id, user_id=actor.user_id, role=MembershipRole.FACILITATOR, now=now)
    return True


def _end_seats_of_others(connection: Connection, actor: Actor, circle_id: int, now: datetime) -> None:
    """A volunteer who handed the case over does not go on reading; leads stay."""
    others = (
        select(Membership.user_id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.circle_id == circle_id, Membership.role == MembershipRole.FACILITATOR, User.role != Role.LEAD, User.id != actor.user_id)
    )
    for user_id in connection.execute(others).scalars().all():
        end_membership(connection, circle_id=circle_id, user_id=user_id, now=now)


def _record(connection: Connection, room: AnyRow, actor: Actor, action: CaseAction, now: datetime) -> None:
    """Write down what happened, and have the room, the member's care cards and the volunteers' pages look again."""
    note_step(connection, room.case_id, Step(action, actor.user_id), now=now)
    audit.record(connection, actor_id=actor.user_id, action=f"case.{action}", subject=f"case:{room.case_id}", now=now, circle=room.circle_id)
    announce_in_circle(connection, circle_id=room.circle_id, kind=EventKind.TALK_CHANGED, now=now)
    cared_for = select(Case.message_id).where(Case.lane == Lane.CARE, (Case.state != CaseState.CLOSED) | (Case.id == room.case_id))
    cards = select(Message.id, Message.circle_id, Message.author_id).where(Message.author_id == room.member_id, Message.id.in_(cared_for))
    tell_authors(connection, connection.execute(cards.order_by(Message.id)).all(), now)
