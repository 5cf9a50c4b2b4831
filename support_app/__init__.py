"""Peer Circles: the web application. `create_app` is the only place that wires its parts together."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from flask import Flask
from flask_socketio import SocketIO
from werkzeug.middleware.proxy_fix import ProxyFix

from support_app.core import Core, utc_now
from support_app.database import open_database
from support_app.limits import rate_limiter
from support_app.live import namespace
from support_app.live.broadcaster import Broadcaster
from support_app.live.rooms import Connections
from support_app.live.transport import FRAME_MAX, WebSocket
from support_app.logs import configure_logs
from support_app.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent


def create_app(settings: Settings | None = None, *, now: Callable[[], datetime] = utc_now) -> Flask:
    """Build the application; starts nothing. Raises `SettingsError` when the settings are not usable."""
    from support_app import cli, web  # noqa: PLC0415 (they import what this module defines)

    settings = settings or load_settings()
    configure_logs(settings.log_level)
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder="static")
    app.config.update(flask_config(settings))
    app.extensions["peer_circles"] = Core(
        settings=settings,
        db=open_database(settings.resolved_database_url),
        message_limiter=rate_limiter(settings.message_rate),
        sign_in_limiter=rate_limiter(settings.sign_in_rate),
        address_limiter=rate_limiter(settings.address_rate),
        now=now,
    )
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies, x_host=0)  # type: ignore[method-assign]
    web.register(app)
    cli.register(app)
    _add_live(app, settings)
    return app


def flask_config(settings: Settings) -> dict[str, object]:
    """Flask's own configuration, all of it from the settings."""
    return {
        "SECRET_KEY": settings.secret_key,
        "MAX_CONTENT_LENGTH": FRAME_MAX,
        "SESSION_COOKIE_NAME": "__Host-peer_circles" if settings.production else "peer_circles",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.production,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": settings.production,
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "support_app" / "translations"),
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_DEFAULT_TIMEZONE": "UTC",
        "TEMPLATES_AUTO_RELOAD": False,
    }


def _add_live(app: Flask, settings: Settings) -> None:
    socketio = SocketIO(
        app,
        async_mode="gevent",
        async_handlers=False,  # two quick messages of one person must keep their order
        transports=["websocket"],
        cors_allowed_origins=list(settings.allowed_origins),
        manage_session=False,
        ping_interval=20,
        ping_timeout=20,
        max_http_buffer_size=FRAME_MAX,
    )
    socketio.server.eio._async = {**socketio.server.eio._async, "websocket": WebSocket}  # noqa: SLF001 (engineio has no public door)
    connections = Connections()
    broadcaster = Broadcaster(app, socketio, connections)
    app.extensions["broadcaster"] = broadcaster
    namespace.register(app, socketio, connections, broadcaster)
