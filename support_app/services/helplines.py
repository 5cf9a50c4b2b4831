"""Helplines: which ones a person is shown, the country they chose, and how well the list is looked after."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from babel import Locale
from sqlalchemy import Connection, select, update

from models import EmergencyNumber, Helpline, User
from support_app.access import Actor, require_live
from support_app.database import AnyRow, Database
from support_app.errors import N_, Invalid

EVERYWHERE = "XX"
NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})  # Babel has names for these, and nobody lives there
COUNTRIES = frozenset(code for code in map(str, Locale("en").territories) if len(code) == len(EVERYWHERE)) - NO_COUNTRIES
MOST_SHOWN = 3
VALID_FOR = timedelta(days=180)
SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Line:
    """One helpline in use, as of a moment."""

    id: int
    country: str
    name: str
    call: tuple[str, ...]
    text: tuple[str, ...]
    web_url: str
    day_and_night: bool
    hours: str
    languages: str
    source_url: str
    version: int
    last_verified_at: datetime
    verified_by: str | None  # None: as released, nobody here has looked yet
    expires_at: datetime
    expired: bool
    expires_soon: bool

    @property
    def channels(self) -> set[str]:
        """The kinds of ways to reach it."""
        return {kind for kind, ways in (("call", self.call), ("text", self.text), ("web", self.web_url)) if ways}


@dataclass(frozen=True, slots=True)
class Emergency:
    """A country's emergency number, as of a moment. However old, people are shown it: expired, it needs an administrator's look."""

    country: str
    number: str
    version: int
    last_verified_at: datetime
    verified_by: str | None  # None: as released, nobody here has looked yet
    expires_at: datetime
    expired: bool
    expires_soon: bool


@dataclass(frozen=True, slots=True)
class Help:
    """What the help page shows: at most three lines, what can be chosen, and the number to call when a life is in danger."""

    country: str | None
    countries: list[str]
    lines: list[Line]
    emergency: str | None

    @property
    def unsure(self) -> bool:
        """Whether nobody has looked lately at any of the lines shown."""
        return all(line.expired for line in self.lines)


@dataclass(frozen=True, slots=True)
class Health:
    """How well the list is looked after."""

    lines: int
    expired: int
    expire_soon: int
    unchecked: int
    only_expired: list[str]  # countries whose every line has expired
    emergency_expired: list[str]  # countries whose emergency number has
    emergency_expire_soon: int

    @property
    def needs_care(self) -> bool:
        """Whether somebody should look at the list soon."""
        return bool(self.expired or self.expire_soon or self.emergency_expired or self.emergency_expire_soon)


def find(db: Database, country: str | None, *, now: datetime) -> Help:
    """What to show for a country that a person chose; for an unknown one the international directory."""
    with db.read() as connection:
        lines, emergency = lines_in_use(connection, now=now), emergency_numbers(connection, now=now)
    offered = {line.country for line in lines} | set(emergency) | {EVERYWHERE}
    chosen = country if country in offered else None
    number = emergency[chosen].number if chosen in emergency else None
    return Help(chosen, sorted(offered - {EVERYWHERE}), shown_for(chosen, lines), number)


def shown_for(country: str | None, lines: Iterable[Line]) -> list[Line]:
    """At most three lines for a country: expired ones last and never alone, and always more than one kind of way, as far as the list has them."""
    lines = list(lines)
    directory = sorted((line for line in lines if line.country == EVERYWHERE), key=_expired)
    own = [line for line in lines if line.country == country != EVERYWHERE]
    shown = sorted([*own, *directory], key=_expired)[:MOST_SHOWN]
    if directory and directory[0] not in shown and (_one_way(shown) or all(map(_expired, shown))):
        shown[-1] = directory[0]
    return sorted(shown, key=_expired)


def remembered_country(db: Database, actor: Actor) -> str | None:
    """The country whose helplines somebody chose to see."""
    with db.read() as connection:
        country: str | None = connection.execute(select(User.helpline_country).where(User.id == actor.user_id)).scalar_one_or_none()
        return country


def remember_country(db: Database, actor: Actor, *, country: str | None, now: datetime) -> None:
    """Remember whose helplines somebody wants to see, or forget it. Kept off the record of who did what: it would say where people live."""
    if country is not None and country not in COUNTRIES | {EVERYWHERE}:
        raise Invalid(N_("Please choose a country from the list."))
    with db.write(events=False) as connection:
        require_live(connection, actor, now=now)
        connection.execute(update(User).where(User.id == actor.user_id).values(helpline_country=country))


def in_use(db: Database, *, now: datetime) -> list[Line]:
    """Every helpline that is not retired, by country."""
    with db.read() as connection:
        return lines_in_use(connection, now=now)


def health(db: Database, *, now: datetime) -> Health:
    """How well the list is looked after."""
    with db.read() as connection:
        return health_of(lines_in_use(connection, now=now), emergency_numbers(connection, now=now).values())


def health_of(lines: Iterable[Line], emergency: Iterable[Emergency] = ()) -> Health:
    """Count what needs care."""
    lines, emergency = list(lines), list(emergency)
    fresh = {line.country for line in lines if not line.expired}
    return Health(
        lines=len(lines),
        expired=sum(line.expired for line in lines),
        expire_soon=sum(line.expires_soon for line in lines),
        unchecked=sum(line.verified_by is None for line in lines),
        only_expired=sorted({line.country for line in lines} - fresh),
        emergency_expired=sorted(number.country for number in emergency if number.expired),
        emergency_expire_soon=sum(number.expires_soon for number in emergency),
    )


def lines_in_use(connection: Connection, *, now: datetime) -> list[Line]:
    """Every helpline that is not retired, by country, the oldest first."""
    query = (
        select(Helpline.__table__, User.name.label("verified_by"))
        .outerjoin(User, User.id == Helpline.verified_by_id)
        .where(Helpline.retired_at.is_(None))
        .order_by(Helpline.country, Helpline.id)
    )
    return [_line(row, now) for row in connection.execute(query)]


def emergency_numbers(connection: Connection, *, now: datetime) -> dict[str, Emergency]:
    """The number to call in each country."""
    query = select(EmergencyNumber.__table__, User.name.label("verified_by")).outerjoin(User, User.id == EmergencyNumber.verified_by_id)
    rows = connection.execute(query.order_by(EmergencyNumber.country))
    return {
        row.country: Emergency(row.country, row.number, row.version, row.last_verified_at, row.verified_by, *_expiry(row.last_verified_at, now)) for row in rows
    }


def _line(row: AnyRow, now: datetime) -> Line:
    expires_at, expired, expires_soon = _expiry(row.last_verified_at, now)
    return Line(
        id=row.id,
        country=row.country,
        name=row.name,
        call=tuple(row.call_numbers.splitlines()),
        text=tuple(row.text_lines.splitlines()),
        web_url=row.web_url,
        day_and_night=row.day_and_night,
        hours=row.hours,
        languages=row.languages,
        source_url=row.source_url,
        version=row.version,
        last_verified_at=row.last_verified_at,
        verified_by=row.verified_by,
        expires_at=expires_at,
        expired=expired,
        expires_soon=expires_soon,
    )


def _expiry(last_verified_at: datetime, now: datetime) -> tuple[datetime, bool, bool]:
    """When what was looked at then stops counting, whether it has, and whether it will soon."""
    expires_at = last_verified_at + VALID_FOR
    return expires_at, expires_at <= now, now < expires_at <= now + SOON


def _expired(line: Line) -> bool:
    return line.expired


def _one_way(lines: Iterable[Line]) -> bool:
    """Whether a person who cannot use one kind of way, as talking, has nothing left."""
    return len(set().union(*(line.channels for line in lines))) < 2  # noqa: PLR2004 (a second one)
