"""A circle: a small group with one live room, its counters, and the screener's lease on its queue."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, enum_column, intpk, utc


class CircleKind(StrEnum):
    """A side room is a circle for everything that happens inside it, and for nothing else."""

    CIRCLE = "circle"
    SIDE_ROOM = "side_room"


class Circle(Base):
    """One circle. `last_seq` and `last_event` move only together with the rows they number."""

    __tablename__ = "circles"
    __table_args__ = (
        CheckConstraint("capacity BETWEEN 3 AND 15", name="capacity"),
        CheckConstraint("last_seq >= 0 AND last_event >= last_seq", name="counters"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[intpk]
    kind: Mapped[CircleKind] = mapped_column(enum_column(CircleKind, "kind"), default=CircleKind.CIRCLE, server_default="circle")
    name: Mapped[str] = mapped_column(String(80), unique=True, comment="of a side room nobody reads it: what it is called depends on who looks")
    topic: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(String(1000))
    language: Mapped[str] = mapped_column(String(8))
    meets: Mapped[str] = mapped_column(String(120), comment="when the circle meets, in plain words")
    capacity: Mapped[int]
    rules_version: Mapped[int] = mapped_column(comment="number of the rule version in force")
    last_seq: Mapped[int] = mapped_column(default=0, comment="number of messages ever delivered here")
    last_event: Mapped[int] = mapped_column(default=0, comment="number of events everyone here may see")
    screening_token: Mapped[int] = mapped_column(default=0, comment="fencing token: grows with every claim by a screener")
    screening_until: Mapped[datetime | None] = mapped_column(comment="until when a screener's claim holds")
    created_at: Mapped[utc]
