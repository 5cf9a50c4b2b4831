"""The one place that turns refusals and faults into pages or JSON."""

import structlog
from flask import Flask, Response, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from support_app.errors import Busy, CsrfFailed, Invalid, NotSignedIn, Refusal
from support_app.words import refusal_json, refusal_sentence

log = structlog.get_logger()
Answer = BaseResponse | tuple[str | Response, int] | tuple[str | Response, int, dict[str, str]]


def register(app: Flask) -> None:
    """Bind the handlers."""
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(CSRFError, lambda _: refused(CsrfFailed()))
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(DataError, lambda _: refused(Invalid()))  # what no text column can hold, as a NUL
    app.register_error_handler(SQLAlchemyError, database_failed)
    app.register_error_handler(Exception, failed)


def wants_json() -> bool:
    """Whether a program is asking."""
    return request.path.startswith("/api/") or request.is_json or request.accept_mimetypes.best == "application/json"


def refused(refusal: Refusal) -> Answer:
    """A refusal, as a page or as JSON; whoever is not signed in is asked to."""
    headers = {"Retry-After": str(int(refusal.retry_after) + 1)} if refusal.retry_after else {}
    if wants_json():
        return jsonify({"error": refusal_json(refusal)}), refusal.status, headers
    if isinstance(refusal, NotSignedIn):
        return redirect(url_for("auth.login", next=request.path if request.method == "GET" else None))
    return _page(refusal.status, gettext("That did not work"), refusal_sentence(refusal)), refusal.status, headers


def http_error(error: HTTPException) -> Answer:
    """Werkzeug's own errors in our words."""
    code = error.code or 500
    if 300 <= code < 400:  # noqa: PLR2004 (a redirect is an answer)
        return error.get_response()
    title, message = _words(code)
    if wants_json():
        return jsonify({"error": {"code": _code_name(code), "message": message}}), code
    return _page(code, title, message), code


def database_failed(error: SQLAlchemyError) -> Answer:
    """A database fault; its text may hold parameters, so only its kind is logged."""
    log.error("database.failed", error=type(error).__name__)
    return refused(Busy())


def failed(error: Exception) -> Answer:
    """A fault of ours; only its kind and place are logged."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    log.error("request.failed", error=type(error).__name__, place=place, endpoint=request.endpoint)
    title, message = _words(500)
    if wants_json():
        return jsonify({"error": {"code": "failed", "message": message}}), 500
    return _page(500, title, message), 500


def _page(code: int, title: str, message: str) -> str:
    return render_template("error.html", code=code, title=title, message=message)


def _code_name(code: int) -> str:
    return {400: "invalid", 403: "forbidden", 404: "not_found", 405: "invalid", 413: "too_long", 429: "rate_limited"}.get(code, "failed")


def _words(code: int) -> tuple[str, str]:
    if code == 404:  # noqa: PLR2004
        return gettext("Nothing here"), gettext("This page does not exist, or it is not for you to see.")
    if code == 413:  # noqa: PLR2004
        return gettext("Too long"), gettext("That was too long to be sent. Nothing has been stored.")
    if code >= 500:  # noqa: PLR2004
        return gettext("Something broke on our side"), gettext(
            "It was not your fault. Please try again; if it stays like this, tell the people who run this service."
        )
    return gettext("That did not work"), gettext("The server could not understand this request. Please go back and try again.")
