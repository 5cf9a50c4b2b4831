"""A message, or a later revision of one. Each row is screened once for itself and its text never changes."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, enum_column, utc


class MessageState(StrEnum):
    """Where a message is. Allowed moves stand in `support_app.services.states`."""

    PENDING = "pending"
    DELIVERED = "delivered"
    NUDGED = "nudged"
    HELD = "held"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


class HoldReason(StrEnum):
    """Why a message is held. Only `screener_unavailable` is screened again by itself."""

    SCREENED = "screened"
    AUTHOR_ASKED = "author_asked"
    SCREENER_UNAVAILABLE = "screener_unavailable"


class Message(Base):
    """One accepted text.

    The database itself refuses a delivered row without a screening of exactly this row and without a place in the circle's sequence.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("author_id", "client_id"),
        UniqueConstraint("circle_id", "seq"),
        UniqueConstraint("revises_id", "revision"),
        ForeignKeyConstraint(["id", "screening"], ["screenings.message_id", "screenings.number"], name="fk_messages_screening"),
        CheckConstraint(
            "state <> 'delivered' OR (screening IS NOT NULL AND seq IS NOT NULL AND delivered_at IS NOT NULL)",
            name="delivered_is_screened_and_numbered",
        ),
        CheckConstraint("(seq IS NULL) = (delivered_at IS NULL)", name="seq_with_delivery"),
        CheckConstraint("(state = 'held') = (hold_reason IS NOT NULL)", name="held_has_a_reason"),
        CheckConstraint("(revises_id IS NULL) = (revision = 1)", name="revision_of_an_original"),
        Index("ix_messages_to_screen", "circle_id", "id", sqlite_where=text("to_screen = 1"), postgresql_where=text("to_screen")),
        Index("ix_messages_author", "author_id", "created_at"),
        {"sqlite_autoincrement": True},  # an id is never given twice
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    circle_id: Mapped[int] = mapped_column(ForeignKey("circles.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    client_id: Mapped[str] = mapped_column(String(36), comment="made by the author's client; the same one is never stored twice")
    text: Mapped[str] = mapped_column(Text)
    reply_to_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("messages.id"))
    revises_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("messages.id"), comment="the first revision, when this is a later one")
    revision: Mapped[int] = mapped_column(default=1)
    state: Mapped[MessageState] = mapped_column(enum_column(MessageState, "state"))
    hold_reason: Mapped[HoldReason | None] = mapped_column(enum_column(HoldReason, "hold_reason"))
    to_screen: Mapped[bool] = mapped_column(default=True, comment="waits for the classifier: pending, or held because it was away")
    screen_attempts: Mapped[int] = mapped_column(default=0, comment="how often the classifier gave nothing usable")
    screen_after: Mapped[datetime | None] = mapped_column(comment="not claimed before, after an attempt that gave nothing usable")
    version: Mapped[int] = mapped_column(default=1, comment="grows with every change of this row")
    screening: Mapped[int | None] = mapped_column(comment="number of the screening that decided")
    seq: Mapped[int | None] = mapped_column(comment="place among all messages ever delivered in the circle")
    care_dismissed_at: Mapped[datetime | None] = mapped_column(comment="when the author put the care card away")
    created_at: Mapped[utc]
    delivered_at: Mapped[datetime | None]
    changed_at: Mapped[utc]
