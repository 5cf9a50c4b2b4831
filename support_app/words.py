"""Puts facts to people in their language: notices, refusals, names of roles, levels and rules."""

from typing import Any

from flask_babel import force_locale, gettext

from models import Channel, HoldReason, MessageState, PageStep, Role, Trouble
from models.case import Consequence
from models.mock_chat import Competency
from moderation.explain import notice_for_author, reason_words
from moderation.rules import Rules
from moderation.taxonomy import CrisisMode, ReasonCode, Verdict
from support_app.errors import N_, Refusal
from support_app.services.care_status import CareState
from support_app.services.events import iso
from support_app.services.notices import NoticeFacts
from support_app.services.reports import OwnReport
from support_app.talk_words import talk_json

RULES_OF_RETURN = {
    "kindness": N_("Be kind: no attack on anybody here"),
    "hate": N_("No hate, no threats, nothing sexual"),
    "goading": N_("Never urge anybody to hurt themselves"),
    "details": N_("No contact details, money or doses"),
    "other": N_("Another agreement of this circle"),
}


LABEL_WORDS = {
    "harassment": N_("Attack on somebody"),
    "goading": N_("Urging to self-harm"),
    "crisis": N_("Wish to die or self-harm"),
    "imminent": N_("Acute danger"),
    "concern": N_("Worry about somebody else"),
}


def refusal_json(refusal: Refusal) -> dict[str, Any]:
    """A refusal as programs and people get it: code, sentence, and when to come back."""
    body: dict[str, Any] = {"code": refusal.code, "message": refusal_sentence(refusal)}
    if refusal.retry_after is not None:
        body["retry_after"] = refusal.retry_after
    return body


def refusal_sentence(refusal: Refusal) -> str:
    """The refusal's sentence in the reader's language."""
    return str(gettext(refusal.own_sentence, **refusal.values))


def message_json(facts: NoticeFacts, text: str | None = None, *, locale: str | None = None) -> dict[str, Any]:
    """An own message as the author's page needs it, with what to tell them."""
    body = {
        "circle": facts.circle_id,
        "id": facts.message_id,
        "client_id": facts.client_id,
        "state": facts.state.value,
        "seq": facts.seq,
        "revises": facts.revises_id,
        "version": facts.version,
        "notice": None,
    }
    if text is not None:
        body |= {"text": text, "sent_at": iso(facts.created_at)}
    if locale is None:
        return body | {"notice": notice_json(facts)}
    with force_locale(locale):
        return body | {"notice": notice_json(facts)}


def report_json(report: OwnReport) -> dict[str, Any]:
    """A report as whoever made it follows it."""
    return {"circle": report.circle_id, "message": report.message_id, "state": report.state.value}


def notice_json(facts: NoticeFacts) -> dict[str, Any] | None:
    """What the author reads about their message; None when there is nothing to say."""
    care = _care_json(facts)
    title, text, rule = _notice_words(facts)
    if title is None and care is None:
        return None
    return {
        "code": facts.state.value,
        "title": title,
        "text": text,
        "rule": rule,
        "reason": facts.return_reason if facts.state is MessageState.RETURNED else None,
        "decided_by": _decided_by(facts),
        "since": iso(facts.since),
        "actions": list(facts.actions),
        "care": care,
    }


def _notice_words(facts: NoticeFacts) -> tuple[str | None, str | None, str | None]:
    if facts.state is MessageState.RETURNED:
        rule = RULES_OF_RETURN.get(facts.return_rule or "")
        return gettext("Returned to you"), _returned_words(facts), gettext(rule) if rule else None
    if facts.state is MessageState.HELD:
        return _held_words(facts)
    if facts.state is MessageState.NUDGED:
        notice = notice_for_author(Verdict.NUDGE, [])
        return gettext(notice.title), gettext(notice.text), _rule_words(facts)
    return None, None, None


