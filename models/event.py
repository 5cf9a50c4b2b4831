"""The log that everything live is read from. A row is written in the transaction it tells about."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, enum_column, intpk, utc


class Audience(StrEnum):
    """Who may learn of an event."""

    CIRCLE = "circle"
    AUTHOR = "author"
    VOLUNTEERS = "volunteers"
    SERVER = "server"  # the live servers only: they close sockets and rooms


class EventKind(StrEnum):
    """What happened, in the past tense of the protocol's own names."""

    MESSAGE_NEW = "message.new"
    MESSAGE_EDITED = "message.edited"
    MESSAGE_WITHDRAWN = "message.withdrawn"
    MESSAGE_STATE = "message.state"
    CASE_CHANGED = "case.changed"
    SESSIONS_ENDED = "sessions.ended"
    MEMBERSHIP_ENDED = "membership.ended"
    MESSAGE_RESTORED = "message.restored"  # taken out by a person, and put back by another one
    REPORT_CHANGED = "report.changed"
    TALK_CHANGED = "talk.changed"


class Event(Base):
    """One event. Those for a circle carry that circle's next number, without gaps."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("circle_id", "number"),
        CheckConstraint("(audience = 'circle') = (number IS NOT NULL)", name="circle_events_are_numbered"),
        {"sqlite_autoincrement": True},  # an id is never given twice
    )

    id: Mapped[intpk]
    audience: Mapped[Audience] = mapped_column(enum_column(Audience, "audience"))
    kind: Mapped[EventKind] = mapped_column(enum_column(EventKind, "kind"))
    circle_id: Mapped[int | None] = mapped_column(ForeignKey("circles.id"))
    number: Mapped[int | None]
    message_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("messages.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[utc]
