"""What the administration pages read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from models import Circle, CircleKind, Membership, User
from moderation.rules import Rules
from support_app.access import Actor, require_admin
from support_app.database import Database
from support_app.errors import NotFound
from support_app.services.accounts import name_key

PEOPLE_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Overview:
    """Every circle with its seats, and how many accounts there are."""

    circles: list[dict[str, Any]]
    people: int


@dataclass(frozen=True, slots=True)
class CircleRules:
    """A circle and the rules in force."""

    id: int
    name: str
    rules_version: int
    rules: Rules


def require(db: Database, actor: Actor, *, now: datetime) -> None:
    """Refuse everybody but admins."""
    with db.read() as connection:
        require_admin(connection, actor, now=now)


def overview(db: Database, actor: Actor, *, now: datetime) -> Overview:
    """The start page of the administration."""
    query = (
        select(Circle.id, Circle.name, Circle.capacity, Circle.rules_version, func.count(Membership.user_id).label("members"))
        .outerjoin(Membership, Membership.circle_id == Circle.id)
        .where(Circle.kind == CircleKind.CIRCLE)
        .group_by(Circle.id)
        .order_by(Circle.name)
    )
    with db.read() as connection:
        require_admin(connection, actor, now=now)
        rows = [row._asdict() for row in connection.execute(query)]
        return Overview(rows, int(connection.execute(select(func.count()).select_from(User)).scalar_one()))


def circle(db: Database, circle_id: int) -> CircleRules:
    """One circle with its rules."""
    with db.read() as connection:
        query = select(Circle.id, Circle.name, Circle.rules_version).where(Circle.id == circle_id, Circle.kind == CircleKind.CIRCLE)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound
        return CircleRules(row.id, row.name, row.rules_version, db.rules_of(connection, row.id, row.rules_version))


def people(db: Database, actor: Actor, *, wanted: str, now: datetime) -> list[dict[str, Any]]:
    """Accounts whose name contains `wanted`."""
    query = select(User.id, User.name, User.role, User.banned_at, User.created_at, User.demo).order_by(User.name_key).limit(PEOPLE_SHOWN)
    if wanted:
        query = query.where(User.name_key.contains(name_key(wanted), autoescape=True))
    with db.read() as connection:
        require_admin(connection, actor, now=now)
        return [row._asdict() | {"role": row.role.value} for row in connection.execute(query)]