def _returned_words(facts: NoticeFacts) -> str:
    """Who returned it, what it means, and what one can do: all of it true of this message."""
    sentences = [
        gettext("Somebody reported it. A person on our team read it and took it out of the circle.")
        if facts.seq is not None
        else gettext("A person on our team read it and gives it back to you. Nobody else has seen it. You can change it and send it again."),
        gettext(CONSEQUENCE_FOR_AUTHOR[facts.consequence]) if facts.consequence in CONSEQUENCE_FOR_AUTHOR else "",
        gettext("Another person has decided about your message again, and came to the same decision.") if facts.appealed else "",
        "" if facts.appealed else gettext("If you find that wrong, ask another person. Somebody who has not decided about it yet reads it again."),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _held_words(facts: NoticeFacts) -> tuple[str, str, str | None]:
    if facts.appealed:
        text = gettext("Another person than before reads your message again and decides. It has not been deleted.")
        return gettext("You asked another person"), text, None
    if facts.being_read:
        return gettext("A person on our team is reading this now"), gettext("It has not been deleted. You will see here what they decide."), _rule_words(facts)
    if facts.hold_reason is HoldReason.SCREENER_UNAVAILABLE:
        text = gettext(
            "Our check is not answering right now. Your message is safe and goes on by itself as soon as the check is back; a person may also read it before."
        )
        return gettext("Waiting for the check"), text, None
    text = gettext("A person on our team will read this before anybody else can see it. It has not been deleted.")
    return gettext("Waiting for a person"), text, _rule_words(facts)


def _rule_words(facts: NoticeFacts) -> str | None:
    """The first reason in a sentence; care is never given as a reason for holding."""
    codes = [code for code in facts.reason_codes if code not in {"crisis", "imminent", "concern", "screener_unavailable"}]
    return gettext(reason_words(ReasonCode(codes[0]))[1]) if codes else None


def _care_json(facts: NoticeFacts) -> dict[str, Any] | None:
    if not facts.care or facts.care_code is None:
        return None
    title, text = CARE_WORDS[facts.care_code]
    card = {"title": gettext(title), "text": gettext(text), "helplines_url": "/help", "dismissed": facts.care_dismissed}
    return card | {"talk": talk_json(facts.talk), "status": _care_status_json(facts)}


def _decided_by(facts: NoticeFacts) -> str | None:
    """Who returned it, by role, and by which version of the circle's rules."""
    if facts.state is not MessageState.RETURNED or facts.return_role is None:
        return None
    who = str(gettext("A lead") if facts.return_role is Role.LEAD else gettext("A volunteer"))
    if facts.return_rules_version is None:
        return who
    return str(gettext("%(who)s, by version %(number)s of the circle's rules", who=who, number=facts.return_rules_version))


CONSEQUENCE_FOR_AUTHOR = {
    Consequence.WARNING: N_("This is a warning."),
    Consequence.REMOVAL: N_("Your time in this circle ends with it. The other circles are open to you."),
    Consequence.BAN: N_("Your account is closed."),
}


def _care_status_json(facts: NoticeFacts) -> dict[str, Any] | None:
    """Whether anybody has answered; never that somebody comes."""
    status = facts.care_status
    return {"code": status.state.value, "text": gettext(CARE_STATUS_WORDS[status.state]), "since": iso(status.since)} if status else None


CARE_STATUS_WORDS = {
    CareState.ANSWERED: N_("Somebody from our team has answered and is looking at this now."),
    CareState.ALERTING: N_(
        "No one from our team is free this minute. An alert to them is on its way. Please do not wait for us: a helpline can be reached below."
    ),
    CareState.ALERTED: N_(
        "No one from our team is free this minute. An alert was sent to them, and nobody has answered it yet. Please do not wait for us: a helpline can be reached below."
    ),
    CareState.UNREACHED: N_(
        "No one from our team is free this minute, and our alert did not get through. Please do not wait for us: a helpline can be reached below."
    ),
}

CARE_WORDS = {
    "imminent": (
        N_("You wrote that you are in danger right now"),
        N_(
            "Thank you for saying it. Your words are on our volunteers' page, marked as most urgent. If nobody answers in the next minutes, please do not wait for us: the people below can be reached now."
        ),
    ),
    "crisis": (
        N_("That sounds very heavy to carry"),
        N_("It is good that you said it. Our volunteers can see on their page that you may need somebody. You can also reach people outside this circle now."),
    ),
    "concern": (
        N_("You are worried about somebody"),
        N_("Caring for them takes strength too. Our volunteers can see that you are worried. We do not contact the person you are worried about."),
    ),
}

CHANNEL_WORDS = {Channel.PUSH: N_("Notification in the browser"), Channel.EMAIL: N_("E-mail"), Channel.WEBHOOK: N_("Webhook")}
STEP_WORDS = {PageStep.ON_CALL: N_("Everyone on call"), PageStep.LEADS: N_("The leads")}
TROUBLE_WORDS = {
    Trouble.NOT_CONFIGURED: N_("not sent: this way is not set up on this installation"),
    Trouble.NO_BROWSER: N_("not sent: notifications are on in no browser"),
    Trouble.NO_LONGER: N_("not sent: this person can no longer be reached this way"),
    Trouble.ANSWERED: N_("not sent any more: somebody had answered"),
    Trouble.REFUSED: N_("the other server refused it"),
    Trouble.REDIRECTED: N_("the other server sent us elsewhere, which we do not follow"),
    Trouble.TIMED_OUT: N_("the other server did not answer in time"),
    Trouble.UNREACHABLE: N_("the other server could not be reached"),
    Trouble.SERVER_FAILED: N_("the other server had a fault"),
    Trouble.INTERRUPTED: N_("our own worker was interrupted each time"),
}

CRISIS_MODE_WORDS = {
    CrisisMode.DELIVER_AND_ALERT: N_("Messages about wanting to die are shown, and a volunteer is told."),
    CrisisMode.HOLD_UNSAFE: N_("Messages about wanting to die are shown and a volunteer is told; acute danger is read by a person first."),
    CrisisMode.HOLD_ALL: N_("Messages about wanting to die are read by a person before others see them."),
}


RULE_WORDS = {
    "hold_harassment": N_("Attacks are held from"),
    "hold_goading": N_("Urging to self-harm is held from"),
    "nudge_harassment": N_("The author is asked to look again from"),
    "alert_crisis": N_("Volunteers are told of a wish to die from"),
    "alert_imminent": N_("Volunteers are told of acute danger from"),
    "alert_concern": N_("Volunteers are told of worry about others from"),
    "crisis_mode": N_("Messages about wanting to die"),
    "stop_contacts": N_("A person reads contact details first"),
    "stop_money": N_("A person reads requests for money first"),
    "stop_dosages": N_("A person reads numbers and doses first"),
    "watched_phrases": N_("Watched phrases"),
    "max_length": N_("Longest message, in characters"),
}

COMPETENCY_WORDS = {
    Competency.LISTENS: N_("Listens: takes up what was said before going on"),
    Competency.ASKS_OPENLY: N_("Asks openly, without interrogating"),
    Competency.ASKS_ABOUT_SUICIDE: N_("Asks about suicide plainly, when it fits"),
    Competency.KEEPS_LIMITS: N_("Keeps limits: promises nothing, gives no treatment"),
    Competency.STAYS_KIND: N_("Stays kind under attack"),
}


def rules_in_words(rules: Rules) -> list[str]:
    """A circle's rules as its members read them, made from the rules in force."""
    stopped = [
        (rules.stop_contacts, gettext("Contact details are read by a person first.")),
        (rules.stop_money, gettext("Asking for money is read by a person first.")),
        (rules.stop_dosages, gettext("Numbers and doses of medicines are read by a person first.")),
        (bool(rules.watched_phrases), gettext("Some words that hurt people in this circle are read by a person first.")),
    ]
    return [
        gettext("Software on our own machine reads every message before anybody else can see it."),
        gettext("Messages that may hurt somebody wait for a volunteer, who shows them or gives them back with a reason."),
        gettext(CRISIS_MODE_WORDS[rules.crisis_mode]),
        *(sentence for applies, sentence in stopped if applies),
        gettext("A message has at most %(limit)s characters.", limit=rules.max_length),
    ]
