"""Who may not take a seat in a circle again, after a person decided so."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, utc


class Removal(Base):
    """One person who was removed from one circle, and the case in which that was decided."""

    __tablename__ = "removals"

    circle_id: Mapped[int] = mapped_column(ForeignKey("circles.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    case_id: Mapped[int] = mapped_column(BigId, ForeignKey("cases.id"))
    created_at: Mapped[utc]
