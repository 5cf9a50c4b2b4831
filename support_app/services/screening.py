"""The screener's side of the database: what waits, who claimed it, what was found."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from models import Circle, HoldReason, Message, MessageState, ScreenerInstance, ScreenerState
from moderation.helplines import Helplines
from moderation.pipeline import Candidate, Finding, Screened
from moderation.rules import Rules
from moderation.screener import Claimed
from moderation.taxonomy import Lane, Level, Verdict
from support_app.database import AnyRow, Database, insert_into
from support_app.services.case_log import DueCase, open_cases
from support_app.services.delivery import Judgement, settle
from support_app.services.helplines_in_messages import nameable
from support_app.services.messages import tell_authors
from support_app.services.released import released_before

CLAIM_SECONDS = 10
CIRCLES_PER_CLAIM = 64
MESSAGES_PER_CLAIM = 96
RECENT_SECONDS = 120
OVERDUE_SECONDS = 2
OVERDUE_AT_ONCE = 100  # the web process does this between messages: a longer transaction would be felt
LONGEST_RETRY_SECONDS = 15
FRESH_SECONDS = {ScreenerState.STARTING: 5, ScreenerState.READY: 5, ScreenerState.FAILED: 30}  # a failed one says so once at each start
CARE_LEVELS = frozenset({Level.C2, Level.C3, Level.C4})

# What every turn asks, put together once: that costs more than to answer it.
_CLAIMABLE = Message.to_screen & (Message.screen_after.is_(None) | (Message.screen_after <= bindparam("now")))
_ANY_WAITING = select(Message.id).where(_CLAIMABLE).limit(1)
_OLDEST = select(Message.circle_id, func.min(Message.id).label("first")).where(_CLAIMABLE).group_by(Message.circle_id).subquery()
_FREE_CIRCLES = (
    select(Circle.id)
    .join(_OLDEST, _OLDEST.c.circle_id == Circle.id)
    .where(Circle.screening_until.is_(None) | (Circle.screening_until < bindparam("now")))
    .order_by(_OLDEST.c.first)
    .limit(CIRCLES_PER_CLAIM)
    .with_for_update(of=Circle, skip_locked=True)
)
_CLAIM = (
    update(Circle)
    .where(Circle.id.in_(bindparam("ids", expanding=True)))
    .values(screening_token=Circle.screening_token + 1, screening_until=bindparam("until"))
    .returning(Circle.id, Circle.screening_token)
)
_WAITING = (
    select(Message.id, Message.circle_id, Message.author_id, Message.text, Circle.rules_version)
    .join(Circle, Circle.id == Message.circle_id)
    .where(_CLAIMABLE, Message.circle_id.in_(bindparam("ids", expanding=True)))
    .order_by(Message.id)
    .limit(MESSAGES_PER_CLAIM)
)
_RECENT = (
    select(Message.id, Message.circle_id, Message.author_id, Message.text)
    .where(Message.author_id.in_(bindparam("authors", expanding=True)), Message.created_at > bindparam("since"))
    .where(Message.state != MessageState.WITHDRAWN)
    .order_by(Message.id.desc())
)


def claim(db: Database, *, now: datetime) -> list[Claimed]:
    """Take the circles with the oldest waiting messages for `CLAIM_SECONDS`; empty when nothing waits."""
    with db.read() as connection:
        if connection.execute(_ANY_WAITING, {"now": now}).first() is None:
            return []
    helplines = nameable(db)
    with db.write(events=False) as connection:
        tokens = _claim_circles(connection, now)
        rows = _waiting_messages(connection, list(tokens), now) if tokens else []
        recent = _recent_texts(connection, rows, now) if rows else {}
        versions = {row.circle_id: (row.rules_version, db.rules_of(connection, row.circle_id, row.rules_version)) for row in rows}
        _give_back(connection, tokens.keys() - versions.keys())
    return [_claimed(row, tokens[row.circle_id], versions[row.circle_id], recent, helplines) for row in rows]


def settle_screened(db: Database, results: Sequence[tuple[Claimed, Screened]], *, classifier: str, revision: str, now: datetime) -> set[int]:
    """Write what the pipeline decided, in one transaction; answers with the ids that were settled.

    What the classifier gave nothing usable for is held, and claimed again a little later each time.
    """
    judgements = [_judgement(claimed, screened, classifier, revision) for claimed, screened in results if screened.scores is not None]
    unusable = [claimed.message_id for claimed, screened in results if screened.scores is None]
    tokens = {claimed.circle_id: claimed.token for claimed, _ in results}
    with db.write() as connection:
        settled = settle(connection, released_before(connection, judgements), tokens=tokens, now=now)
        if unusable:
            _postpone(connection, unusable, tokens, now)
    return settled


def hold_overdue(db: Database, *, now: datetime) -> int:
    """Hold what the classifier did not answer in time, so that people can see it; it is screened again by itself."""
    overdue = (Message.state == MessageState.PENDING) & Message.to_screen & (Message.created_at < now - timedelta(seconds=OVERDUE_SECONDS))
    with db.read() as connection:
        if connection.execute(select(Message.id).where(overdue).limit(1)).first() is None:
            return 0
    with db.write() as connection:
        rows = connection.execute(select(Message.__table__).where(overdue).order_by(Message.id).limit(OVERDUE_AT_ONCE).with_for_update(skip_locked=True)).all()
        _hold_unscreened(connection, rows, now)
    return len(rows)


def retry_at_once(db: Database) -> None:
    """Claim everything that waits again, because a classifier has just become ready.

    Claims of a screener that died are ended too. One that lives on loses what it is working on, and its late results are fenced off.
    """
    with db.write() as connection:
        claimed = update(Circle).where(Circle.screening_until.is_not(None))
        connection.execute(claimed.values(screening_until=None, screening_token=Circle.screening_token + 1))
        connection.execute(update(Message).where(Message.to_screen, Message.screen_after.is_not(None)).values(screen_after=None))


def report_screener(
    db: Database, *, instance: str, state: ScreenerState, now: datetime, classifier: str | None = None, revision: str | None = None, error: str | None = None
) -> None:
    """A screener's sign of life, or its last words."""
    row = {"id": instance, "state": state, "classifier": classifier, "weights_revision": revision, "error": error, "started_at": now, "heartbeat_at": now}
    changes = {key: value for key, value in row.items() if key not in {"id", "started_at"}}
    with db.write() as connection:
        connection.execute(insert_into(connection, ScreenerInstance).values(**row).on_conflict_do_update(index_elements=["id"], set_=changes))
        connection.execute(delete(ScreenerInstance).where(ScreenerInstance.heartbeat_at < now - timedelta(days=1)))


