"""Topics that a volunteer set aside: *next case* does not offer them; a case taken by hand is theirs to choose."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, String, bindparam, cast, delete, exists, insert, or_, select

from models import Case, Screening, TopicOptOut
from moderation.taxonomy import Label, Level
from support_app.access import Actor, require_reviewer
from support_app.database import Database

_LEVEL_OF_TOPIC = {Label.CRISIS: Level.C3, Label.IMMINENT: Level.C4}  # what a person set the level to counts as much as what the software found

_SET_ASIDE = select(TopicOptOut.topic, TopicOptOut.until).where(
    TopicOptOut.user_id == bindparam("user_id"), TopicOptOut.until.is_(None) | (TopicOptOut.until > bindparam("now"))
)


def topics_set_aside(connection: Connection, user_id: int, *, now: datetime) -> dict[Label, datetime | None]:
    """What somebody set aside, each with its end."""
    found = {row.topic: row.until for row in connection.execute(_SET_ASIDE, {"user_id": user_id, "now": now})}
    return {label: found[label] for label in Label if label in found}


def set_aside(db: Database, actor: Actor, *, topics: Collection[Label], until: datetime | None, now: datetime) -> None:
    """Set exactly these topics aside, until then or until changed; nobody else is told."""
    with db.write(events=False) as connection:
        require_reviewer(connection, actor, now=now)
        connection.execute(delete(TopicOptOut).where(TopicOptOut.user_id == actor.user_id))
        if topics:
            connection.execute(insert(TopicOptOut), [{"user_id": actor.user_id, "topic": topic, "until": until} for topic in set(topics)])


def about(topics: Collection[Label]) -> ColumnElement[bool]:
    """Whether a case is about one of these topics, by its level or by what was found in its message."""
    return or_(False, *(_about(topic) for topic in topics))


def is_set_aside(connection: Connection, actor: Actor, case_id: int, *, now: datetime) -> bool:
    """Whether a case is about something the actor set aside."""
    topics = topics_set_aside(connection, actor.user_id, now=now)
    return connection.execute(select(Case.id).where(Case.id == case_id, about(topics))).first() is not None


def _about(topic: Label) -> ColumnElement[bool]:
    # The codes are written by `finding_as_json`; both databases keep them as that text.
    found = exists().where(
        Screening.message_id == Case.message_id, Screening.decided_by_id.is_(None), cast(Screening.reasons, String).contains(f'"code": "{topic}"')
    )
    return or_(found, Case.level == _LEVEL_OF_TOPIC[topic]) if topic in _LEVEL_OF_TOPIC else found
