"""Helplines that an operator keeps, with the ones to start from."""

from datetime import UTC, datetime

from alembic import op
import sqlalchemy as sa

from models.base import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_RELEASED = datetime(2026, 11, 22, 12, tzinfo=UTC)
_EMERGENCY = {"US": "911", "CA": "911", "GB": "999", "AU": "000", "NZ": "111", "DE": "112", "AT": "112", "CH": "112", "FR": "112", "IE": "112", "IN": "112"}
# country, name, numbers to call, lines to text, chat or website, languages, source
_STARTING = (
    (
        "DE",
        "TelefonSeelsorge",
        "0800 111 0 111\n0800 111 0 222\n116 123",
        "",
        "https://online.telefonseelsorge.de",
        "Deutsch",
        "https://www.telefonseelsorge.de",
    ),
    ("AT", "TelefonSeelsorge", "142", "", "https://www.onlineberatung-telefonseelsorge.at", "Deutsch", "https://www.telefonseelsorge.at"),
    ("CH", "Die Dargebotene Hand", "143", "", "https://www.143.ch", "Deutsch, Français, Italiano", "https://www.143.ch"),
    ("GB", "Samaritans", "116 123", "", "", "English", "https://www.samaritans.org"),
    ("GB", "Shout", "", "SHOUT → 85258", "", "English", "https://giveusashout.org"),
    ("IE", "Samaritans Ireland", "116 123", "", "", "English", "https://www.samaritans.org/ireland/"),
    ("IE", "Text About It", "", "HELLO → 50808", "", "English", "https://www.textaboutit.ie"),
    ("US", "988 Suicide & Crisis Lifeline", "988", "988", "https://988lifeline.org/chat/", "English, Español", "https://988lifeline.org"),
    ("US", "Crisis Text Line", "", "HOME → 741741", "", "English, Español", "https://www.crisistextline.org"),
    ("CA", "9-8-8", "988", "988", "", "English, Français", "https://988.ca"),
    ("AU", "Lifeline", "13 11 14", "0477 13 11 14", "https://www.lifeline.org.au/crisis-chat/", "English", "https://www.lifeline.org.au"),
    ("NZ", "1737 Need to talk?", "1737", "1737", "", "English", "https://1737.org.nz"),
    ("FR", "3114", "3114", "", "", "Français", "https://3114.fr"),
    ("IN", "Tele-MANAS", "14416", "", "", "English, हिन्दी", "https://telemanas.mohfw.gov.in"),
    ("XX", "Find A Helpline", "", "", "https://findahelpline.com", "", "https://findahelpline.com"),
)


def upgrade() -> None:
    """Apply."""
    helplines = op.create_table(
        "helplines",
        sa.Column("id", _ID, nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False, comment="ISO 3166 code; XX: everywhere"),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("call_numbers", sa.String(length=200), nullable=False, comment="one a line"),
        sa.Column("text_lines", sa.String(length=300), nullable=False, comment="one a line: a number, or a word and the number it is sent to"),
        sa.Column("web_url", sa.String(length=300), nullable=False, comment="a chat or website, https; empty: none"),
        sa.Column("day_and_night", sa.Boolean(), nullable=False),
        sa.Column("hours", sa.String(length=120), nullable=False, comment="in words, when it is not day and night"),
        sa.Column("languages", sa.String(length=120), nullable=False),
        sa.Column("source_url", sa.String(length=300), nullable=False, comment="where the service itself says all this"),
        sa.Column("last_verified_at", UtcDateTime(), nullable=False),
        sa.Column("verified_by_id", _ID, nullable=True, comment="null: as released, nobody here has looked yet"),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, comment="grows with every change of this row"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("call_numbers <> '' OR text_lines <> '' OR web_url <> ''", name=op.f("ck_helplines_can_be_reached")),
        sa.ForeignKeyConstraint(["verified_by_id"], ["users.id"], name=op.f("fk_helplines_verified_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_helplines")),
        sqlite_autoincrement=True,
    )
    in_use = sa.text("retired_at IS NULL")
    op.create_index("uq_helplines_in_use", "helplines", ["country", "name"], unique=True, sqlite_where=in_use, postgresql_where=in_use)
    emergency_numbers = op.create_table(
        "emergency_numbers",
        sa.Column("country", sa.String(length=2), nullable=False, comment="ISO 3166 code"),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("country", name=op.f("pk_emergency_numbers")),
    )
    comment = "whose helplines they want to see; chosen by them, never guessed"
    op.add_column("users", sa.Column("helpline_country", sa.String(length=2), nullable=True, comment=comment))
    op.bulk_insert(helplines, [_row(*values) for values in _STARTING])
    op.bulk_insert(emergency_numbers, [{"country": country, "number": number} for country, number in _EMERGENCY.items()])


def downgrade() -> None:
    """Take back."""
    op.drop_column("users", "helpline_country")
    op.drop_table("emergency_numbers")
    op.drop_table("helplines")


def _row(country: str, name: str, call_numbers: str, text_lines: str, web_url: str, languages: str, source_url: str) -> dict[str, object]:
    """A row as released: right on that day, and looked at by nobody here yet."""
    return {
        "country": country,
        "name": name,
        "call_numbers": call_numbers,
        "text_lines": text_lines,
        "web_url": web_url,
        "day_and_night": country != "XX",
        "hours": "",
        "languages": languages,
        "source_url": source_url,
        "last_verified_at": _RELEASED,
        "verified_by_id": None,
        "retired_at": None,
        "version": 1,
        "created_at": _RELEASED,
    }
