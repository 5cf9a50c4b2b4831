"""Versions of a circle's rules: read the one in force, save a new one, go back to an old one."""

from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import Connection, insert, select, update

from models import Circle, CircleKind, RuleVersion, User
from moderation.rules import Rules
from support_app import audit
from support_app.access import Actor, require_admin
from support_app.database import AnyRow, Database
from support_app.errors import Conflict, Invalid, NotFound


def rules_in_force(connection: Connection, circle_id: int) -> tuple[int, Rules]:
    """Number and content of the version that judges new messages; raises `NotFound`."""
    query = (
        select(RuleVersion.number, RuleVersion.rules)
        .join(Circle, (Circle.id == RuleVersion.circle_id) & (Circle.rules_version == RuleVersion.number))
        .where(Circle.id == circle_id)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound
    return row.number, Rules.model_validate(row.rules)


def save_rules(db: Database, actor: Actor, circle_id: int, *, rules: Rules, reason: str, expected_version: int, now: datetime) -> int:
    """Put a new version in force for messages screened from now on; answers with its number."""
    with db.write() as connection:
        require_admin(connection, actor, now=now)
        circle = connection.execute(
            select(Circle.rules_version).where(Circle.id == circle_id, Circle.kind == CircleKind.CIRCLE).with_for_update()
        ).one_or_none()
        if circle is None:
            raise NotFound
        if circle.rules_version != expected_version:
            raise Conflict
        number = _latest_number(connection, circle_id) + 1
        add_version(connection, circle_id=circle_id, number=number, rules=rules, reason=reason, actor_id=actor.user_id, now=now)
        connection.execute(update(Circle).where(Circle.id == circle_id).values(rules_version=number))
        audit.record(connection, actor_id=actor.user_id, action="rules.saved", subject=f"circle:{circle_id}", now=now, number=number, reason=reason)
        return number


def restore_rules(db: Database, actor: Actor, circle_id: int, *, number: int, reason: str, expected_version: int, now: datetime) -> int:
    """Make a new version with the content of an old one."""
    with db.read() as connection:
        old = connection.execute(select(RuleVersion.rules).where(RuleVersion.circle_id == circle_id, RuleVersion.number == number)).scalar_one_or_none()
    if old is None:
        raise NotFound
    return save_rules(db, actor, circle_id, rules=Rules.model_validate(old), reason=reason, expected_version=expected_version, now=now)


def rule_history(db: Database, circle_id: int) -> list[AnyRow]:
    """All versions of a circle's rules, newest first."""
    query = (
        select(RuleVersion.number, RuleVersion.rules, RuleVersion.reason, RuleVersion.created_at, User.name.label("by"))
        .outerjoin(User, User.id == RuleVersion.created_by_id)
        .where(RuleVersion.circle_id == circle_id)
        .order_by(RuleVersion.number.desc())
    )
    with db.read() as connection:
        return list(connection.execute(query))


def parse_rules(values: dict[str, object]) -> Rules:
    """Check what a form or file says; raises `Invalid` naming the first field that is wrong."""
    try:
        return Rules.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        raise Invalid(field=field, problem=first["type"]) from None


def add_version(connection: Connection, *, circle_id: int, number: int, rules: Rules, reason: str, actor_id: int | None, now: datetime) -> None:
    """Write one version row in the caller's transaction."""
    row = {"circle_id": circle_id, "number": number, "rules": rules.model_dump(mode="json"), "reason": reason, "created_by_id": actor_id, "created_at": now}
    connection.execute(insert(RuleVersion), row)


def _latest_number(connection: Connection, circle_id: int) -> int:
    query = select(RuleVersion.number).where(RuleVersion.circle_id == circle_id).order_by(RuleVersion.number.desc()).limit(1)
    return int(connection.execute(query).scalar_one())
