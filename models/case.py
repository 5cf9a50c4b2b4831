"""Something a volunteer must look at: a held message (conduct) or a person who may need someone (care)."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, enum_column, intpk, utc
from moderation.taxonomy import Lane, Level


class CaseState(StrEnum):
    """Claimed is not a state of its own: it is an open case with a lease that still runs."""

    OPEN = "open"
    DECIDED = "decided"  # a person has decided, and may still undo it
    CLOSED = "closed"


class CaseOrigin(StrEnum):
    """Who brought a case."""

    SCREENING = "screening"
    AUTHOR = "author"  # had a person check a nudged message
    REPORT = "report"
    APPEAL = "appeal"


class Decision(StrEnum):
    """What becomes of a message."""

    RELEASE = "release"  # held words are delivered
    RETURN = "return"  # held words, or delivered ones that the circle then no longer sees, go back to their author
    KEEP = "keep"  # delivered words stay


class Consequence(StrEnum):
    """What a return means for the author."""

    NONE = "none"
    WARNING = "warning"
    REMOVAL = "removal"  # from the circle
    BAN = "ban"


class CaseOutcome(StrEnum):
    """How a case ended."""

    RELEASED = "released"
    RETURNED = "returned"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"
    SCREENED = "screened"
    SUPPORTED = "supported"  # somebody talked with the person
    PASSED_ON = "passed_on"  # a helpline, an emergency service or somebody close took over
    DECLINED = "declined"  # the person wanted no contact
    NO_ANSWER = "no_answer"
    NOT_NEEDED = "not_needed"  # it was not meant that way
    ACKNOWLEDGED = "acknowledged"  # before outcomes were asked for


CARE_OUTCOMES = (CaseOutcome.SUPPORTED, CaseOutcome.PASSED_ON, CaseOutcome.DECLINED, CaseOutcome.NO_ANSWER, CaseOutcome.NOT_NEEDED)


class Case(Base):
    """One case about one message, as its activities have left it. A decision counts only with the current lease token and version."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL AND outcome IS NOT NULL)", name="closed_with_an_outcome"),
        CheckConstraint("(state = 'decided') = (decision IS NOT NULL AND takes_effect_at IS NOT NULL)", name="decided_takes_effect"),
        CheckConstraint("(owner_id IS NULL) = (lease_until IS NULL)", name="owner_has_a_lease"),
        CheckConstraint("(offered_to_id IS NULL) = (offered_until IS NULL)", name="offered_until"),
        CheckConstraint("(follow_up_at IS NULL) = (follow_up_by_id IS NULL)", name="follow_up_has_an_owner"),
        Index(
            "uq_cases_open_message",
            "message_id",
            "lane",
            unique=True,
            sqlite_where=text("state <> 'closed'"),
            postgresql_where=text("state <> 'closed'"),
        ),
        Index("ix_cases_open", "state", "due_at"),
        Index("ix_cases_follow_up", "follow_up_at", sqlite_where=text("follow_up_at IS NOT NULL"), postgresql_where=text("follow_up_at IS NOT NULL")),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[intpk]
    circle_id: Mapped[int] = mapped_column(ForeignKey("circles.id"))
    message_id: Mapped[int] = mapped_column(BigId, ForeignKey("messages.id"), index=True)
    origin: Mapped[CaseOrigin] = mapped_column(enum_column(CaseOrigin, "origin"), default=CaseOrigin.SCREENING)
    appeal_of_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("cases.id"))
    lane: Mapped[Lane] = mapped_column(enum_column(Lane, "lane"))
    level: Mapped[Level] = mapped_column(enum_column(Level, "level"))
    level_set_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), comment="null: the software's order of the queue")
    state: Mapped[CaseState] = mapped_column(enum_column(CaseState, "state"), default=CaseState.OPEN)
    outcome: Mapped[CaseOutcome | None] = mapped_column(enum_column(CaseOutcome, "outcome"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    offered_to_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), comment="who is asked first: a hand-over, a follow-up")
    offered_until: Mapped[datetime | None]
    lead_only: Mapped[bool] = mapped_column(default=False, comment="escalated")
    opinion_asked: Mapped[bool] = mapped_column(default=False, comment="others may read it and say what they think")
    decision: Mapped[Decision | None] = mapped_column(enum_column(Decision, "decision"))
    takes_effect_at: Mapped[datetime | None] = mapped_column(comment="until then the decision can be undone")
    follow_up_at: Mapped[datetime | None] = mapped_column(comment="when a closed care case comes back")
    follow_up_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[utc]
    waiting_since: Mapped[utc] = mapped_column(comment="opened, or came back; its priority grows from here")
    free_since: Mapped[utc] = mapped_column(comment="since when nobody has it, or had it before who has it now; people are paged from here")
    due_at: Mapped[utc]
    closed_at: Mapped[datetime | None]
