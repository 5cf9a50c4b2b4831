"""A talk between one member and a volunteer, beside the circle. What is said there are the messages of a circle of its own kind."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class SideRoom(Base):
    """One talk: whose care case it belongs to, who asked for it and when, who came, and since when it is over."""

    __tablename__ = "side_rooms"
    __table_args__ = (CheckConstraint("(volunteer_id IS NULL) = (joined_at IS NULL)", name="joined_by_somebody"),)

    circle_id: Mapped[int] = mapped_column(ForeignKey("circles.id", ondelete="CASCADE"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), comment="who came last to listen; a lead who only looks in is not")
    asked_at: Mapped[datetime | None]
    joined_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None] = mapped_column(comment="from then on nothing can be written")
