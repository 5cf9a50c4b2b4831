"""Calls for help that left the house: one page for each step of the ladder, and what was tried to bring it to whom. Never any text."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, enum_column, intpk, utc


class PageStep(StrEnum):
    """The rungs of the ladder, in their order."""

    ON_CALL = "on_call"
    LEADS = "leads"


class Channel(StrEnum):
    """The ways a page leaves the house."""

    PUSH = "push"
    EMAIL = "email"
    WEBHOOK = "webhook"


class AttemptState(StrEnum):
    """Waiting: not tried yet. Failed: it will be tried again. The other two are ends."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    GIVEN_UP = "given_up"


class Trouble(StrEnum):
    """Why an attempt did not get through, as a kind; what a server or library said is never kept."""

    NOT_CONFIGURED = "not_configured"
    NO_BROWSER = "no_browser"  # push is on in none of the person's browsers
    NO_LONGER = "no_longer"  # the person is no volunteer any more, or took their address away
    ANSWERED = "answered"  # somebody took the case in the meantime
    REFUSED = "refused"
    REDIRECTED = "redirected"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    SERVER_FAILED = "server_failed"
    INTERRUPTED = "interrupted"  # the worker ended again and again before it knew


class Page(Base):
    """One step for one time that a case waited. Unique, so that several processes make exactly one."""

    __tablename__ = "pages"
    __table_args__ = (UniqueConstraint("case_id", "waiting_since", "step"), {"sqlite_autoincrement": True})

    id: Mapped[intpk]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    step: Mapped[PageStep] = mapped_column(enum_column(PageStep, "step"))
    waiting_since: Mapped[utc] = mapped_column(comment="since when nobody had the case; a case that comes back is paged anew")
    created_at: Mapped[utc]


class PageAttempt(Base):
    """One way to one person (or to the webhook), with every try. Without a page it is a test that somebody asked for."""

    __tablename__ = "page_attempts"
    __table_args__ = (
        UniqueConstraint("page_id", "user_id", "channel"),
        CheckConstraint("(state IN ('sent', 'given_up')) = (ended_at IS NOT NULL)", name="an_end_has_a_time"),
        CheckConstraint("user_id IS NOT NULL OR (channel = 'webhook' AND page_id IS NOT NULL)", name="goes_to_someone"),
        Index("ix_page_attempts_due", "state", "next_try_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[intpk]
    page_id: Mapped[int | None] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, "channel"))
    state: Mapped[AttemptState] = mapped_column(enum_column(AttemptState, "state"), default=AttemptState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0, comment="tries begun; a result counts only for the try it belongs to")
    trouble: Mapped[Trouble | None] = mapped_column(enum_column(Trouble, "trouble"))
    tries: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, comment="each try that ended: when, and the kind of trouble if any")
    next_try_at: Mapped[utc] = mapped_column(comment="while a try is under way: when it counts as interrupted")
    queued_until: Mapped[datetime | None] = mapped_column(comment="until when the queue is trusted to have it")
    created_at: Mapped[utc]
    ended_at: Mapped[datetime | None]
