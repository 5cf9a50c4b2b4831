"""What one process shares: settings, database, limits and the clock. Built once by `create_app`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

from flask import Flask, current_app

from support_app.database import Database
from support_app.limits import RateLimiter
from support_app.settings import Settings


def utc_now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Service:
    """Whether messages can be screened right now, as pages and banners say it."""

    screener_ready: bool = False


@dataclass(frozen=True, slots=True)
class Core:
    """Shared by every request, event and job of one process."""

    settings: Settings
    db: Database
    message_limiter: RateLimiter
    sign_in_limiter: RateLimiter
    address_limiter: RateLimiter
    now: Callable[[], datetime] = utc_now
    service: Service = field(default_factory=Service)


def core_of(app: Flask) -> Core:
    """The core that `create_app` put into an app."""
    return cast("Core", app.extensions["peer_circles"])


def core() -> Core:
    """The core of the app at work."""
    return core_of(current_app)
