"""Pages that need no account: what this is, help, and the neutral page."""

import calendar

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_login import current_user
from werkzeug.wrappers import Response

from support_app.core import core
from support_app.helplines import COUNTRIES, find_helplines

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def landing() -> str | Response:
    """What this is and is not."""
    if current_user.is_authenticated:
        return redirect(url_for("circles.index"))
    return render_template("landing.html")


@blueprint.get("/help")
def help_now() -> str:
    """People to reach right now, in the country the reader picks."""
    country = request.args.get("country", "").upper()
    chosen = find_helplines(country)
    return render_template(
        "help.html",
        countries=COUNTRIES.items(),
        country=country if country in COUNTRIES else None,
        helplines=chosen.helplines,
        emergency=chosen.emergency,
    )


@blueprint.get("/away")
def away() -> str:
    """A plain calendar: what is left on the screen after leaving quickly."""
    today = core().now().date()
    weeks = calendar.Calendar().monthdayscalendar(today.year, today.month)
    return render_template("away.html", weeks=weeks, month_name=format_date(today, "LLLL"), year=today.year, today=today.day)
