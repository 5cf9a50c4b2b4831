"""What happened to a case, step by step. Rows are only ever added; a null actor is the system."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, enum_column, intpk, utc
from models.case import CaseState, Consequence
from moderation.taxonomy import Level


class CaseAction(StrEnum):
    """Everything that can happen to a case."""

    OPENED = "opened"
    CLAIMED = "claimed"
    GIVEN_BACK = "given_back"
    REVEALED = "revealed"
    LEVEL_SET = "level_set"
    HANDED_OVER = "handed_over"
    ESCALATED = "escalated"
    OPINION_ASKED = "opinion_asked"
    OPINION_GIVEN = "opinion_given"
    DECIDED = "decided"
    UNDONE = "undone"
    RELEASED = "released"
    RETURNED = "returned"
    KEPT = "kept"
    LOOKED_AFTER = "looked_after"
    FOLLOW_UP_DUE = "follow_up_due"
    REPORTED = "reported"
    APPEALED = "appealed"
    ASKED_TO_TALK = "asked_to_talk"
    TALK_JOINED = "talk_joined"
    TALK_FLAGGED = "talk_flagged"
    TALK_ENDED = "talk_ended"
    WITHDRAWN = "withdrawn"
    SCREENED = "screened"


class CaseActivity(Base):
    """One step in the history of a case, with how the case stood before and after it.

    State, level and owner of a case are those of its last activity; `support_app.services.invariants` compares them.
    """

    __tablename__ = "case_activities"
    __table_args__ = (UniqueConstraint("case_id", "number"), Index("ix_case_activities_actor", "actor_id", "created_at"), {"sqlite_autoincrement": True})

    id: Mapped[intpk]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(comment="place in the history of its case, without gaps")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[CaseAction] = mapped_column(enum_column(CaseAction, "action"))
    previous_state: Mapped[CaseState | None] = mapped_column(enum_column(CaseState, "previous_state"))
    state: Mapped[CaseState] = mapped_column(enum_column(CaseState, "state"))
    level: Mapped[Level] = mapped_column(enum_column(Level, "level"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str | None] = mapped_column(String(500), comment="in a person's words: a reason, a question, an answer")
    public: Mapped[bool] = mapped_column(default=False, comment="the author of the message reads the note")
    rule: Mapped[str | None] = mapped_column(String(40), comment="for a return: the rule that was broken")
    rules_version: Mapped[int | None] = mapped_column(comment="for a return: the version of the circle's rules then in force")
    consequence: Mapped[Consequence | None] = mapped_column(enum_column(Consequence, "consequence"))
    follow_up_at: Mapped[datetime | None]
    created_at: Mapped[utc]
