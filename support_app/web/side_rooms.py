"""What volunteers do about the talk of a care case, and how its member ends it."""

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from support_app.core import core
from support_app.services import side_rooms
from support_app.web.identity import actor

blueprint = Blueprint("side_rooms", __name__)


@blueprint.post("/review/cases/<int:case_id>/talk/enter")
def enter(case_id: int) -> Response:
    """Open the side room, or join the author who asked for it."""
    return redirect(url_for("circles.room", circle_id=side_rooms.enter(core().db, actor(), case_id, now=core().now())))


@blueprint.post("/review/cases/<int:case_id>/talk/end")
def end(case_id: int) -> Response:
    """End the talk; it can still be read."""
    side_rooms.end(core().db, actor(), case_id, now=core().now())
    flash(gettext("The talk has ended. Take a breath before the next thing."), "success")
    return redirect(url_for("review.case", case_id=case_id))


@blueprint.post("/circles/<int:circle_id>/talk/end")
def end_own(circle_id: int) -> Response:
    """End one's own talk; it stays there to read, and one can ask again."""
    side_rooms.end_own(core().db, actor(), circle_id, now=core().now())
    flash(gettext("You ended the talk. You can ask for another one at any time, below your message in the circle."), "success")
    return redirect(url_for("circles.room", circle_id=circle_id))
