"""Where somebody stands in a conversation with a scripted person."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, utc


class ScenarioRun(Base):
    """One person's present run through one scenario; starting again empties it."""

    __tablename__ = "scenario_runs"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    scenario: Mapped[str] = mapped_column(String(40), primary_key=True, comment="key in the training content")
    node: Mapped[str] = mapped_column(String(40), comment="where the scripted person is now")
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON, comment="node, reply and own words of each step; only the learner reads them")
    started_at: Mapped[utc]
    completed_at: Mapped[datetime | None] = mapped_column(comment="when a run last came to a good end")
