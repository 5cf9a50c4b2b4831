"""Opens and closes cases and keeps their history, many at once: in an outage every waiting message becomes one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from models import Case, CaseDecision, Event
from models.case import CaseOutcome, CaseState
from models.decision import CaseAction
from models.event import Audience, EventKind
from moderation.taxonomy import SECONDS_TO_ACKNOWLEDGE, Lane, Level

LONGEST_SECONDS = max(SECONDS_TO_ACKNOWLEDGE.values())


@dataclass(frozen=True, slots=True)
class DueCase:
    """A message that a person must look at, in which queue and how soon."""

    message_id: int
    circle_id: int
    lane: Lane
    level: Level


def open_cases(connection: Connection, due: Sequence[DueCase], *, now: datetime) -> None:
    """Open cases with their clocks running, and tell the volunteers' pages that they are there."""
    if not due:
        return
    rows = [
        {
            "message_id": case.message_id,
            "circle_id": case.circle_id,
            "lane": case.lane,
            "level": case.level,
            "state": CaseState.OPEN,
            "version": 1,
            "opened_at": now,
            "due_at": now + timedelta(seconds=SECONDS_TO_ACKNOWLEDGE.get(case.level, LONGEST_SECONDS)),
        }
        for case in due
    ]
    case_ids = connection.execute(insert(Case).returning(Case.id), rows).scalars().all()
    _note(connection, case_ids, actor_id=None, action=CaseAction.OPENED, now=now)


def close_cases(
    connection: Connection,
    message_ids: Collection[int],
    *,
    outcome: CaseOutcome,
    action: CaseAction,
    now: datetime,
    lane: Lane | None = None,
    actor_id: int | None = None,
) -> None:
    """Close the open cases of some messages, in one lane or in both."""
    query = select(Case.id).where(Case.message_id.in_(message_ids), Case.state == CaseState.OPEN).order_by(Case.id)
    case_ids = connection.execute(query if lane is None else query.where(Case.lane == lane)).scalars().all()
    if not case_ids:
        return
    ended = {"state": CaseState.CLOSED, "outcome": outcome, "closed_at": now, "owner_id": None, "lease_token": None, "lease_until": None}
    connection.execute(update(Case).where(Case.id.in_(case_ids)).values(**ended, version=Case.version + 1))
    _note(connection, case_ids, actor_id=actor_id, action=action, now=now)


def note_step(
    connection: Connection, *, case_id: int, actor_id: int | None, action: CaseAction, now: datetime, note: str | None = None, rule: str | None = None
) -> None:
    """Add a step to a case's history and let the volunteers' pages look again."""
    _note(connection, [case_id], actor_id=actor_id, action=action, now=now, note=note, rule=rule)


def _note(
    connection: Connection,
    case_ids: Sequence[int],
    *,
    actor_id: int | None,
    action: CaseAction,
    now: datetime,
    note: str | None = None,
    rule: str | None = None,
) -> None:
    step = {"actor_id": actor_id, "action": action, "note": note, "rule": rule, "created_at": now}
    event = {"audience": Audience.VOLUNTEERS, "kind": EventKind.CASE_CHANGED, "created_at": now}
    connection.execute(insert(CaseDecision), [step | {"case_id": case_id} for case_id in case_ids])
    connection.execute(insert(Event), [event | {"case_id": case_id} for case_id in case_ids])
