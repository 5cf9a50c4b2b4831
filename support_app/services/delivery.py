"""The one door: the only place that settles what becomes of a message, for the screener and for people alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import BindParameter, Connection, Table, bindparam, insert, select, update

from models import Circle, Event, HoldReason, Message, MessageState, Screening
from models.activity import CaseAction
from models.case import CaseOutcome
from models.event import Audience, EventKind
from moderation.taxonomy import Lane, Level, Verdict
from support_app import audit
from support_app.database import AnyRow
from support_app.services.case_log import DueCase, Step, close_cases, note_step, open_cases
from support_app.services.states import require_move
from support_app.services.talks import open_cases_of_rooms

STATE_OF_VERDICT = {
    Verdict.DELIVER: MessageState.DELIVERED,
    Verdict.DELIVER_ALERT: MessageState.DELIVERED,
    Verdict.NUDGE: MessageState.NUDGED,
    Verdict.HOLD: MessageState.HELD,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was decided about one message."""

    message_id: int
    circle_id: int
    verdict: Verdict
    cases: Sequence[tuple[Lane, Level]]
    levels: Mapping[str, str]
    reasons: Sequence[Mapping[str, Any]]
    scores: Mapping[str, float] | None
    rules_version: int
    classifier: str | None
    weights_revision: str | None
    milliseconds: float
    decided_by_id: int | None = None


@dataclass(slots=True)
class _Batch:
    """Rows of one transaction, gathered first and written with one statement each."""

    now: datetime
    counters: dict[int, list[int]]
    screenings: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)


def settle(connection: Connection, judgements: Sequence[Judgement], *, tokens: Mapping[int, int] | None, now: datetime) -> set[int]:
    """Write screenings, states, sequence numbers, events and cases; answers with the ids that were settled.

    `tokens` are the fencing tokens of a screener's claims by circle; a circle claimed by another screener since is left alone, and so is a
    message that no longer waits for screening. None: a person decides about a held message, having checked the case's lease.
    """
    circles = _lock_circles(connection, judgements, tokens)
    rows = _lock_messages(connection, [judgement.message_id for judgement in judgements if judgement.circle_id in circles], by_screener=tokens is not None)
    batch = _Batch(now=now, counters={row.id: [row.last_seq, row.last_event] for row in circles.values()})
    settled = [(judgement, rows[judgement.message_id]) for judgement in judgements if judgement.message_id in rows]
    for judgement, row in settled:
        _settle_one(batch, judgement, row)
    _write(connection, batch, release_claims=tokens is not None)
    if tokens is not None:  # a person's decision closes its own case itself
        _settle_cases(connection, settled, now)
    return {judgement.message_id for judgement, _ in settled}


def _settle_one(batch: _Batch, judgement: Judgement, row: AnyRow) -> None:
    state = STATE_OF_VERDICT[judgement.verdict]
    require_move(row.state, state)
    number = (row.screening or 0) + 1
    delivered = state is MessageState.DELIVERED
    counters = batch.counters[judgement.circle_id]
    if delivered:
        counters[0] += 1
        counters[1] += 1
    batch.screenings.append(_screening_row(judgement, number, batch.now))
    batch.messages.append(
        {
            "b_id": row.id,
            "state": state,
            "hold_reason": HoldReason.SCREENED if state is MessageState.HELD else None,
            "to_screen": False,
            "version": row.version + 1,
            "screening": number,
            "seq": counters[0] if delivered else None,
            "delivered_at": batch.now if delivered else None,
            "changed_at": batch.now,
        }
    )
    batch.events.append(_event_row(judgement, row, counters[1] if delivered else None, batch.now))


def _screening_row(judgement: Judgement, number: int, now: datetime) -> dict[str, Any]:
    return {
        "message_id": judgement.message_id,
        "number": number,
        "verdict": judgement.verdict,
        "scores": dict(judgement.scores) if judgement.scores is not None else None,
        "reasons": list(judgement.reasons),
        "levels": dict(judgement.levels),
        "rules_version": judgement.rules_version,
        "classifier": judgement.classifier,
        "weights_revision": judgement.weights_revision,
        "milliseconds": judgement.milliseconds,
        "decided_by_id": judgement.decided_by_id,
        "created_at": now,
    }


def _event_row(judgement: Judgement, row: AnyRow, number: int | None, now: datetime) -> dict[str, Any]:
    shown = EventKind.MESSAGE_EDITED if row.revises_id else EventKind.MESSAGE_NEW
    kind = EventKind.MESSAGE_STATE if number is None else shown
    return {
        "audience": Audience.AUTHOR if number is None else Audience.CIRCLE,
        "kind": kind,
        "circle_id": judgement.circle_id,
        "number": number,
        "message_id": judgement.message_id,
        "user_id": row.author_id,
        "created_at": now,
    }


