"""The only way to get a row on someone's behalf: each function answers with the row or refuses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, bindparam, exists, literal, or_, select
from sqlalchemy.orm import aliased

from models import Case, CaseActivity, Circle, Debrief, Membership, MembershipRole, Message, MessageState, Report, Role, Session, SideRoom, User
from models.activity import CaseAction
from models.certificate import certified
from support_app.database import AnyRow
from support_app.errors import N_, Banned, Conflict, ConflictOfInterest, Forbidden, NotCertified, NotFound, NotSignedIn, TalkEnded

REVIEWERS = frozenset({Role.VOLUNTEER, Role.LEAD})
LEADS = frozenset({Role.LEAD})
ADMINS = frozenset({Role.ADMIN})
TEAM = frozenset({Role.LEAD, Role.ADMIN})

_DECIDING = (CaseAction.DECIDED, CaseAction.RETURNED)  # returned: the only step that cases of before have


def may_decide(user_id: ColumnElement[int], role: ColumnElement[Any], now: datetime | ColumnElement[Any]) -> Sequence[ColumnElement[bool]]:
    """What `access_case_as_volunteer` asks of a reviewer and a case, for many at once."""
    return certified(user_id, now), *no_conflict(user_id), or_(~Case.lead_only, role == literal(Role.LEAD, User.role.type))


def no_conflict(user_id: ColumnElement[int]) -> Sequence[ColumnElement[bool]]:
    """Who sits in the circle, wrote or reported the message, or made a decision that is appealed against has a conflict of interest."""
    sits = exists().where(Membership.circle_id == Case.circle_id, Membership.user_id == user_id)
    wrote = exists().where(Message.id == Case.message_id, Message.author_id == user_id)
    before = aliased(Case)  # an appeal may itself have closed an account, which is appealed against in its turn
    first = select(before.appeal_of_id).where(before.id == Case.appeal_of_id).correlate(Case).scalar_subquery()
    appealed = or_(CaseActivity.case_id == Case.appeal_of_id, CaseActivity.case_id == first)
    decided = exists().where(appealed, CaseActivity.actor_id == user_id, CaseActivity.action.in_(_DECIDING))
    reported = exists().where(Report.case_id == Case.id, Report.reporter_id == user_id)
    return ~sits, ~wrote, ~decided, ~reported


# Statements are built once: building one takes longer than running it.
_STANDING = (Session.expires_at, Session.auth_epoch.label("session_epoch"), User.auth_epoch, User.banned_at)
_SESSION_BY_TOKEN = (
    select(*_STANDING, Session.id.label("session_id"), User.id.label("user_id"), User.name, User.role, User.locale)
    .join(User, User.id == Session.user_id)
    .where(Session.token_hash == bindparam("token_hash"))
)
_SESSION_BY_ID = select(*_STANDING).join(User, User.id == Session.user_id).where(Session.id == bindparam("session_id"), Session.user_id == bindparam("user_id"))
_SEAT = (
    select(*_STANDING, Membership.role, Circle.rules_version, Circle.last_seq, Circle.last_event, SideRoom.closed_at)
    .join(User, User.id == Session.user_id)
    .outerjoin(Membership, (Membership.user_id == User.id) & (Membership.circle_id == bindparam("circle_id")))
    .outerjoin(Circle, Circle.id == Membership.circle_id)
    .outerjoin(SideRoom, SideRoom.circle_id == Circle.id)
    .where(Session.id == bindparam("session_id"), Session.user_id == bindparam("user_id"))
)
_CERTIFIED = select(certified(bindparam("user_id"), bindparam("now")))
_WITHOUT_CONFLICT = select(Case.id).where(Case.id == bindparam("case_id"), *no_conflict(bindparam("user_id", type_=Integer)))
_CASE = select(Case.__table__).where(Case.id == bindparam("case_id"))
_LOCKED_CASE = _CASE.with_for_update()
_LOCKED_CIRCLE = select(Circle.id).where(Circle.id == bindparam("circle_id")).with_for_update(key_share=True)


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone with a session, as known when their request or event arrived."""

    user_id: int
    name: str
    role: Role
    locale: str
    session_id: int
    auth_epoch: int


