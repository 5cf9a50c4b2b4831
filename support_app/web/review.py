"""The volunteers' pages: the queue, one case, and what a person does with it."""

from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from models import HoldReason, MessageState
from models.case import CaseState
from models.decision import CaseAction
from moderation.explain import reason_words
from moderation.taxonomy import Lane, ReasonCode
from support_app.access import Actor
from support_app.core import core
from support_app.errors import N_, Invalid
from support_app.services import cases, certificates, rationales
from support_app.services.cases import CaseView
from support_app.services.events import iso
from support_app.services.next_case import claim_next
from support_app.web.forms import ReturnForm
from support_app.web.identity import actor
from support_app.words import RULES_OF_RETURN, refusal_sentence

blueprint = Blueprint("review", __name__, url_prefix="/review")

ACTION_WORDS = {
    CaseAction.OPENED: N_("Case opened"),
    CaseAction.CLAIMED: N_("Claimed"),
    CaseAction.GIVEN_BACK: N_("Given back"),
    CaseAction.REVEALED: N_("Message read"),
    CaseAction.RELEASED: N_("Released to the circle"),
    CaseAction.RETURNED: N_("Returned to the author"),
    CaseAction.ACKNOWLEDGED: N_("Looked after"),
    CaseAction.WITHDRAWN: N_("Taken back by the author"),
    CaseAction.SCREENED: N_("Checked by the software after all"),
}
LABEL_WORDS = {
    "harassment": N_("Attack on somebody"),
    "goading": N_("Urging to self-harm"),
    "crisis": N_("Wish to die or self-harm"),
    "imminent": N_("Acute danger"),
    "concern": N_("Worry about somebody else"),
}


@blueprint.get("")
def queue() -> str:
    """Open cases in their two lanes, most urgent first."""
    views = cases.queue(core().db, actor(), now=core().now())
    standing = certificates.standing(core().db, actor(), now=core().now())
    return render_template("queue.html", cases=[case_row(view, actor()) for view in views], standing=standing)


@blueprint.post("/next")
def next_case() -> BaseResponse:
    """Take the most urgent case that nobody has."""
    case_id = claim_next(core().db, actor(), now=core().now())
    if case_id is None:
        flash(gettext("Nobody waits for you right now. Thank you for being here."), "success")
        return redirect(url_for("review.queue"))
    return _back_to(case_id)


@blueprint.get("/cases/<int:case_id>")
def case(case_id: int) -> str:
    """One case; the text stays hidden until it is asked for."""
    view = cases.case_view(core().db, actor(), case_id, now=core().now())
    return render_template("case.html", case=case_detail(view, actor()), return_rules=list(RULES_OF_RETURN.items()), form=ReturnForm())


@blueprint.post("/cases/<int:case_id>/claim")
def claim(case_id: int) -> BaseResponse:
    """Take the case."""
    cases.claim(core().db, actor(), case_id, now=core().now())
    return _back_to(case_id)


@blueprint.post("/cases/<int:case_id>/keep-alive")
def keep_alive(case_id: int) -> Response:
    """Extend the lease while the page is open."""
    return jsonify(ok=True, lease_until=iso(cases.keep_alive(core().db, actor(), case_id, now=core().now())))


@blueprint.post("/cases/<int:case_id>/give-back")
def give_back(case_id: int) -> BaseResponse:
    """Let somebody else take it."""
    cases.give_back(core().db, actor(), case_id, now=core().now())
    flash(gettext("Given back. Somebody else can take it now."), "success")
    return redirect(url_for("review.queue"))


@blueprint.post("/cases/<int:case_id>/reveal")
def reveal(case_id: int) -> BaseResponse:
    """Ask for the text."""
    cases.reveal(core().db, actor(), case_id, now=core().now())
    return _back_to(case_id)


@blueprint.post("/cases/<int:case_id>/release")
def release(case_id: int) -> BaseResponse:
    """Show the message to the circle."""
    cases.release(core().db, actor(), case_id, version=_version(), now=core().now())
    flash(gettext("Released. The circle sees it now, and its author knows."), "success")
    return redirect(url_for("review.queue"))


@blueprint.post("/cases/<int:case_id>/return")
def return_message(case_id: int) -> BaseResponse:
    """Give the message back to its author with a reason."""
    reason, rule = request.form.get("reason", ""), request.form.get("rule", "")
    try:
        cases.return_message(core().db, actor(), case_id, version=_version(), reason=reason, rule=rule, now=core().now())
    except Invalid as refusal:
        flash(refusal_sentence(refusal), "error")
        return _back_to(case_id)
    flash(gettext("Returned. The author reads your reason; nobody else saw the message."), "success")
    return redirect(url_for("review.queue"))