def screener_status(db: Database, *, now: datetime) -> dict[str, Any]:
    """What `/health` and the banner say: `ready` only while some screener was heard of in the last seconds."""
    with db.read() as connection:
        latest = connection.execute(select(ScreenerInstance.__table__).order_by(ScreenerInstance.heartbeat_at.desc()).limit(8)).all()
        waiting = connection.execute(select(func.count(), func.min(Message.created_at)).where(Message.to_screen)).one()
    fresh = [row for row in latest if row.heartbeat_at > now - timedelta(seconds=FRESH_SECONDS[row.state])]
    ready = next((row for row in fresh if row.state == ScreenerState.READY), None)
    chosen = ready or next(iter(fresh), None)
    return {
        "state": "ready" if ready else (chosen.state.value if chosen else "unavailable"),
        "classifier": chosen.classifier if chosen else None,
        "weights_revision": chosen.weights_revision if chosen else None,
        "error": chosen.error if chosen else None,
        "pending": waiting[0],
        "oldest_pending_s": round((now - waiting[1]).total_seconds(), 3) if waiting[1] else 0,
    }


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """A finding as it is stored: without any text of the message."""
    return {key: value for key, value in asdict(finding).items() if value not in (None, "")}


def _postpone(connection: Connection, message_ids: list[int], tokens: Mapping[int, int], now: datetime) -> None:
    current = connection.execute(select(Circle.id, Circle.screening_token).where(Circle.id.in_(tokens))).all()
    claimed = [circle.id for circle in current if circle.screening_token == tokens[circle.id]]  # no other screener has taken it since
    query = select(Message.__table__).where(Message.id.in_(message_ids), Message.to_screen, Message.circle_id.in_(claimed))
    rows = connection.execute(query.order_by(Message.id).with_for_update()).all()
    _hold_unscreened(connection, [row for row in rows if row.state is MessageState.PENDING], now)
    for row in rows:
        again = now + timedelta(seconds=min(2**row.screen_attempts, LONGEST_RETRY_SECONDS))
        connection.execute(update(Message).where(Message.id == row.id).values(screen_attempts=Message.screen_attempts + 1, screen_after=again))


