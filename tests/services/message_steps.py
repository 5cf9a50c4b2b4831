"""What tests about an author's messages do: edit, take back, look into the room."""

from uuid import uuid4

from sqlalchemy import func, select

from models import Message
from support_app.services import events, messages
from tests.factories import World


def count(world: World) -> int:
    with world.db.read() as connection:
        return connection.execute(select(func.count()).select_from(Message)).scalar_one()


def edit(world: World, actor, message_id: int, text: str, *, client_id: str | None = None, version: int | None = None) -> int:
    seen = world.message(message_id).version if version is None else version
    return messages.edit(world.db, actor, message_id, client_id=client_id or str(uuid4()), text=text, version=seen, limiter=world.limiter, now=world.now)


def withdraw(world: World, actor, message_id: int) -> None:
    messages.withdraw(world.db, actor, message_id, version=world.message(message_id).version, now=world.now)


def texts_in_room(world: World, reader) -> list[tuple[int, str, str | None]]:
    caught = events.catch_up(world.db, reader, world.circle_id, after=0, limit=100, now=world.now)
    return [(event["id"], event["type"], event.get("text")) for event in caught.events]
