"""A person with an account: a pseudonym, a role, and an epoch that ends every session when it moves."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, enum_column, intpk, utc


class Role(StrEnum):
    """What a person may do everywhere. A facilitator is a role inside one circle, see `membership`."""

    MEMBER = "member"
    VOLUNTEER = "volunteer"
    LEAD = "lead"
    ADMIN = "admin"


class User(Base):
    """One account."""

    __tablename__ = "users"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 (declared so by SQLAlchemy)

    id: Mapped[intpk]
    name: Mapped[str] = mapped_column(String(40), comment="pseudonym as shown")
    name_key: Mapped[str] = mapped_column(String(80), unique=True, comment="case-folded name, for look-up and uniqueness")
    pass_phrase_hash: Mapped[str] = mapped_column(String(200), comment="argon2id")
    role: Mapped[Role] = mapped_column(enum_column(Role, "role"))
    locale: Mapped[str] = mapped_column(String(8), default="en")
    auth_epoch: Mapped[int] = mapped_column(default=0, comment="sessions of an older epoch are over")
    banned_at: Mapped[datetime | None]
    demo: Mapped[bool] = mapped_column(default=False, comment="made for the demonstration; production refuses to start with one")
    consented_at: Mapped[utc]
    created_at: Mapped[utc]
    banned_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    helpline_country: Mapped[str | None] = mapped_column(String(2), comment="whose helplines they want to see; chosen by them, never guessed")
