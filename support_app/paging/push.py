"""Web Push: a notification, encrypted for one browser, handed to the push service of that browser's maker."""

import json

import requests
from pywebpush import WebPushException, webpush

from models import Trouble
from support_app.paging.http import TIMEOUT_SECONDS, http_session, trouble_of_error, trouble_of_status
from support_app.paging.page_words import PageWords
from support_app.paging.push_services import known_service
from support_app.paging.vapid import vapid_key
from support_app.services.page_attempts import Browser, Delivery, Outcome
from support_app.settings import Settings

LIVES_SECONDS = 300  # a page that a browser would show later than that is no help any more
GONE = frozenset({404, 410})
PAGE_PATH = "/review"


def send(settings: Settings, delivery: Delivery, words: PageWords) -> Outcome:
    """Notify every browser of the person; one that took it is enough. Browsers that are gone are named."""
    if not delivery.browsers:
        return Outcome(Trouble.NO_BROWSER)
    content = json.dumps({"title": words.title, "body": words.text, "url": PAGE_PATH})
    answers = {browser.id: _send_to(settings, browser, content) for browser in delivery.browsers}
    gone = tuple(browser_id for browser_id, answer in answers.items() if answer is Trouble.NO_BROWSER)
    troubles = [answer for answer in answers.values() if answer is not Trouble.NO_BROWSER]
    if not troubles:
        return Outcome(Trouble.NO_BROWSER, gone)
    return Outcome(None if None in troubles else troubles[0], gone)


def _send_to(settings: Settings, browser: Browser, content: str) -> Trouble | None:
    """What one push service answered."""
    if not known_service(settings, browser.endpoint):
        return Trouble.REFUSED
    subscription = {"endpoint": browser.endpoint, "keys": {"p256dh": browser.p256dh, "auth": browser.auth}}
    try:
        with http_session() as session:
            webpush(
                subscription,
                content,
                vapid_private_key=vapid_key(settings),
                vapid_claims={"sub": _contact(settings)},
                ttl=LIVES_SECONDS,
                headers={"Urgency": "high"},
                timeout=TIMEOUT_SECONDS,
                requests_session=session,
            )
    except requests.RequestException as error:
        return trouble_of_error(error)
    except WebPushException as error:
        status = error.status_code
        return Trouble.NO_BROWSER if status in GONE else trouble_of_status(status or 400)
    except ValueError:  # keys that are none
        return Trouble.NO_BROWSER
    return None


def _contact(settings: Settings) -> str:
    """Whom a push service may write to about this installation."""
    return settings.vapid_contact or (f"mailto:{settings.mail_sender}" if settings.mail_sender else settings.allowed_origins[0])