_MESSAGES = cast("Table", Message.__table__)  # the tables, so that many rows go in one call
_CIRCLES = cast("Table", Circle.__table__)
_UPDATE_MESSAGE = (
    update(_MESSAGES)
    .where(_MESSAGES.c.id == bindparam("b_id"))
    .values({name: bindparam(name) for name in ("state", "hold_reason", "to_screen", "version", "screening", "seq", "delivered_at", "changed_at")})
)
_UPDATE_CIRCLE = update(_CIRCLES).where(_CIRCLES.c.id == bindparam("b_id")).values({"last_seq": bindparam("last_seq"), "last_event": bindparam("last_event")})
_RELEASE_CIRCLE = _UPDATE_CIRCLE.values({"screening_until": None})
_INSERT_SCREENING, _INSERT_EVENT = insert(Screening), insert(Event)
_IDS: BindParameter[list[int]] = bindparam("ids", expanding=True)
_LOCK_CIRCLES = (
    select(Circle.id, Circle.last_seq, Circle.last_event, Circle.screening_token)
    .where(Circle.id.in_(_IDS))
    .order_by(Circle.id)
    .with_for_update(key_share=True)  # rows that only refer to a circle may be written meanwhile
)
_MESSAGES_TO_LOCK = (
    select(Message.id, Message.author_id, Message.state, Message.hold_reason, Message.version, Message.screening, Message.revises_id)
    .where(Message.id.in_(_IDS))
    .order_by(Message.id)
    .with_for_update()
)
_LOCK_WAITING = _MESSAGES_TO_LOCK.where(Message.to_screen)
_LOCK_HELD = _MESSAGES_TO_LOCK.where(Message.state == MessageState.HELD)


def _write(connection: Connection, batch: _Batch, *, release_claims: bool) -> None:
    if batch.screenings:
        connection.execute(_INSERT_SCREENING, batch.screenings)
        connection.execute(_UPDATE_MESSAGE, batch.messages)
        connection.execute(_INSERT_EVENT, batch.events)
    if batch.counters:
        counters = [{"b_id": circle_id, "last_seq": seq, "last_event": event} for circle_id, (seq, event) in batch.counters.items()]
        connection.execute(_RELEASE_CIRCLE if release_claims else _UPDATE_CIRCLE, counters)


def _lock_circles(connection: Connection, judgements: Sequence[Judgement], tokens: Mapping[int, int] | None) -> dict[int, AnyRow]:
    ids = sorted({judgement.circle_id for judgement in judgements} | set(tokens or ()))
    rows = connection.execute(_LOCK_CIRCLES, {"ids": ids}).all()
    return {row.id: row for row in rows if tokens is None or tokens[row.id] == row.screening_token}


def _lock_messages(connection: Connection, ids: list[int], *, by_screener: bool) -> dict[int, AnyRow]:
    return {row.id: row for row in connection.execute(_LOCK_WAITING if by_screener else _LOCK_HELD, {"ids": ids})}


def _settle_cases(connection: Connection, settled: Sequence[tuple[Judgement, AnyRow]], now: datetime) -> None:
    """Open the cases that are due, and close those that stood for the classifier's absence only."""
    waited = [row.id for _, row in settled if row.hold_reason is HoldReason.SCREENER_UNAVAILABLE]
    if waited:
        close_cases(connection, waited, outcome=CaseOutcome.SCREENED, action=CaseAction.SCREENED, now=now)
    due = [DueCase(judgement.message_id, judgement.circle_id, lane, level) for judgement, _ in settled for lane, level in judgement.cases]
    open_cases(connection, _without_those_in_talks(connection, due, settled, now), now=now)
    for judgement, _ in settled:
        if judgement.verdict is not Verdict.DELIVER:
            details = {"verdict": judgement.verdict, "reasons": [reason["code"] for reason in judgement.reasons], "rules_version": judgement.rules_version}
            audit.record(connection, actor_id=None, action="message.screened", subject=f"message:{judgement.message_id}", now=now, **details)


def _without_those_in_talks(connection: Connection, due: list[DueCase], settled: Sequence[tuple[Judgement, AnyRow]], now: datetime) -> list[DueCase]:
    """A need that is said to the volunteer who is there for it is a step of the case they hold, and no second case.

    Only where the words reach them: for what is held, somebody still has to be called.
    """
    rooms = open_cases_of_rooms(connection, {case.circle_id for case in due if case.lane is Lane.CARE})
    authors = {row.id: row.author_id for judgement, row in settled if judgement.verdict is Verdict.DELIVER_ALERT and judgement.circle_id in rooms}
    said = [case for case in due if case.lane is Lane.CARE and case.message_id in authors]
    for case in said:
        note_step(connection, rooms[case.circle_id], Step(CaseAction.TALK_FLAGGED, authors[case.message_id]), now=now)
    return [case for case in due if case not in said]
