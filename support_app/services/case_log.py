"""Opens and closes cases and keeps their history, many at once: in an outage every waiting message becomes one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, bindparam, func, insert, select, update

from models import Case, CaseActivity, Event, Report
from models.activity import CaseAction
from models.case import CaseOrigin, CaseOutcome, CaseState
from models.event import Audience, EventKind
from moderation.taxonomy import SECONDS_TO_ACKNOWLEDGE, Lane, Level

LONGEST_SECONDS = max(SECONDS_TO_ACKNOWLEDGE.values())
REPORTERS_LEARN = {CaseAction.REPORTED, CaseAction.REVEALED, CaseAction.RETURNED, CaseAction.KEPT, CaseAction.WITHDRAWN}
NOBODYS = {"owner_id": None, "lease_token": None, "lease_until": None}


@dataclass(frozen=True, slots=True)
class DueCase:
    """A message that a person must look at, in which queue and how soon."""

    message_id: int
    circle_id: int
    lane: Lane
    level: Level
    origin: CaseOrigin = CaseOrigin.SCREENING
    appeal_of_id: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to a case, by whom (a null actor is the system), and what was said about it."""

    action: CaseAction
    actor_id: int | None = None
    note: str | None = None
    public: bool = False
    details: tuple[tuple[str, Any], ...] = ()  # further columns of an activity


@cache
def _adding_steps(said: tuple[str, ...]) -> Insert:
    """The statement that adds a step with these columns to the histories of `cases`: building it takes longer than running it."""
    before, columns = CaseActivity.__table__.alias(), CaseActivity.__table__.c
    number = select(func.coalesce(func.max(before.c.number), 0) + 1).where(before.c.case_id == Case.id).scalar_subquery()
    previous = select(before.c.state).where(before.c.case_id == Case.id).order_by(before.c.number.desc()).limit(1).scalar_subquery()
    told = (bindparam(name, type_=columns[name].type).label(name) for name in said)
    standing = select(Case.id, number, previous, Case.state, Case.level, Case.owner_id, *told).where(Case.id.in_(bindparam("cases", expanding=True)))
    return insert(CaseActivity).from_select(["case_id", "number", "previous_state", "state", "level", "owner_id", *said], standing.order_by(Case.id))


def clock(level: Level) -> timedelta:
    """How soon a person should acknowledge a case."""
    return timedelta(seconds=SECONDS_TO_ACKNOWLEDGE.get(level, LONGEST_SECONDS))


def open_cases(connection: Connection, due: Sequence[DueCase], *, now: datetime, step: Step | None = None) -> list[int]:
    """Open cases with their clocks running, and tell the volunteers' pages that they are there; answers with their ids."""
    if not due:
        return []
    rows = [
        {
            "message_id": case.message_id,
            "circle_id": case.circle_id,
            "origin": case.origin,
            "appeal_of_id": case.appeal_of_id,
            "lane": case.lane,
            "level": case.level,
            "state": CaseState.OPEN,
            "lead_only": False,
            "opinion_asked": False,
            "version": 1,
            "opened_at": now,
            "waiting_since": now,
            "free_since": now,
            "due_at": now + clock(case.level),
        }
        for case in due
    ]
    case_ids = list(connection.execute(insert(Case).returning(Case.id), rows).scalars())
    note_steps(connection, case_ids, step or Step(CaseAction.OPENED), now=now)
    return case_ids


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
    query = select(Case.id).where(Case.message_id.in_(message_ids), Case.state != CaseState.CLOSED).order_by(Case.id)
    case_ids = connection.execute(query if lane is None else query.where(Case.lane == lane)).scalars().all()
    if case_ids:
        close(connection, case_ids, outcome=outcome, step=Step(action, actor_id), now=now)


def close(connection: Connection, case_ids: Sequence[int], *, outcome: CaseOutcome, step: Step, now: datetime, **values: Any) -> None:
    """Close these cases, with their last step."""
    ended = {"state": CaseState.CLOSED, "outcome": outcome, "closed_at": now, "decision": None, "takes_effect_at": None, "offered_to_id": None}
    change = update(Case).where(Case.id.in_(case_ids)).values(**ended, **NOBODYS, offered_until=None, version=Case.version + 1, **values)
    connection.execute(change)
    note_steps(connection, case_ids, step, now=now)


def note_step(connection: Connection, case_id: int, step: Step, *, now: datetime) -> None:
    """Add a step to a case's history and let the volunteers' pages look again."""
    note_steps(connection, [case_id], step, now=now)


def note_steps(connection: Connection, case_ids: Sequence[int], step: Step, *, now: datetime) -> None:
    """Add the same step to several histories, with how each case stands now: called after the case was changed."""
    said = {"actor_id": step.actor_id, "action": step.action, "note": step.note, "public": step.public, "created_at": now} | dict(step.details)
    connection.execute(_adding_steps(tuple(said)), said | {"cases": case_ids})
    event = {"audience": Audience.VOLUNTEERS, "kind": EventKind.CASE_CHANGED, "created_at": now}
    connection.execute(insert(Event), [event | {"case_id": case_id} for case_id in case_ids])
    if step.action in REPORTERS_LEARN:
        _tell_reporters(connection, case_ids, now)


def _tell_reporters(connection: Connection, case_ids: Sequence[int], now: datetime) -> None:
    """Whoever reported a message sees that a person has read it, and that it is decided."""
    reporters = connection.execute(select(Report.case_id, Report.reporter_id).where(Report.case_id.in_(case_ids)).order_by(Report.id)).all()
    event = {"audience": Audience.AUTHOR, "kind": EventKind.REPORT_CHANGED, "created_at": now}
    if reporters:
        connection.execute(insert(Event), [event | {"case_id": row.case_id, "user_id": row.reporter_id} for row in reporters])
