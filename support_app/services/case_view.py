"""What volunteers see of cases: the queue, and one case with all that belongs to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Integer, bindparam, func, select

from models import AttemptState, Case, CaseActivity, Circle, CircleKind, Message, MessageState, Page, PageAttempt, Role, Screening, User
from models.case import CaseState
from support_app.access import Actor, is_certified, no_conflict, require_reviewer, sits_in_case, view_case_as_volunteer
from support_app.database import AnyRow, Database
from support_app.services.decisions import decided_elsewhere, out_of_care
from support_app.services.leases import has_revealed
from support_app.services.priority import most_urgent_first

CONTEXT_MESSAGES = 10
MOST_SHOWN = 200
_OPEN = select(Case.__table__).where(Case.state != CaseState.CLOSED)
_MESSAGES = select(Message.__table__).where(Message.id.in_(bindparam("messages", expanding=True)))
_CIRCLES = select(Circle.id, Circle.name, Circle.kind, Circle.language).where(Circle.id.in_(bindparam("circles", expanding=True)))
_PEOPLE = select(User.id, User.name).where(User.id.in_(bindparam("people", expanding=True)))
_SCREENINGS = (
    select(Screening.__table__)
    .where(Screening.message_id.in_(bindparam("messages", expanding=True)), Screening.decided_by_id.is_(None))
    .order_by(Screening.number)
)
_HISTORIES = (
    select(CaseActivity.__table__, User.name.label("actor_name"))
    .outerjoin(User, User.id == CaseActivity.actor_id)
    .where(CaseActivity.case_id.in_(bindparam("cases", expanding=True)))
    .order_by(CaseActivity.number)
)
_SENT = func.count(PageAttempt.id).filter(PageAttempt.state == AttemptState.SENT).label("sent")
_PAGES = (
    select(Page.case_id, Page.step, Page.created_at, func.count(PageAttempt.id).label("attempts"), _SENT)
    .outerjoin(PageAttempt, PageAttempt.page_id == Page.id)
    .where(Page.case_id.in_(bindparam("cases", expanding=True)))
    .group_by(Page.id)
    .order_by(Page.id)
)
_WITHOUT_CONFLICT = select(Case.id).where(Case.id.in_(bindparam("cases", expanding=True)), *no_conflict(bindparam("user_id", type_=Integer)))


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with all that belongs to it; text is there only for a volunteer who may read it and asked for it."""

    case: AnyRow
    circle_name: str | None  # none for a private talk, which is called differently by everybody
    circle_language: str
    owner_name: str | None
    offered_to_name: str | None
    message: AnyRow
    author_name: str
    screening: AnyRow | None
    history: list[AnyRow]
    pages: list[AnyRow]
    context: list[AnyRow]
    earlier: list[AnyRow]
    revealed: bool
    conflict_of_interest: bool
    certified: bool
    out_of_care: bool
    decided_elsewhere: bool
    now: datetime

    @property
    def claimed(self) -> bool:
        """Whether somebody's lease runs."""
        return self.case.lease_until is not None and self.case.lease_until > self.now

    def claimed_by(self, actor: Actor) -> bool:
        """Whether the actor's lease runs."""
        return self.claimed and self.case.owner_id == actor.user_id


def queue(db: Database, actor: Actor, *, now: datetime) -> list[CaseView]:
    """Open cases of both lanes, most urgent first; no text in them."""
    with db.read() as connection:
        require_reviewer(connection, actor, now=now)
        rows = most_urgent_first(connection.execute(_OPEN), now)[:MOST_SHOWN]
        return _views(connection, actor, rows, now, revealed=False)


def case_view(db: Database, actor: Actor, case_id: int, *, now: datetime) -> CaseView:
    """One case; its text only while the actor may read it and has asked for it."""
    with db.read() as connection:
        case = view_case_as_volunteer(connection, actor, case_id, now=now)
        certified = is_certified(connection, actor.user_id, now)
        for_others = case.lead_only and actor.role is not Role.LEAD  # also when they were asked what they think before it went to a lead
        revealed = certified and not for_others and has_revealed(connection, actor, case, now) and not sits_in_case(connection, actor, case)
        return _views(connection, actor, [case], now, revealed=revealed)[0]


