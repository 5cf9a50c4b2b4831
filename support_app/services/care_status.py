"""What is true right now for somebody whose words opened a care case: has anybody answered, and did an alert go out."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from models import AttemptState, Case, CaseActivity, Page, PageAttempt
from models.activity import CaseAction
from models.case import CaseState
from moderation.taxonomy import Lane
from support_app.database import AnyRow


class CareState(StrEnum):
    """What the author is told about people, never more than is certain."""

    ANSWERED = "answered"  # somebody has taken the case
    ALERTING = "alerting"  # nobody is free; the alert is on its way
    ALERTED = "alerted"  # nobody is free; the alert was accepted by at least one channel
    UNREACHED = "unreached"  # nobody is free, and no channel took the alert


@dataclass(frozen=True, slots=True)
class CareStatus:
    """A state and since when it is so."""

    state: CareState
    since: datetime


def care_statuses(connection: Connection, message_ids: Collection[int], *, now: datetime) -> dict[int, CareStatus]:
    """By message; nothing for one whose care case is closed, or waits and was not paged about."""
    query = select(Case.__table__).where(Case.message_id.in_(message_ids), Case.lane == Lane.CARE, Case.state != CaseState.CLOSED)
    cases = connection.execute(query).all() if message_ids else ()
    claims = _newest_claims(connection, [case.id for case in cases])
    attempts = _attempts(connection, [case.id for case in cases])
    found = {case.message_id: _status(case, claims.get(case.id), attempts[case.id], now) for case in cases}
    return {message_id: status for message_id, status in found.items() if status is not None}


def _status(case: AnyRow, claimed_at: datetime | None, attempts: Sequence[AnyRow], now: datetime) -> CareStatus | None:
    if case.lease_until is not None and case.lease_until > now:
        return CareStatus(CareState.ANSWERED, claimed_at or case.free_since)
    if claimed_at is not None and claimed_at > case.free_since:
        return None
    current = [row for row in attempts if row.waiting_since == case.free_since]
    if not current:
        return None
    sent = [row.ended_at for row in current if row.state is AttemptState.SENT]
    if sent:
        return CareStatus(CareState.ALERTED, min(sent))
    state = CareState.UNREACHED if all(row.state is AttemptState.GIVEN_UP for row in current) else CareState.ALERTING
    return CareStatus(state, min(row.created_at for row in current))


def _newest_claims(connection: Connection, case_ids: Sequence[int]) -> dict[int, datetime]:
    if not case_ids:
        return {}
    query = select(CaseActivity.case_id, CaseActivity.created_at).where(CaseActivity.case_id.in_(case_ids), CaseActivity.action == CaseAction.CLAIMED)
    return {row.case_id: row.created_at for row in connection.execute(query.order_by(CaseActivity.id))}


def _attempts(connection: Connection, case_ids: Sequence[int]) -> dict[int, list[AnyRow]]:
    found: dict[int, list[AnyRow]] = defaultdict(list)
    if case_ids:
        columns = (Page.case_id, Page.waiting_since, Page.created_at, PageAttempt.state, PageAttempt.ended_at)
        for row in connection.execute(select(*columns).join(PageAttempt, PageAttempt.page_id == Page.id).where(Page.case_id.in_(case_ids))):
            found[row.case_id].append(row)
    return found
