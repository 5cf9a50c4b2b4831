"""Who a request comes from: Flask-Login over our server-side sessions."""

from typing import cast

from flask import Flask, session
from flask_login import LoginManager, UserMixin, current_user, login_user

from models import Role
from support_app.access import ADMINS, REVIEWERS, Actor
from support_app.core import core
from support_app.errors import NotSignedIn, Refusal
from support_app.services import accounts
from support_app.services.accounts import OpenedSession
from support_app.web import languages


class SignedIn(UserMixin):
    """Flask-Login's idea of a user: an actor and the session token by which they are found again."""

    def __init__(self, actor: Actor, token: str) -> None:
        self.actor = actor
        self.token = token
        self.name = actor.name
        self.role = actor.role.value

    def get_id(self) -> str:
        """The token, not the user's id: the cookie names a session that the server can end."""
        return self.token


def register(app: Flask) -> None:
    """Bind Flask-Login."""
    manager = LoginManager(app)
    manager.login_view = "auth.login"
    manager.session_protection = None  # sessions are checked on the server, at every request
    manager.user_loader(load_user)
    manager.unauthorized_handler(_refuse)


def load_user(token: str) -> SignedIn | None:
    """The person behind a cookie's token, or nobody."""
    try:
        return SignedIn(accounts.find_actor(core().db, token=token, now=core().now()), token)
    except Refusal:
        return None


def actor() -> Actor:
    """Who is asking; raises `NotSignedIn`."""
    if not current_user.is_authenticated:
        raise NotSignedIn
    return cast("Actor", current_user.actor)


def current_role() -> Role | None:
    """The role of who is asking, if anybody."""
    return actor().role if current_user.is_authenticated else None


def begin(opened: OpenedSession) -> None:
    """Put a new session into the cookie; whatever stood there before is gone."""
    language = languages.current()
    session.clear()
    session["language"] = language
    if opened.actor.locale != language:  # what reaches them live speaks the language they just read
        accounts.set_locale(core().db, opened.actor, locale=language)
    login_user(SignedIn(opened.actor, opened.token))


def end() -> None:
    """End this browser's session on the server and in the cookie; the language stays."""
    language = session.get("language")
    if current_user.is_authenticated:
        accounts.sign_out(core().db, token=current_user.token, now=core().now())
    session.clear()
    if language:
        session["language"] = language


def can_review() -> bool:
    """Whether the person sees the volunteers' pages."""
    return current_role() in REVIEWERS


def can_admin() -> bool:
    """Whether the person sees the administration."""
    return current_role() in ADMINS


def _refuse() -> None:
    raise NotSignedIn
