"""How a volunteer can be reached when they are not at the page: their own choice, and the browsers that take notifications."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, intpk, utc


class ReachSettings(Base):
    """What a volunteer chose. No row: nothing leaves the house for them."""

    __tablename__ = "reach_settings"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    page_me: Mapped[bool] = mapped_column(default=False)
    email: Mapped[str | None] = mapped_column(String(254), comment="for pages only")
    updated_at: Mapped[utc]


class PushSubscription(Base):
    """One browser that takes notifications for one person."""

    __tablename__ = "push_subscriptions"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 (declared so by SQLAlchemy)

    id: Mapped[intpk]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    endpoint: Mapped[str] = mapped_column(String(1000), unique=True)
    p256dh: Mapped[str] = mapped_column(String(200), comment="the browser's public key")
    auth: Mapped[str] = mapped_column(String(100), comment="the secret that browser and server share")
    created_at: Mapped[utc]
