"""Proves from the database that no message was lost, doubled or shown unscreened."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

from models import Case, CaseActivity, Circle, Event, Message, MessageState, Screening
from models.event import Audience
from support_app.database import Database


@dataclass(frozen=True, slots=True)
class Report:
    """Counts by state, and everything that should not be."""

    accepted: int
    by_state: dict[str, int]
    unscreened: int
    problems: list[str]

    @property
    def holds(self) -> bool:
        """Whether every invariant holds."""
        return not self.problems


def check_invariants(db: Database) -> Report:
    """Read the whole database once and compare; safe while the service runs, since one transaction sees one moment."""
    with db.write() as connection:
        if connection.dialect.name == "postgresql":  # on SQLite the writer's lock does this
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        accepted = int(connection.execute(select(func.count()).select_from(Message)).scalar_one())
        counted = {row.state: row.number for row in connection.execute(select(Message.state, func.count().label("number")).group_by(Message.state))}
        by_state = {state.value: counted.get(state, 0) for state in MessageState}
        unscreened = _count_unscreened(connection)
        problems = [*_conservation(accepted, by_state, unscreened), *_sequence_problems(connection), *_event_problems(connection), *_case_problems(connection)]
    return Report(accepted, by_state, unscreened, problems)


def _conservation(accepted: int, by_state: dict[str, int], unscreened: int) -> list[str]:
    problems = []
    if accepted != sum(by_state.values()):
        problems.append(f"accepted {accepted} but {sum(by_state.values())} in known states")
    if unscreened:
        problems.append(f"{unscreened} delivered without a screening")
    return problems


def _count_unscreened(connection: Connection) -> int:
    """Messages that got a place in a circle without a screening that let them."""
    screened = (Screening.message_id == Message.id) & (Screening.number == Message.screening) & Screening.verdict.in_(("deliver", "deliver_alert"))
    query = select(func.count()).select_from(Message).outerjoin(Screening, screened).where(Message.seq.is_not(None), Screening.message_id.is_(None))
    return int(connection.execute(query).scalar_one())


def _sequence_problems(connection: Connection) -> list[str]:
    query = (
        select(Circle.id, Circle.last_seq, func.count(Message.seq), func.coalesce(func.max(Message.seq), 0))
        .outerjoin(Message, Message.circle_id == Circle.id)
        .group_by(Circle.id, Circle.last_seq)
    )
    return [
        f"circle {circle_id}: last_seq {last}, {count} numbered messages, highest {highest}"
        for circle_id, last, count, highest in connection.execute(query)
        if not last == count == highest
    ]


def _event_problems(connection: Connection) -> list[str]:
    numbered = select(Event.circle_id, Event.number).where(Event.audience == Audience.CIRCLE).subquery()
    query = (
        select(Circle.id, Circle.last_event, func.count(numbered.c.number), func.coalesce(func.max(numbered.c.number), 0))
        .outerjoin(numbered, numbered.c.circle_id == Circle.id)
        .group_by(Circle.id, Circle.last_event)
    )
    gaps = [
        f"circle {circle_id}: last_event {last}, {count} events, highest {highest}"
        for circle_id, last, count, highest in connection.execute(query)
        if not last == count == highest
    ]
    delivered = select(func.count()).select_from(Message).where(Message.seq.is_not(None)).scalar_subquery()
    told = select(func.count()).select_from(Event).where(Event.kind.in_(("message.new", "message.edited"))).scalar_subquery()
    row = connection.execute(select(delivered, told)).one()
    return gaps if row[0] == row[1] else [*gaps, f"{row[0]} numbered messages but {row[1]} events that tell of them"]


def _case_problems(connection: Connection) -> list[str]:
    """State, level and owner of a case are those of its last activity, and each activity begins where the one before ended."""
    last = select(CaseActivity.case_id, func.max(CaseActivity.number).label("number"), func.count().label("count")).group_by(CaseActivity.case_id).subquery()
    query = (
        select(Case.id, Case.state, Case.level, Case.owner_id, CaseActivity.state, CaseActivity.level, CaseActivity.owner_id, last.c.number, last.c.count)
        .outerjoin(last, last.c.case_id == Case.id)
        .outerjoin(CaseActivity, (CaseActivity.case_id == Case.id) & (CaseActivity.number == last.c.number))
        .order_by(Case.id)
    )
    changed = [f"case {row[0]}: not as its last activity left it" for row in connection.execute(query) if row[1:4] != row[4:7] or row[7] != row[8]]
    before = CaseActivity.__table__.alias()
    broken = (
        select(CaseActivity.case_id, CaseActivity.number)
        .outerjoin(before, (before.c.case_id == CaseActivity.case_id) & (before.c.number == CaseActivity.number - 1))
        .where(before.c.state.is_distinct_from(CaseActivity.previous_state))
    )
    return [*changed, *(f"case {row.case_id}: activity {row.number} does not begin where the one before ended" for row in connection.execute(broken))]
