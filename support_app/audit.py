"""The record of who did what, as a chain: every entry carries a digest of itself and of the one before. Never any message text."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text

from models import AuditEntry

BEFORE_THE_FIRST = "0" * 64
_WAITING = "audit entries of this transaction"
_AT_ONCE = 1000
_POSTGRES_LOCK = 20_260_131  # any number that nothing else locks


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the chain that somebody noted down elsewhere: an entry's number and digest."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"


def record(connection: Connection, *, actor_id: int | None, action: str, subject: str, now: datetime, **details: Any) -> None:
    """Add one entry to the caller's transaction; it joins the chain when the transaction ends."""
    entry = {"actor_id": actor_id, "action": action, "subject": subject, "details": details, "created_at": now}
    connection.info.setdefault(_WAITING, []).append(entry)


def forget_recorded(connection: Connection) -> None:
    """Drop what a transaction that failed had recorded: a pool hands its connection on."""
    connection.info.pop(_WAITING, None)


def write_recorded(connection: Connection) -> None:
    """Write what the transaction recorded; the last thing it does, so that it waits for others while it holds every other lock it needs."""
    entries = connection.info.pop(_WAITING, None)
    if not entries:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRES_LOCK})
    last = last_place(connection)
    rows = []
    for entry in entries:
        last = Place(last.number + 1, digest_of(last.digest, last.number + 1, entry))
        rows.append(entry | {"id": last.number, "digest": last.digest})
    connection.execute(insert(AuditEntry), rows)


def last_place(connection: Connection) -> Place:
    """Where the chain ends now."""
    row = connection.execute(select(AuditEntry.id, AuditEntry.digest).order_by(AuditEntry.id.desc()).limit(1)).one_or_none()
    return Place(row.id, row.digest) if row else Place(0, BEFORE_THE_FIRST)


def digest_of(previous: str, number: int, entry: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal, of the digest before and of everything the entry says."""
    moment = entry["created_at"].astimezone(UTC).isoformat()
    content = [previous, number, entry["actor_id"], entry["action"], entry["subject"], entry["details"], moment]
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def problems(connection: Connection, noted: Place | None = None) -> Iterator[str]:
    """Yield, in words, every place where an entry was changed, moved or taken out, and whether the noted place is still in the chain."""
    previous, found = Place(0, BEFORE_THE_FIRST), noted is None or noted == Place(0, BEFORE_THE_FIRST)
    for entry in _entries(connection):
        here = Place(entry["id"], entry["digest"])
        if here.number != previous.number + 1:
            yield f"entries {previous.number + 1} to {here.number - 1} are missing"
        elif digest_of(previous.digest, here.number, entry) != here.digest:
            yield f"entry {here.number} is not what was written there"
        previous = here
        found = found or previous == noted
    if not found:
        yield f"the noted place {noted} is not in the chain, which ends at {previous}: entries were taken off its end, or all were written anew"


def _entries(connection: Connection) -> Iterator[Mapping[Any, Any]]:
    query, last = select(AuditEntry.__table__).order_by(AuditEntry.id).limit(_AT_ONCE), 0
    while entries := connection.execute(query.where(AuditEntry.id > last)).mappings().all():
        yield from entries
        last = entries[-1]["id"]
