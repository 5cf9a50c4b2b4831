"""What the environment may say, and what refuses to start."""

from pathlib import Path

import pytest

from support_app import create_app
from support_app.core import core_of
from support_app.jobs import require_safe_start
from support_app.services import accounts
from support_app.settings import Settings, SettingsError, environ_of, load_settings
from tests.factories import START

KEY = "0123456789abcdef0123456789abcdef"
PRODUCTION = {"PEER_CIRCLES_MODE": "production", "SECRET_KEY": KEY, "PEER_CIRCLES_ORIGINS": "https://circles.example.org"}


def load(tmp_path: Path, **environ: str) -> Settings:
    return load_settings({"DATA_DIR": str(tmp_path)} | environ)


class TestDemo:
    def test_needs_nothing(self, tmp_path: Path) -> None:
        """An empty environment is a demonstration on this machine, with a key of its own that only its owner reads."""
        settings = load(tmp_path)
        assert (settings.mode, settings.host, len(settings.secret_key)) == ("demo", "127.0.0.1", 64)
        assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
        assert load(tmp_path).secret_key == settings.secret_key

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5"])
    def test_serves_nobody_else(self, tmp_path: Path, host: str) -> None:
        """Demo accounts are no secret."""
        with pytest.raises(SettingsError, match="demo mode"):
            load(tmp_path, PEER_CIRCLES_HOST=host)


class TestProduction:
    def test_starts_with_key_and_origins(self, tmp_path: Path) -> None:
        """And keeps no key in the data folder."""
        settings = load(tmp_path, **PRODUCTION)
        assert settings.allowed_origins == ("https://circles.example.org",)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"SECRET_KEY": ""}, "SECRET_KEY"),
            ({"SECRET_KEY": "short"}, "SECRET_KEY"),
            ({"PEER_CIRCLES_ORIGINS": ""}, "PEER_CIRCLES_ORIGINS"),
            ({"PEER_CIRCLES_ORIGINS": "*"}, "PEER_CIRCLES_ORIGINS"),
            ({"PEER_CIRCLES_ORIGINS": "https://a.example,*"}, "PEER_CIRCLES_ORIGINS"),
        ],
    )
    def test_refuses_without(self, tmp_path: Path, change: dict[str, str], words: str) -> None:
        """Naming what is missing, never what was given."""
        with pytest.raises(SettingsError, match=words) as refusal:
            load(tmp_path, **(PRODUCTION | change))
        assert KEY not in str(refusal.value)

    def test_refuses_demo_accounts(self, tmp_path: Path, sqlite_template: Path) -> None:
        """Their pass phrases stand on a page; a database that holds them serves no real people."""
        path = tmp_path / "db.sqlite3"
        path.write_bytes(sqlite_template.read_bytes())
        app = create_app(load(tmp_path, **PRODUCTION, DATABASE_URL=f"sqlite:///{path}"))
        require_safe_start(app)
        accounts.register(core_of(app).db, name="Quiet Robin", pass_phrase="x" * 12, locale="en", now=START, demo=True)
        with pytest.raises(SettingsError, match="demo accounts"):
            require_safe_start(app)
        core_of(app).db.dispose()

    def test_refuses_an_old_database(self, tmp_path: Path) -> None:
        """Migrating is a deliberate step."""
        app = create_app(load(tmp_path, **PRODUCTION))
        with pytest.raises(SettingsError, match="migrate"):
            require_safe_start(app)
        core_of(app).db.dispose()


class TestMalformed:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("PEER_CIRCLES_MODE", "live"),
            ("PORT", "http"),
            ("PORT", "-1"),
            ("PORT", "0"),
            ("PORT", "65536"),
            ("PEER_CIRCLES_SCREENER", "none"),
            ("PEER_CIRCLES_CLASSIFIER", "tensorflow"),
            ("PEER_CIRCLES_CLASSIFIER", "torch"),
            ("PEER_CIRCLES_CLASSIFIER_THREADS", "many"),
            ("PEER_CIRCLES_LABEL_MAP", "toxic=rude"),
            ("PEER_CIRCLES_LOG_LEVEL", "chatty"),
            ("PEER_CIRCLES_TRUSTED_PROXIES", "1.5"),
            ("PEER_CIRCLES_SESSION_DAYS", "two weeks"),
            ("PEER_CIRCLES_MESSAGE_RATE", "often"),
            ("PEER_CIRCLES_SIGN_IN_RATE", "10 per fortnight"),
            ("PEER_CIRCLES_WORKER", "none"),
            ("PEER_CIRCLES_SMTP_HOST", "mail.example.org"),
            ("PEER_CIRCLES_SMTP_SECURITY", "some"),
            ("PEER_CIRCLES_WEBHOOK_URL", "alarm.example.org"),
            ("PEER_CIRCLES_VAPID_PRIVATE_KEY", "a key"),
            ("REDIS_URL", "localhost:6379"),
        ],
    )
    def test_is_refused_by_name(self, tmp_path: Path, name: str, value: str) -> None:
        """The sentence says which variable, so that nobody has to guess."""
        with pytest.raises(SettingsError, match=name):
            load(tmp_path, **{name: value})

    def test_a_webhook_without_a_secret(self, tmp_path: Path) -> None:
        """Nobody could tell whether a page is ours."""
        there = {"PEER_CIRCLES_WEBHOOK_URL": "https://alarm.example.org/page"}
        with pytest.raises(SettingsError, match="PEER_CIRCLES_WEBHOOK_SECRET"):
            load(tmp_path, **there, PEER_CIRCLES_WEBHOOK_SECRET="short")
        assert load(tmp_path, **there, PEER_CIRCLES_WEBHOOK_SECRET=KEY).webhook_url == there["PEER_CIRCLES_WEBHOOK_URL"]

    @pytest.mark.parametrize("name", ["PEER_CIRCLES_MOOD", "PEER_CIRCLES_SECRET_KEY", "PEER_CIRCLES_PORT", "PEER_CIRCLES_SCREENING", "PEER_CIRCLES_"])
    def test_unknown_ones_are_refused(self, tmp_path: Path, name: str) -> None:
        """A typing error never silently means the default."""
        with pytest.raises(SettingsError, match=f"unknown setting {name};"):
            load(tmp_path, **{name: "x"})

    def test_other_programs_variables_do_not_matter(self, tmp_path: Path) -> None:
        """Only ours are looked at."""
        assert load(tmp_path, HOME="/root", FLASK_DEBUG="1", PEER="x").mode == "demo"


def test_a_child_process_gets_the_same_settings(tmp_path: Path) -> None:
    """What is written for the screener reads back as it was."""
    label_map = "toxic=harassment,suicide=crisis"
    torch = {"PEER_CIRCLES_CLASSIFIER": "torch", "PEER_CIRCLES_WEIGHTS": str(tmp_path), "PEER_CIRCLES_LABEL_MAP": label_map}
    for environ in ({}, PRODUCTION, torch, {"PORT": "8123", "PEER_CIRCLES_ORIGINS": "http://a:1, http://b:2/"}):
        settings = load(tmp_path, **environ)
        assert load_settings(environ_of(settings)) == settings


@pytest.mark.parametrize(
    ("given", "used"),
    [("postgres://u@h/d", "postgresql+psycopg://u@h/d"), ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"), ("sqlite:////x.db", "sqlite:////x.db")],
)
def test_database_url(tmp_path: Path, given: str, used: str) -> None:
    """As hosting services write it."""
    assert load(tmp_path, DATABASE_URL=given).resolved_database_url == used
