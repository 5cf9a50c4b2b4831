"""Accounts, circles and seats for load tests, made through the same services as real ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import insert

from models import MembershipRole, Role, User
from moderation.rules import Rules
from support_app.database import Database
from support_app.services import accounts, circles
from support_app.services.accounts import OpenedSession
from support_app.services.circles import NewCircle


@dataclass(frozen=True, slots=True)
class LoadMember:
    """An account with an open session."""

    id: int
    name: str
    opened: OpenedSession


def seed_load(
    db: Database, *, count: int, members: int, credentials: Callable[[OpenedSession], Mapping[str, Any]], now: datetime, days: int
) -> list[dict[str, Any]]:
    """Make `count` circles with `members` people each; `credentials` writes a session as cookie and csrf token."""
    run = token_hex(3)
    hashed = accounts.unusable_pass_phrase()
    result = []
    for number in range(1, count + 1):
        circle = NewCircle(f"Load {run} {number}", "Load test", "Made by seed-load to measure this installation.", "en", "never", max(members, 3))
        circle_id = circles.create_circle(db, circle=circle, rules=Rules(), actor=None, now=now)
        people = [_member(db, circle_id, name=f"Load {run} {number}-{seat}", hashed=hashed, now=now, days=days) for seat in range(1, members + 1)]
        result.append({"circle": circle_id, "members": [{"id": one.id, "name": one.name, **credentials(one.opened)} for one in people]})
    return result


def _member(db: Database, circle_id: int, *, name: str, hashed: str, now: datetime, days: int) -> LoadMember:
    row = {"name": name, "name_key": accounts.name_key(name), "pass_phrase_hash": hashed, "role": Role.MEMBER, "locale": "en", "demo": True}
    with db.write() as connection:
        user_id = connection.execute(insert(User).values(**row, auth_epoch=0, consented_at=now, created_at=now).returning(User.id)).scalar_one()
        circles.add_member(connection, circle_id=circle_id, user_id=user_id, role=MembershipRole.MEMBER, now=now)
    return LoadMember(user_id, name, accounts.open_session(db, user_id=user_id, now=now, days=days))
