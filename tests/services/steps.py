"""What many service tests do: find a case, take it, read what happened to it."""

from datetime import timedelta

from sqlalchemy import select

from models import Case, CaseActivity, Event, Screening
from models.case import CaseOutcome, CaseState, Consequence, Decision
from moderation.taxonomy import Lane
from support_app.access import Actor
from support_app.database import AnyRow
from support_app.services import care, decisions, leases
from support_app.services.care import FollowUp
from support_app.services.decisions import Ruling
from tests.factories import World


def open_cases(world: World, message_id: int) -> dict[Lane, AnyRow]:
    """A message's open cases by lane."""
    with world.db.read() as connection:
        rows = connection.execute(select(Case.__table__).where(Case.message_id == message_id, Case.state != CaseState.CLOSED)).all()
    return {row.lane: row for row in rows}


def case_row(world: World, case_id: int) -> AnyRow:
    """A case as it stands."""
    with world.db.read() as connection:
        return connection.execute(select(Case.__table__).where(Case.id == case_id)).one()


def take(world: World, actor: Actor, message_id: int, *, lane: Lane = Lane.CONDUCT) -> AnyRow:
    """Claim a message's case, read the message, and answer with the case as a decision needs it."""
    case_id = open_cases(world, message_id)[lane].id
    leases.claim(world.db, actor, case_id, now=world.now)
    leases.reveal(world.db, actor, case_id, now=world.now)
    return case_row(world, case_id)


AT_ONCE = timedelta()
REASON = "This reads as an attack on one person here."


def decide(world: World, actor: Actor, case: AnyRow, ruling: Ruling, *, undo_for: timedelta = AT_ONCE) -> None:
    """Decide about a case as it was when it was read."""
    decisions.decide(world.db, actor, case.id, ruling, version=case.version, undo_for=undo_for, now=world.now)


def release(world: World, actor: Actor, case: AnyRow) -> None:
    """Have held words delivered at once."""
    decide(world, actor, case, Ruling(Decision.RELEASE))


def return_it(world: World, actor: Actor, case: AnyRow, *, reason: str = REASON, rule: str = "kindness", consequence: Consequence = Consequence.NONE) -> None:
    """Give a message back at once."""
    decide(world, actor, case, Ruling(Decision.RETURN, reason, rule, consequence))


def look_after(world: World, actor: Actor, case: AnyRow, *, outcome: CaseOutcome = CaseOutcome.SUPPORTED, follow_up: FollowUp | None = None) -> None:
    """Set the level of a care case as it is, and close it."""
    care.set_level(world.db, actor, case.id, level=case.level, version=case.version, now=world.now)
    version = case.version + 1
    care.close_care(world.db, actor, case.id, outcome=outcome, note="", follow_up=follow_up, version=version, now=world.now)


def steps_of(world: World, case_id: int) -> list[str]:
    """The history of a case, oldest first."""
    with world.db.read() as connection:
        query = select(CaseActivity.action).where(CaseActivity.case_id == case_id).order_by(CaseActivity.id)
        return [action.value for action in connection.execute(query).scalars()]


def screenings_of(world: World, message_id: int) -> list[AnyRow]:
    """Everything that was ever found in a message, oldest first."""
    with world.db.read() as connection:
        return list(connection.execute(select(Screening.__table__).where(Screening.message_id == message_id).order_by(Screening.number)))


def events_after(world: World, event_id: int) -> list[AnyRow]:
    """The log's rows after an id."""
    with world.db.read() as connection:
        return list(connection.execute(select(Event.__table__).where(Event.id > event_id).order_by(Event.id)))
