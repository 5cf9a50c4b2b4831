"""Engine and transactions. On SQLite every writing transaction takes its lock at once, so that none fails half-way."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, Row, create_engine, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from models import Base, RuleVersion
from moderation.rules import Rules
from support_app import audit
from support_app.errors import Busy

BUSY_TIMEOUT_MS = 1500
LOCK_POLL_SECONDS = 0.001
AnyRow: TypeAlias = Row[*tuple[Any, ...]]
INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def make_engine(url: str) -> Engine:
    """An engine with what both databases need; its errors never quote what was written."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _begin_sqlite(connection: Connection) -> None:
    """Writers take the lock at once; the reading door shares this listener and takes none.

    SQLite's own waiting would stop the whole process, sockets and all; `time.sleep` lets the other greenlets of a server go on.
    """
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        return
    driver: Any = connection.connection.driver_connection
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while not _takes_lock(driver):
            if time.monotonic() > until:
                raise Busy
            time.sleep(LOCK_POLL_SECONDS)
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _takes_lock(driver: sqlite3.Connection) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise Busy from error
        return False
    return True


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL for readers beside a writer; the driver's own transaction handling off, ours on."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "temp_store=MEMORY", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}")


@dataclass(frozen=True, slots=True)
class Database:
    """Two doors to one engine: `write` is one transaction, `read` sees committed rows and takes no lock."""

    engine: Engine
    reader: Engine
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    after_events: list[Callable[[], None]] = field(default_factory=list)
    _one_writer: threading.Lock = field(default_factory=threading.Lock)
    _rules: dict[tuple[int, int], Rules] = field(default_factory=dict)

    @contextmanager
    def write(self, *, events: bool = True) -> Iterator[Connection]:
        """One transaction: commits at the end, rolls back on any exception; raises `Busy` when the lock cannot be had.

        `events` False says that the caller adds none, so that nobody has to look for them.
        """
        with refusing_when_busy(), self._turn_to_write(), self.engine.begin() as connection:
            audit.forget_recorded(connection)
            yield connection
            audit.write_recorded(connection)
        for callback in (*self.after_commit, *(self.after_events if events else ())):
            callback()

    @contextmanager
    def _turn_to_write(self) -> Iterator[None]:
        """SQLite has one writer at a time: within a process they take turns here, in their order, so that only one of them asks for the lock."""
        if self.engine.dialect.name != "sqlite":
            yield
            return
        if not self._one_writer.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise Busy
        try:
            yield
        finally:
            self._one_writer.release()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Committed rows, each statement on its own; for pages and checks."""
        with refusing_when_busy(), self.reader.connect() as connection:
            yield connection

    @contextmanager
    def session(self) -> Iterator[Session]:
        """The same as `read`, for objects instead of rows; it never writes."""
        with refusing_when_busy(), Session(self.reader, autoflush=False, expire_on_commit=False) as session:
            yield session

    def rules_of(self, connection: Connection, circle_id: int, number: int) -> Rules:
        """One version of a circle's rules; kept, because a version never changes."""
        key = (circle_id, number)
        if key not in self._rules:
            query = select(RuleVersion.rules).where(RuleVersion.circle_id == circle_id, RuleVersion.number == number)
            self._rules[key] = Rules.model_validate(connection.execute(query).scalar_one())
        return self._rules[key]

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open the database; nothing is created, see `flask migrate`."""
    engine = make_engine(url)
    return Database(engine=engine, reader=engine.execution_options(isolation_level="AUTOCOMMIT"))


def insert_into(connection: Connection, model: type[Base]) -> Any:
    """An insert that can say what happens to a row that is there already: each database has its own."""
    return INSERTS[connection.dialect.name](model)


@contextmanager
def refusing_when_busy() -> Iterator[None]:
    """Turn a locked or unreachable database into the refusal that people can understand."""
    try:
        yield
    except OperationalError as error:
        raise Busy from error
