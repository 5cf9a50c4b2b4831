"""Care for a person: the level a person sets, how a care case ends, and the follow-up that comes back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, select, update

from models import Case, Message, MessageState, User
from models.activity import CaseAction
from models.case import CARE_OUTCOMES, CaseOutcome, CaseState
from moderation.taxonomy import LEVELS_OF_LANE, Lane, Level
from support_app import audit
from support_app.access import REVIEWERS, Actor
from support_app.database import AnyRow, Database
from support_app.errors import N_, Conflict, Invalid
from support_app.services.case_log import Step, clock, close, note_step
from support_app.services.due_cases import for_each_due
from support_app.services.leases import read_case, tell_author_of
from support_app.services.talks import refuse_while_open

NOTE_LONGEST = 500
FOLLOW_UP_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Who looks after a person again, and when."""

    at: datetime
    by_id: int


def set_level(db: Database, actor: Actor, case_id: int, *, level: Level, version: int, now: datetime) -> None:
    """Put on record how urgent a person finds a case; the software only ordered the queue."""
    with db.write() as connection:
        case = read_case(connection, actor, case_id, now=now, version=version)
        if level not in LEVELS_OF_LANE[case.lane]:
            raise Invalid
        values = {"level": level, "level_set_by_id": actor.user_id, "due_at": case.waiting_since + clock(level)}
        connection.execute(update(Case).where(Case.id == case.id).values(**values, version=case.version + 1))
        note_step(connection, case.id, Step(CaseAction.LEVEL_SET, actor.user_id), now=now)
        audit.record(connection, actor_id=actor.user_id, action="case.level_set", subject=f"case:{case.id}", now=now, before=case.level, level=level)


def close_care(db: Database, actor: Actor, case_id: int, *, outcome: CaseOutcome, note: str, follow_up: FollowUp | None, version: int, now: datetime) -> None:
    """End a care case: with a level set by a person, an outcome, and a follow-up or the plain word that there is none.

    Raises `Conflict` while the level is the software's or the message is held, `Invalid` for another outcome, a note that is too long or a follow-up that cannot be.
    """
    note = note.strip()
    if outcome not in CARE_OUTCOMES or len(note) > NOTE_LONGEST:
        raise Invalid
    with db.write() as connection:
        case = read_case(connection, actor, case_id, now=now, version=version)
        _require_looked_after(connection, case)
        if follow_up is not None:
            _require_possible(connection, follow_up, now)
        values = {"follow_up_at": follow_up.at if follow_up else None, "follow_up_by_id": follow_up.by_id if follow_up else None}
        details = (("follow_up_at", values["follow_up_at"]),)
        step = Step(CaseAction.LOOKED_AFTER, actor.user_id, note or None, details=details)
        close(connection, [case.id], outcome=outcome, step=step, now=now, **values)
        tell_author_of(connection, case, now)
        audit.record(
            connection, actor_id=actor.user_id, action="case.looked_after", subject=f"case:{case.id}", now=now, outcome=outcome, follow_up=bool(follow_up)
        )


def reopen_due(db: Database, *, now: datetime) -> int:
    """Bring back the cases whose follow-up is due, first to the person who promised it, then to everybody; answers with their number."""
    return for_each_due(db, (Case.state == CaseState.CLOSED) & (Case.follow_up_at <= now), _reopen, now=now)


def _reopen(connection: Connection, case: AnyRow, now: datetime) -> None:
    done = {"follow_up_at": None, "follow_up_by_id": None}
    other = exists().where(Case.message_id == case.message_id, Case.lane == case.lane, Case.state != CaseState.CLOSED)
    if connection.execute(select(other)).scalar_one():  # somebody looks after this person about the same message already
        connection.execute(update(Case).where(Case.id == case.id).values(**done, version=case.version + 1))
        return
    until = now + clock(Level.C2)
    back = {"state": CaseState.OPEN, "outcome": None, "closed_at": None, "waiting_since": now, "free_since": now, "due_at": until}
    offered = {"offered_to_id": case.follow_up_by_id, "offered_until": until}
    connection.execute(update(Case).where(Case.id == case.id).values(**back, **done, **offered, version=case.version + 1))
    note_step(connection, case.id, Step(CaseAction.FOLLOW_UP_DUE), now=now)


def _require_looked_after(connection: Connection, case: AnyRow) -> None:
    if case.lane is not Lane.CARE:
        raise Conflict
    if connection.execute(select(Message.state).where(Message.id == case.message_id)).scalar_one() is MessageState.HELD:
        raise Conflict(N_("This message is still held. Release it or return it first."))
    refuse_while_open(connection, case.id)
    if case.level_set_by_id is None:
        raise Conflict(N_("Please set the level first: how urgent do you find it, now that you have read it?"))


def _require_possible(connection: Connection, follow_up: FollowUp, now: datetime) -> None:
    if not now < follow_up.at <= now + FOLLOW_UP_WITHIN:
        raise Invalid(N_("A follow-up lies in the future, within the next 30 days."))
    role = connection.execute(select(User.role).where(User.id == follow_up.by_id, User.banned_at.is_(None))).scalar_one_or_none()
    if role not in REVIEWERS:
        raise Invalid(N_("Please choose a volunteer for the follow-up."))
