"""Accounts that a lead closed by a decision about a message: what is told about it, and how another decision opens them again."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select, update

from models import Case, CaseActivity, Circle, CircleKind, Message, MessageState, Role, User
from models.activity import CaseAction
from models.case import CaseState, Consequence
from support_app import audit
from support_app.database import AnyRow, Database
from support_app.services.accounts import close_account

# A decision stands while its message is with its author, or waits because they appealed; what was released again closes nothing.
_STANDS = Message.state.in_((MessageState.RETURNED, MessageState.HELD))
_DECISIONS = (
    select(CaseActivity.id, CaseActivity.case_id, CaseActivity.actor_id, CaseActivity.created_at, CaseActivity.note, CaseActivity.rule)
    .add_columns(CaseActivity.rules_version, Case.level, Case.circle_id, Case.message_id, Message.created_at.label("sent_at"), Circle.name, Circle.kind)
    .join(Case, Case.id == CaseActivity.case_id)
    .join(Message, Message.id == Case.message_id)
    .join(Circle, Circle.id == Case.circle_id)
    .join(User, User.id == Message.author_id)
    .where(CaseActivity.action == CaseAction.RETURNED, CaseActivity.consequence == Consequence.BAN)
    .order_by(CaseActivity.id)
    .limit(1)
)
_CLOSED_IT = (CaseActivity.created_at == User.banned_at) & (CaseActivity.actor_id == User.banned_by_id)


class SecondLook(StrEnum):
    """Whether another person can be asked to look again, or was."""

    POSSIBLE = "possible"
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    NO_CASE = "no_case"  # somebody who runs the service closed it, without any case


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision that closed an account."""

    reason: str
    rule: str
    rules_version: int | None
    circle_name: str | None  # none for a private talk
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Closure:
    """A closed account as its owner may know of it. Without `decided` no case stands behind it."""

    closed_at: datetime
    by: Role | None
    second_look: SecondLook
    decided: Decided | None = None
    asked_at: datetime | None = None
    confirmed_at: datetime | None = None
    confirmed_reason: str | None = None


def closure_of(db: Database, user_id: int) -> Closure | None:
    """What to tell somebody who gave the right pass phrase of a closed account; None when it is open."""
    with db.read() as connection:
        user = connection.execute(select(User.banned_at, User.banned_by_id).where(User.id == user_id)).one_or_none()
        if user is None or user.banned_at is None:
            return None
        by = connection.execute(select(User.role).where(User.id == user.banned_by_id)).scalar_one_or_none()
        decision = decision_in_force(connection, user_id)
        if decision is None:
            return Closure(user.banned_at, by, SecondLook.NO_CASE)
        appeal = appeal_of(connection, decision.case_id)
        reason = _reason_of(connection, appeal.id) if appeal is not None else None
    circle_name = decision.name if decision.kind is CircleKind.CIRCLE else None
    return Closure(
        closed_at=user.banned_at,
        by=Role.LEAD,  # nobody else can decide so, whatever they are today
        second_look=_second_look(appeal),
        decided=Decided(decision.note, decision.rule, decision.rules_version, circle_name, decision.sent_at),
        asked_at=appeal.opened_at if appeal is not None else None,
        confirmed_at=appeal.closed_at if appeal is not None else None,
        confirmed_reason=reason,
    )


def decision_in_force(connection: Connection, user_id: int) -> AnyRow | None:
    """The step by which a person's account is closed right now; None when it is open, or was closed without a case."""
    return connection.execute(_DECISIONS.where(User.id == user_id, _CLOSED_IT, _STANDS)).one_or_none()


def appeal_of(connection: Connection, case_id: int) -> AnyRow | None:
    """The appeal against what a case decided."""
    query = select(Case.id, Case.state, Case.opened_at, Case.closed_at).where(Case.appeal_of_id == case_id).order_by(Case.id.desc()).limit(1)
    return connection.execute(query).one_or_none()


def close_by_decision(connection: Connection, *, user_id: int, by_id: int, now: datetime) -> None:
    """Close an account as a case decided it; one that is closed already stays closed by what closed it first."""
    closed = select(User.banned_at).where(User.id == user_id).with_for_update()
    if connection.execute(closed).scalar_one() is None:
        close_account(connection, user_id=user_id, by_id=by_id, now=now)


def lift_closure(connection: Connection, *, message_id: int, by_id: int, now: datetime) -> None:
    """Open an account again when the message for which it was closed was released; not when something else closed it, or another such decision stands."""
    of_author = User.id == select(Message.author_id).where(Message.id == message_id).scalar_subquery()
    user = connection.execute(select(User.id, User.banned_at).where(of_author, User.banned_at.is_not(None)).with_for_update()).one_or_none()
    if user is None or connection.execute(_DECISIONS.where(User.id == user.id, _CLOSED_IT, Case.message_id == message_id)).first() is None:
        return
    other = connection.execute(_DECISIONS.where(User.id == user.id, CaseActivity.created_at >= user.banned_at, _STANDS)).one_or_none()
    closed = {"banned_at": other.created_at, "banned_by_id": other.actor_id} if other is not None else {"banned_at": None, "banned_by_id": None}
    connection.execute(update(User).where(User.id == user.id).values(**closed))
    if other is None:
        audit.record(connection, actor_id=by_id, action="account.unbanned", subject=f"user:{user.id}", now=now, message=message_id)


def _second_look(appeal: AnyRow | None) -> SecondLook:
    if appeal is None:
        return SecondLook.POSSIBLE
    return SecondLook.CONFIRMED if appeal.state is CaseState.CLOSED else SecondLook.WAITING


def _reason_of(connection: Connection, case_id: int) -> str | None:
    """What the person who decided wrote to the author."""
    returned = (CaseActivity.case_id == case_id) & (CaseActivity.action == CaseAction.RETURNED) & CaseActivity.public
    return connection.execute(select(CaseActivity.note).where(returned).order_by(CaseActivity.id.desc()).limit(1)).scalar_one_or_none()
