"""Yardstick: a bare Flask-SocketIO echo on the same server, with nothing stored and nothing screened. It cannot do less."""

from typing import Any

from flask import Flask
from flask_socketio import SocketIO, emit, join_room

app = Flask(__name__)
socketio = SocketIO(app, async_mode="gevent", cors_allowed_origins="*")


@socketio.on("circle.enter")
def enter(data: dict[str, Any]) -> dict[str, Any]:
    """Join a room."""
    join_room(str(data["circle"]))
    return {"ok": True}


@socketio.on("message.send")
def send(data: dict[str, Any]) -> dict[str, Any]:
    """Pass a message on."""
    emit("message.new", data, to=str(data["circle"]))
    return {"ok": True}