@dataclass(frozen=True, slots=True)
class Seat:
    """An actor's place in a circle."""

    circle_id: int
    facilitator: bool
    rules_version: int
    last_seq: int
    last_event: int
    ended: bool


def access_session(connection: Connection, *, token_hash: str, now: datetime) -> Actor:
    """The person behind a session token; refuses ended sessions and closed accounts."""
    row = connection.execute(_SESSION_BY_TOKEN, {"token_hash": token_hash}).one_or_none()
    if row is None or row.expires_at <= now or row.session_epoch != row.auth_epoch:
        raise NotSignedIn
    if row.banned_at is not None:
        raise Banned
    return Actor(row.user_id, row.name, row.role, row.locale, row.session_id, row.auth_epoch)


def require_live(connection: Connection, actor: Actor, *, now: datetime) -> None:
    """Refuse when the actor's session has ended since the request or socket began."""
    row = connection.execute(_SESSION_BY_ID, {"session_id": actor.session_id, "user_id": actor.user_id}).one_or_none()
    _require_valid(row, actor, now)


def access_circle_as_member(connection: Connection, actor: Actor, circle_id: int, *, now: datetime) -> Seat:
    """The actor's seat; one query that also checks session, epoch and ban."""
    row = connection.execute(_SEAT, {"session_id": actor.session_id, "user_id": actor.user_id, "circle_id": circle_id}).one_or_none()
    _require_valid(row, actor, now)
    if row is None or row.role is None:
        raise NotFound
    return Seat(circle_id, row.role == MembershipRole.FACILITATOR, row.rules_version, row.last_seq, row.last_event, row.closed_at is not None)


def access_circle_to_write(connection: Connection, actor: Actor, circle_id: int, *, now: datetime) -> Seat:
    """The same, where new words are still taken; a talk that was ended can only be read."""
    seat = access_circle_as_member(connection, actor, circle_id, now=now)
    if seat.ended:
        raise TalkEnded
    return seat


def access_own_message(connection: Connection, actor: Actor, message_id: int, *, now: datetime) -> AnyRow:
    """A message of the actor's own, locked for a change; the circle must still be theirs."""
    own = (Message.id == message_id) & (Message.author_id == actor.user_id)
    circle_id = connection.execute(select(Message.circle_id).where(own)).scalar_one_or_none()
    if circle_id is None:
        require_live(connection, actor, now=now)
        raise NotFound
    access_circle_as_member(connection, actor, circle_id, now=now)
    lock_circle(connection, circle_id)
    return connection.execute(select(Message.__table__).where(own).with_for_update()).one()


def access_own_returned(connection: Connection, actor: Actor, message_id: int, *, now: datetime) -> AnyRow:
    """A message of the actor's own that was returned, locked; also when the same decision ended their seat in the circle."""
    require_live(connection, actor, now=now)
    own = (Message.id == message_id) & (Message.author_id == actor.user_id)
    circle_id = connection.execute(select(Message.circle_id).where(own)).scalar_one_or_none()
    if circle_id is None:
        raise NotFound
    lock_circle(connection, circle_id)
    message = connection.execute(select(Message.__table__).where(own).with_for_update()).one()
    if message.state is not MessageState.RETURNED:
        raise Conflict
    return message


def lock_circle(connection: Connection, circle_id: int) -> None:
    """Taken before any row of the circle is locked, by everybody in this order, so that no two wait for each other."""
    connection.execute(_LOCKED_CIRCLE, {"circle_id": circle_id})


