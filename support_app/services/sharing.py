"""Not alone with a case: hand it over, escalate it to a lead, ask others what they think."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from models import Case, Role, User
from models.activity import CaseAction
from support_app import audit
from support_app.access import REVIEWERS, Actor, may_decide
from support_app.database import AnyRow, Database
from support_app.errors import N_, Conflict, Invalid
from support_app.services.case_log import Step, clock, note_step
from support_app.services.leases import end_lease, has_revealed, held_case, readable_case

NOTE_LENGTH = (1, 500)


def hand_over(db: Database, actor: Actor, case_id: int, *, to_id: int, version: int, now: datetime) -> None:
    """Offer a case to one person, without giving a reason; when they do not take it within its clock, everybody may."""
    with db.write() as connection:
        case = held_case(connection, actor, case_id, now=now, version=version)
        if to_id == actor.user_id or to_id not in {person.id for person in people_who_may(connection, case.id, now=now)}:
            raise Invalid(N_("This person cannot take the case. Please choose somebody else, or give it back."))
        offered = {"offered_to_id": to_id, "offered_until": now + clock(case.level)}
        end_lease(connection, case, Step(CaseAction.HANDED_OVER, actor.user_id), now=now, **offered)
        audit.record(connection, actor_id=actor.user_id, action="case.handed_over", subject=f"case:{case.id}", now=now, to=to_id)


def escalate(db: Database, actor: Actor, case_id: int, *, note: str, version: int, now: datetime) -> None:
    """Give a case to the leads, and to nobody else from then on."""
    note = checked_note(note)
    with db.write() as connection:
        case = held_case(connection, actor, case_id, now=now, version=version)
        leads = [person for person in people_who_may(connection, case.id, now=now) if person.role is Role.LEAD and person.id != actor.user_id]
        if not leads:
            raise Conflict(N_("There is no other lead who could take it. Ask for a second opinion, or decide as well as you can."))
        end_lease(connection, case, Step(CaseAction.ESCALATED, actor.user_id, note), now=now, lead_only=True)
        audit.record(connection, actor_id=actor.user_id, action="case.escalated", subject=f"case:{case.id}", now=now)


def ask_opinion(db: Database, actor: Actor, case_id: int, *, note: str, version: int, now: datetime) -> None:
    """Let other volunteers read a case and say what they think; it stays with the one who asked."""
    note = checked_note(note)
    with db.write() as connection:
        case = held_case(connection, actor, case_id, now=now, version=version)
        if not has_revealed(connection, actor, case, now):
            raise Conflict(N_("Please read the message before you ask others."))
        connection.execute(update(Case).where(Case.id == case.id).values(opinion_asked=True, version=case.version + 1))
        note_step(connection, case.id, Step(CaseAction.OPINION_ASKED, actor.user_id, note), now=now)
        note_step(connection, case.id, Step(CaseAction.REVEALED, actor.user_id), now=now)  # whoever asked has read it already
        audit.record(connection, actor_id=actor.user_id, action="case.opinion_asked", subject=f"case:{case.id}", now=now)


def give_opinion(db: Database, actor: Actor, case_id: int, *, note: str, now: datetime) -> None:
    """Say what one thinks about somebody else's case, having read it."""
    note = checked_note(note)
    with db.write() as connection:
        case = readable_case(connection, actor, case_id, now=now)
        if not case.opinion_asked or case.owner_id == actor.user_id:
            raise Conflict
        if not has_revealed(connection, actor, case, now):
            raise Conflict(N_("Please read the message before you decide."))
        note_step(connection, case.id, Step(CaseAction.OPINION_GIVEN, actor.user_id, note), now=now)
        audit.record(connection, actor_id=actor.user_id, action="case.opinion_given", subject=f"case:{case.id}", now=now)


def who_may(db: Database, case_id: int, *, now: datetime) -> list[AnyRow]:
    """Everybody who may decide a case: id, name, role."""
    with db.read() as connection:
        return people_who_may(connection, case_id, now=now)


def people_who_may(connection: Connection, case_id: int, *, now: datetime) -> list[AnyRow]:
    """The same in the caller's transaction."""
    people = User.__table__.c
    query = select(people.id, people.name, people.role).join(Case, Case.id == case_id).where(people.role.in_(REVIEWERS), people.banned_at.is_(None))
    return list(connection.execute(query.where(*may_decide(people.id, people.role, now)).order_by(people.name)))


def checked_note(note: str) -> str:
    """Words for the team; raises `Invalid` when there are none or too many."""
    shortest, longest = NOTE_LENGTH
    if not shortest <= len(note.strip()) <= longest:
        raise Invalid(N_("Please write a few words, at most 500 characters."))
    return note.strip()
