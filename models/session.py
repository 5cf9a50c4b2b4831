"""A signed-in browser. The cookie carries a random token; only its hash is stored."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, intpk, utc


class Session(Base):
    """One session; it is valid while the row exists, has not expired and carries the account's epoch."""

    __tablename__ = "sessions"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 (declared so by SQLAlchemy)

    id: Mapped[intpk]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, comment="sha256 of the cookie's token")
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    auth_epoch: Mapped[int]
    created_at: Mapped[utc]
    expires_at: Mapped[utc]
