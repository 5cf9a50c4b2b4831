"""Who did what, for the record. Rows are only ever added, which the database enforces, and never hold message text."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, intpk, utc


class AuditEntry(Base):
    """One recorded act; a null actor is the system. Numbers have no gaps, and each digest covers the one before."""

    __tablename__ = "audit_entries"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 (declared so by SQLAlchemy)

    id: Mapped[intpk]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(60), comment="kind and id, as in message:17")
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[utc]
    digest: Mapped[str] = mapped_column(String(64), server_default="", comment="SHA-256 of the digest before and of this row")
