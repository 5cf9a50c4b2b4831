"""Typed settings, read once from the environment. Unknown or malformed ones refuse to start, in plain words."""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_type_hints

from limits import parse_many

from moderation.taxonomy import Label

PREFIX = "PEER_CIRCLES_"
PLAIN_NAMES = ("PORT", "DATA_DIR", "DATABASE_URL", "SECRET_KEY", "REDIS_URL")
DEMO_HOST = "127.0.0.1"
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?|https?://\[[0-9A-Fa-f:]+\](:\d+)?")
DATA_DIR = Path("data")
PUSH_SERVICES = ("fcm.googleapis.com", "push.services.mozilla.com", "push.apple.com", "notify.windows.com")
SECRET_LENGTH = 32


class SettingsError(Exception):
    """The environment does not make a usable configuration; the message says which setting and why."""


def _setting(default: Any, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of the product; the metadata is the table in docs/settings.md."""

    mode: Literal["demo", "production"] = _setting("demo", "`demo` has demo accounts and serves this machine only; `production` needs a secret key and origins")
    data_dir: Path = _setting(DATA_DIR, "folder for the database, the demo's secret key and demo accounts (`DATA_DIR`)")
    database_url: str = _setting("", "empty: SQLite in the data folder; `postgresql://...` for PostgreSQL (`DATABASE_URL`)")
    secret_key: str = _setting("", "signs cookies; at least 32 characters; required in production (`SECRET_KEY`)")
    host: str = _setting(DEMO_HOST, "address to listen on; demo mode refuses any other than 127.0.0.1")
    port: int = _setting(8000, "port to listen on (`PORT`)")
    origins: tuple[str, ...] = _setting((), "origins that browsers may come from, as in `https://circles.example.org`; several with commas")
    trusted_proxies: int = _setting(0, "number of reverse proxies in front whose X-Forwarded headers count")
    screener: Literal["embedded", "external"] = _setting(
        "embedded", "`embedded`: the web process starts and supervises one; `external`: you run `flask screener` yourself"
    )
    classifier: Literal["onnx", "torch"] = _setting("onnx", "`onnx`: the shipped weights; `torch`: any local Hugging Face sequence classification folder")
    weights: Path | None = _setting(None, "folder of the weights; empty: the shipped ones")
    label_map: Mapping[str, str] | None = _setting(None, "for other weights: their labels to ours, as in `toxic=harassment,suicide=crisis`")
    classifier_threads: int = _setting(1, "threads of the classifier")
    message_rate: str = _setting("10/second;360/minute", "messages one person may send, as the `limits` library writes it")
    sign_in_rate: str = _setting("10/minute;50/hour", "attempts to sign in under one name from one address")
    address_rate: str = _setting("60/minute;600/hour", "attempts to sign in or register from one address, which many people may share")
    undo_seconds: int = _setting(10, "how long a volunteer may undo a decision about a message before it takes effect; at most 60")
    session_days: int = _setting(14, "days until a session ends by itself")
    exit_url: str = _setting("/away", "where *Leave quickly* leads")
    worker: Literal["embedded", "external"] = _setting(
        "embedded", "who sends pages: `embedded`: the web process starts and supervises a worker; `external`: you run `flask worker` yourself"
    )
    redis_url: str = _setting("", "empty: the queue of pages is a file in the data folder; `redis://...` when workers run on several machines (`REDIS_URL`)")
    vapid_private_key: str = _setting("", "private key for browser push, 32 bytes in base64 for URLs; empty: one is made and kept in the data folder")
    vapid_contact: str = _setting("", "whom push services may write to, as in `mailto:team@example.org`; empty: the mail sender, or the first origin")
    push_services: tuple[str, ...] = _setting(PUSH_SERVICES, "push services that notifications may go to, with their subdomains")
    smtp_host: str = _setting("", "mail server for pages; empty: no page goes out by e-mail")
    smtp_port: int = _setting(587, "its port")
    smtp_user: str = _setting("", "user name at the mail server; empty: without signing in")
    smtp_password: str = _setting("", "password at the mail server")
    smtp_security: Literal["starttls", "tls", "none"] = _setting("starttls", "how the connection to the mail server is encrypted")
    mail_sender: str = _setting("", "address that pages come from; needed with a mail server")
    webhook_url: str = _setting("", "address that every page is posted to, see docs/paging.md; empty: none")
    webhook_secret: str = _setting("", "signs what is posted there; at least 32 characters")
    log_level: Literal["debug", "info", "warning", "error"] = _setting("info", "how much is logged; never any message text")

    @property
    def production(self) -> bool:
        """Whether real people use this installation."""
        return self.mode == "production"

    @property
    def resolved_database_url(self) -> str:
        """The SQLAlchemy URL in use."""
        if self.database_url:
            return self.database_url.replace("postgres://", "postgresql://", 1).replace("postgresql://", "postgresql+psycopg://", 1)
        return f"sqlite:///{self.data_dir.resolve() / 'peer-circles.sqlite3'}"

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """Origins accepted on the socket handshake; in demo mode this machine's own names."""
        return self.origins or tuple(f"http://{name}:{self.port}" for name in ("127.0.0.1", "localhost"))


def variable_name(setting: str) -> str:
    """Environment variable of a setting."""
    plain = setting.upper()
    return plain if plain in PLAIN_NAMES else PREFIX + plain


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raises `SettingsError`."""
    environ = os.environ if environ is None else environ
    hints = get_type_hints(Settings)
    names = {variable_name(item.name): item.name for item in fields(Settings)}
    unknown = sorted(key for key in environ if key.startswith(PREFIX) and key not in names)
    if unknown:
        message = f"unknown setting {unknown[0]}; docs/settings.md lists all of them"
        raise SettingsError(message)
    values = {name: _parse(variable, environ[variable], hints[name]) for variable, name in names.items() if environ.get(variable)}
    return checked(_with_demo_secret(Settings(**values)))


def checked(settings: Settings) -> Settings:
    """Refuse combinations that are unsafe; raises `SettingsError`."""
    problems = _production_problems(settings) if settings.production else _demo_problems(settings)
    if not 1 <= settings.port <= 65535:  # noqa: PLR2004
        problems.append("PORT must be between 1 and 65535")
    if settings.classifier == "torch" and (settings.weights is None or not settings.label_map):
        problems.append(f"{PREFIX}CLASSIFIER=torch needs {PREFIX}WEIGHTS and {PREFIX}LABEL_MAP")
    problems += _address_problems(settings)
    if settings.undo_seconds > 60:  # noqa: PLR2004
        problems.append(f"{PREFIX}UNDO_SECONDS must be at most 60")
    problems += _paging_problems(settings)
    if settings.session_days < 1:
        problems.append(f"{PREFIX}SESSION_DAYS must be at least 1")
    problems += [problem for name in ("message_rate", "sign_in_rate", "address_rate") for problem in _rate_problems(name, getattr(settings, name))]
    if problems:
        raise SettingsError("; ".join(problems))
    return settings


def _address_problems(settings: Settings) -> list[str]:
    problems = [f"{PREFIX}ORIGINS: {origin} is not an origin as in https://circles.example.org" for origin in settings.origins if not ORIGIN.fullmatch(origin)]
    if not re.match(r"/(?!/)|https?://", settings.exit_url):
        problems.append(f"{PREFIX}EXIT_URL must be a path of this site or an address that begins with https://")
    return problems


def _paging_problems(settings: Settings) -> list[str]:
    """What would make every page fail is said at the start, not in the night when one is needed."""
    problems = []
    if settings.smtp_host and "@" not in settings.mail_sender:
        problems.append(f"{PREFIX}SMTP_HOST needs {PREFIX}MAIL_SENDER, the address that pages come from")
    if settings.webhook_url and not re.match(r"https?://[^/\s]+", settings.webhook_url):
        problems.append(f"{PREFIX}WEBHOOK_URL must begin with https:// or http://")
    if settings.webhook_url and len(settings.webhook_secret) < SECRET_LENGTH:
        problems.append(f"{PREFIX}WEBHOOK_URL needs {PREFIX}WEBHOOK_SECRET with at least {SECRET_LENGTH} random characters")
    if settings.vapid_private_key and not re.fullmatch(r"[A-Za-z0-9_-]{43}", settings.vapid_private_key):
        problems.append(f"{PREFIX}VAPID_PRIVATE_KEY must be 32 bytes in base64 for URLs, 43 characters")
    if settings.redis_url and not re.match(r"(rediss?|unix)://", settings.redis_url):
        problems.append("REDIS_URL must begin with redis://, rediss:// or unix://")
    return problems


def _production_problems(settings: Settings) -> list[str]:
    problems = []
    if len(settings.secret_key) < SECRET_LENGTH:
        problems.append("production needs SECRET_KEY with at least 32 random characters; `openssl rand -hex 32` makes one")
    if not settings.origins:
        problems.append(f"production needs {PREFIX}ORIGINS, the address people type, as in https://circles.example.org")
    return problems


def _rate_problems(name: str, rate: str) -> list[str]:
    try:
        parse_many(rate)
    except ValueError:
        return [f"{variable_name(name)} is malformed: rates are written as in 10/second;360/minute"]
    return []


def _demo_problems(settings: Settings) -> list[str]:
    if settings.host != DEMO_HOST:
        return [f"demo mode listens on {DEMO_HOST} only; set {PREFIX}MODE=production to serve others"]
    return []


def _with_demo_secret(settings: Settings) -> Settings:
    """Demo mode keeps a random key of its own in the data folder, so that sessions survive a restart."""
    if settings.production or settings.secret_key:
        return settings
    path = settings.data_dir / "secret_key"
    if not path.exists():
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
    return replace_settings(settings, secret_key=path.read_text().strip())


def replace_settings(settings: Settings, **changes: Any) -> Settings:
    """A copy with some values changed."""
    return Settings(**{item.name: changes.get(item.name, getattr(settings, item.name)) for item in fields(settings)})


def environ_of(settings: Settings) -> dict[str, str]:
    """The environment that `load_settings` reads these settings from; for processes that this one starts."""
    return {variable_name(item.name): _written(getattr(settings, item.name)) for item in fields(settings)}


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, Mapping):
        return ",".join(f"{theirs}={ours}" for theirs, ours in value.items())
    return str(value)


def _parse(variable: str, raw: str, hint: Any) -> Any:
    """Turn one variable's text into the type its setting has."""
    try:
        return _parser(hint)(raw)
    except ValueError as error:
        message = f"{variable} is malformed: {error}"
        raise SettingsError(message) from None


def _parser(hint: Any) -> Callable[[str], Any]:
    parsers: dict[Any, Callable[[str], Any]] = {
        int: _integer,
        str: str.strip,
        Path: Path,
        Path | None: Path,
        tuple[str, ...]: lambda raw: tuple(part.strip().rstrip("/") for part in raw.split(",") if part.strip()),
        Mapping[str, str] | None: _label_map,
    }
    return parsers.get(hint) or _choice(hint)


def _integer(raw: str) -> int:
    if not raw.strip().isdigit():
        message = "a whole number is needed"
        raise ValueError(message)
    return int(raw)


def _choice(hint: Any) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw not in hint.__args__:
            message = f"one of {', '.join(hint.__args__)} is needed"
            raise ValueError(message)
        return raw

    return parse


def _label_map(raw: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in raw.split(",") if part.strip()]
    for theirs, _, ours in pairs:
        if ours.strip() not in set(Label):
            message = f"label {theirs.strip()!r} must be mapped to one of {', '.join(Label)}"
            raise ValueError(message)
    return {theirs.strip(): ours.strip() for theirs, _, ours in pairs}
