"""Names of rooms, made here only and only after an access check, and the sockets of this process."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from support_app.access import Actor

VOLUNTEERS = "volunteers"


def circle_room(circle_id: int) -> str:
    """Everyone who has entered a circle's room."""
    return f"circle:{circle_id:d}"


def user_room(user_id: int) -> str:
    """All sockets of one person."""
    return f"user:{user_id:d}"


@dataclass(slots=True)
class Connection:
    """One open socket: whose it is, which circles it has entered, when it last said that its person is typing."""

    sid: str
    actor: Actor
    circles: set[int] = field(default_factory=set)
    typed_at: dict[int, float] = field(default_factory=dict)


@dataclass(slots=True)
class Connections:
    """The open sockets of this process."""

    by_sid: dict[str, Connection] = field(default_factory=dict)
    by_user: dict[int, dict[str, Connection]] = field(default_factory=dict)
    by_circle: dict[int, dict[str, Connection]] = field(default_factory=dict)

    def add(self, sid: str, actor: Actor) -> Connection:
        """Remember a socket."""
        connection = Connection(sid, actor)
        self.by_sid[sid] = connection
        self.by_user.setdefault(actor.user_id, {})[sid] = connection
        return connection

    def remove(self, sid: str) -> set[int]:
        """Forget a socket; answers with the circles it had entered."""
        connection = self.by_sid.pop(sid, None)
        if connection is None:
            return set()
        self._drop(self.by_user, connection.actor.user_id, sid)
        for circle_id in connection.circles:
            self._drop(self.by_circle, circle_id, sid)
        return connection.circles

    def enter(self, sid: str, circle_id: int) -> None:
        """Note that a socket entered a circle."""
        connection = self.by_sid[sid]
        connection.circles.add(circle_id)
        self.by_circle.setdefault(circle_id, {})[sid] = connection

    def leave(self, sid: str, circle_id: int) -> None:
        """Note that a socket left a circle."""
        self.by_sid[sid].circles.discard(circle_id)
        self._drop(self.by_circle, circle_id, sid)

    def present(self, circle_id: int) -> list[dict[str, object]]:
        """Who is in a circle, each person once, by name."""
        people = {connection.actor.user_id: connection.actor.name for connection in self.by_circle.get(circle_id, {}).values()}
        return [{"id": user_id, "name": name} for user_id, name in sorted(people.items(), key=lambda person: person[1])]

    def of_user(self, user_id: int) -> Iterable[Connection]:
        """All sockets of one person."""
        return list(self.by_user.get(user_id, {}).values())

    @staticmethod
    def _drop(index: dict[int, dict[str, Connection]], key: int, sid: str) -> None:
        index.get(key, {}).pop(sid, None)
        if not index.get(key):
            index.pop(key, None)
