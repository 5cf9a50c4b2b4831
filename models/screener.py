"""The screener processes and when each was last heard of."""

from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, enum_column, utc


class ScreenerState(StrEnum):
    """What a screener says of itself."""

    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


class ScreenerInstance(Base):
    """One screener process; it counts as ready only while its heartbeat is fresh."""

    __tablename__ = "screeners"

    id: Mapped[str] = mapped_column(String(80), primary_key=True, comment="host and process id")
    state: Mapped[ScreenerState] = mapped_column(enum_column(ScreenerState, "state"))
    classifier: Mapped[str | None] = mapped_column(String(80))
    weights_revision: Mapped[str | None] = mapped_column(String(80))
    error: Mapped[str | None] = mapped_column(String(300), comment="why it could not start, in words")
    started_at: Mapped[utc]
    heartbeat_at: Mapped[utc]
