"""What a person sees about themselves: what was decided about their messages, and where they are signed in."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from support_app.core import core
from support_app.services import accounts, own
from support_app.services.events import iso
from support_app.web.identity import actor
from support_app.words import notice_json

blueprint = Blueprint("me", __name__, url_prefix="/me")


@blueprint.get("")
def index() -> str:
    """My account and what was decided about my messages."""
    db, now = core().db, core().now()
    return render_template(
        "me.html", decisions=[_shown(item) for item in own.decisions(db, actor(), now=now)], sessions_count=own.count_sessions(db, actor(), now=now)
    )


@blueprint.post("/end-sessions")
def end_sessions() -> Response:
    """Sign out everywhere."""
    accounts.end_own_sessions(core().db, actor(), now=core().now())
    session.clear()
    flash(gettext("You are signed out everywhere."), "success")
    return redirect(url_for("pages.landing"))


def _shown(item: own.OwnDecision) -> dict[str, Any]:
    return {
        "sent_at": iso(item.facts.created_at),
        "circle_name": item.circle_name or gettext("A talk with a volunteer"),
        "state": item.facts.state.value,
        "text": item.text,
        "notice": notice_json(item.facts),
    }
