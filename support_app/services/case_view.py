"""What volunteers see of cases: the queue, and one case with all that belongs to it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from models import Case, CaseActivity, Circle, CircleKind, Message, MessageState, Role, Screening, User
from models.case import CaseState
from support_app.access import Actor, is_certified, require_reviewer, sits_in_case, view_case_as_volunteer
from support_app.database import AnyRow, Database
from support_app.services.decisions import decided_elsewhere, out_of_care
from support_app.services.leases import has_revealed
from support_app.services.priority import most_urgent_first

CONTEXT_MESSAGES = 10
MOST_SHOWN = 200


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
        rows = most_urgent_first(connection.execute(select(Case.__table__).where(Case.state != CaseState.CLOSED)), now)
        certified = is_certified(connection, actor.user_id, now)
        return [_view(connection, actor, row, now, revealed=False, certified=certified) for row in rows[:MOST_SHOWN]]


def case_view(db: Database, actor: Actor, case_id: int, *, now: datetime) -> CaseView:
    """One case; its text only while the actor may read it and has asked for it."""
    with db.read() as connection:
        case = view_case_as_volunteer(connection, actor, case_id, now=now)
        certified = is_certified(connection, actor.user_id, now)
        for_others = case.lead_only and actor.role is not Role.LEAD  # also when they were asked what they think before it went to a lead
        revealed = certified and not for_others and has_revealed(connection, actor, case, now) and not sits_in_case(connection, actor, case)
        return _view(connection, actor, case, now, revealed=revealed, certified=certified)


def _view(connection: Connection, actor: Actor, case: AnyRow, now: datetime, *, revealed: bool, certified: bool) -> CaseView:
    message = connection.execute(select(Message.__table__).where(Message.id == case.message_id)).one()
    screening = select(Screening.__table__).where(Screening.message_id == message.id, Screening.decided_by_id.is_(None)).order_by(Screening.number.desc())
    circle = connection.execute(select(Circle.name, Circle.kind, Circle.language).where(Circle.id == case.circle_id)).one()
    people = select(User.id, User.name).where(User.id.in_([person for person in (case.owner_id, case.offered_to_id, message.author_id) if person]))
    names: dict[int, str] = {row.id: row.name for row in connection.execute(people)}
    return CaseView(
        case=case,
        circle_name=circle.name if circle.kind is CircleKind.CIRCLE else None,
        circle_language=circle.language,
        owner_name=names.get(case.owner_id),
        offered_to_name=names.get(case.offered_to_id),
        message=message,
        author_name=names[message.author_id],
        screening=connection.execute(screening.limit(1)).one_or_none(),
        history=_history(connection, case.id),
        context=_context(connection, message) if revealed else [],
        earlier=_earlier(connection, case, message.author_id) if revealed else [],
        revealed=revealed,
        conflict_of_interest=sits_in_case(connection, actor, case),
        certified=certified,
        out_of_care=out_of_care(connection, case),
        decided_elsewhere=revealed and decided_elsewhere(connection, case),
        now=now,
    )


def _history(connection: Connection, case_id: int) -> list[AnyRow]:
    query = (
        select(CaseActivity.__table__, User.name.label("actor_name"))
        .outerjoin(User, User.id == CaseActivity.actor_id)
        .where(CaseActivity.case_id == case_id)
        .order_by(CaseActivity.number)
    )
    return list(connection.execute(query))


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
