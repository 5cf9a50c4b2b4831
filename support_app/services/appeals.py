"""Appeals: somebody whose message was returned, or whose account was closed for it, asks another person to decide again, once."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from models import Case, CaseActivity, HoldReason, Message, MessageState, Role, User
from models.activity import CaseAction
from models.case import CaseOrigin, Consequence
from moderation.taxonomy import Lane, Level
from support_app import audit
from support_app.access import Actor, access_own_returned, lock_circle
from support_app.database import AnyRow, Database
from support_app.errors import N_, Conflict, Invalid
from support_app.services.case_log import DueCase, Step, open_cases
from support_app.services.closures import appeal_of, decision_in_force
from support_app.services.messages import tell_author
from support_app.services.sharing import people_who_may
from support_app.services.states import require_move

NOTE_LONGEST = 500
NOT_CLOSED = N_("This account is not closed. You can sign in.")
NO_CASE = N_("This account was closed by the people who run this service. Please write to them.")
ASKED_ALREADY = N_("Another person was asked already. That is possible once.")


def appeal(db: Database, actor: Actor, message_id: int, *, note: str, version: int, now: datetime) -> None:
    """Have another person than the one who returned it decide about a message again; raises `Conflict` the second time."""
    note = _checked_note(note)
    with db.write() as connection:
        message = access_own_returned(connection, actor, message_id, now=now)
        if message.version != version:
            raise Conflict
        case = returned_in(connection, message.id)
        if case is None or case.origin is CaseOrigin.APPEAL:
            raise Conflict(N_("Another person has already looked at this message again."))
        _open_appeal(connection, message, Step(CaseAction.APPEALED, actor.user_id, note or None), of_id=case.id, level=case.level, now=now)


def appeal_closed_account(db: Database, user_id: int, *, note: str, now: datetime) -> None:
    """The same for whoever cannot sign in, because the return closed their account; the caller has checked that it is them.

    Another lead decides, or, where there is none, another certified volunteer. Raises `Conflict` the second time, when the account is open,
    and when no case stands behind it.
    """
    note = _checked_note(note)
    with db.write() as connection:
        decision = decision_in_force(connection, user_id)
        if decision is None:
            closed = connection.execute(select(User.banned_at).where(User.id == user_id)).scalar_one_or_none()
            raise Conflict(NOT_CLOSED if closed is None else NO_CASE)
        lock_circle(connection, decision.circle_id)
        message = connection.execute(select(Message.__table__).where(Message.id == decision.message_id).with_for_update()).one()
        if message.state is not MessageState.RETURNED or appeal_of(connection, decision.case_id) is not None:
            raise Conflict(ASKED_ALREADY)
        step = Step(CaseAction.APPEALED, user_id, note or None, details=(("consequence", Consequence.BAN),))
        case_id = _open_appeal(connection, message, step, of_id=decision.case_id, level=decision.level, now=now)
        if any(person.role is Role.LEAD for person in people_who_may(connection, case_id, now=now)):
            connection.execute(update(Case).where(Case.id == case_id).values(lead_only=True))


def returned_in(connection: Connection, message_id: int) -> AnyRow | None:
    """The case in which a message was last returned, in which lane ever."""
    query = (
        select(Case.id, Case.level, Case.origin)
        .join(CaseActivity, CaseActivity.case_id == Case.id)
        .where(Case.message_id == message_id, CaseActivity.action == CaseAction.RETURNED, CaseActivity.public)
        .order_by(CaseActivity.id.desc())
        .limit(1)
    )
    return connection.execute(query).one_or_none()


def _checked_note(note: str) -> str:
    if len(note.strip()) > NOTE_LONGEST:
        raise Invalid(N_("Please write a few words, at most 500 characters."))
    return note.strip()


def _open_appeal(connection: Connection, message: AnyRow, step: Step, *, of_id: int, level: Level, now: datetime) -> int:
    """Hold the message, locked by the caller, for another person, with what its author says; answers with the new case."""
    require_move(message.state, MessageState.HELD)
    values = {"state": MessageState.HELD, "hold_reason": HoldReason.AUTHOR_ASKED, "version": message.version + 1, "changed_at": now}
    connection.execute(update(Message).where(Message.id == message.id).values(**values))
    due = DueCase(message.id, message.circle_id, Lane.CONDUCT, level, CaseOrigin.APPEAL, of_id)
    (case_id,) = open_cases(connection, [due], now=now, step=step)
    tell_author(connection, message, now)
    audit.record(connection, actor_id=step.actor_id, action="case.appealed", subject=f"case:{of_id}", now=now, appeal=case_id)
    return case_id
