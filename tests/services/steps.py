"""What many service tests do: find a case, take it, read what happened to it."""

from sqlalchemy import select

from models import Case, CaseDecision, Event, Screening
from models.case import CaseState
from moderation.taxonomy import Lane
from support_app.access import Actor
from support_app.database import AnyRow
from support_app.services import cases
from tests.factories import World


def open_cases(world: World, message_id: int) -> dict[Lane, AnyRow]:
    """A message's open cases by lane."""
    with world.db.read() as connection:
        rows = connection.execute(select(Case.__table__).where(Case.message_id == message_id, Case.state == CaseState.OPEN)).all()
    return {row.lane: row for row in rows}


def case_row(world: World, case_id: int) -> AnyRow:
    """A case as it stands."""
    with world.db.read() as connection:
        return connection.execute(select(Case.__table__).where(Case.id == case_id)).one()


def take(world: World, actor: Actor, message_id: int, *, lane: Lane = Lane.CONDUCT) -> AnyRow:
    """Claim a message's case, read the message, and answer with the case as a decision needs it."""
    case_id = open_cases(world, message_id)[lane].id
    cases.claim(world.db, actor, case_id, now=world.now)
    cases.reveal(world.db, actor, case_id, now=world.now)
    return case_row(world, case_id)


def steps_of(world: World, case_id: int) -> list[str]:
    """The history of a case, oldest first."""
    with world.db.read() as connection:
        query = select(CaseDecision.action).where(CaseDecision.case_id == case_id).order_by(CaseDecision.id)
        return [action.value for action in connection.execute(query).scalars()]


def screenings_of(world: World, message_id: int) -> list[AnyRow]:
    """Everything that was ever found in a message, oldest first."""
    with world.db.read() as connection:
        return list(connection.execute(select(Screening.__table__).where(Screening.message_id == message_id).order_by(Screening.number)))


def events_after(world: World, event_id: int) -> list[AnyRow]:
    """The log's rows after an id."""
    with world.db.read() as connection:
        return list(connection.execute(select(Event.__table__).where(Event.id > event_id).order_by(Event.id)))
