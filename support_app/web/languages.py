"""Which language a page speaks: chosen, else the account's, else the browser's."""

from flask import Flask, request, session
from flask_babel import Babel, get_locale

LANGUAGES = {"en": "English", "de": "Deutsch"}


def register(app: Flask) -> None:
    """Bind Flask-Babel."""
    Babel(app, locale_selector=choose)


def choose() -> str:
    """The language for this request."""
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    wanted = (tag.lower().partition("-")[0] for tag in request.accept_languages.values())
    return next((language for language in wanted if language in LANGUAGES), "en")


def current() -> str:
    """The language in use, as a code."""
    locale = get_locale()
    return locale.language if locale and locale.language in LANGUAGES else "en"
