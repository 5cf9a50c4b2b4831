"""What a person may read about themselves."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from models import Circle, CircleKind, Message, MessageState, Screening, Session
from moderation.taxonomy import Verdict
from support_app.access import Actor, require_live
from support_app.database import Database
from support_app.services.notices import NoticeFacts, notice_facts

SHOWN = 100


@dataclass(frozen=True, slots=True)
class OwnDecision:
    """One of the actor's messages that was not simply delivered."""

    facts: NoticeFacts
    circle_name: str | None  # none for a private talk
    text: str


def decisions(db: Database, actor: Actor, *, now: datetime) -> list[OwnDecision]:
    """The actor's newest messages about which something was decided, newest first."""
    flagged = select(Screening.message_id).where(Screening.message_id == Message.id, Screening.verdict != Verdict.DELIVER).exists()
    query = (
        select(Message.id, Message.text, Circle.name, Circle.kind)
        .join(Circle, Circle.id == Message.circle_id)
        .where(Message.author_id == actor.user_id, flagged | Message.state.in_((MessageState.HELD, MessageState.RETURNED, MessageState.NUDGED)))
        .order_by(Message.id.desc())
        .limit(SHOWN)
    )
    with db.read() as connection:
        require_live(connection, actor, now=now)
        rows = connection.execute(query).all()
        facts = notice_facts(connection, [row.id for row in rows], now=now)
    return [OwnDecision(facts[row.id], row.name if row.kind is CircleKind.CIRCLE else None, row.text) for row in rows]


def count_sessions(db: Database, actor: Actor, *, now: datetime) -> int:
    """In how many browsers the actor is signed in."""
    query = select(func.count()).select_from(Session).where(Session.user_id == actor.user_id, Session.expires_at > now)
    with db.read() as connection:
        return int(connection.execute(query).scalar_one())
