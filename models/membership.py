"""Who sits in which circle."""

from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, enum_column, utc


class MembershipRole(StrEnum):
    """What a person is inside one circle."""

    MEMBER = "member"
    FACILITATOR = "facilitator"


class Membership(Base):
    """One seat in one circle."""

    __tablename__ = "memberships"

    circle_id: Mapped[int] = mapped_column(ForeignKey("circles.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    role: Mapped[MembershipRole] = mapped_column(enum_column(MembershipRole, "role"))
    joined_at: Mapped[utc]
