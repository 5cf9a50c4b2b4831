"""One try at the quiz of a training module."""

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, intpk, utc


class QuizAttempt(Base):
    """What somebody answered, and whether it was enough. Rows are only ever added."""

    __tablename__ = "quiz_attempts"
    __table_args__ = (
        CheckConstraint("right_answers BETWEEN 0 AND questions", name="no_more_right_than_asked"),
        Index("ix_quiz_attempts_of_module", "user_id", "module"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[intpk]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    module: Mapped[str] = mapped_column(String(40), comment="key in the training content")
    answers: Mapped[dict[str, str]] = mapped_column(JSON, comment="keys of questions to keys of the options chosen")
    right_answers: Mapped[int]
    questions: Mapped[int]
    passed: Mapped[bool]
    finished_at: Mapped[utc]