def _views(connection: Connection, actor: Actor, cases: Sequence[AnyRow], now: datetime, *, revealed: bool) -> list[CaseView]:
    """Cases with all that belongs to them, in as many queries for two hundred as for one."""
    numbers, about = [case.id for case in cases], [case.message_id for case in cases]
    messages = {row.id: row for row in connection.execute(_MESSAGES, {"messages": about})}
    names = _names(connection, cases, messages.values())
    circles = {row.id: row for row in connection.execute(_CIRCLES, {"circles": list({case.circle_id for case in cases})})}
    screenings = {row.message_id: row for row in connection.execute(_SCREENINGS, {"messages": about})}  # the last one stays
    histories: dict[int, list[AnyRow]] = {case_id: [] for case_id in numbers}
    for step in connection.execute(_HISTORIES, {"cases": numbers}):
        histories[step.case_id].append(step)
    pages: dict[int, list[AnyRow]] = {case_id: [] for case_id in numbers}
    for page in connection.execute(_PAGES, {"cases": numbers}):
        pages[page.case_id].append(page)
    without_conflict = set(connection.execute(_WITHOUT_CONFLICT, {"cases": numbers, "user_id": actor.user_id}).scalars())
    certified = is_certified(connection, actor.user_id, now)
    return [
        CaseView(
            case=case,
            circle_name=circles[case.circle_id].name if circles[case.circle_id].kind is CircleKind.CIRCLE else None,
            circle_language=circles[case.circle_id].language,
            owner_name=names.get(case.owner_id),
            offered_to_name=names.get(case.offered_to_id),
            message=messages[case.message_id],
            author_name=names[messages[case.message_id].author_id],
            screening=screenings.get(case.message_id),
            history=histories[case.id],
            pages=pages[case.id],
            context=_context(connection, messages[case.message_id]) if revealed else [],
            earlier=_earlier(connection, case, messages[case.message_id].author_id) if revealed else [],
            revealed=revealed,
            conflict_of_interest=case.id not in without_conflict,
            certified=certified,
            out_of_care=revealed and out_of_care(connection, case),
            decided_elsewhere=revealed and decided_elsewhere(connection, case),
            now=now,
        )
        for case in cases
    ]


def _names(connection: Connection, cases: Iterable[AnyRow], messages: Iterable[AnyRow]) -> dict[int | None, str]:
    people = {message.author_id for message in messages} | {person for case in cases for person in (case.owner_id, case.offered_to_id) if person}
    return {row.id: row.name for row in connection.execute(_PEOPLE, {"people": list(people)})}


def _context(connection: Connection, message: AnyRow) -> list[AnyRow]:
    """What was said in the circle just before, oldest first."""
    query = (
        select(Message.id, Message.text, Message.state, Message.created_at, User.name.label("author_name"))
        .join(User, User.id == Message.author_id)
        .where(Message.circle_id == message.circle_id, Message.id < message.id, Message.state == MessageState.DELIVERED)
        .order_by(Message.id.desc())
        .limit(CONTEXT_MESSAGES)
    )
    return list(connection.execute(query))[::-1]


def _earlier(connection: Connection, case: AnyRow, author_id: int) -> list[AnyRow]:
    """How the author's earlier cases in this circle ended, in the same lane: care is never told to those who judge conduct."""
    query = (
        select(Case.outcome, func.count().label("number"), func.max(Case.closed_at).label("last"))
        .join(Message, Message.id == Case.message_id)
        .where(Message.author_id == author_id, Case.circle_id == case.circle_id, Case.lane == case.lane, Case.id != case.id, Case.outcome.is_not(None))
        .group_by(Case.outcome)
        .order_by(Case.outcome)
    )
    return list(connection.execute(query))
