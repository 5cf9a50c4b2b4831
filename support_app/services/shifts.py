"""Who is there for the circles right now."""

from datetime import datetime

from sqlalchemy import Connection, select

from models import ReachSettings, User
from support_app.access import REVIEWERS


def on_call(connection: Connection, *, now: datetime) -> list[int]:  # noqa: ARG001 (whoever is on call depends on the hour once there are shifts)
    """Ids of the volunteers who said that they may be paged."""
    query = (
        select(User.id).join(ReachSettings, ReachSettings.user_id == User.id).where(ReachSettings.page_me, User.role.in_(REVIEWERS), User.banned_at.is_(None))
    )
    return list(connection.execute(query.order_by(User.id)).scalars())
