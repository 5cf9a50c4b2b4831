"""Looking after the helplines: what administrators see and change. Whoever saves a line says that they have just looked; every change is recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from models import EmergencyNumber, Helpline
from support_app import audit
from support_app.access import Actor, require_admin
from support_app.database import AnyRow, Database
from support_app.errors import N_, Conflict, Invalid, NameTaken, NotFound
from support_app.services.helpline_entry import FIELDS, Entry, checked, phone_number
from support_app.services.helplines import COUNTRIES, EVERYWHERE, Emergency, Line, emergency_numbers, lines_in_use, shown_for


@dataclass(frozen=True, slots=True)
class Country:
    """One country's lines as administrators see them."""

    code: str
    emergency: Emergency | None
    lines: list[Line]
    shown: frozenset[int]  # ids of the lines on the help page

    @property
    def only_expired(self) -> bool:
        """Whether nobody has looked lately at any of them."""
        return bool(self.lines) and all(line.expired for line in self.lines)


@dataclass(frozen=True, slots=True)
class Kept:
    """A line to be changed, and the version that was read."""

    entry: Entry
    version: int


def countries(db: Database, actor: Actor, *, now: datetime) -> list[Country]:
    """Every country with a line in use or an emergency number."""
    with db.read() as connection:
        require_admin(connection, actor, now=now)
        lines, emergency = lines_in_use(connection, now=now), emergency_numbers(connection, now=now)
    by_country = {code: list(group) for code, group in groupby(lines, key=lambda line: line.country)}
    return [_country(code, by_country.get(code, []), lines, emergency.get(code)) for code in sorted(by_country.keys() | emergency.keys())]


def read(db: Database, actor: Actor, helpline_id: int, *, now: datetime) -> Kept:
    """A line as it was last written down; raises `NotFound` when it is retired."""
    with db.read() as connection:
        require_admin(connection, actor, now=now)
        row = connection.execute(_in_use(helpline_id)).one_or_none()
    if row is None:
        raise NotFound
    return Kept(_entry(row), row.version)


def add(db: Database, actor: Actor, *, entry: Entry, now: datetime) -> int:
    """Write down a helpline that the actor has just looked at; answers with its id."""
    values = asdict(checked(entry))
    with _writing(db) as connection:
        require_admin(connection, actor, now=now)
        row = values | {"last_verified_at": now, "verified_by_id": actor.user_id, "version": 1, "created_at": now}
        helpline_id: int = connection.execute(insert(Helpline).values(row).returning(Helpline.id)).scalar_one()
        audit.record(connection, actor_id=actor.user_id, action="helpline.added", subject=f"helpline:{helpline_id}", now=now, **values)
    return helpline_id


def change(db: Database, actor: Actor, helpline_id: int, *, entry: Entry, version: int, now: datetime) -> None:
    """Put a line right that the actor has just looked at; raises `Conflict` when somebody else changed it first."""
    values = asdict(checked(entry))
    with _writing(db) as connection:
        require_admin(connection, actor, now=now)
        before = asdict(_entry(_current(connection, helpline_id, version)))
        if values["country"] != before["country"]:
            _keep_one_for_everywhere(connection, before["country"])
        _verified(connection, actor, helpline_id, version=version, now=now, values=values)
        changes = {name: {"before": before[name], "after": value} for name, value in values.items() if value != before[name]}
        audit.record(connection, actor_id=actor.user_id, action="helpline.changed", subject=f"helpline:{helpline_id}", now=now, **changes)


def verify(db: Database, actor: Actor, helpline_id: int, *, version: int, now: datetime) -> None:
    """Say that the line was called or looked at and is right; it counts for another 180 days."""
    with db.write(events=False) as connection:
        require_admin(connection, actor, now=now)
        row = _current(connection, helpline_id, version)
        _verified(connection, actor, helpline_id, version=version, now=now, values={})
        last = row.last_verified_at.isoformat()
        audit.record(connection, actor_id=actor.user_id, action="helpline.verified", subject=f"helpline:{helpline_id}", now=now, before=last)


def retire(db: Database, actor: Actor, helpline_id: int, *, version: int, now: datetime) -> None:
    """Show a line to nobody any more; the row stays for the record."""
    with db.write(events=False) as connection:
        require_admin(connection, actor, now=now)
        row = _current(connection, helpline_id, version)
        _keep_one_for_everywhere(connection, row.country)
        connection.execute(update(Helpline).where(Helpline.id == helpline_id).values(retired_at=now, version=version + 1))
        audit.record(connection, actor_id=actor.user_id, action="helpline.retired", subject=f"helpline:{helpline_id}", now=now, name=row.name)