def _hold_unscreened(connection: Connection, rows: Sequence[AnyRow], now: datetime) -> None:
    """Hold pending messages; the rows are locked by the caller."""
    if not rows:
        return
    values = {"state": MessageState.HELD, "hold_reason": HoldReason.SCREENER_UNAVAILABLE, "version": Message.version + 1, "changed_at": now}
    connection.execute(update(Message).where(Message.id.in_([row.id for row in rows])).values(values))
    tell_authors(connection, rows, now)
    open_cases(connection, [DueCase(row.id, row.circle_id, Lane.CONDUCT, Level.H1) for row in rows], now=now)


def _claim_circles(connection: Connection, now: datetime) -> dict[int, int]:
    ids = connection.execute(_FREE_CIRCLES, {"now": now}).scalars().all()
    if not ids:
        return {}
    rows = connection.execute(_CLAIM, {"ids": ids, "until": now + timedelta(seconds=CLAIM_SECONDS)})
    return {row.id: row.screening_token for row in rows}


def _give_back(connection: Connection, circle_ids: Collection[int]) -> None:
    """End the claims of circles whose messages did not fit into this turn."""
    if circle_ids:
        connection.execute(update(Circle).where(Circle.id.in_(circle_ids)).values(screening_until=None))


def _waiting_messages(connection: Connection, circle_ids: list[int], now: datetime) -> list[AnyRow]:
    return list(connection.execute(_WAITING, {"ids": circle_ids, "now": now}))


def _recent_texts(connection: Connection, rows: list[AnyRow], now: datetime) -> dict[tuple[int, int], list[tuple[int, str]]]:
    asked = {"authors": sorted({row.author_id for row in rows}), "since": now - timedelta(seconds=RECENT_SECONDS)}
    recent: dict[tuple[int, int], list[tuple[int, str]]] = {}
    for row in connection.execute(_RECENT, asked):
        recent.setdefault((row.circle_id, row.author_id), []).append((row.id, row.text))
    return recent


def _claimed(row: AnyRow, token: int, version: tuple[int, Rules], recent: dict[tuple[int, int], list[tuple[int, str]]], helplines: Helplines) -> Claimed:
    earlier = tuple(text for message_id, text in recent.get((row.circle_id, row.author_id), []) if message_id < row.id)
    candidate = Candidate(text=row.text, rules=version[1], recent=earlier, helplines=helplines)
    return Claimed(message_id=row.id, circle_id=row.circle_id, token=token, rules_version=version[0], candidate=candidate)


def _judgement(claimed: Claimed, screened: Screened, classifier: str, revision: str) -> Judgement:
    decision = screened.decision
    return Judgement(
        message_id=claimed.message_id,
        circle_id=claimed.circle_id,
        verdict=decision.verdict,
        cases=_cases_due(screened),
        levels={lane.value: level.value for lane, level in decision.levels.items()},
        reasons=[finding_as_json(finding) for finding in decision.reasons],
        scores={label.value: round(score, 5) for label, score in (screened.scores or {}).items()},
        rules_version=claimed.rules_version,
        classifier=classifier,
        weights_revision=revision,
        milliseconds=round(screened.milliseconds, 3),
    )


def _cases_due(screened: Screened) -> list[tuple[Lane, Level]]:
    """The decision's own case, and one for care beside it when somebody in crisis wrote what is held for its conduct."""
    decision = screened.decision
    if decision.verdict is Verdict.NUDGE or decision.lane is None or decision.level is None:
        return []
    cases = [(decision.lane, decision.level)]
    care = decision.levels.get(Lane.CARE)
    if decision.lane is Lane.CONDUCT and care in CARE_LEVELS:
        cases.append((Lane.CARE, care))
    return cases
