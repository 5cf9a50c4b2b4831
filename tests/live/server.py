"""A real server: gunicorn, its web worker and its screener, on a port and in a data folder of their own."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import insert, select

from models import Case, Circle, MembershipRole, Message, MessageState, Role, User
from moderation.rules import Rules
from support_app.access import REVIEWERS
from support_app.database import AnyRow, open_database
from support_app.services import accounts, circles, shifts
from support_app.services.circles import NewCircle
from support_app.services.invariants import Report, check_invariants
from support_app.settings import environ_of, load_settings
from tests.factories import certify
from tests.live.client import WAIT_SECONDS
from tests.live.people import Browsers, Person, request
from tests.live.waiting import eventually

ROOT = Path(__file__).resolve().parent.parent.parent
SCREENER = "support_app.screening"
OURS = ("PEER_CIRCLES_", "DATA_DIR", "DATABASE_URL", "SECRET_KEY", "PORT", "GUNICORN")
_names = count(1)


class Server:
    """The processes, their log file and their database. `settings` are environment variables."""

    python = sys.executable

    def __init__(self, folder: Path, template: Path, **settings: str) -> None:
        self.folder = folder
        self.log_file = folder / "server.log"
        self.port = free_port()
        plain = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        chosen = {"DATA_DIR": str(folder), "PORT": str(self.port), "PEER_CIRCLES_LOG_LEVEL": "debug", "PEER_CIRCLES_UNDO_SECONDS": "0"} | settings
        shutil.copy(template, folder / "peer-circles.sqlite3")
        self.settings = load_settings(chosen)
        self.environ = plain | environ_of(self.settings)
        self.db = open_database(self.settings.resolved_database_url)
        self.browsers = Browsers(self.settings)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, until: str = "ready") -> "Server":
        """Start, and wait until the screener is in this state; an empty one waits for the web side only."""
        with self.log_file.open("ab") as log:
            self.process = self.run(self.python, "-m", "gunicorn", "wsgi:app", stdout=log)
        eventually(self._answers, "for the server to answer")
        if until:
            self.wait_for_screener(until)
        return self

    def run(self, *command: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a process with this server's environment, in a group of its own."""
        return subprocess.Popen(command, cwd=ROOT, env=self.environ, stderr=subprocess.STDOUT, start_new_session=True, **options)

    def stop_gently(self) -> None:
        """End the server as an operator would."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(WAIT_SECONDS)

    def stop(self) -> None:
        """End every process at once, whatever state it is in."""
        if self.process is None:
            return
        family = self._family()
        for process in family:
            process.kill()
        self.process.wait(WAIT_SECONDS)
        psutil.wait_procs(family, WAIT_SECONDS)
        self.process = None

    def close(self) -> None:
        """End everything, for good."""
        self.stop()
        self.db.dispose()

    @property
    def screener(self) -> psutil.Process:
        """The supervised screener process of this moment."""
        return eventually(lambda: next((one for one in self._family() if SCREENER in _command(one)), None), "for a screener process")

    @property
    def web(self) -> psutil.Process:
        """The web worker of this moment."""
        assert self.process is not None
        master = psutil.Process(self.process.pid)
        return eventually(lambda: next((one for one in master.children() if "gunicorn" in " ".join(_command(one))), None), "for a web worker")

    def pause_screener(self) -> psutil.Process:
        """Stop the screener in its tracks, but not while it holds the database's lock, which would stop everything."""
        process = self.screener
        while True:
            process.send_signal(signal.SIGSTOP)
            eventually(lambda: process.status() == psutil.STATUS_STOPPED, "for the screener to stop")
            if self._unlocked():
                return process
            process.send_signal(signal.SIGCONT)

    def health(self) -> Any:
        """What `/health` says."""
        return request(self.port, "GET", "/health").json

    def wait_for_screener(self, state: str) -> Any:
        """Wait until `/health` says so."""
        return eventually(lambda: (health := self.health())["screener"]["state"] == state and health, f"for a screener that is {state}")

    def log(self) -> str:
        """Everything every process has written."""
        return self.log_file.read_text(errors="replace")

    def circle(self, *, capacity: int = 8, **rules: Any) -> int:
        """Make a circle nobody sits in yet."""
        new = NewCircle(f"Circle {next(_names)}", "Low mood", "For evenings that feel too long.", "en", "every evening", capacity)
        return circles.create_circle(self.db, circle=new, rules=Rules(**rules), actor=None, now=now())

    def person(self, *seats: int, role: Role = Role.MEMBER) -> Person:
        """Somebody new with seats in these circles, signed in with one browser, and on duty if they review."""
        name = f"Person {next(_names)}"
        row = {"name": name, "name_key": accounts.name_key(name), "pass_phrase_hash": "none", "role": role, "locale": "en", "demo": False}
        with self.db.write() as connection:
            user_id = connection.execute(insert(User).values(**row, auth_epoch=0, consented_at=now(), created_at=now()).returning(User.id)).scalar_one()
            if role in REVIEWERS:
                certify(connection, user_id, now=now())
            for circle_id in seats:
                circles.add_member(connection, circle_id=circle_id, user_id=user_id, role=MembershipRole.MEMBER, now=now())
        opened = accounts.open_session(self.db, user_id=user_id, now=now(), days=14)
        if role in REVIEWERS:
            shifts.start(self.db, opened.actor, check=4, now=now())
        return self.browsers.sign_in(opened)

    def sign_in(self, user_id: int) -> Person:
        """One more browser of somebody."""
        return self.browsers.sign_in(accounts.open_session(self.db, user_id=user_id, now=now(), days=14))

    def seed_load(self, *, count: int, members: int) -> list[tuple[int, list[Person]]]:
        """Circles and people made by the command that load tests use."""
        out = self.folder / "load.json"
        command = [self.python, "-m", "flask", "--app", "wsgi", "seed-load", "--circles", str(count), "--members", str(members), "--out", str(out)]
        subprocess.run(command, cwd=ROOT, env=self.environ, check=True, capture_output=True)
        return [(circle["circle"], [Person(self.port, **member) for member in circle["members"]]) for circle in json.loads(out.read_text())]

    def message(self, message_id: int) -> AnyRow:
        """A message's row."""
        with self.db.read() as connection:
            return connection.execute(select(Message.__table__).where(Message.id == message_id)).one()

    def messages(self, circle_id: int) -> list[AnyRow]:
        """Every message ever accepted in a circle, oldest first."""
        with self.db.read() as connection:
            return list(connection.execute(select(Message.__table__).where(Message.circle_id == circle_id).order_by(Message.id)))

    def cases(self, message_id: int) -> list[AnyRow]:
        """The cases about a message."""
        with self.db.read() as connection:
            return list(connection.execute(select(Case.__table__).where(Case.message_id == message_id).order_by(Case.id)))

    def claimed(self, circle_id: int) -> bool:
        """Whether a screener has a claim on the circle."""
        with self.db.read() as connection:
            return connection.execute(select(Circle.screening_until).where(Circle.id == circle_id)).scalar_one() is not None

    def wait_for_state(self, message_id: int, state: MessageState) -> AnyRow:
        """Wait until the database says so."""
        return eventually(lambda: (row := self.message(message_id)).state is state and row, f"for message {message_id} to be {state}")

    def invariants(self) -> Report:
        """The proof that nothing was lost, doubled or shown unscreened."""
        return check_invariants(self.db)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the database's write lock, as another process would."""
        connection = sqlite3.connect(self.folder / "peer-circles.sqlite3", isolation_level=None, timeout=WAIT_SECONDS)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")
        finally:
            connection.close()

    def _unlocked(self) -> bool:
        connection = sqlite3.connect(self.folder / "peer-circles.sqlite3", isolation_level=None, timeout=1)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return False
        finally:
            connection.close()
        return True

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()[-2000:]
        try:
            return request(self.port, "GET", "/health").status == 200
        except OSError:
            return False

    def _family(self) -> list[psutil.Process]:
        assert self.process is not None
        return [one for one in psutil.process_iter() if _group(one) == self.process.pid]


def _group(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return None


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline() if process.status() != psutil.STATUS_ZOMBIE else []
    except psutil.NoSuchProcess:
        return []


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def now() -> datetime:
    """The present moment; the server runs on the real clock."""
    return datetime.now(UTC)
