"""What volunteers do with a case they hold: decide and undo, set a level, close, share. Refusals lose nothing that was typed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from flask import flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from models.case import CaseOutcome, Consequence, Decision
from moderation.taxonomy import Level
from support_app.core import core
from support_app.errors import N_, Conflict, Invalid, LeaseLost, Refusal
from support_app.services import care, decisions, sharing
from support_app.services.care import FollowUp
from support_app.services.decisions import Ruling
from support_app.web.errors import wants_json
from support_app.web.identity import actor
from support_app.web.review import back_to, blueprint, case_page, number, text, version
from support_app.words import refusal_sentence

AnyEnum = TypeVar("AnyEnum", bound=StrEnum)
Answer = Response | tuple[str, int]
FOLLOW_UPS = {"hours": timedelta(hours=2), "tomorrow": timedelta(days=1), "days": timedelta(days=3), "week": timedelta(days=7)}


@blueprint.post("/cases/<int:case_id>/release")
def release(case_id: int) -> Answer:
    """Show the message to the circle."""
    return _decide(case_id, Ruling(Decision.RELEASE), gettext("Released. The circle sees it now, and its author knows."))


@blueprint.post("/cases/<int:case_id>/keep")
def keep(case_id: int) -> Answer:
    """Leave a delivered message where it is."""
    return _decide(case_id, Ruling(Decision.KEEP), gettext("It stays. Whoever reported it is told that a person has looked."))


@blueprint.post("/cases/<int:case_id>/return")
def return_message(case_id: int) -> Answer:
    """Give the message back to its author with a reason."""
    try:
        consequence = _choice(Consequence, text("consequence") or Consequence.NONE.value)
    except Invalid as refusal:
        return _refused(case_id, refusal)
    ruling = Ruling(Decision.RETURN, text("reason"), text("rule"), consequence)
    return _decide(case_id, ruling, gettext("Returned. The author reads your reason; nobody else is shown the message."))


@blueprint.post("/cases/<int:case_id>/undo")
def undo(case_id: int) -> Answer:
    """Take the decision back before it takes effect."""
    decisions.undo(core().db, actor(), case_id, now=core().now())
    flash(gettext("Undone. Nothing has left; the case is still yours."), "success")
    return back_to(case_id)


@blueprint.post("/cases/<int:case_id>/level")
def set_level(case_id: int) -> Answer:
    """Put on record how urgent one finds it."""
    return _kept(
        case_id,
        lambda: care.set_level(core().db, actor(), case_id, level=_choice(Level, text("level")), version=version(), now=core().now()),
        part="level-title",
    )


@blueprint.post("/cases/<int:case_id>/close")
def close(case_id: int) -> Answer:
    """Close a care case with an outcome and a follow-up, or without one."""

    def act() -> None:
        outcome = _choice(CaseOutcome, text("outcome"), N_("Please choose how it ended."))
        care.close_care(
            core().db, actor(), case_id, outcome=outcome, note=text("note"), follow_up=_follow_up(core().now()), version=version(), now=core().now()
        )

    return _done(case_id, act, gettext("Thank you for looking after this person."))


@blueprint.post("/cases/<int:case_id>/hand-over")
def hand_over(case_id: int) -> Answer:
    """Offer the case to one person."""
    return _done(
        case_id,
        lambda: sharing.hand_over(core().db, actor(), case_id, to_id=number("to"), version=version(), now=core().now()),
        gettext("Handed over. You need not give a reason."),
    )


@blueprint.post("/cases/<int:case_id>/escalate")
def escalate(case_id: int) -> Answer:
    """Give the case to the leads."""
    return _done(
        case_id,
        lambda: sharing.escalate(core().db, actor(), case_id, note=text("note"), version=version(), now=core().now()),
        gettext("A lead decides this one. Thank you for not staying alone with it."),
    )


@blueprint.post("/cases/<int:case_id>/ask-opinion")
def ask_opinion(case_id: int) -> Answer:
    """Ask others what they think."""
    return _kept(case_id, lambda: sharing.ask_opinion(core().db, actor(), case_id, note=text("note"), version=version(), now=core().now()))


@blueprint.post("/cases/<int:case_id>/opinion")
def opinion(case_id: int) -> Answer:
    """Say what one thinks about somebody else's case."""
    return _kept(case_id, lambda: sharing.give_opinion(core().db, actor(), case_id, note=text("note"), now=core().now()))


def _decide(case_id: int, ruling: Ruling, words: str) -> Answer:
    undo_for = timedelta(seconds=core().settings.undo_seconds)

    def act() -> None:
        decisions.decide(core().db, actor(), case_id, ruling, version=version(), undo_for=undo_for, now=core().now())

    return _kept(case_id, act) if undo_for else _done(case_id, act, words)


def _kept(case_id: int, act: Callable[[], None], *, part: str | None = None) -> Answer:
    """Do it, and show the case again."""
    try:
        act()
    except (Invalid, Conflict, LeaseLost) as refusal:
        return _refused(case_id, refusal)
    return back_to(case_id, part=part)


def _done(case_id: int, act: Callable[[], None], words: str) -> Answer:
    """Do it, and go back to the queue with a word about it."""
    try:
        act()
    except (Invalid, Conflict, LeaseLost) as refusal:
        return _refused(case_id, refusal)
    flash(words, "success")
    return redirect(url_for("review.queue"))


def _refused(case_id: int, refusal: Refusal) -> tuple[str, int]:
    """The case as it stands now, with why it was refused and what was typed; programs get the refusal itself."""
    if wants_json():
        raise refusal
    return case_page(case_id, refused=refusal_sentence(refusal)), refusal.status


def _choice(enum: type[AnyEnum], raw: str, sentence: str = "") -> AnyEnum:
    try:
        return enum(raw)
    except ValueError:
        raise Invalid(sentence) if sentence else Invalid from None


def _follow_up(now: datetime) -> FollowUp | None:
    """When somebody looks after this person again, from now."""
    chosen = text("follow_up")
    if chosen == "declined":
        return None
    if chosen in FOLLOW_UPS:
        return FollowUp(now + FOLLOW_UPS[chosen], number("follow_up_by"))
    raise Invalid(N_("Please choose a follow-up, or that there is none."))
