"""What volunteers do about the talk of a care case."""

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from support_app.core import core
from support_app.services import side_rooms
from support_app.web.identity import actor

blueprint = Blueprint("side_rooms", __name__, url_prefix="/review/cases/<int:case_id>/talk")


@blueprint.post("/enter")
def enter(case_id: int) -> Response:
    """Open the side room, or join the author who asked for it."""
    return redirect(url_for("circles.room", circle_id=side_rooms.enter(core().db, actor(), case_id, now=core().now())))


@blueprint.post("/end")
def end(case_id: int) -> Response:
    """End the talk; it can still be read."""
    side_rooms.end(core().db, actor(), case_id, now=core().now())
    flash(gettext("The talk has ended. Take a breath before the next thing."), "success")
    return redirect(url_for("review.case", case_id=case_id))
