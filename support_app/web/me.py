"""What a person sees about themselves: what was decided about their messages, and where they are signed in."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from support_app.core import core
from support_app.services import accounts, appeals, helplines, own, reports
from support_app.services.events import iso
from support_app.web.countries import country_name
from support_app.web.identity import actor
from support_app.words import notice_json

blueprint = Blueprint("me", __name__, url_prefix="/me")


@blueprint.get("")
def index() -> str:
    """My account and what was decided about my messages."""
    db, now = core().db, core().now()
    country = helplines.remembered_country(db, actor())
    return render_template(
        "me.html",
        decisions=[_shown(item) for item in own.decisions(db, actor(), now=now)],
        reports=reports.own_reports(db, actor(), now=now),
        sessions_count=own.count_sessions(db, actor(), now=now),
        helpline_country=country_name(country) if country else None,
    )


@blueprint.post("/messages/<int:message_id>/appeal")
def appeal(message_id: int) -> Response:
    """Ask another person to decide again, from here: whoever lost their seat has no room to ask from."""
    form = request.form
    version = int(form["version"]) if form.get("version", "").isascii() and form.get("version", "").isdigit() else 0
    appeals.appeal(core().db, actor(), message_id, note=form.get("note", ""), version=version, now=core().now())
    flash(gettext("Another person reads your message again. You will see here what they decide."), "success")
    return redirect(url_for("me.index"))


@blueprint.post("/end-sessions")
def end_sessions() -> Response:
    """Sign out everywhere."""
    accounts.end_own_sessions(core().db, actor(), now=core().now())
    session.clear()
    flash(gettext("You are signed out everywhere."), "success")
    return redirect(url_for("pages.landing"))


@blueprint.post("/helpline-country")
def set_helpline_country() -> Response:
    """Remember whose helplines to show; nothing chosen forgets it."""
    helplines.remember_country(core().db, actor(), country=request.form.get("country", "").upper() or None, now=core().now())
    return redirect(url_for("pages.help_now"))


def _shown(item: own.OwnDecision) -> dict[str, Any]:
    return {
        "id": item.facts.message_id,
        "version": item.facts.version,
        "sent_at": iso(item.facts.created_at),
        "circle_name": item.circle_name or gettext("A talk with a volunteer"),
        "state": item.facts.state.value,
        "text": item.text,
        "notice": notice_json(item.facts),
    }
