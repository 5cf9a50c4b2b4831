"""A practice conversation that a lead has scored. The conversation itself takes place elsewhere; no word of it is kept."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, enum_column, intpk, utc


class MockChatState(StrEnum):
    """Asked for until a lead scores it or the learner takes the request back."""

    ASKED = "asked"
    SCORED = "scored"
    WITHDRAWN = "withdrawn"


class Competency(StrEnum):
    """What a lead looks at; each is scored from 1 to 5."""

    LISTENS = "listens"
    ASKS_OPENLY = "asks_openly"
    ASKS_ABOUT_SUICIDE = "asks_about_suicide"
    KEEPS_LIMITS = "keeps_limits"
    STAYS_KIND = "stays_kind"


class MockChat(Base):
    """One score sheet; nobody scores their own, and nobody has two that wait."""

    __tablename__ = "mock_chats"
    __table_args__ = (
        CheckConstraint("(state = 'scored') = (scored_by_id IS NOT NULL AND passed IS NOT NULL)", name="scored_by_a_person"),
        CheckConstraint("scored_by_id <> user_id", name="nobody_scores_their_own"),
        Index("uq_mock_chats_asked", "user_id", unique=True, sqlite_where=text("state = 'asked'"), postgresql_where=text("state = 'asked'")),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[intpk]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    state: Mapped[MockChatState] = mapped_column(enum_column(MockChatState, "state"), default=MockChatState.ASKED)
    scores: Mapped[dict[str, int]] = mapped_column(JSON, comment="competency to 1..5")
    note: Mapped[str | None] = mapped_column(String(1000), comment="the lead's words for the learner")
    passed: Mapped[bool | None]
    scored_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[utc]
    ended_at: Mapped[datetime | None]
