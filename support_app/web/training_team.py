"""The team's side of the training: applications, score sheets of mock chats, certificates."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from models import Role
from models.mock_chat import Competency
from support_app.core import core
from support_app.errors import Conflict, Invalid
from support_app.services import applications, certificates, mock_chats
from support_app.services.curriculum import curriculum
from support_app.services.progress import MOCK_CHATS_NEEDED
from support_app.web import languages
from support_app.web.identity import actor
from support_app.words import COMPETENCY_WORDS, refusal_sentence

blueprint = Blueprint("training_team", __name__, url_prefix="/training/team")


@blueprint.before_request
def require_team() -> None:
    """Whoever is neither lead nor admin learns nothing, not even what a request should have looked like."""
    certificates.require(core().db, actor(), now=core().now())


@blueprint.get("")
def index() -> str:
    """Who applies, who waits for a mock chat, and who is certified."""
    db, now = core().db, core().now()
    return render_template(
        "training/team.html",
        applications=applications.waiting(db, actor(), now=now),
        chats=mock_chats.waiting(db, actor(), now=now),
        people=certificates.people(db, actor(), now=now),
        own_id=actor().user_id,
        may_certify=actor().role is Role.ADMIN,
        may_score=actor().role is Role.LEAD,
        content=curriculum(languages.current()),
        chats_needed=MOCK_CHATS_NEEDED,
    )


@blueprint.post("/applications/<int:application_id>/accept")
def accept(application_id: int) -> Response:
    """Make the applicant a volunteer in training."""
    applications.accept(core().db, actor(), application_id, now=core().now())
    flash(gettext("Accepted. They sign in again and find the training; cases open for them with the certificate."), "success")
    return _back()


@blueprint.post("/applications/<int:application_id>/decline")
def decline(application_id: int) -> Response:
    """Say no, with a reason."""
    return _done(lambda: applications.decline(core().db, actor(), application_id, answer=request.form.get("answer", ""), now=core().now()))


@blueprint.get("/mock-chats/<int:chat_id>")
def sheet(chat_id: int) -> str:
    """The score sheet."""
    return _sheet_page(chat_id, {})


@blueprint.post("/mock-chats/<int:chat_id>")
def score(chat_id: int) -> str | Response | tuple[str, int]:
    """Keep the scores and the note."""
    values = {item: request.form.get(item.value, "") for item in Competency}
    scores = {item: int(value) for item, value in values.items() if value in {"1", "2", "3", "4", "5"}}
    try:
        passed = mock_chats.score(core().db, actor(), chat_id, scores=scores, note=request.form.get("note", ""), now=core().now())
    except Invalid as refusal:
        return _sheet_page(chat_id, request.form, refusal_sentence(refusal)), 400
    flash(gettext("Saved: passed.") if passed else gettext("Saved: not yet. The learner reads your note and can ask for another one."), "success")
    return _back()


@blueprint.post("/people/<int:user_id>/certify")
def certify(user_id: int) -> Response:
    """Certify somebody who was trained elsewhere."""
    return _done(lambda: certificates.certify(core().db, actor(), user_id=user_id, reason=request.form.get("reason", ""), now=core().now()))


@blueprint.post("/people/<int:user_id>/revoke")
def revoke(user_id: int) -> Response:
    """End somebody's certificate."""
    return _done(lambda: certificates.revoke(core().db, actor(), user_id=user_id, reason=request.form.get("reason", ""), now=core().now()))


def _sheet_page(chat_id: int, values: Any, error: str | None = None) -> str:
    found = mock_chats.sheet(core().db, actor(), chat_id, now=core().now())
    return render_template("training/sheet.html", sheet=found, competencies=COMPETENCY_WORDS, values=values, error=error, limits=mock_chats)


def _done(change: Any) -> Response:
    try:
        change()
        flash(gettext("Saved."), "success")
    except (Invalid, Conflict) as refusal:
        flash(refusal_sentence(refusal), "error")
    return _back()


def _back() -> Response:
    return redirect(url_for("training_team.index"))
