"""How often people agreed with the software, for leads and admins."""

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext

from moderation.taxonomy import LANE_OF_LABEL, Lane
from support_app.core import core
from support_app.services import precision
from support_app.services.precision import Agreement
from support_app.web.identity import actor
from support_app.words import LABEL_WORDS

blueprint = Blueprint("quality", __name__, url_prefix="/admin/quality")

CHOICES = (30, 90, 365)


@blueprint.get("")
def index() -> str:
    """One table for each language; numbers only, never a message."""
    wanted = request.args.get("days", "")
    days = next((days for days in CHOICES if wanted == str(days)), precision.DAYS)
    measured = precision.agreement_for(core().db, actor(), days=days, now=core().now())
    languages = {language: [_shown(of) for of in labels] for language, labels in measured.items()}
    return render_template("admin/quality.html", languages=languages, days=days, choices=CHOICES)


def _shown(of: Agreement) -> dict[str, Any]:
    """A label's row; shares in whole percent."""
    return {
        "label": of.label.value,
        "words": gettext(LABEL_WORDS[of.label]),
        "decided": of.decided,
        "confirmed": of.confirmed,
        "low": round(100 * of.share.low) if of.share else None,
        "high": round(100 * of.share.high) if of.share else None,
        "overturned": of.overturned if LANE_OF_LABEL[of.label] is Lane.CONDUCT else None,
    }
