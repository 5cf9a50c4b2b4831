"""Headers, CSRF, and the demo's refusal to serve anybody but this machine."""

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect, generate_csrf

from support_app.core import core
from support_app.errors import N_, Forbidden
from support_app.web import identity, languages

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}


def register(app: Flask) -> None:
    """Bind CSRF protection, headers and what every template knows."""
    CSRFProtect(app).exempt("support_app.web.auth.leave_quickly")  # an outdated page must not keep anybody here
    app.before_request(_only_this_machine)
    app.after_request(_add_headers)
    app.context_processor(_for_templates)
    app.jinja_env.globals["csrf_token"] = generate_csrf


def _only_this_machine() -> None:
    """Demo accounts are no secret, so a demo behind a public address answers nobody."""
    if not core().settings.production and request.host.rsplit(":", 1)[0] not in LOCAL_HOSTS:
        raise Forbidden(N_("This is a demonstration and answers only on the machine it runs on."))


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if core().settings.production:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _for_templates() -> dict[str, object]:
    settings = core().settings
    return {
        "demo_mode": not settings.production,
        "locale": languages.current(),
        "languages": languages.LANGUAGES,
        "exit_url": settings.exit_url,
        "screener_ready": core().service.screener_ready,
        "can_review": identity.can_review(),
        "can_admin": identity.can_admin(),
    }
