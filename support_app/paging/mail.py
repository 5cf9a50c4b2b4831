"""E-mail through the operator's own mail server."""

import smtplib
import ssl
from email.message import EmailMessage

from models import Trouble
from support_app.paging.page_words import PageWords
from support_app.services.page_attempts import Delivery, Outcome
from support_app.settings import Settings

TIMEOUT_SECONDS = 10.0
FIRST_PERMANENT = 500


def send(settings: Settings, delivery: Delivery, words: PageWords) -> Outcome:
    """Send the mail; accepted means accepted by the mail server."""
    if not settings.smtp_host:
        return Outcome(Trouble.NOT_CONFIGURED)
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = words.title, settings.mail_sender, delivery.email
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{words.text}\n\n{settings.allowed_origins[0]}/review\n")
    try:
        with _connected(settings) as server:
            server.send_message(mail)
    except smtplib.SMTPException as error:
        return Outcome(_trouble_of(error))
    except OSError as error:
        return Outcome(Trouble.TIMED_OUT if isinstance(error, TimeoutError) else Trouble.UNREACHABLE)
    return Outcome()


def _connected(settings: Settings) -> smtplib.SMTP:
    """A connection that is encrypted and signed in as the settings say."""
    server: smtplib.SMTP
    if settings.smtp_security == "tls":
        server = smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_SECONDS)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
    except BaseException:
        server.close()
        raise
    return server


def _trouble_of(error: smtplib.SMTPException) -> Trouble:
    """The kind of an answer; its text may quote the address and is dropped."""
    if isinstance(error.__context__, TimeoutError):
        return Trouble.TIMED_OUT
    if isinstance(error, smtplib.SMTPServerDisconnected | smtplib.SMTPConnectError):
        return Trouble.UNREACHABLE
    codes = (
        [code for code, _ in error.recipients.values()] if isinstance(error, smtplib.SMTPRecipientsRefused) else [getattr(error, "smtp_code", FIRST_PERMANENT)]
    )
    return Trouble.REFUSED if max(codes) >= FIRST_PERMANENT else Trouble.SERVER_FAILED
