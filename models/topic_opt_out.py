"""Topics that a volunteer sets aside, so that *next case* does not offer them."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, enum_column
from moderation.taxonomy import Label


class TopicOptOut(Base):
    """One topic of one person."""

    __tablename__ = "topic_opt_outs"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    topic: Mapped[Label] = mapped_column(enum_column(Label, "topic"), primary_key=True)
    until: Mapped[datetime | None] = mapped_column(comment="null: until the person changes it")
