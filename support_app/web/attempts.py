"""How often somebody may try what needs no session."""

from flask import request

from support_app.core import core
from support_app.errors import TooManyAttempts


def limit_attempts(what: str, under: str) -> None:
    """Few attempts under one name or account; more from one address, because people share addresses."""
    address = request.remote_addr or ""
    core().address_limiter.check(what, address, refusal=TooManyAttempts)
    if under:
        core().sign_in_limiter.check(what, address, under, refusal=TooManyAttempts)
