"""Background work of the web process, and where all of it is started."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import gevent
import structlog
from flask import Flask

from support_app.core import core_of
from support_app.errors import Busy
from support_app.live.broadcaster import Broadcaster
from support_app.paging.queue import PageQueue, page_queue
from support_app.services import care, decisions, leases, page_attempts, paging, safety, screening, shift_ends, viewers
from support_app.settings import SettingsError
from support_app.supervisor import WORKER, Supervisor

WATCH_SECONDS = 0.5
DUTIES = (
    screening.hold_overdue,
    leases.expire_leases,
    decisions.apply_due,
    care.reopen_due,
    shift_ends.end_forgotten,
    viewers.forget_gone,
)
SWEEP_EVERY = 4  # turns of the watch between two looks at the sessions of open sockets
log = structlog.get_logger()


def start_background(app: Flask) -> list[Supervisor]:
    """Start everything that runs beside requests, and answer with who must be stopped; called once by the server, never by commands."""
    core, broadcaster = core_of(app), app.extensions["broadcaster"]
    require_safe_start(app)
    core.db.after_events.append(broadcaster.wake)
    gevent.spawn(broadcaster.run)
    gevent.spawn(watch, app, broadcaster)
    gevent.spawn(page, app, page_queue(app))
    supervisors = []
    if core.settings.screener == "embedded":
        supervisors.append(Supervisor(core.settings, on_result=broadcaster.wake))
        core.db.after_commit.append(supervisors[0].wake)
    if core.settings.worker == "embedded":
        supervisors.append(Supervisor(core.settings, on_result=broadcaster.wake, command=WORKER, name="worker"))
    for supervisor in supervisors:
        gevent.spawn(supervisor.run)
    return supervisors


def require_safe_start(app: Flask) -> None:
    """Refuse to serve in a state that is not safe; raises `SettingsError` with the reasons."""
    core = core_of(app)
    if problems := safety.start_problems(core.db, production=core.settings.production):
        raise SettingsError("; ".join(problems))


def watch(app: Flask, broadcaster: Broadcaster) -> None:
    """Do what comes due by itself, keep the banner true, and sweep ended sessions."""
    for turn in count(1):
        watch_once(app, broadcaster)
        with _going_on():
            if turn % SWEEP_EVERY == 0:
                broadcaster.end_invalid(list(broadcaster.connections.by_sid.values()))
        gevent.sleep(WATCH_SECONDS)


def page(app: Flask, queue: PageQueue) -> None:
    """Find the pages that are due and have the workers send them; beside the watch, which must not wait for a queue that does not answer."""
    while True:
        with _going_on():
            page_once(app, queue)
        gevent.sleep(WATCH_SECONDS)


def page_once(app: Flask, queue: PageQueue) -> None:
    """One look at the ladder and at what waits to be sent."""
    core = core_of(app)
    paging.page_due(core.db, now=core.now())
    queue.put(page_attempts.hand_to_queue(core.db, now=core.now()))


@contextmanager
def _going_on() -> Iterator[None]:
    """Whatever goes wrong in a turn is logged by its kind, and the next turn comes."""
    try:
        yield
    except Busy:
        log.warning("watch.database_busy")
    except Exception as error:  # noqa: BLE001 (it must go on)
        log.error("watch.failed", error=type(error).__name__)


def watch_once(app: Flask, broadcaster: Broadcaster) -> None:
    """One turn of the watch: one duty that fails keeps no other from being done."""
    for duty in DUTIES:
        with _going_on():
            duty(core_of(app).db, now=core_of(app).now())
    with _going_on():
        keep_banner_true(app, broadcaster)


def keep_banner_true(app: Flask, broadcaster: Broadcaster) -> None:
    """Tell everybody when messages can be screened again, or no longer."""
    core = core_of(app)
    ready = screening.screener_status(core.db, now=core.now())["state"] == "ready"
    if ready != core.service.screener_ready:
        core.service.screener_ready = ready
        broadcaster.screener_changed(ready=ready)
