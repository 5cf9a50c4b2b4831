"""A few words after a shift or a case. They are the writer's own; a lead reads them only when asked to get in touch."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from models import Debrief, Shift, User
from support_app import audit
from support_app.access import Actor, access_debrief_as_lead, access_own_debrief, require_lead, require_reviewer
from support_app.database import AnyRow, Database
from support_app.errors import N_, Invalid
from support_app.services.shifts import CHECK, latest_shift

WORDS_MAX = 2000
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody wrote, and whether a lead may read it and get in touch."""

    how_was_it: str
    what_stays: str
    wants_contact: bool


def write(db: Database, actor: Actor, words: Words, *, end_check: int | None = None, now: datetime) -> None:
    """Keep a debrief, and how the writer is after the shift that ended last; raises `Invalid` when there is nothing in it."""
    texts = tuple(text.replace("\r\n", "\n").strip() for text in (words.how_was_it, words.what_stays))
    with db.write(events=False) as connection:
        require_reviewer(connection, actor, now=now)
        if any(len(text) > WORDS_MAX for text in texts):
            raise Invalid(N_("That is longer than fits: up to %(limit)s characters in each field."), limit=WORDS_MAX)
        _note_end_check(connection, actor, end_check)
        if not any(texts) and not words.wants_contact:
            if end_check in CHECK:
                return
            raise Invalid(N_("There is nothing in it yet. Write a few words, or ask a lead to contact you."))
        row = {"user_id": actor.user_id, "how_was_it": texts[0], "what_stays": texts[1], "wants_contact": words.wants_contact, "created_at": now}
        debrief_id = connection.execute(insert(Debrief).values(row).returning(Debrief.id)).scalar_one()
        audit.record(connection, actor_id=actor.user_id, action="debrief.written", subject=f"debrief:{debrief_id}", now=now, wants_contact=words.wants_contact)


def own(connection: Connection, user_id: int) -> list[AnyRow]:
    """What somebody wrote, newest first, for the writer."""
    return list(connection.execute(select(Debrief.__table__).where(Debrief.user_id == user_id).order_by(Debrief.id.desc()).limit(SHOWN)))


def forget(db: Database, actor: Actor, debrief_id: int, *, now: datetime) -> None:
    """Delete one's own words, and with them the wish to be contacted."""
    with db.write(events=False) as connection:
        debrief = access_own_debrief(connection, actor, debrief_id, now=now)
        connection.execute(delete(Debrief).where(Debrief.id == debrief.id))
        audit.record(connection, actor_id=actor.user_id, action="debrief.deleted", subject=f"debrief:{debrief.id}", now=now)


def waiting(db: Database, actor: Actor, *, now: datetime) -> list[AnyRow]:
    """Everybody else who asked a lead to contact them, with their words, whoever asked first in front; for leads."""
    query = (
        select(Debrief.__table__, User.name)
        .join(User, User.id == Debrief.user_id)
        .where(Debrief.wants_contact, Debrief.contacted_at.is_(None), Debrief.user_id != actor.user_id)
        .order_by(Debrief.created_at, Debrief.id)
    )
    with db.read() as connection:
        require_lead(connection, actor, now=now)
        return list(connection.execute(query))


def mark_done(db: Database, actor: Actor, debrief_id: int, *, now: datetime) -> None:
    """A lead has got in touch; from now on the words are the writer's alone again."""
    with db.write(events=False) as connection:
        debrief = access_debrief_as_lead(connection, actor, debrief_id, now=now)
        connection.execute(update(Debrief).where(Debrief.id == debrief.id).values(contacted_at=now, contacted_by_id=actor.user_id))
        audit.record(connection, actor_id=actor.user_id, action="debrief.contacted", subject=f"debrief:{debrief.id}", now=now)


def _note_end_check(connection: Connection, actor: Actor, end_check: int | None) -> None:
    shift = latest_shift(connection, actor.user_id)
    if end_check in CHECK and shift is not None and shift.ended_at is not None:
        connection.execute(update(Shift).where(Shift.id == shift.id).values(end_check=end_check))
