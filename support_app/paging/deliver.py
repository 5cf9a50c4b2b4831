"""One try of one attempt, from the database to the channel and back. Runs in a worker, never in a request."""

import time

import structlog
from flask import Flask

from models import Channel
from support_app.core import Core, core_of
from support_app.errors import Busy
from support_app.paging import mail, push, webhook
from support_app.paging.page_words import page_words
from support_app.services import page_attempts
from support_app.services.page_attempts import Delivery, Outcome

RECORD_TRIES = 5
RECORD_PAUSE_SECONDS = 0.5
log = structlog.get_logger()


def deliver(app: Flask, attempt_id: int) -> None:
    """Send it, if it is still due, and write down what came of it."""
    core = core_of(app)
    delivery = page_attempts.take(core.db, attempt_id, now=core.now())
    if delivery is None:
        return
    with app.app_context():
        outcome = send(core, delivery)
    log.info("page.tried", attempt=attempt_id, channel=delivery.channel.value, trouble=outcome.trouble.value if outcome.trouble else None)
    _record(core, delivery, outcome)


def send(core: Core, delivery: Delivery) -> Outcome:
    """Give it to its channel."""
    if delivery.channel is Channel.WEBHOOK:
        return webhook.send(core.settings, delivery, now=core.now())
    words = page_words(delivery.locale, test=delivery.test)
    channel = push.send if delivery.channel is Channel.PUSH else mail.send
    return channel(core.settings, delivery, words)


def _record(core: Core, delivery: Delivery, outcome: Outcome) -> None:
    """A busy database is asked again: what it does not learn would be sent twice."""
    for left in reversed(range(RECORD_TRIES)):
        try:
            return page_attempts.record(core.db, delivery, outcome, now=core.now())
        except Busy:
            if not left:
                raise
            time.sleep(RECORD_PAUSE_SECONDS)
    return None
