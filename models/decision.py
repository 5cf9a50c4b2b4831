"""What people did with a case. Rows are only ever added; a null actor is the system."""

from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, enum_column, intpk, utc


class CaseAction(StrEnum):
    """Everything that can happen to a case."""

    OPENED = "opened"
    CLAIMED = "claimed"
    GIVEN_BACK = "given_back"
    REVEALED = "revealed"
    RELEASED = "released"
    RETURNED = "returned"
    ACKNOWLEDGED = "acknowledged"
    WITHDRAWN = "withdrawn"
    SCREENED = "screened"
    ASKED_TO_TALK = "asked_to_talk"
    TALK_JOINED = "talk_joined"
    TALK_FLAGGED = "talk_flagged"
    TALK_ENDED = "talk_ended"


class CaseDecision(Base):
    """One step in the history of a case."""

    __tablename__ = "case_decisions"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 (declared so by SQLAlchemy)

    id: Mapped[intpk]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[CaseAction] = mapped_column(enum_column(CaseAction, "action"))
    note: Mapped[str | None] = mapped_column(String(500), comment="for a return: the reason in words, which the author reads")
    rule: Mapped[str | None] = mapped_column(String(40), comment="for a return: the rule that was broken")
    created_at: Mapped[utc]