def set_emergency_number(db: Database, actor: Actor, *, country: str, number: str, now: datetime) -> None:
    """Write down the number to call in a country when a life is in danger, which the actor has just looked at; blank takes it away."""
    if country not in COUNTRIES:
        raise NotFound
    after = phone_number("number", number) if number.strip() else None
    with db.write(events=False) as connection:
        require_admin(connection, actor, now=now)
        row = connection.execute(_number_of(country)).one_or_none()
        if after:
            _write_number(connection, actor, country, number=after, version=row.version if row else None, now=now)
        else:
            connection.execute(delete(EmergencyNumber).where(EmergencyNumber.country == country))
        before = row.number if row else None
        audit.record(connection, actor_id=actor.user_id, action="emergency_number.set", subject=f"country:{country}", now=now, before=before, after=after)


def verify_emergency_number(db: Database, actor: Actor, *, country: str, version: int, now: datetime) -> None:
    """Say that a country's emergency number was looked at and is right; it counts for another 180 days. Raises `Conflict` when it was changed since."""
    with db.write(events=False) as connection:
        require_admin(connection, actor, now=now)
        row = connection.execute(_number_of(country)).one_or_none()
        if row is None:
            raise NotFound
        if row.version != version:
            raise Conflict
        _write_number(connection, actor, country, number=row.number, version=version, now=now)
        last = row.last_verified_at.isoformat()
        audit.record(connection, actor_id=actor.user_id, action="emergency_number.verified", subject=f"country:{country}", now=now, before=last)


def emergency_number(db: Database, actor: Actor, *, country: str, now: datetime) -> str:
    """The number that is written down for a country, or nothing."""
    with db.read() as connection:
        require_admin(connection, actor, now=now)
        row = connection.execute(_number_of(country)).one_or_none()
        return row.number if row else ""


@contextmanager
def _writing(db: Database) -> Iterator[Connection]:
    """A transaction in which two lines of one country cannot get the same name."""
    try:
        with db.write(events=False) as connection:
            yield connection
    except IntegrityError:
        raise NameTaken(N_("There is already a helpline with this name in this country."), field="name") from None


def _country(code: str, own: list[Line], lines: list[Line], emergency: Emergency | None) -> Country:
    return Country(code, emergency, own, frozenset(line.id for line in shown_for(code, lines)))


def _number_of(country: str) -> Select[Any]:
    return select(EmergencyNumber.__table__).where(EmergencyNumber.country == country)


def _write_number(connection: Connection, actor: Actor, country: str, *, number: str, version: int | None, now: datetime) -> None:
    """A number that the actor has just looked at, in the place of the version that was there; None: none was."""
    row = {"number": number, "last_verified_at": now, "verified_by_id": actor.user_id, "version": (version or 0) + 1}
    if version is None:
        connection.execute(insert(EmergencyNumber).values(country=country, **row))
        return
    changed = update(EmergencyNumber).where(EmergencyNumber.country == country, EmergencyNumber.version == version).values(row)
    if connection.execute(changed).rowcount != 1:
        raise Conflict


def _in_use(helpline_id: int) -> Select[Any]:
    return select(Helpline.__table__).where(Helpline.id == helpline_id, Helpline.retired_at.is_(None))


def _current(connection: Connection, helpline_id: int, version: int) -> AnyRow:
    """The row, locked, if it still is what the actor saw."""
    row = connection.execute(_in_use(helpline_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound
    if row.version != version:
        raise Conflict
    return row


def _entry(row: AnyRow) -> Entry:
    return Entry(**{name: getattr(row, name) for name in FIELDS})


def _verified(connection: Connection, actor: Actor, helpline_id: int, *, version: int, now: datetime, values: dict[str, Any]) -> None:
    row = values | {"last_verified_at": now, "verified_by_id": actor.user_id, "version": version + 1}
    connection.execute(update(Helpline).where(Helpline.id == helpline_id).values(row))


def _keep_one_for_everywhere(connection: Connection, country: str) -> None:
    """Refuse to take away what people see whose country has no line of its own."""
    if country != EVERYWHERE:
        return
    directory = select(Helpline.id).where(Helpline.country == EVERYWHERE, Helpline.retired_at.is_(None)).with_for_update()
    if len(connection.execute(directory).all()) == 1:
        raise Invalid(N_("This is the only helpline for everywhere, which people see whose country has none. Add another one first."), field="country")
