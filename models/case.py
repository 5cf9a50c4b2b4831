"""Something a volunteer must look at: a held message (conduct) or a person who may need someone (care)."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, enum_column, intpk, utc
from moderation.taxonomy import Lane, Level


class CaseState(StrEnum):
    """Claimed is not a state of its own: it is an open case with a lease that still runs."""

    OPEN = "open"
    CLOSED = "closed"


class CaseOutcome(StrEnum):
    """How a case ended."""

    RELEASED = "released"
    RETURNED = "returned"
    ACKNOWLEDGED = "acknowledged"
    WITHDRAWN = "withdrawn"
    SCREENED = "screened"


class Case(Base):
    """One case about one message. A decision counts only with the current lease token and version."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL AND outcome IS NOT NULL)", name="closed_with_an_outcome"),
        CheckConstraint("(owner_id IS NULL) = (lease_until IS NULL)", name="owner_has_a_lease"),
        Index("uq_cases_open_message", "message_id", "lane", unique=True, sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")),
        Index("ix_cases_open", "state", "due_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[intpk]
    circle_id: Mapped[int] = mapped_column(ForeignKey("circles.id"))
    message_id: Mapped[int] = mapped_column(BigId, ForeignKey("messages.id"), index=True)
    lane: Mapped[Lane] = mapped_column(enum_column(Lane, "lane"))
    level: Mapped[Level] = mapped_column(enum_column(Level, "level"))
    state: Mapped[CaseState] = mapped_column(enum_column(CaseState, "state"), default=CaseState.OPEN)
    outcome: Mapped[CaseOutcome | None] = mapped_column(enum_column(CaseOutcome, "outcome"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[utc]
    due_at: Mapped[utc]
    closed_at: Mapped[datetime | None]
