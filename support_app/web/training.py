"""A learner's pages: applying, modules with quizzes, conversations with scripted people, mock chats, the certificate."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from models.mock_chat import MockChatState
from support_app.access import REVIEWERS
from support_app.core import core
from support_app.errors import Conflict, Invalid, NotFound
from support_app.services import applications, certificates, mock_chats, quizzes, scenarios
from support_app.services.applications import NewApplication
from support_app.services.curriculum import Module, Scenario, curriculum
from support_app.services.progress import MOCK_CHATS_NEEDED, Progress
from support_app.web import languages
from support_app.web.identity import actor
from support_app.words import COMPETENCY_WORDS, refusal_sentence

blueprint = Blueprint("training", __name__, url_prefix="/training")
Page = str | Response | tuple[str, int]


@blueprint.get("")
def index() -> str:
    """What is done and what comes next; for members, how to become a volunteer."""
    if actor().role not in REVIEWERS:
        return _apply_page({})
    db, now, content = core().db, core().now(), curriculum(languages.current())
    standing = certificates.standing(db, actor(), now=now)
    chats = mock_chats.own(db, actor(), now=now)
    chat_waits = any(chat.state is MockChatState.ASKED for chat in chats)
    return render_template(
        "training/index.html",
        standing=standing,
        modules=content.modules,
        scenarios=content.scenarios,
        chats=chats,
        chat_waits=chat_waits,
        chats_needed=MOCK_CHATS_NEEDED,
        competencies=COMPETENCY_WORDS,
        next_step=_next_step(standing.progress, chat_waits=chat_waits),
    )


@blueprint.post("/application")
def apply() -> Page:
    """Ask to become a volunteer."""
    form = request.form
    hours = form.get("hours", "")
    wish = NewApplication(form.get("why", ""), int(hours) if hours.isascii() and hours.isdigit() and len(hours) < 4 else 0, form.get("languages", ""))  # noqa: PLR2004
    try:
        applications.apply(core().db, actor(), wish, now=core().now())
    except Invalid as refusal:
        return _apply_page(form, refusal_sentence(refusal)), 400
    flash(gettext("Thank you. Somebody from the team reads your application and answers you here."), "success")
    return _back()


@blueprint.post("/application/withdraw")
def withdraw_application() -> Response:
    """Take the application back."""
    applications.withdraw(core().db, actor(), now=core().now())
    flash(gettext("Taken back. You can apply again whenever you like."), "success")
    return _back()


@blueprint.get("/modules/<key>")
def module(key: str) -> str:
    """One screen of a module."""
    certificates.require_learner(core().db, actor(), now=core().now())
    found = quizzes.find_module(key, languages.current())
    number = request.args.get("screen", 1, type=int)
    if not 1 <= number <= len(found.screens):
        raise NotFound
    return render_template("training/module.html", module=found, screen=found.screens[number - 1], number=number)


@blueprint.get("/modules/<key>/quiz")
def quiz(key: str) -> str:
    """The questions, in an order of their own for this try."""
    return _quiz_page(key, {})


@blueprint.post("/modules/<key>/quiz")
def answer_quiz(key: str) -> Page:
    """Keep the answers; what is missing is asked for without losing the rest."""
    try:
        quizzes.answer(core().db, actor(), key, answers=request.form, now=core().now())
    except Invalid as refusal:
        return _quiz_page(key, request.form, refusal_sentence(refusal), refusal.values.get("missing", [])), 400
    return redirect(url_for("training.result", key=key))


@blueprint.get("/modules/<key>/result")
def result(key: str) -> str:
    """How the last try went, with an explanation for every answer that did not fit."""
    found = quizzes.last_result(core().db, actor(), key, language=languages.current(), now=core().now())
    return render_template("training/result.html", module=quizzes.find_module(key, languages.current()), result=found)


@blueprint.get("/scenarios/<key>")
def scenario(key: str) -> str:
    """A conversation as far as it has gone."""
    return _talk_page(key)


@blueprint.post("/scenarios/<key>/start")
def start_scenario(key: str) -> Response:
    """Begin, or begin again."""
    scenarios.start(core().db, actor(), key, now=core().now())
    return _to_talk(key)


@blueprint.post("/scenarios/<key>/reply")
def reply(key: str) -> Page:
    """Say one of the replies, or something in one's own words."""
    db, learner, now, form = core().db, actor(), core().now(), request.form
    step = _step()
    try:
        if form.get("reply"):
            scenarios.choose(db, learner, key, step=step, reply_key=form["reply"], now=now)
        else:
            scenarios.say(db, learner, key, step=step, words=form.get("words", ""), language=languages.current(), now=now)
    except Invalid as refusal:
        return _talk_page(key, form.get("words", ""), refusal_sentence(refusal)), 400
    except Conflict as refusal:
        flash(refusal_sentence(refusal), "error")
    return _to_talk(key)


@blueprint.post("/mock-chats")
def ask_for_mock_chat() -> Response:
    """Ask for a mock chat."""
    mock_chats.ask(core().db, actor(), now=core().now())
    flash(gettext("The leads can see that you would like a mock chat. They will agree on a time with you."), "success")
    return _back()


@blueprint.post("/mock-chats/withdraw")
def withdraw_mock_chat() -> Response:
    """Take the request back."""
    mock_chats.withdraw(core().db, actor(), now=core().now())
    flash(gettext("Taken back. You can ask again whenever you like."), "success")
    return _back()


def _apply_page(values: Any, error: str | None = None) -> str:
    application = applications.own(core().db, actor(), now=core().now())
    can_apply = actor().role not in REVIEWERS and actor().role.value == "member"
    return render_template("training/apply.html", application=application, can_apply=can_apply, values=values, error=error, limits=applications)


def _quiz_page(key: str, chosen: Any, error: str | None = None, missing: Any = ()) -> str:
    asked = quizzes.questions(core().db, actor(), key, language=languages.current(), now=core().now())
    found = quizzes.find_module(key, languages.current())
    return render_template("training/quiz.html", module=found, asked=asked, chosen=chosen, error=error, missing=missing)


def _talk_page(key: str, words: str = "", error: str | None = None) -> str:
    talk = scenarios.talk(core().db, actor(), key, language=languages.current(), now=core().now())
    return render_template("training/scenario.html", talk=talk, words=words, error=error, most=scenarios.WORDS_LENGTH[1])


def _next_step(progress: Progress, *, chat_waits: bool) -> dict[str, str] | None:
    """The first thing that is not done yet; a mock chat that was asked for is the lead's turn."""
    content = curriculum(languages.current())
    steps: list[tuple[Module | Scenario, str]] = [(item, "training.module") for item in content.modules if item.key not in progress.modules]
    steps += [(item, "training.scenario") for item in content.scenarios if item.key not in progress.scenarios]
    if steps:
        return {"title": steps[0][0].title, "url": url_for(steps[0][1], key=steps[0][0].key)}
    return None if chat_waits else {"title": gettext("Two mock chats with a lead"), "url": "#chats"}


def _step() -> int:
    raw = request.form.get("step", "")
    if not raw.isascii() or not raw.isdigit() or len(raw) > 4:  # noqa: PLR2004 (more digits than steps)
        raise Invalid
    return int(raw)


def _to_talk(key: str) -> Response:
    return redirect(url_for("training.scenario", key=key, _anchor="latest"))


def _back() -> Response:
    return redirect(url_for("training.index"))
