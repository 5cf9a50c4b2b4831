"""JSON for the room: catching up, and what authors do with their messages."""

from typing import TypeVar

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from support_app.core import core
from support_app.errors import Invalid, NotFound
from support_app.services import appeals, case_view, events, messages, reports, side_room_view, side_rooms
from support_app.services.events import LATEST_MAX, PAGE_MAX
from support_app.talk_words import room_json
from support_app.web.case_words import case_row
from support_app.web.identity import actor
from support_app.words import message_json, report_json

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.before_request
def require_session() -> None:
    """Whoever is not signed in learns nothing, not even what a request should have looked like."""
    actor()


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


AnyBody = TypeVar("AnyBody", bound=_Body)


class Versioned(_Body):
    """A change to a message as somebody saw it."""

    version: int = Field(ge=1)


class Appeal(Versioned):
    """What another person should know."""

    note: str = ""


class Edit(Versioned):
    """A new text for a message."""

    client_id: str = Field(max_length=36)
    text: str


@blueprint.get("/circles/<int:circle_id>/events")
def circle_events(circle_id: int) -> Response:
    """The circle's events after a number, and one's own messages that others do not see."""
    db, now = core().db, core().now()
    latest = _number("latest", None, LATEST_MAX)
    after = _number("after", 0, 2**53) if latest is None else events.latest_start(db, actor(), circle_id, latest=latest, now=now)
    caught = events.catch_up(db, actor(), circle_id, after=after or 0, limit=_number("limit", 200, PAGE_MAX) or 1, now=now)
    mine = [message_json(facts, text) for facts, text in caught.mine]
    return jsonify(
        circle=caught.circle_id,
        last_event=caught.last_event,
        last_seq=caught.last_seq,
        events=caught.events,
        more=caught.more,
        mine=mine,
        reports=[report_json(item) for item in caught.reports],
    )


@blueprint.post("/messages/<int:message_id>/withdraw")
def withdraw(message_id: int) -> Response:
    """Take a message back."""
    body = _parsed(Versioned)
    messages.withdraw(core().db, actor(), message_id, version=body.version, now=core().now())
    return _own_message(message_id)


@blueprint.post("/messages/<int:message_id>/edit")
def edit(message_id: int) -> Response:
    """Replace a message by a new text, which is screened."""
    body = _parsed(Edit)
    new_id = messages.edit(
        core().db, actor(), message_id, client_id=body.client_id, text=body.text, version=body.version, limiter=core().message_limiter, now=core().now()
    )
    return _own_message(new_id)


@blueprint.post("/messages/<int:message_id>/send-on")
def send_on(message_id: int) -> Response:
    """Have a person check a nudged message."""
    body = _parsed(Versioned)
    messages.send_on(core().db, actor(), message_id, version=body.version, now=core().now())
    return _own_message(message_id)


@blueprint.post("/messages/<int:message_id>/appeal")
def appeal(message_id: int) -> Response:
    """Ask another person to decide again about a returned message."""
    body = _parsed(Appeal)
    appeals.appeal(core().db, actor(), message_id, note=body.note, version=body.version, now=core().now())
    return _own_message(message_id)


@blueprint.post("/messages/<int:message_id>/report")
def report(message_id: int) -> Response:
    """Have a person look at somebody else's message."""
    reports.report(core().db, actor(), message_id, limiter=core().message_limiter, now=core().now())
    return jsonify(ok=True)


@blueprint.post("/messages/<int:message_id>/dismiss-care")
def dismiss_care(message_id: int) -> Response:
    """Put the care card away."""
    messages.dismiss_care(core().db, actor(), message_id, now=core().now())
    return jsonify(ok=True)


@blueprint.post("/messages/<int:message_id>/talk")
def ask_to_talk(message_id: int) -> Response:
    """Say under one's own message that one would like to talk to a volunteer."""
    side_rooms.ask(core().db, actor(), message_id, now=core().now())
    return _own_message(message_id)


@blueprint.get("/circles/<int:circle_id>/talk")
def talk(circle_id: int) -> Response:
    """How a talk stands, for the page of its room."""
    view = side_room_view.room_view(core().db, actor(), circle_id, now=core().now())
    if view is None:
        raise NotFound
    return jsonify(room_json(view))


@blueprint.get("/cases")
def open_cases() -> Response:
    """The open queue, for the volunteers' page; no text."""
    return jsonify(cases=[case_row(view, actor()) for view in case_view.queue(core().db, actor(), now=core().now())])


def _own_message(message_id: int) -> Response:
    facts = events.facts_for(core().db, [message_id], now=core().now()).get(message_id)
    if facts is None:
        raise NotFound
    text = messages.own_text(core().db, actor(), message_id)
    return jsonify(ok=True, message=message_json(facts, text))


def _parsed(model: type[AnyBody]) -> AnyBody:
    try:
        return model.model_validate(request.get_json(silent=True))
    except ValidationError:
        raise Invalid from None


def _number(name: str, default: int | None, most: int) -> int | None:
    """A whole number from the query, or the default; raises `Invalid`."""
    raw = request.args.get(name)
    if raw is None:
        return default
    if not raw.isascii() or not raw.isdigit() or int(raw[:18]) > most:
        raise Invalid
    return int(raw)
