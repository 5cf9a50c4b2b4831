"""Background work of the web process, and where all of it is started."""

import gevent
import structlog
from flask import Flask

from support_app.core import core_of
from support_app.errors import Busy
from support_app.live.broadcaster import Broadcaster
from support_app.services import care, decisions, leases, safety, screening, shift_ends
from support_app.settings import SettingsError
from support_app.supervisor import Supervisor

WATCH_SECONDS = 0.5
SWEEP_EVERY = 4  # turns of the watch between two looks at the sessions of open sockets
log = structlog.get_logger()


def start_background(app: Flask) -> Supervisor | None:
    """Start everything that runs beside requests; called once by the server, never by commands."""
    core, broadcaster = core_of(app), app.extensions["broadcaster"]
    require_safe_start(app)
    core.db.after_events.append(broadcaster.wake)
    gevent.spawn(broadcaster.run)
    gevent.spawn(watch, app, broadcaster)
    if core.settings.screener != "embedded":
        return None
    supervisor = Supervisor(core.settings, on_result=broadcaster.wake)
    core.db.after_commit.append(supervisor.wake)
    gevent.spawn(supervisor.run)
    return supervisor


def require_safe_start(app: Flask) -> None:
    """Refuse to serve in a state that is not safe; raises `SettingsError` with the reasons."""
    core = core_of(app)
    if problems := safety.start_problems(core.db, production=core.settings.production):
        raise SettingsError("; ".join(problems))


def watch(app: Flask, broadcaster: Broadcaster) -> None:
    """Hold what the classifier does not answer in time, keep the banner true, and sweep ended sessions."""
    turn = 0
    while True:
        try:
            watch_once(app, broadcaster)
            turn += 1
            if turn % SWEEP_EVERY == 0:
                broadcaster.end_invalid(list(broadcaster.connections.by_sid.values()))
        except Busy:
            log.warning("watch.database_busy")
        except Exception as error:  # noqa: BLE001 (the watch must go on; what went wrong is logged by its kind)
            log.error("watch.failed", error=type(error).__name__)
        gevent.sleep(WATCH_SECONDS)


def watch_once(app: Flask, broadcaster: Broadcaster) -> None:
    """One turn of the watch."""
    core = core_of(app)
    screening.hold_overdue(core.db, now=core.now())
    leases.expire_leases(core.db, now=core.now())
    decisions.apply_due(core.db, now=core.now())
    care.reopen_due(core.db, now=core.now())
    shift_ends.end_forgotten(core.db, now=core.now())
    ready = screening.screener_status(core.db, now=core.now())["state"] == "ready"
    if ready != core.service.screener_ready:
        core.service.screener_ready = ready
        broadcaster.screener_changed(ready=ready)
