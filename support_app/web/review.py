"""The volunteers' pages: the queue, one case, taking it, reading it. What is done with a case stands in `deciding`."""

from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from support_app.core import core
from support_app.errors import InPause, Invalid, NotOnDuty, ShiftLimit
from support_app.services import case_view, certificates, leases, sharing, shift_view, side_room_view, viewers
from support_app.services.events import iso
from support_app.services.next_case import claim_next
from support_app.web.case_words import case_detail, case_row, reply_templates
from support_app.web.identity import actor
from support_app.web.shifts import back_to_the_queue
from support_app.words import RULES_OF_RETURN

blueprint = Blueprint("review", __name__, url_prefix="/review")
for kind in (NotOnDuty, InPause, ShiftLimit):
    blueprint.register_error_handler(kind, back_to_the_queue)


@blueprint.get("")
def queue() -> str:
    """Open cases in their two lanes, most urgent first."""
    views = case_view.queue(core().db, actor(), now=core().now())
    shift = shift_view.panel(core().db, actor(), now=core().now())
    standing = certificates.standing(core().db, actor(), now=core().now())
    return render_template("queue.html", cases=[case_row(view, actor()) for view in views], shift=shift, standing=standing)


@blueprint.post("/next")
def next_case() -> BaseResponse:
    """Take the most urgent case that nobody has."""
    case_id = claim_next(core().db, actor(), now=core().now(), although_resting=request.form.get("although_resting") == "yes")
    if case_id is None:
        flash(gettext("Nobody waits for you right now. Thank you for being here."), "success")
        return redirect(url_for("review.queue"))
    return back_to(case_id)


@blueprint.get("/cases/<int:case_id>")
def case(case_id: int) -> str:
    """One case; the text stays hidden until it is asked for."""
    return case_page(case_id)


@blueprint.post("/cases/<int:case_id>/claim")
def claim(case_id: int) -> BaseResponse:
    """Take the case."""
    leases.claim(core().db, actor(), case_id, now=core().now())
    return back_to(case_id)


@blueprint.post("/cases/<int:case_id>/keep-alive")
def keep_alive(case_id: int) -> Response:
    """Extend the lease while the page is open."""
    return jsonify(ok=True, lease_until=iso(leases.keep_alive(core().db, actor(), case_id, now=core().now())))


@blueprint.post("/cases/<int:case_id>/looking")
def looking(case_id: int) -> Response:
    """Say that the page is open; answers with who else has it open, and the case's version by now."""
    look = viewers.look(core().db, actor(), case_id, now=core().now())
    return jsonify(ok=True, others=list(look.others), version=look.version)


@blueprint.post("/cases/<int:case_id>/give-back")
def give_back(case_id: int) -> BaseResponse:
    """Let somebody else take it."""
    leases.give_back(core().db, actor(), case_id, now=core().now())
    flash(gettext("Given back. Somebody else can take it now."), "success")
    return redirect(url_for("review.queue"))


@blueprint.post("/cases/<int:case_id>/reveal")
def reveal(case_id: int) -> BaseResponse:
    """Ask for the text."""
    leases.reveal(core().db, actor(), case_id, now=core().now())
    return back_to(case_id, part="said")


def case_page(case_id: int, *, refused: str | None = None) -> str:
    """The page of a case; with what was typed still in it when it was refused."""
    view = case_view.case_view(core().db, actor(), case_id, now=core().now())
    shown = case_detail(view, actor())
    others = [person for person in sharing.who_may(core().db, case_id, now=core().now()) if person.id != actor().user_id] if shown["mine"] else []
    return render_template(
        "case.html",
        case=shown,
        refused=refused,
        typed=request.form if refused else {},
        others=others,
        notes=shift_view.case_notes(core().db, actor(), case_id, now=core().now()),
        talk=side_room_view.case_talk(core().db, actor(), view),
        me=actor(),
        return_rules=list(RULES_OF_RETURN.items()),
        reply_templates=reply_templates(view.circle_language) if shown["can_decide"] else [],
    )


def version() -> int:
    """The version of the case that the form was made from."""
    return number("version")


def number(name: str) -> int:
    """A whole number of the form; raises `Invalid`."""
    raw = request.form.get(name, "")
    if not raw.isascii() or not raw.isdigit() or len(raw) > 18:  # noqa: PLR2004 (more digits than any row number)
        raise Invalid
    return int(raw)


def text(name: str) -> str:
    """A text of the form, or nothing."""
    value: Any = request.form.get(name, "")
    return str(value)


def back_to(case_id: int, *, part: str | None = None) -> BaseResponse:
    """Show the case, from the part of its page that was just asked for."""
    return redirect(url_for("review.case", case_id=case_id, _anchor=part))
