"""What somebody reads whose account was closed, and how they ask another person to look again: they cannot sign in to do it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from support_app.core import core
from support_app.errors import N_, Conflict, Invalid, Refusal
from support_app.services import appeals, closures
from support_app.services.closures import Decided
from support_app.web.attempts import limit_attempts
from support_app.words import RULES_OF_RETURN, refusal_sentence

blueprint = Blueprint("closed", __name__)
VALID_SECONDS = 30 * 60
TOKEN_LENGTH = 80
TOO_OLD = N_("This page was open for too long, and nothing was sent. Please go back to the sign-in page and enter your name and pass phrase again.")


class _OurClock(TimestampSigner):
    """Signs with the application's own time."""

    def get_timestamp(self) -> int:
        return int(core().now().timestamp())


@blueprint.post("/login/ask-again")
def ask_again() -> Response | tuple[str, int]:
    """Ask another person to decide again about the account; who asks, says the token of the page."""
    token, note = request.form.get("token", ""), request.form.get("note", "")
    limit_attempts("ask-again", token[:TOKEN_LENGTH])
    user_id = _whose(token)
    try:
        appeals.appeal_closed_account(core().db, user_id, note=note, now=core().now())
    except (Conflict, Invalid) as refusal:
        return closed_page(user_id, status=refusal.status, refusal=refusal, note=note)
    return closed_page(user_id, status=200, sent=True)


def closed_page(user_id: int, *, status: int = 403, refusal: Refusal | None = None, note: str = "", sent: bool = False) -> Response | tuple[str, int]:
    """What was decided and what one can do, for somebody who is known to be the account's owner."""
    closure = closures.closure_of(core().db, user_id)
    if closure is None:
        flash(gettext(appeals.NOT_CLOSED), "info")
        return redirect(url_for("auth.login"))
    page = render_template(
        "closed.html",
        closure=closure,
        rule=_rule_words(closure.decided),
        token=_tokens().dumps(user_id),
        refused=refusal_sentence(refusal) if refusal else None,
        note=note,
        sent=sent,
    )
    return page, status


def _tokens() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(core().settings.secret_key, salt="closed account", signer=_OurClock)


def _whose(token: str) -> int:
    """The account a page was made for; raises `Invalid` when it is too old, or not one of ours."""
    try:
        return int(_tokens().loads(token, max_age=VALID_SECONDS))
    except BadData:
        raise Invalid(TOO_OLD) from None


def _rule_words(decided: Decided | None) -> str | None:
    rule = RULES_OF_RETURN.get(decided.rule) if decided else None
    return gettext(rule) if rule else None
