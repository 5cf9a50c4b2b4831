"""People to reach outside a circle, as an operator keeps them: helplines of a country, and its emergency number."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, intpk, name_text, utc

_IN_USE = text("retired_at IS NULL")


class Helpline(Base):
    """One service and every way to reach it. It counts for 180 days after somebody last looked whether it is right."""

    __tablename__ = "helplines"
    __table_args__ = (
        CheckConstraint("call_numbers <> '' OR text_lines <> '' OR web_url <> ''", name="can_be_reached"),
        Index("uq_helplines_in_use", "country", "name", unique=True, sqlite_where=_IN_USE, postgresql_where=_IN_USE),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[intpk]
    country: Mapped[str] = mapped_column(String(2), comment="ISO 3166 code; XX: everywhere")
    name: Mapped[name_text]
    call_numbers: Mapped[str] = mapped_column(String(200), comment="one a line")
    text_lines: Mapped[str] = mapped_column(String(300), comment="one a line: a number, or a word and the number it is sent to")
    web_url: Mapped[str] = mapped_column(String(300), comment="a chat or website, https; empty: none")
    day_and_night: Mapped[bool]
    hours: Mapped[str] = mapped_column(String(120), comment="in words, when it is not day and night")
    languages: Mapped[str] = mapped_column(String(120))
    source_url: Mapped[str] = mapped_column(String(300), comment="where the service itself says all this")
    last_verified_at: Mapped[utc]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), comment="null: as released, nobody here has looked yet")
    retired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, comment="grows with every change of this row")
    created_at: Mapped[utc]


class EmergencyNumber(Base):
    """The number to call in a country when a life is in danger. Shown for as long as it stands here, however long ago somebody looked."""

    __tablename__ = "emergency_numbers"

    country: Mapped[str] = mapped_column(String(2), primary_key=True, comment="ISO 3166 code")
    number: Mapped[str] = mapped_column(String(30))
    last_verified_at: Mapped[utc]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), comment="null: as released, nobody here has looked yet")
    version: Mapped[int] = mapped_column(default=1, comment="grows with every change of this row")
