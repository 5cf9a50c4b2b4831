"""Plain, true and kind words for every verdict and reason: for the author at once, for volunteers in short."""

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.findings import Finding
from moderation.taxonomy import ReasonCode, Verdict


def N_(message: str) -> str:  # noqa: N802 - the name that gettext extraction looks for
    """Mark an English source string for translation and return it as it is."""
    return message


@dataclass(frozen=True, slots=True)
class Notice:
    """What an author is told. The strings are English sources; the web layer translates them."""

    code: str
    title: str
    text: str


# For each reason: a short label for volunteers and admins, and one sentence for the author.
_WORDS: dict[ReasonCode, tuple[str, str]] = {
    ReasonCode.BLANK: (
        N_("Nothing to read"),
        N_("There is nothing to read in this message."),
    ),
    ReasonCode.TOO_LONG: (
        N_("Too long"),
        N_("This message is longer than this circle allows. You can send it in parts."),
    ),
    ReasonCode.REPEATED: (
        N_("Repeated"),
        N_("You sent the same message several times in the last minutes."),
    ),
    ReasonCode.UNREAD: (
        N_("Unfamiliar language or writing"),
        N_("The software that reads every message cannot read this language or writing, so a person reads it instead."),
    ),
    ReasonCode.CONTACT: (
        N_("Contact details"),
        N_("It seems to contain contact details or a link. This circle keeps those out, so that nobody can be approached outside it."),
    ),
    ReasonCode.MONEY: (
        N_("Money or payment details"),
        N_("It seems to ask for money or to contain payment details. This circle keeps those out, to protect everyone from being pressed or cheated."),
    ),
    ReasonCode.DOSAGE: (
        N_("Amounts of medicine"),
        N_("It seems to contain an amount of medicine or another substance. Such numbers can harm somebody who reads them. You can say it without the number."),
    ),
    ReasonCode.WATCHED_PHRASE: (
        N_("Watched phrase"),
        N_("It contains a phrase that this circle has asked a person to look at first."),
    ),
    ReasonCode.HARASSMENT: (
        N_("May hurt somebody"),
        N_("The software thinks that it may hurt somebody. It can be wrong."),
    ),
    ReasonCode.GOADING: (
        N_("May urge somebody to harm"),
        N_("The software thinks that somebody could read it as being urged to harm themselves or not to get help. It can be wrong."),
    ),
    ReasonCode.CRISIS: (
        N_("Thoughts of suicide or self-harm"),
        N_("It sounds as if things are very hard for you right now. Saying so is welcome here."),
    ),
    ReasonCode.IMMINENT: (
        N_("May be in danger now"),
        N_("It sounds as if you may be in danger now. Saying so is welcome here."),
    ),
    ReasonCode.CONCERN: (
        N_("Worried about somebody"),
        N_("It sounds as if you are worried about somebody's safety."),
    ),
    ReasonCode.SCREENER_UNAVAILABLE: (
        N_("Not checked yet"),
        N_("The software that reads every message before delivery is not answering right now."),
    ),
    ReasonCode.AUTHOR_ASKED: (
        N_("Author asked a person to check"),
        N_("You asked a person to check it."),
    ),
}

_CARE = (ReasonCode.IMMINENT, ReasonCode.CRISIS, ReasonCode.CONCERN)
_NUDGES_WITHOUT_HURT = (ReasonCode.BLANK, ReasonCode.TOO_LONG, ReasonCode.REPEATED)

_DELIVERED = Notice("delivered", N_("Delivered"), "")
_DELIVERED_CARE = Notice(
    "delivered_care",
    N_("Delivered. We would like to be there for you."),
    N_("Everyone in the circle can read your message. It sounds as if things are very hard right now, so the volunteers were told too. You did nothing wrong."),
)
_DELIVERED_CONCERN = Notice(
    "delivered_concern",
    N_("Delivered. Thank you for looking out for somebody."),
    N_("Everyone in the circle can read your message. It sounds as if you are worried about somebody, so the volunteers were told too."),
)
_NUDGED_HURT = Notice(
    "nudged",
    N_("This may hurt someone."),
    N_("Nobody else can see it yet. You can change it, or send it to a person to check. The software can be wrong."),
)
_HELD = Notice(
    "held",
    N_("A person on our team is reading this now. It has not been deleted."),
    N_("Nobody else can see it yet. You can edit it or take it back while you wait."),
)
_HELD_CARE = Notice(
    "held_care",
    N_("A person on our team is reading this now. It has not been deleted."),
    N_(
        "In this circle a person reads such messages first. You did nothing wrong, and you do not have to wait alone: below are people you can reach right now."
    ),
)
_HELD_UNCHECKED = Notice(
    "held_unchecked",
    N_("Your message is kept, but nobody else can see it yet."),
    N_(
        "The software that reads every message before delivery is not answering right now. Your message will be "
        "checked by itself as soon as it is back. It has not been deleted, and you do not need to send it again."
    ),
)


def reason_words(code: ReasonCode) -> tuple[str, str]:
    """Return the short label for volunteers and the sentence for the author."""
    return _WORDS[code]


def notice_for_author(verdict: Verdict, reasons: Sequence[Finding]) -> Notice:
    """Return what the author is told; the care card itself is shown whenever a care reason is present."""
    codes = [reason.code for reason in reasons]
    if verdict is Verdict.HOLD:
        return _held(codes)
    if verdict is Verdict.NUDGE:
        return _nudged(codes)
    if verdict is Verdict.DELIVER_ALERT:
        own_crisis = ReasonCode.CRISIS in codes or ReasonCode.IMMINENT in codes
        return _DELIVERED_CARE if own_crisis else _DELIVERED_CONCERN
    return _DELIVERED


def _held(codes: Sequence[ReasonCode]) -> Notice:
    if codes and all(code is ReasonCode.SCREENER_UNAVAILABLE for code in codes):
        return _HELD_UNCHECKED
    if codes and all(code in _CARE for code in codes):
        return _HELD_CARE
    first = next((code for code in codes if code not in _CARE), None)
    if first is None or first is ReasonCode.SCREENER_UNAVAILABLE:
        return _HELD
    return Notice(f"held_{first}", _HELD.title, _WORDS[first][1])


def _nudged(codes: Sequence[ReasonCode]) -> Notice:
    mild = next((code for code in codes if code in _NUDGES_WITHOUT_HURT), None)
    if mild is None or ReasonCode.HARASSMENT in codes:
        return _NUDGED_HURT
    label, sentence = _WORDS[mild]
    return Notice(f"nudged_{mild}", label, sentence)
