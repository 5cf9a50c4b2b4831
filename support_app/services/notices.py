"""What the author is told about a message, as facts; the words are put to them in their language by `support_app.words`."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from models import Case, CaseActivity, HoldReason, Message, MessageState, Role, Screening, User
from models.activity import CaseAction
from models.case import CaseOrigin, CaseState, Consequence
from moderation.taxonomy import LANE_OF_LABEL, Label, Lane
from support_app.database import AnyRow
from support_app.services.care_status import CareStatus, care_statuses
from support_app.services.talks import Talk, said_by_helpers, talks_of

CARE_CODES = frozenset(label.value for label, lane in LANE_OF_LABEL.items() if lane is Lane.CARE)
ACTIONS = {
    MessageState.PENDING: ("edit", "withdraw"),
    MessageState.DELIVERED: ("edit", "withdraw"),
    MessageState.NUDGED: ("edit", "withdraw", "send_on"),
    MessageState.HELD: ("edit", "withdraw"),
    MessageState.RETURNED: ("edit", "withdraw", "appeal"),
    MessageState.WITHDRAWN: (),
}


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """Everything the words for the author depend on. Message text is not among it."""

    message_id: int
    client_id: str
    circle_id: int
    author_id: int
    state: MessageState
    hold_reason: HoldReason | None
    seq: int | None
    revises_id: int | None
    version: int
    created_at: datetime
    since: datetime
    reason_codes: tuple[str, ...]
    rules_version: int | None
    being_read: bool
    return_reason: str | None
    return_rule: str | None
    return_rules_version: int | None
    return_role: Role | None
    consequence: Consequence | None
    appealed: bool
    care: bool
    care_dismissed: bool
    care_status: CareStatus | None = None
    talk: Talk | None = None

    @property
    def actions(self) -> tuple[str, ...]:
        """What the author may do with the message now; words that were shown before are not edited in secret, and one appeals once."""
        barred = {"appeal"} if self.appealed else set()
        if self.seq is not None and self.state is not MessageState.DELIVERED:
            barred.add("edit")
        return tuple(action for action in ACTIONS[self.state] if action not in barred)

    @property
    def care_code(self) -> str | None:
        """The most urgent care reason, which chooses the reflecting line."""
        urgent = (Label.IMMINENT, Label.CRISIS, Label.CONCERN)
        return next((label.value for label in urgent if label.value in self.reason_codes), None)


def notice_facts(connection: Connection, message_ids: list[int], *, now: datetime) -> dict[int, NoticeFacts]:
    """The facts for some messages, by id."""
    if not message_ids:
        return {}
    query = (
        select(Message.__table__, Screening.reasons, Screening.rules_version)
        .outerjoin(Screening, (Screening.message_id == Message.id) & (Screening.number == Message.screening))
        .where(Message.id.in_(message_ids))
    )
    rows = connection.execute(query).all()
    first = _first_reasons(connection, [row.id for row in rows if row.screening is not None and row.screening > 1])
    reading = _being_read(connection, [row.id for row in rows if row.state is MessageState.HELD], now)
    returns = _returns(connection, [row.id for row in rows if row.state is MessageState.RETURNED])
    appeals = _appeals(connection, [row.id for row in rows if row.state in {MessageState.HELD, MessageState.RETURNED}])
    facts = {row.id: _facts(row, first.get(row.id), row.id in reading, returns.get(row.id), appeals.get(row.id)) for row in rows}
    return facts | _with_people(connection, [row for row in rows if facts[row.id].care], facts, now)


def _with_people(connection: Connection, rows: list[AnyRow], facts: dict[int, NoticeFacts], now: datetime) -> dict[int, NoticeFacts]:
    """Facts of messages that show a need, with who answers and the talk that is offered or under way; what a volunteer says in a talk shows none."""
    ids = [row.id for row in rows]
    helpers, talks, statuses = said_by_helpers(connection, ids), talks_of(connection, rows), care_statuses(connection, ids, now=now)
    return {row.id: replace(facts[row.id], care=row.id not in helpers, talk=talks.get(row.id), care_status=statuses.get(row.id)) for row in rows}


def _facts(row: AnyRow, first: list[dict[str, Any]] | None, being_read: bool, returned: AnyRow | None, appeal: int | None) -> NoticeFacts:  # noqa: FBT001
    reasons = first if first is not None else (row.reasons or [])
    codes = tuple(reason["code"] for reason in reasons)
    return NoticeFacts(
        message_id=row.id,
        client_id=row.client_id,
        circle_id=row.circle_id,
        author_id=row.author_id,
        state=row.state,
        hold_reason=row.hold_reason,
        seq=row.seq,
        revises_id=row.revises_id,
        version=row.version,
        created_at=row.created_at,
        since=row.changed_at,
        reason_codes=codes,
        rules_version=row.rules_version,
        being_read=being_read,
        return_reason=returned.note if returned else None,
        return_rule=returned.rule if returned else None,
        return_rules_version=returned.rules_version if returned else None,
        return_role=returned.role if returned else None,
        consequence=returned.consequence if returned else None,
        appealed=appeal is not None,
        care=row.state is not MessageState.WITHDRAWN and bool(CARE_CODES & set(codes)),
        care_dismissed=row.care_dismissed_at is not None,
    )


def _first_reasons(connection: Connection, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """What the classifier found, for messages that a person decided about afterwards."""
    if not ids:
        return {}
    query = select(Screening.message_id, Screening.reasons).where(Screening.message_id.in_(ids), Screening.decided_by_id.is_(None)).order_by(Screening.number)
    return {row.message_id: row.reasons for row in connection.execute(query)}


def _being_read(connection: Connection, ids: list[int], now: datetime) -> set[int]:
    if not ids:
        return set()
    query = select(Case.message_id).where(Case.message_id.in_(ids), Case.state != CaseState.CLOSED, Case.lease_until > now)
    return set(connection.execute(query).scalars())


def _returns(connection: Connection, ids: list[int]) -> dict[int, AnyRow]:
    if not ids:
        return {}
    query = (
        select(Case.message_id, CaseActivity.note, CaseActivity.rule, CaseActivity.rules_version, CaseActivity.consequence, User.role)
        .join(CaseActivity, CaseActivity.case_id == Case.id)
        .outerjoin(User, User.id == CaseActivity.actor_id)
        .where(Case.message_id.in_(ids), CaseActivity.action == CaseAction.RETURNED, CaseActivity.public)
        .order_by(CaseActivity.id)
    )
    return {row.message_id: row for row in connection.execute(query)}


def _appeals(connection: Connection, ids: list[int]) -> dict[int, int]:
    """Appeals by message, open or decided."""
    if not ids:
        return {}
    query = select(Case.message_id, Case.id).where(Case.message_id.in_(ids), Case.origin == CaseOrigin.APPEAL)
    return {row.message_id: row.id for row in connection.execute(query)}
