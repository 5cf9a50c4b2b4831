"""A signed webhook, for whatever the operator alarms people with. What it carries and how to check it: docs/paging.md."""

import hashlib
import hmac
import json
from datetime import datetime

import requests

from models import Trouble
from support_app.paging.http import TIMEOUT_SECONDS, http_session, trouble_of_error, trouble_of_status
from support_app.services.events import iso
from support_app.services.page_attempts import Delivery, Outcome
from support_app.settings import Settings

SIGNATURE_HEADER = "X-Peer-Circles-Signature"


def send(settings: Settings, delivery: Delivery, *, now: datetime) -> Outcome:
    """Post the page's facts; any answer from 200 to 299 means accepted. The body of the answer is not read."""
    if not settings.webhook_url:
        return Outcome(Trouble.NOT_CONFIGURED)
    facts = {"case": delivery.case_id, "level": delivery.level, "step": delivery.step, "at": iso(delivery.paged_at)}
    content = json.dumps(facts).encode()
    headers = {"Content-Type": "application/json", SIGNATURE_HEADER: signature(settings.webhook_secret, int(now.timestamp()), content)}
    try:
        with (
            http_session() as session,
            session.post(settings.webhook_url, content, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True) as answer,
        ):
            return Outcome(trouble_of_status(answer.status_code))
    except requests.RequestException as error:
        return Outcome(trouble_of_error(error))


def signature(secret: str, timestamp: int, content: bytes) -> str:
    """`t=<seconds>,v1=<HMAC-SHA256 in hexadecimal of "<seconds>.<body>">`: the time is signed too, so that an old one cannot be sent again."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + content, hashlib.sha256)
    return f"t={timestamp},v1={digest.hexdigest()}"
