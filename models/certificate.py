"""Leave to handle cases, for a year. Certificates end by time or are revoked; none is ever deleted."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, exists
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, intpk, utc


class Certificate(Base):
    """One certificate; a null issuer is the system, which found the training complete."""

    __tablename__ = "certificates"
    __table_args__ = (
        CheckConstraint("expires_at > issued_at", name="ends_after_it_begins"),
        CheckConstraint("(issued_by_id IS NULL) = (reason IS NULL)", name="given_by_a_person_with_a_reason"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL) AND (revoked_at IS NULL) = (revoked_reason IS NULL)", name="revoked_with_a_reason"),
        Index("ix_certificates_of_person", "user_id", "expires_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[intpk]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    issued_at: Mapped[utc]
    expires_at: Mapped[utc]
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str | None] = mapped_column(String(500), comment="why a person gave it without the training here")
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    revoked_reason: Mapped[str | None] = mapped_column(String(500), comment="which its holder reads")


def certified(user_id: Any, now: datetime | ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a person, given as a number or a column, has a certificate in force."""
    return exists().where(Certificate.user_id == user_id, Certificate.revoked_at.is_(None), Certificate.expires_at > now)