@blueprint.post("/cases/<int:case_id>/acknowledge")
def acknowledge(case_id: int) -> BaseResponse:
    """Close a care case that somebody has looked after."""
    cases.acknowledge(core().db, actor(), case_id, version=_version(), now=core().now())
    flash(gettext("Thank you for looking after this person."), "success")
    return redirect(url_for("review.queue"))


def case_row(view: CaseView, viewer: Actor) -> dict[str, Any]:
    """A case as the queue shows it: no text, no author."""
    case, mine = view.case, view.claimed_by(viewer)
    state = "closed" if case.state is CaseState.CLOSED else ("claimed" if view.claimed else "open")
    return {
        "id": case.id,
        "lane": case.lane.value,
        "level": case.level.value,
        "state": state,
        "circle": {"id": case.circle_id, "name": view.circle_name},
        "opened_at": iso(case.opened_at),
        "due_at": iso(case.due_at),
        "overdue": state == "open" and case.due_at < view.now,
        "owner": {"id": case.owner_id, "name": view.owner_name} if view.claimed else None,
        "mine": mine,
        "reasons": reasons_of(view),
        "verdict": view.screening.verdict.value if view.screening else None,
        "conflict_of_interest": view.conflict_of_interest,
        "url": url_for("review.case", case_id=case.id),
    }


def case_detail(view: CaseView, viewer: Actor) -> dict[str, Any]:
    """A case as its own page shows it; text only after it was asked for."""
    mine, is_open = view.claimed_by(viewer), view.case.state is CaseState.OPEN
    decides = mine and view.revealed
    held = view.message.state is MessageState.HELD
    return case_row(view, viewer) | {
        "version": view.case.version,
        "lease_until": iso(view.case.lease_until) if view.claimed else None,
        "revealed": view.revealed,
        "text_hidden": not view.revealed,
        "marked": _marked(view) if view.revealed else None,
        "author_name": view.author_name if view.revealed else None,
        "sent_at": iso(view.message.created_at),
        "message_state": view.message.state.value,
        "context": [{"author": row.author_name, "text": row.text, "sent_at": iso(row.created_at), "state": row.state.value} for row in view.context],
        "scores": _scores(view),
        "rules_version": view.screening.rules_version if view.screening else None,
        "decisions": [
            {"at": iso(step.created_at), "actor": step.actor_name, "action_words": gettext(ACTION_WORDS[step.action]), "note": step.note}
            for step in view.history
        ],
        "can_claim": is_open and not view.claimed and not view.conflict_of_interest and view.certified,
        "can_reveal": mine and not view.revealed,
        "can_give_back": mine,
        "can_decide": decides and held,
        "can_acknowledge": decides and view.case.lane is Lane.CARE and not held,
    }


def reasons_of(view: CaseView) -> list[str]:
    """Why the case exists, in the volunteers' words; the sentences of `explain` are for the author."""
    codes = [reason["code"] for reason in view.screening.reasons] if view.screening else []
    if view.message.hold_reason is HoldReason.AUTHOR_ASKED:
        codes = [ReasonCode.AUTHOR_ASKED.value, *codes]
    if view.message.hold_reason is HoldReason.SCREENER_UNAVAILABLE or not codes:
        codes = [*codes, ReasonCode.SCREENER_UNAVAILABLE.value]
    return [gettext(reason_words(ReasonCode(code))[0]) for code in dict.fromkeys(codes)]


def _scores(view: CaseView) -> list[dict[str, Any]]:
    scores = (view.screening.scores if view.screening else None) or {}
    return [{"label": label, "words": gettext(words), "percent": round(100 * scores[label])} for label, words in LABEL_WORDS.items() if label in scores]


def _marked(view: CaseView) -> dict[str, Any]:
    """The text in pieces, those that the scores rest on with the words of their label, and these once more by label."""
    pieces = rationales.pieces_of(view.message.text, view.screening.rationale if view.screening else None)
    shown = [{"text": piece.text, "words": gettext(LABEL_WORDS[piece.label]) if piece.label else ""} for piece in pieces]
    labels = dict.fromkeys(piece["words"] for piece in shown if piece["words"])
    return {"pieces": shown, "why": [{"words": words, "texts": [piece["text"] for piece in shown if piece["words"] == words]} for words in labels]}


def _version() -> int:
    raw = request.form.get("version", "")
    if not raw.isascii() or not raw.isdigit() or len(raw) > 18:  # noqa: PLR2004 (more digits than any row number)
        raise Invalid
    return int(raw)


def _back_to(case_id: int) -> BaseResponse:
    return redirect(url_for("review.case", case_id=case_id))
