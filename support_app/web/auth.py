"""Register, sign in, sign out, leave quickly."""

import json
import secrets
from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from support_app.core import core
from support_app.errors import AccountClosed, Busy, Invalid, NameTaken, SignInFailed, TooManyAttempts
from support_app.services import accounts
from support_app.services.demo import DEMO_PEOPLE_FILE
from support_app.services.pseudonyms import suggest
from support_app.web import identity, languages
from support_app.web.attempts import limit_attempts
from support_app.web.closed import closed_page
from support_app.web.errors import wants_json
from support_app.web.forms import LoginForm, RegisterForm
from support_app.words import refusal_sentence

blueprint = Blueprint("auth", __name__)
WIPE = '"cache", "cookies", "storage"'


@blueprint.route("/login", methods=["GET", "POST"])
def login() -> str | BaseResponse | tuple[str, int]:
    """Sign in; the same words for a wrong name and a wrong pass phrase. Only the right one learns that an account was closed, and why."""
    if current_user.is_authenticated:
        return redirect(url_for("circles.index"))
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("login.html", form=form, demo_people=_demo_people()), 400 if form.errors else 200
    try:
        limit_attempts("sign-in", accounts.name_key(form.name.data))
        opened = accounts.sign_in(core().db, name=form.name.data, pass_phrase=form.pass_phrase.data, now=core().now(), days=core().settings.session_days)
    except (SignInFailed, TooManyAttempts) as refusal:
        form.pass_phrase.errors = [refusal_sentence(refusal)]
        return render_template("login.html", form=form, demo_people=_demo_people()), refusal.status
    except AccountClosed as refusal:
        if wants_json():
            raise
        return closed_page(refusal.user_id)
    identity.begin(opened)
    return redirect(_next_page())


@blueprint.route("/register", methods=["GET", "POST"])
def register() -> str | BaseResponse | tuple[str, int]:
    """Make an account and go in."""
    form = RegisterForm()
    if not form.validate_on_submit():
        return _register_page(form, 400 if form.errors else 200)
    now, days = core().now(), core().settings.session_days
    try:
        limit_attempts("register", "")
        user_id = accounts.register(core().db, name=form.name.data, pass_phrase=form.pass_phrase.data, locale=languages.current(), now=now)
    except (NameTaken, Invalid, TooManyAttempts) as refusal:
        form.name.errors = [refusal_sentence(refusal)]
        return _register_page(form, refusal.status)
    identity.begin(accounts.open_session(core().db, user_id=user_id, now=now, days=days))
    flash(gettext("Welcome. Take your time: look at the circles first, and read their rules before you join one."), "success")
    return redirect(url_for("circles.index"))


@blueprint.post("/logout")
def logout() -> BaseResponse:
    """End this session and its sockets."""
    identity.end()
    flash(gettext("You are signed out."), "success")
    return redirect(url_for("pages.landing"))


@blueprint.post("/exit")
def leave_quickly() -> BaseResponse:
    """End the session, wipe what the browser kept, and go to the neutral page."""
    with suppress(Busy):  # the cookie goes in any case
        identity.end()
    session.clear()
    response = Response(status=204) if request.headers.get("Sec-Fetch-Dest") == "empty" else redirect(core().settings.exit_url, 303)
    response.headers["Clear-Site-Data"] = WIPE
    return response


@blueprint.post("/language")
def set_language() -> BaseResponse:
    """Change the language, for this browser and for the account."""
    chosen = request.form.get("lang", "")
    if chosen not in languages.LANGUAGES:
        raise Invalid
    session["language"] = chosen
    if current_user.is_authenticated:
        accounts.set_locale(core().db, identity.actor(), locale=chosen)
    return redirect(_safe_path(request.form.get("next")) or url_for("pages.landing"))


def _register_page(form: RegisterForm, status: int) -> tuple[str, int]:
    return render_template("register.html", form=form, suggested_name=suggest(languages.current(), secrets.SystemRandom())), status


def _next_page() -> str:
    return _safe_path(request.args.get("next")) or url_for("circles.index")


def _safe_path(path: str | None) -> str | None:
    """A path on this site, and nothing else; browsers read a backslash as a slash, and pass over tabs and line breaks."""
    return path if path and path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable() else None


def _demo_people() -> list[dict[str, Any]]:
    """The demonstration's accounts, from the file that set them up; never in production."""
    path = core().settings.data_dir / DEMO_PEOPLE_FILE
    if core().settings.production or not path.exists():
        return []
    people: list[dict[str, Any]] = json.loads(path.read_text())
    return people
