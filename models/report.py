"""Messages that members reported, each by one tap. What became of a report is that of its case."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, intpk, utc


class Report(Base):
    """One member's report of one message, and the case in which a person looks at it."""

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("message_id", "reporter_id"), {"sqlite_autoincrement": True})

    id: Mapped[intpk]
    message_id: Mapped[int] = mapped_column(BigId, ForeignKey("messages.id"))
    reporter_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    case_id: Mapped[int] = mapped_column(BigId, ForeignKey("cases.id"), index=True)
    created_at: Mapped[utc]
