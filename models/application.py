"""A member's wish to become a volunteer, and what the team answered."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, enum_column, intpk, utc


class ApplicationState(StrEnum):
    """An application waits until a person answers it or its author takes it back."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class VolunteerApplication(Base):
    """One application; nobody has two that wait."""

    __tablename__ = "volunteer_applications"
    __table_args__ = (
        CheckConstraint("hours BETWEEN 1 AND 20", name="hours_a_week"),
        CheckConstraint("(decided_by_id IS NOT NULL) = (state IN ('accepted', 'declined'))", name="answered_by_a_person"),
        Index("uq_volunteer_applications_waiting", "user_id", unique=True, sqlite_where=text("state = 'waiting'"), postgresql_where=text("state = 'waiting'")),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[intpk]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    why: Mapped[str] = mapped_column(String(1000), comment="in the applicant's own words; the team reads it")
    hours: Mapped[int] = mapped_column(comment="a week")
    languages: Mapped[str] = mapped_column(String(80), comment="as the applicant names them")
    state: Mapped[ApplicationState] = mapped_column(enum_column(ApplicationState, "state"), default=ApplicationState.WAITING)
    answer: Mapped[str | None] = mapped_column(String(500), comment="why it was declined, which the applicant reads")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[utc]
    ended_at: Mapped[datetime | None]
