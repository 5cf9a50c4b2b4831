"""What was found in a message and decided, by the classifier or by a person.

Rows are only ever added; the rationale alone comes later, when the screener has time.
"""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, enum_column, utc
from moderation.taxonomy import Verdict


class Screening(Base):
    """The n-th screening of one message; the scores are null when no classifier answered."""

    __tablename__ = "screenings"
    __table_args__ = (CheckConstraint("(weights_revision IS NOT NULL) OR (decided_by_id IS NOT NULL) OR verdict = 'hold'", name="someone_looked"),)

    message_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    verdict: Mapped[Verdict] = mapped_column(enum_column(Verdict, "verdict"))
    scores: Mapped[dict[str, Any] | None] = mapped_column(JSON, comment="label to score, 0 to 1")
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON, comment="findings in the order of the phases; never any text of the message")
    levels: Mapped[dict[str, Any]] = mapped_column(JSON, comment="lane to proposed level")
    rationale: Mapped[list[dict[str, Any]] | None] = mapped_column(
        JSON(none_as_null=True), comment="words the scores rest on: label, start and end in code points, weight; null: not looked for; never any text"
    )
    rules_version: Mapped[int]
    classifier: Mapped[str | None] = mapped_column(String(80))
    weights_revision: Mapped[str | None] = mapped_column(String(80))
    milliseconds: Mapped[float] = mapped_column(comment="time in the classifier")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), comment="the volunteer, when a person decided")
    created_at: Mapped[utc]
