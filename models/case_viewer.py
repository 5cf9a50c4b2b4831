"""Who has the page of a case open, so that two volunteers know that they look at the same one."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, utc


class CaseViewer(Base):
    """One person at one case's page; forgotten when they stop saying that they look."""

    __tablename__ = "case_viewers"
    __table_args__ = (Index("ix_case_viewers_seen_at", "seen_at"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    seen_at: Mapped[utc]
