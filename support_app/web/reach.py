"""How a volunteer is reached when they are not at the page: browser push, e-mail, and a test that takes the real way."""

from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.wrappers import Response as BaseResponse

from models import AttemptState
from support_app.core import core
from support_app.database import AnyRow
from support_app.errors import Invalid, RateLimited
from support_app.paging.push_services import known_service
from support_app.paging.vapid import public_key
from support_app.services import reach
from support_app.services.events import iso
from support_app.services.page_attempts import TO_DO
from support_app.web.identity import actor
from support_app.words import CHANNEL_WORDS, TROUBLE_WORDS, refusal_sentence

blueprint = Blueprint("reach", __name__, url_prefix="/review/reach-me")


class _Keys(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    p256dh: str = Field(pattern=r"^[A-Za-z0-9_-]{80,100}=*$")
    auth: str = Field(pattern=r"^[A-Za-z0-9_-]{16,40}=*$")


class Subscription(BaseModel):
    """A browser's subscription as its own `toJSON` writes it."""

    model_config = ConfigDict(extra="ignore", strict=True)

    endpoint: str = Field(max_length=1000)
    keys: _Keys


@blueprint.before_request
def require_reviewer() -> None:
    """Whoever is no volunteer learns nothing."""
    reach.last_test(core().db, actor(), now=core().now())


@blueprint.get("")
def index() -> str:
    """One's own settings and what came of the last test."""
    settings = core().settings
    found = reach.reach_of(core().db, actor(), now=core().now())
    return render_template("reach.html", reach=found, test=_test(found.last_test), push_key=public_key(settings), mail_works=bool(settings.smtp_host))


@blueprint.post("/save")
def save() -> BaseResponse:
    """Whether one may be paged, and by which address."""
    try:
        reach.save_reach(core().db, actor(), page_me=request.form.get("page_me") == "yes", email=request.form.get("email", ""), now=core().now())
        flash(gettext("Saved."), "success")
    except Invalid as refusal:
        flash(refusal_sentence(refusal), "error")
    return redirect(url_for("reach.index"))


@blueprint.post("/browsers")
def add_browser() -> Response:
    """Turn notifications on in this browser."""
    settings = core().settings
    try:
        wanted = Subscription.model_validate(request.get_json(silent=True))
    except ValidationError:
        raise Invalid from None
    keys = wanted.keys.model_dump()
    reach.add_browser(core().db, actor(), endpoint=wanted.endpoint, **keys, known=lambda endpoint: known_service(settings, endpoint), now=core().now())
    return jsonify(ok=True)


@blueprint.post("/browsers/remove")
def remove_browser() -> Response:
    """Turn them off."""
    body = request.get_json(silent=True)
    endpoint = body.get("endpoint") if isinstance(body, dict) else None
    if not isinstance(endpoint, str):
        raise Invalid
    reach.remove_browser(core().db, actor(), endpoint=endpoint, now=core().now())
    return jsonify(ok=True)


@blueprint.post("/test")
def test() -> BaseResponse:
    """Send a test page; what came of it is shown as soon as it is known."""
    try:
        reach.request_test(core().db, actor(), now=core().now())
    except RateLimited as refusal:
        flash(refusal_sentence(refusal), "info")
    return redirect(url_for("reach.index", _anchor="test"))


@blueprint.get("/outcome")
def outcome() -> Response:
    """What came of the last test, for the page's script."""
    return jsonify(_test(reach.last_test(core().db, actor(), now=core().now())))


def _test(rows: Any) -> dict[str, Any]:
    """The last test in words, and whether something is still under way."""
    return {"under_way": any(row.state in TO_DO for row in rows), "results": [_result(row) for row in rows]}


def _result(row: AnyRow) -> dict[str, Any]:
    if row.state in TO_DO:
        words = gettext("on its way …")
    elif row.state is AttemptState.SENT:
        words = gettext("sent. Did it arrive?")
    else:
        words = gettext(TROUBLE_WORDS[row.trouble])
    return {"channel": gettext(CHANNEL_WORDS[row.channel]), "state": row.state.value, "words": words, "at": iso(row.ended_at or row.created_at)}
