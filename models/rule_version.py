"""Versions of a circle's rules. A version is never changed; going back makes a new one."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, utc


class RuleVersion(Base):
    """One version of one circle's rules, as `moderation.rules.Rules` writes it."""

    __tablename__ = "rule_versions"

    circle_id: Mapped[int] = mapped_column(ForeignKey("circles.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    rules: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(300))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), comment="null: made by the system")
    created_at: Mapped[utc]
