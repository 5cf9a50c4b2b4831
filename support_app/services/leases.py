"""Taking a case: a lease with a token and an end, kept alive while its page is open, given back, run out; and asking for the text."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from models import Case, CaseActivity, Message, MessageState
from models.activity import CaseAction
from models.case import CaseState
from moderation.taxonomy import Lane
from support_app import audit
from support_app.access import Actor, access_case_as_volunteer
from support_app.database import AnyRow, Database
from support_app.errors import N_, Claimed, Conflict, LeaseLost
from support_app.services.case_log import NOBODYS, Step, note_step
from support_app.services.due_cases import for_each_due
from support_app.services.messages import tell_author
from support_app.services.rest import require_rested
from support_app.services.shifts import keep_active, require_on_duty

LEASE_SECONDS = 300


def claim(db: Database, actor: Actor, case_id: int, *, now: datetime) -> None:
    """Take a case for `LEASE_SECONDS`; of two people exactly one gets it, the other meets `Claimed`."""
    with db.write() as connection:
        require_on_duty(connection, actor, now=now)
        case = access_case_as_volunteer(connection, actor, case_id, now=now)
        if case.state is not CaseState.OPEN:
            raise Conflict
        if case.lease_until is not None and case.lease_until > now and case.owner_id != actor.user_id:
            raise Claimed
        require_rested(connection, actor, case, now=now)
        lease_case(connection, actor, case, now=now)


def lease_case(connection: Connection, actor: Actor, case: AnyRow, *, now: datetime) -> None:
    """Make a case that is free, and locked by the caller, the actor's; its author is told that somebody reads now."""
    values = {"owner_id": actor.user_id, "lease_token": secrets.token_hex(16), "lease_until": now + timedelta(seconds=LEASE_SECONDS)}
    taken = update(Case).where(Case.id == case.id, Case.version == case.version).values(**values, offered_to_id=None, offered_until=None)
    if connection.execute(taken.values(version=case.version + 1)).rowcount != 1:
        raise Claimed
    note_step(connection, case.id, Step(CaseAction.CLAIMED, actor.user_id), now=now)
    tell_author_of(connection, case, now)


def keep_alive(db: Database, actor: Actor, case_id: int, *, now: datetime) -> datetime:
    """Extend the lease while the page is open; answers with its new end."""
    until = now + timedelta(seconds=LEASE_SECONDS)
    with db.write() as connection:
        case = held_case(connection, actor, case_id, now=now, undoable=True)
        connection.execute(update(Case).where(Case.id == case.id).values(lease_until=until))
        keep_active(connection, user_id=actor.user_id, now=now)
    return until


def give_back(db: Database, actor: Actor, case_id: int, *, now: datetime) -> None:
    """Let somebody else take it, without giving a reason."""
    with db.write() as connection:
        end_lease(connection, held_case(connection, actor, case_id, now=now), Step(CaseAction.GIVEN_BACK, actor.user_id), now=now)


def expire_leases(db: Database, *, now: datetime) -> int:
    """End claims that have run out, so that authors and the queue are told the truth; answers with their number."""
    return for_each_due(db, (Case.state == CaseState.OPEN) & (Case.lease_until <= now), _run_out, now=now)


def _run_out(connection: Connection, case: AnyRow, now: datetime) -> None:
    end_lease(connection, case, Step(CaseAction.GIVEN_BACK), now=now)


def reveal(db: Database, actor: Actor, case_id: int, *, now: datetime) -> None:
    """Ask for the text, as the one who holds the case or whose opinion is asked; who read what is on record."""
    with db.write() as connection:
        case = readable_case(connection, actor, case_id, now=now)
        if not has_revealed(connection, actor, case, now):
            note_step(connection, case.id, Step(CaseAction.REVEALED, actor.user_id), now=now)
            audit.record(connection, actor_id=actor.user_id, action="case.revealed", subject=f"case:{case.id}", now=now)


def end_lease(connection: Connection, case: AnyRow, step: Step, *, now: datetime, **values: object) -> None:
    """Take a case, locked by the caller, out of its owner's hands; its author is told."""
    connection.execute(update(Case).where(Case.id == case.id).values(**NOBODYS, free_since=now, version=case.version + 1, **values))
    note_step(connection, case.id, step, now=now)
    tell_author_of(connection, case, now)


def held_case(connection: Connection, actor: Actor, case_id: int, *, now: datetime, version: int | None = None, undoable: bool = False) -> AnyRow:
    """The case, locked, while the actor's lease runs and nobody changed it since `version`; raises `Conflict`, `LeaseLost`.

    With `undoable` also while its decision can still be undone.
    """
    case = access_case_as_volunteer(connection, actor, case_id, now=now)
    if case.state is CaseState.CLOSED or (case.state is CaseState.DECIDED and not undoable):
        raise Conflict
    if not _holds(actor, case, now):
        raise LeaseLost
    if version is not None and case.version != version:
        raise Conflict
    return case


def read_case(connection: Connection, actor: Actor, case_id: int, *, now: datetime, version: int | None = None, undoable: bool = False) -> AnyRow:
    """The same, and the actor has read the message."""
    case = held_case(connection, actor, case_id, now=now, version=version, undoable=undoable)
    if not has_revealed(connection, actor, case, now):
        raise Conflict(N_("Please read the message before you decide."))
    return case


def readable_case(connection: Connection, actor: Actor, case_id: int, *, now: datetime) -> AnyRow:
    """The case, locked, when the actor holds it or somebody asked for other opinions; raises `Conflict`, `LeaseLost`."""
    case = access_case_as_volunteer(connection, actor, case_id, now=now)
    if case.state is not CaseState.OPEN:
        raise Conflict
    if not _holds(actor, case, now) and not case.opinion_asked:
        raise LeaseLost
    return case


def has_revealed(connection: Connection, actor: Actor, case: AnyRow, now: datetime) -> bool:
    """Whether the actor asked for the text since taking the case, or since their opinion was asked, and may still read it."""
    if _holds(actor, case, now):
        begun = (CaseActivity.actor_id == actor.user_id) & CaseActivity.action.in_((CaseAction.CLAIMED, CaseAction.REVEALED))
    elif case.opinion_asked and case.state is CaseState.OPEN:
        begun = (CaseActivity.action == CaseAction.OPINION_ASKED) | ((CaseActivity.actor_id == actor.user_id) & (CaseActivity.action == CaseAction.REVEALED))
    else:
        return False
    query = select(CaseActivity.action).where(CaseActivity.case_id == case.id, begun).order_by(CaseActivity.number.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none() is CaseAction.REVEALED


def tell_author_of(connection: Connection, case: AnyRow, now: datetime) -> None:
    """The author's notice and care card say what people do now; the version moves so that pages take the newer one."""
    message = connection.execute(select(Message.__table__).where(Message.id == case.message_id).with_for_update()).one()
    if message.state is MessageState.HELD or (case.lane is Lane.CARE and message.state is not MessageState.WITHDRAWN):
        connection.execute(update(Message).where(Message.id == message.id).values(version=message.version + 1))
        tell_author(connection, message, now)


def _holds(actor: Actor, case: AnyRow, now: datetime) -> bool:
    return bool(case.owner_id == actor.user_id and case.lease_until is not None and case.lease_until > now)
