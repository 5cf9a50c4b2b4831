"""Pages that need no account: what this is, help, and the neutral page."""

import calendar

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_login import current_user
from werkzeug.wrappers import Response

from support_app.core import core
from support_app.errors import Busy
from support_app.services import helplines
from support_app.services.helplines import EVERYWHERE, Help
from support_app.web.countries import country_choices
from support_app.web.identity import actor

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def landing() -> str | Response:
    """What this is and is not."""
    if current_user.is_authenticated:
        return redirect(url_for("circles.index"))
    return render_template("landing.html")


@blueprint.get("/help")
def help_now() -> str:
    """People to reach right now, in the country the reader picks or picked before; a database that is away keeps nobody from the page."""
    try:
        found = helplines.find(core().db, request.args.get("country", "").upper() or _remembered_country(), now=core().now())
    except Busy:
        found = Help(None, [], [], None)
    return render_template("help.html", help=found, countries=country_choices(found.countries), everywhere=EVERYWHERE)


@blueprint.get("/away")
def away() -> str:
    """A plain calendar: what is left on the screen after leaving quickly."""
    today = core().now().date()
    weeks = calendar.Calendar().monthdayscalendar(today.year, today.month)
    return render_template("away.html", weeks=weeks, month_name=format_date(today, "LLLL"), year=today.year, today=today.day)


def _remembered_country() -> str | None:
    return helplines.remembered_country(core().db, actor()) if current_user.is_authenticated else None
