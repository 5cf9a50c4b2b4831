"""Appeals: an author whose message was returned asks another person to decide again, once."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from models import Case, CaseActivity, HoldReason, Message, MessageState
from models.activity import CaseAction
from models.case import CaseOrigin
from moderation.taxonomy import Lane
from support_app import audit
from support_app.access import Actor, access_own_returned
from support_app.database import AnyRow, Database
from support_app.errors import N_, Conflict, Invalid
from support_app.services.case_log import DueCase, Step, open_cases
from support_app.services.messages import tell_author
from support_app.services.states import require_move

NOTE_LONGEST = 500


def appeal(db: Database, actor: Actor, message_id: int, *, note: str, version: int, now: datetime) -> None:
    """Have another person than the one who returned it decide about a message again; raises `Conflict` the second time."""
    if len(note.strip()) > NOTE_LONGEST:
        raise Invalid(N_("Please write a few words, at most 500 characters."))
    with db.write() as connection:
        message = access_own_returned(connection, actor, message_id, now=now)
        if message.version != version:
            raise Conflict
        case = returned_in(connection, message.id)
        if case is None or case.origin is CaseOrigin.APPEAL:
            raise Conflict(N_("Another person has already looked at this message again."))
        require_move(message.state, MessageState.HELD)
        values = {"state": MessageState.HELD, "hold_reason": HoldReason.AUTHOR_ASKED, "version": message.version + 1, "changed_at": now}
        connection.execute(update(Message).where(Message.id == message.id).values(**values))
        due = DueCase(message.id, message.circle_id, Lane.CONDUCT, case.level, CaseOrigin.APPEAL, case.id)
        (case_id,) = open_cases(connection, [due], now=now, step=Step(CaseAction.APPEALED, actor.user_id, note.strip() or None))
        tell_author(connection, message, now)
        audit.record(connection, actor_id=actor.user_id, action="case.appealed", subject=f"case:{case.id}", now=now, appeal=case_id)


def returned_in(connection: Connection, message_id: int) -> AnyRow | None:
    """The case in which a message was last returned, in which lane ever."""
    query = (
        select(Case.id, Case.level, Case.origin)
        .join(CaseActivity, CaseActivity.case_id == Case.id)
        .where(Case.message_id == message_id, CaseActivity.action == CaseAction.RETURNED, CaseActivity.public)
        .order_by(CaseActivity.id.desc())
        .limit(1)
    )
    return connection.execute(query).one_or_none()
