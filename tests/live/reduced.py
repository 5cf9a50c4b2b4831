"""What a client shows after a series of events: the whole of what the protocol asks a client to do with them."""

from collections.abc import Iterable
from typing import Any

KINDS = ("message.new", "message.edited", "message.withdrawn")
Room = dict[int, dict[str, Any]]


def reduced(events: Iterable[dict[str, Any]], start: Room | None = None) -> Room:
    """The messages of a room by id, in the order of their places; `start` is left as it is."""
    room = {message_id: dict(shown) for message_id, shown in (start or {}).items()}
    for event in events:
        if event["type"] == "message.new":
            room[event["id"]] = {key: value for key, value in event.items() if key not in {"type", "event", "circle", "version"}}
        elif event["type"] == "message.edited":
            room[event["id"]] |= {"text": event["text"], "revision": event["revision"], "edited_at": event["edited_at"]}
        else:
            room[event["id"]] |= {"text": None, "withdrawn": True}
    return room


def live_events(events: Iterable[tuple[str, Any]]) -> list[dict[str, Any]]:
    """What a socket told about messages, in the shape of the event log."""
    return [data | {"type": name} for name, data in events if name in KINDS]
