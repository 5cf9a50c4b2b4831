"""A volunteer's shift: start, pause, end; and what is for themselves alone: what they read, what they set aside, what they wrote."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from moderation.taxonomy import Label
from support_app.core import core
from support_app.errors import Invalid, PleaseConsider
from support_app.services import debriefs, opt_outs, shift_ends, shift_view, shifts
from support_app.services.debriefs import WORDS_MAX, Words
from support_app.web.errors import refused, wants_json
from support_app.web.identity import actor
from support_app.words import LABEL_WORDS, refusal_sentence

blueprint = Blueprint("shift", __name__, url_prefix="/review/shift")
FOR_A_WEEK = timedelta(days=7)


@blueprint.get("")
def index() -> str:
    """What I read, what I set aside, what I wrote; nobody else sees this page."""
    page = shift_view.own_page(core().db, actor(), now=core().now())
    return _own_page(page, Words("", "", wants_contact=False))


@blueprint.post("/start")
def start() -> BaseResponse | tuple[str, int]:
    """Go on duty; the number is sent once and stands in no address."""
    check, sure = _choice("check"), request.form.get("sure") == "yes"
    case_id = request.form.get("case", type=int)
    try:
        shifts.start(core().db, actor(), check=check, sure=sure, now=core().now())
    except PleaseConsider as refusal:
        if wants_json():
            raise
        return render_template("shift/consider.html", check=check, case=case_id), refusal.status
    except Invalid as refusal:
        flash(refusal_sentence(refusal), "error")
        return redirect(_queue_or(case_id))
    flash(gettext("You are on duty. Thank you for being here. You can end your shift at any time, without a reason."), "success")
    return redirect(_queue_or(case_id))


@blueprint.post("/here")
def here() -> Response:
    """The page is open and looked at."""
    shifts.stay(core().db, actor(), now=core().now())
    return jsonify(ok=True)


@blueprint.get("/urgent")
def urgent() -> Response:
    """Whether somebody in acute danger waits whom only I, who rest, could take; the page asks while it is open."""
    return jsonify(urgent=shift_view.panel(core().db, actor(), now=core().now()).urgent)


@blueprint.post("/end")
def end() -> BaseResponse:
    """Go off duty; what I hold goes back."""
    shift_ends.end(core().db, actor(), now=core().now())
    flash(gettext("Your shift has ended, and what you held is free for others. Thank you. If you like, write down a few words for yourself."), "success")
    return redirect(url_for("shift.index", _anchor="debrief"))


@blueprint.post("/topics")
def topics() -> BaseResponse:
    """Set topics aside, or take them back."""
    chosen = [label for label in Label if label.value in request.form.getlist("topic")]
    until = core().now() + FOR_A_WEEK if request.form.get("how_long") == "week" else None
    opt_outs.set_aside(core().db, actor(), topics=chosen, until=until, now=core().now())
    flash(gettext("Saved. From now on you are offered other cases only.") if chosen else gettext("Saved. You are offered every topic."), "success")
    return redirect(url_for("shift.index", _anchor="topics"))


@blueprint.post("/debriefs")
def write() -> BaseResponse | tuple[str, int]:
    """Keep a few words for myself, or ask a lead to contact me."""
    words = Words(request.form.get("how_was_it", ""), request.form.get("what_stays", ""), wants_contact=request.form.get("contact") == "yes")
    try:
        debriefs.write(core().db, actor(), words, end_check=_choice("end_check"), now=core().now())
    except Invalid as refusal:
        flash(refusal_sentence(refusal), "error")
        return _own_page(shift_view.own_page(core().db, actor(), now=core().now()), words), refusal.status
    if words.wants_contact:
        flash(gettext("Kept. The leads see on their page that you would like to hear from them, and what you wrote."), "success")
    else:
        flash(gettext("Kept, for you alone."), "success")
    return redirect(url_for("shift.index", _anchor="debrief"))


@blueprint.post("/debriefs/<int:debrief_id>/forget")
def forget(debrief_id: int) -> BaseResponse:
    """Delete my own words."""
    debriefs.forget(core().db, actor(), debrief_id, now=core().now())
    flash(gettext("Deleted."), "success")
    return redirect(url_for("shift.index", _anchor="debrief"))


@blueprint.get("/contact")
def contact() -> str:
    """Who would like to hear from a lead; for leads."""
    return render_template("shift/contact.html", people=debriefs.waiting(core().db, actor(), now=core().now()))


@blueprint.post("/debriefs/<int:debrief_id>/done")
def done(debrief_id: int) -> BaseResponse:
    """A lead has got in touch."""
    debriefs.mark_done(core().db, actor(), debrief_id, now=core().now())
    flash(gettext("Done. The words are their writer's alone again."), "success")
    return redirect(url_for("shift.contact"))


def back_to_the_queue(refusal: Any) -> Any:
    """Whoever may not take a case now reads why on the volunteers' page, which has the button to start and the time that is left."""
    if wants_json():
        return refused(refusal)
    flash(refusal_sentence(refusal), "info")
    return redirect(url_for("review.queue"))


def _own_page(page: shift_view.OwnPage, words: Words) -> str:
    return render_template("shift/index.html", page=page, shift=page.panel, words=words, words_max=WORDS_MAX, topic_words=LABEL_WORDS)


def _choice(name: str) -> int | None:
    """One of the five answers, as the form sends it."""
    raw = request.form.get(name, "")
    return int(raw) if raw in {"1", "2", "3", "4", "5"} else None


def _queue_or(case_id: int | None) -> str:
    return url_for("review.case", case_id=case_id) if case_id and case_id > 0 else url_for("review.queue")
