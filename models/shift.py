"""When a volunteer was on duty, and how they said they were. The two numbers are for nobody else's eyes."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, enum_column, intpk, utc


class ShiftEnd(StrEnum):
    """What ended a shift."""

    SELF = "self"
    LIMIT = "limit"
    LOGOUT = "logout"
    SILENCE = "silence"


class Shift(Base):
    """One shift; a person has at most one that is open."""

    __tablename__ = "shifts"
    __table_args__ = (
        CheckConstraint("start_check BETWEEN 1 AND 5", name="start_check"),
        CheckConstraint("end_check IS NULL OR (end_check BETWEEN 1 AND 5 AND ended_at IS NOT NULL)", name="end_check"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_something"),
        Index("uq_shifts_open", "user_id", unique=True, sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")),
        Index("ix_shifts_user_id_started_at", "user_id", "started_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[intpk]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    started_at: Mapped[utc]
    active_at: Mapped[utc] = mapped_column(comment="when the person last showed that they are there")
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[ShiftEnd | None] = mapped_column(enum_column(ShiftEnd, "ended_by"))
    start_check: Mapped[int] = mapped_column(comment="how they were, 1 to 5; shown to the person alone")
    end_check: Mapped[int | None] = mapped_column(comment="how they were afterwards; shown to the person alone")
