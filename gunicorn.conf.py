"""How the server runs; gunicorn reads this file by itself. One worker: a second instance gets its own port."""

# ruff: noqa: E402 (everything after this line must be imported patched)
from gevent import monkey

monkey.patch_all()

import sys

from support_app.database import open_database
from support_app.jobs import start_background
from support_app.services.safety import start_problems
from support_app.settings import SettingsError, load_settings

try:
    _settings = load_settings()
except SettingsError as error:
    sys.exit(f"Peer Circles does not start: {error}")
bind = f"{_settings.host}:{_settings.port}"
worker_class = "gevent"
workers = 1
worker_connections = 4000
graceful_timeout = 3
timeout = 60
accesslog = None  # paths hold ids of circles, so there is no access log by default
loglevel = "warning"
control_socket_disable = True


def on_starting(_server):
    """Refuse an unsafe start once, with a clear sentence, instead of a worker that dies again and again."""
    db = open_database(_settings.resolved_database_url)
    problems = start_problems(db, production=_settings.production)
    db.dispose()
    if problems:
        sys.exit(f"Peer Circles does not start: {'; '.join(problems)}")


def post_worker_init(worker):
    """Start the background work inside the worker, where the event loop runs."""
    worker.supervisors = start_background(worker.wsgi)


def worker_exit(_server, worker):
    """Take the processes that belong to the worker down with it."""
    for supervisor in getattr(worker, "supervisors", ()):
        supervisor.stop()
