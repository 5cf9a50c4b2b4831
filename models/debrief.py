"""What a volunteer writes down after a shift or a case, for themselves; a lead reads it only when the writer asks to be contacted."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, intpk, utc


class Debrief(Base):
    """One debrief."""

    __tablename__ = "debriefs"
    __table_args__ = (
        CheckConstraint("(contacted_at IS NULL) = (contacted_by_id IS NULL)", name="contacted_by_somebody"),
        CheckConstraint("contacted_at IS NULL OR wants_contact", name="contacted_as_asked"),
        Index(
            "ix_debriefs_waiting",
            "created_at",
            sqlite_where=text("wants_contact AND contacted_at IS NULL"),
            postgresql_where=text("wants_contact AND contacted_at IS NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[intpk]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    how_was_it: Mapped[str] = mapped_column(String(2000), comment="never in the record, a log or an address")
    what_stays: Mapped[str] = mapped_column(String(2000), comment="never in the record, a log or an address")
    wants_contact: Mapped[bool] = mapped_column(comment="a lead may read the words and is asked to get in touch")
    contacted_at: Mapped[datetime | None]
    contacted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[utc]
