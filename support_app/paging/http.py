"""Posting to somebody else's server: short time-outs, no redirects, and every fault turned into its kind."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests

from models import Trouble

TIMEOUT_SECONDS = (5.0, 10.0)  # to connect, and between two bytes of the answer
FIRST_REDIRECT, FIRST_REFUSAL, FIRST_FAULT = 300, 400, 500


@contextmanager
def http_session() -> Iterator[requests.Session]:
    """A session that follows no redirect, whoever uses it, and knows no password file."""
    with requests.Session() as session:
        session.max_redirects = 0
        session.trust_env = False
        yield session


def trouble_of_status(status: int) -> Trouble | None:
    """What an answer's status means; None when it was accepted."""
    if status < FIRST_REDIRECT:
        return None
    if status < FIRST_REFUSAL:
        return Trouble.REDIRECTED
    return Trouble.REFUSED if status < FIRST_FAULT else Trouble.SERVER_FAILED


def trouble_of_error(error: requests.RequestException) -> Trouble:
    """What a fault on the way means; its text may quote an address and is dropped."""
    if isinstance(error, requests.TooManyRedirects):
        return Trouble.REDIRECTED
    return Trouble.TIMED_OUT if isinstance(error, requests.Timeout) else Trouble.UNREACHABLE
