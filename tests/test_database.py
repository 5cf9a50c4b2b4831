"""Waiting for SQLite's one write lock: cooperative, in order, and not for ever."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from models import Circle
from support_app import database
from support_app.database import Database, open_database
from support_app.errors import Busy

SERVER_MEETS_A_LOCK = """
from gevent import monkey; monkey.patch_all()
import sys, gevent
from sqlalchemy import text
from support_app.database import open_database
ours, theirs = open_database(sys.argv[1]), open_database(sys.argv[1])
told = []
holder = theirs.write(); holder.__enter__()
def write():
    with ours.write() as connection:
        connection.execute(text("UPDATE circles SET last_seq = 0"))
    told.append("written")
writer = gevent.spawn(write)
gevent.sleep(0.05)
def page():
    with ours.read() as connection:
        connection.execute(text("SELECT count(*) FROM circles")).scalar_one()
    told.append("page")
gevent.spawn(page).join()
holder.__exit__(None, None, None)
writer.join()
print(*told)
"""


def test_a_server_that_waits_for_the_lock_goes_on_with_everything_else(sqlite_template: Path, tmp_path: Path) -> None:
    """While another process holds the lock, one greenlet waits for it and the others read pages; then it writes."""
    path = tmp_path / "shared.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    root = Path(database.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", SERVER_MEETS_A_LOCK, f"sqlite:///{path}"], cwd=root, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["page", "written"]


def test_a_lock_that_stays_is_busy_and_leaves_the_door_usable(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever: `Busy`, nothing written, and the next write goes through."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
    other = open_database(str(sqlite_db.engine.url))
    with other.write(), pytest.raises(Busy), sqlite_db.write() as connection:
        connection.execute(text("UPDATE circles SET last_seq = last_seq"))
    with sqlite_db.write() as connection:
        connection.execute(Circle.__table__.delete())
    other.dispose()


def test_writers_of_one_process_take_turns(sqlite_db: Database) -> None:
    """Many threads that write at once all get their turn, and none is refused."""
    refused: list[Busy] = []

    def write() -> None:
        try:
            for _ in range(5):
                with sqlite_db.write() as connection:
                    connection.execute(text("INSERT INTO audit_entries (action, subject, details, created_at) VALUES ('a', 'b', '{}', '2026-01-01')"))
        except Busy as busy:
            refused.append(busy)

    threads = [threading.Thread(target=write) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sqlite_db.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_entries")).scalar_one() == 60
    assert refused == []


def test_only_writes_that_may_hold_events_send_the_broadcaster_looking(sqlite_db: Database) -> None:
    """Every commit wakes the screener; one that says it adds no event wakes nobody else; a rollback wakes nobody."""
    woken: list[str] = []
    sqlite_db.after_commit.append(lambda: woken.append("screener"))
    sqlite_db.after_events.append(lambda: woken.append("broadcaster"))
    with sqlite_db.write():
        pass
    with sqlite_db.write(events=False):
        pass
    with pytest.raises(ZeroDivisionError), sqlite_db.write():
        raise ZeroDivisionError
    assert woken == ["screener", "broadcaster", "screener"]
