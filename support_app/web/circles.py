"""The directory of circles and the live room's page."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from support_app.core import core
from support_app.errors import CircleFull
from support_app.services import circles, side_room_view
from support_app.services.circles import CircleCard
from support_app.services.messages import TEXT_MAX
from support_app.services.side_room_view import RoomView
from support_app.talk_words import talk_lines, talk_title
from support_app.web.errors import wants_json
from support_app.web.identity import actor
from support_app.words import refusal_sentence, rules_in_words

blueprint = Blueprint("circles", __name__)


@blueprint.get("/circles")
def index() -> str:
    """All circles, one's own first."""
    talks = [_talk(view) for view in side_room_view.open_talks(core().db, actor(), now=core().now())]
    return render_template("circles.html", circles=[_shown(card) for card in circles.directory(core().db, actor())], talks=talks)


@blueprint.post("/circles/<int:circle_id>/join")
def join(circle_id: int) -> Response:
    """Take a seat and go in."""
    try:
        circles.join(core().db, actor(), circle_id, now=core().now())
    except CircleFull as refusal:
        if wants_json():
            raise
        flash(refusal_sentence(refusal), "error")
        return redirect(url_for("circles.index"))
    return redirect(url_for("circles.room", circle_id=circle_id))


@blueprint.post("/circles/<int:circle_id>/leave")
def leave(circle_id: int) -> Response:
    """Give the seat back."""
    circles.leave(core().db, actor(), circle_id, now=core().now())
    flash(gettext("You have left the circle. What you wrote stays there under your name; your seat is free for somebody else."), "success")
    return redirect(url_for("circles.index"))


@blueprint.get("/circles/<int:circle_id>")
def room(circle_id: int) -> str:
    """The live room; messages come over the API and the socket."""
    card = circles.circle_card(core().db, actor(), circle_id, now=core().now())
    view = side_room_view.room_view(core().db, actor(), circle_id, now=core().now())
    shown = _shown(card) | ({"name": talk_title(view)} if view else {})
    return render_template("room.html", circle=shown, talk=_talk(view) if view else None, user=actor(), text_max=min(card.rules.max_length, TEXT_MAX))


def _shown(card: CircleCard) -> dict[str, Any]:
    return asdict(card) | {"free_seats": card.free_seats, "rules_words": rules_in_words(card.rules), "rules": None}


def _talk(view: RoomView) -> dict[str, Any]:
    return asdict(view) | {"title": talk_title(view), "lines": talk_lines(view), "state": view.talk.state.value}