def require_reviewer(connection: Connection, actor: Actor, *, now: datetime) -> None:
    """Refuse people who do not review cases."""
    require_live(connection, actor, now=now)
    if actor.role not in REVIEWERS:
        raise Forbidden


def require_admin(connection: Connection, actor: Actor, *, now: datetime) -> None:
    """Refuse people who do not run the service."""
    require_live(connection, actor, now=now)
    if actor.role not in ADMINS:
        raise Forbidden


def require_team(connection: Connection, actor: Actor, *, now: datetime) -> None:
    """Refuse people who neither lead the volunteers nor run the service."""
    require_live(connection, actor, now=now)
    if actor.role not in TEAM:
        raise Forbidden


def is_certified(connection: Connection, user_id: int, now: datetime) -> bool:
    """Whether a person has a certificate in force."""
    return bool(connection.execute(_CERTIFIED, {"user_id": user_id, "now": now}).scalar_one())


def require_certified(connection: Connection, actor: Actor, *, now: datetime) -> None:
    """Refuse people without a certificate in force."""
    if not is_certified(connection, actor.user_id, now):
        raise NotCertified


def require_lead(connection: Connection, actor: Actor, *, now: datetime) -> None:
    """Refuse people who are not lead volunteers."""
    require_live(connection, actor, now=now)
    if actor.role not in LEADS:
        raise Forbidden


def access_own_debrief(connection: Connection, actor: Actor, debrief_id: int, *, now: datetime) -> AnyRow:
    """A debrief of the actor's own."""
    require_reviewer(connection, actor, now=now)
    return _debrief(connection, (Debrief.id == debrief_id) & (Debrief.user_id == actor.user_id))


def access_debrief_as_lead(connection: Connection, actor: Actor, debrief_id: int, *, now: datetime) -> AnyRow:
    """A debrief of somebody else who asked a lead to contact them and still waits for it."""
    require_lead(connection, actor, now=now)
    waits = Debrief.wants_contact & Debrief.contacted_at.is_(None) & (Debrief.user_id != actor.user_id)
    return _debrief(connection, waits & (Debrief.id == debrief_id))


def access_case_as_volunteer(connection: Connection, actor: Actor, case_id: int, *, now: datetime) -> AnyRow:
    """A case a certified volunteer may decide, locked for it; nobody decides where they sit, about themselves, or about an appeal against themselves."""
    case = view_case_as_volunteer(connection, actor, case_id, now=now)
    require_certified(connection, actor, now=now)
    if sits_in_case(connection, actor, case):
        raise ConflictOfInterest
    if case.lead_only and actor.role is not Role.LEAD:
        raise Forbidden(N_("This case was given to a lead."))
    lock_circle(connection, case.circle_id)
    return connection.execute(_LOCKED_CASE, {"case_id": case_id}).one()


def view_case_as_volunteer(connection: Connection, actor: Actor, case_id: int, *, now: datetime) -> AnyRow:
    """A case as every volunteer may see it in the queue: without any text."""
    require_reviewer(connection, actor, now=now)
    case = connection.execute(_CASE, {"case_id": case_id}).one_or_none()
    if case is None:
        raise NotFound
    return case


def sits_in_case(connection: Connection, actor: Actor, case: AnyRow) -> bool:
    """Whether the case is about the actor's own circle, message, report or decision."""
    return connection.execute(_WITHOUT_CONFLICT, {"case_id": case.id, "user_id": actor.user_id}).first() is None


def _debrief(connection: Connection, condition: ColumnElement[bool]) -> AnyRow:
    row = connection.execute(select(Debrief.__table__).where(condition).with_for_update()).one_or_none()
    if row is None:
        raise NotFound
    return row


def _require_valid(row: AnyRow | None, actor: Actor, now: datetime) -> None:
    if row is None or row.expires_at <= now or row.session_epoch != row.auth_epoch or row.auth_epoch != actor.auth_epoch:
        raise NotSignedIn
    if row.banned_at is not None:
        raise Banned
