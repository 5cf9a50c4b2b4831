"""Cases in the words of volunteers' pages."""

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import force_locale, gettext, ngettext

from models import HoldReason, MessageState, PageStep, Role
from models.activity import CaseAction
from models.case import CARE_OUTCOMES, CaseOrigin, CaseOutcome, CaseState, Consequence
from moderation.explain import reason_words
from moderation.taxonomy import LEVELS_OF_LANE, Lane, ReasonCode
from support_app.access import Actor
from support_app.database import AnyRow
from support_app.errors import N_
from support_app.services import rationales
from support_app.services.case_view import CaseView
from support_app.services.events import iso
from support_app.words import LABEL_WORDS, RULES_OF_RETURN

ACTION_WORDS = {
    CaseAction.OPENED: N_("Case opened"),
    CaseAction.CLAIMED: N_("Claimed"),
    CaseAction.GIVEN_BACK: N_("Given back"),
    CaseAction.REVEALED: N_("Message read"),
    CaseAction.LEVEL_SET: N_("Level set"),
    CaseAction.HANDED_OVER: N_("Handed over"),
    CaseAction.ESCALATED: N_("Given to the leads"),
    CaseAction.OPINION_ASKED: N_("Second opinion asked for"),
    CaseAction.OPINION_GIVEN: N_("Opinion"),
    CaseAction.DECIDED: N_("Decided"),
    CaseAction.UNDONE: N_("Decision undone"),
    CaseAction.RELEASED: N_("Released to the circle"),
    CaseAction.RETURNED: N_("Returned to the author"),
    CaseAction.KEPT: N_("Left in the circle"),
    CaseAction.LOOKED_AFTER: N_("Looked after"),
    CaseAction.FOLLOW_UP_DUE: N_("The follow-up is due"),
    CaseAction.REPORTED: N_("Reported by a member"),
    CaseAction.APPEALED: N_("Its author asks another person"),
    CaseAction.ASKED_TO_TALK: N_("Would like to talk"),
    CaseAction.TALK_JOINED: N_("Came into the side room"),
    CaseAction.TALK_FLAGGED: N_("Something said in the talk was flagged"),
    CaseAction.TALK_ENDED: N_("Ended the talk"),
    CaseAction.WITHDRAWN: N_("Taken back by the author"),
    CaseAction.SCREENED: N_("Checked by the software after all"),
}
PAGE_WORDS = {PageStep.ON_CALL: N_("Nobody had taken it: everyone on call was paged"), PageStep.LEADS: N_("Still nobody: the leads were paged")}
OUTCOME_WORDS = {
    CaseOutcome.RELEASED: N_("released"),
    CaseOutcome.RETURNED: N_("returned"),
    CaseOutcome.KEPT: N_("left in the circle"),
    CaseOutcome.WITHDRAWN: N_("taken back by its author"),
    CaseOutcome.SCREENED: N_("checked by the software after all"),
    CaseOutcome.SUPPORTED: N_("We talked, and they are safer now"),
    CaseOutcome.PASSED_ON: N_("Somebody else is with them: a helpline, emergency services, people close to them"),
    CaseOutcome.DECLINED: N_("They did not want to talk"),
    CaseOutcome.NO_ANSWER: N_("They did not answer"),
    CaseOutcome.NOT_NEEDED: N_("It was not meant that way"),
    CaseOutcome.ACKNOWLEDGED: N_("looked after"),
}
CONSEQUENCE_WORDS = {
    Consequence.NONE: N_("Nothing more"),
    Consequence.WARNING: N_("A warning"),
    Consequence.REMOVAL: N_("Their seat in this circle ends"),
    Consequence.BAN: N_("Their account is closed"),
}
REPLY_TEMPLATES = (
    ("kindness", N_("You write that [what exactly]. In this circle that can read as an attack on one person. Could you say how it was for you instead?")),
    ("kindness", N_("I can tell that you are angry, and there may be good reason. Please leave out [the words] and say what you need.")),
    ("hate", N_("This message speaks badly of a whole group of people. Some of them sit here. Please tell us about [what happened] without that.")),
    (
        "goading",
        N_("Some people here are close to hurting themselves. [The words] could push somebody further. Please say it in another way, or write to our team."),
    ),
    ("details", N_("To keep everybody safe we leave out [what: a number, an address, an amount]. The rest of your message is welcome.")),
)


def case_row(view: CaseView, viewer: Actor) -> dict[str, Any]:
    """A case as the queue shows it: no text, no author."""
    case, mine = view.case, view.claimed_by(viewer)
    state = case.state.value if case.state is not CaseState.OPEN else ("claimed" if view.claimed else "open")
    return {
        "id": case.id,
        "lane": case.lane.value,
        "level": case.level.value,
        "level_set": case.level_set_by_id is not None,
        "state": state,
        "origin": case.origin.value,
        "circle": {"id": case.circle_id, "name": view.circle_name or gettext("A talk with a volunteer")},
        "opened_at": iso(case.opened_at),
        "due_at": iso(case.due_at),
        "overdue": state == "open" and case.due_at < view.now,
        "owner": {"id": case.owner_id, "name": view.owner_name} if view.claimed else None,
        "offered_to": view.offered_to_name if _offered(view) else None,
        "offered_to_me": _offered(view) and case.offered_to_id == viewer.user_id,
        "lead_only": case.lead_only,
        "opinion_asked": case.opinion_asked and case.state is CaseState.OPEN,
        "mine": mine,
        "reasons": reasons_of(view),
        "verdict": view.screening.verdict.value if view.screening else None,
        "conflict_of_interest": view.conflict_of_interest,
        "url": url_for("review.case", case_id=case.id),
    }


def case_detail(view: CaseView, viewer: Actor) -> dict[str, Any]:
    """A case as its own page shows it; text only after it was asked for."""
    return case_row(view, viewer) | _what_is_known(view) | _what_may_be_done(view, viewer)


def reasons_of(view: CaseView) -> list[str]:
    """Why the case exists, in the volunteers' words; the sentences of `explain` are for the author."""
    if view.case.origin in {CaseOrigin.REPORT, CaseOrigin.APPEAL}:
        brought = gettext(ACTION_WORDS[CaseAction.REPORTED if view.case.origin is CaseOrigin.REPORT else CaseAction.APPEALED])
        return [brought, gettext(CONSEQUENCE_WORDS[Consequence.BAN])] if _about_closed_account(view) else [brought]
    codes = [reason["code"] for reason in view.screening.reasons] if view.screening else []
    if view.case.origin is CaseOrigin.AUTHOR or view.message.hold_reason is HoldReason.AUTHOR_ASKED:
        codes = [ReasonCode.AUTHOR_ASKED.value, *codes]
    if view.message.hold_reason is HoldReason.SCREENER_UNAVAILABLE or not codes:
        codes = [*codes, ReasonCode.SCREENER_UNAVAILABLE.value]
    wish = [gettext("Would like to talk")] if _waits_to_talk(view) else []
    return wish + [gettext(reason_words(ReasonCode(code))[0]) for code in dict.fromkeys(codes)]


def _about_closed_account(view: CaseView) -> bool:
    """Whether the author asks from outside, because the decision closed their account."""
    return any(step.action is CaseAction.APPEALED and step.consequence is Consequence.BAN for step in view.history)


def _waits_to_talk(view: CaseView) -> bool:
    """Whether the author asked for a talk and nobody has come yet."""
    about_it = [step.action for step in view.history if step.action in {CaseAction.ASKED_TO_TALK, CaseAction.TALK_JOINED, CaseAction.TALK_ENDED}]
    return about_it[-1:] == [CaseAction.ASKED_TO_TALK]


def _actor_name(view: CaseView, step: AnyRow) -> str | None:
    """Who did it; what an author did about their own case does not name them before the text was asked for."""
    of_author = step.actor_id == view.message.author_id and not view.revealed
    return str(gettext("the author")) if of_author else step.actor_name


def reply_templates(language: str) -> list[dict[str, str]]:
    """Beginnings of reasons in the circle's language, with gaps that must be filled in before they can be sent."""
    with force_locale(language):
        return [{"rule": rule, "text": gettext(text), "lang": language} for rule, text in REPLY_TEMPLATES]


def choices(words: dict[Any, str], members: Sequence[Any]) -> list[tuple[str, str]]:
    """Values and words for a list to choose from."""
    return [(member.value, gettext(words[member])) for member in members]


def _offered(view: CaseView) -> bool:
    return view.case.offered_until is not None and view.case.offered_until > view.now


def _what_is_known(view: CaseView) -> dict[str, Any]:
    case = view.case
    return {
        "version": case.version,
        "lease_until": iso(case.lease_until) if view.claimed else None,
        "takes_effect_at": iso(case.takes_effect_at),
        "follow_up_at": iso(case.follow_up_at),
        "outcome": gettext(OUTCOME_WORDS[case.outcome]) if case.outcome else None,
        "revealed": view.revealed,
        "text_hidden": not view.revealed,
        "marked": _marked(view) if view.revealed else None,
        "author_name": view.author_name if view.revealed else None,
        "sent_at": iso(view.message.created_at),
        "message_state": view.message.state.value,
        "context": [{"author": row.author_name, "text": row.text, "sent_at": iso(row.created_at), "state": row.state.value} for row in view.context],
        "earlier": [{"outcome": gettext(OUTCOME_WORDS[row.outcome]), "number": row.number, "last": iso(row.last)} for row in view.earlier],
        "scores": _scores(view),
        "rules_version": view.screening.rules_version if view.screening else None,
        "activities": sorted([*(_activity(view, row) for row in view.history), *(_paged(row) for row in view.pages)], key=lambda step: step["at"]),
    }


def _what_may_be_done(view: CaseView, viewer: Actor) -> dict[str, Any]:
    case, mine = view.case, view.claimed_by(viewer) and view.case.state is CaseState.OPEN
    may_touch = view.certified and not view.conflict_of_interest and (not case.lead_only or viewer.role is Role.LEAD)
    is_open, decides, held = case.state is CaseState.OPEN, mine and view.revealed, view.message.state is MessageState.HELD
    delivered = view.message.state is MessageState.DELIVERED
    consulted = is_open and case.opinion_asked and not mine and may_touch
    return {
        "mine": mine,
        "can_claim": is_open and not view.claimed and may_touch,
        "can_reveal": (mine or consulted) and not view.revealed,
        "can_give_back": mine,
        "can_decide": decides and not view.decided_elsewhere and (held or (delivered and case.lane is Lane.CONDUCT)),
        "can_return_only": delivered,
        "opens_account": _about_closed_account(view),
        "can_ban": viewer.role is Role.LEAD,
        "can_undo": case.state is CaseState.DECIDED and case.owner_id == viewer.user_id and case.takes_effect_at > view.now,
        "can_set_level": decides,
        "levels": [level.value for level in LEVELS_OF_LANE[case.lane]],
        "can_close": decides and case.lane is Lane.CARE and not held,
        "can_give_opinion": consulted and view.revealed,
        "outcomes": choices(OUTCOME_WORDS, CARE_OUTCOMES),
        "consequences": [] if view.out_of_care else choices(CONSEQUENCE_WORDS, _consequences_for(viewer)),
    }


def _may_read_note(view: CaseView, row: AnyRow) -> bool:
    """What the team says about a case is not for those it is about or who sit beside them; what its author says is read once their text was asked for."""
    if view.conflict_of_interest or row.action is CaseAction.DECIDED:
        return False
    return view.revealed or row.action is not CaseAction.APPEALED


def _consequences_for(viewer: Actor) -> list[Consequence]:
    return [item for item in Consequence if item is not Consequence.BAN or viewer.role is Role.LEAD]


def _activity(view: CaseView, row: AnyRow) -> dict[str, Any]:
    parts = [gettext(ACTION_WORDS[row.action])]
    if row.action is CaseAction.LEVEL_SET:
        parts.append(row.level.value)
    if row.consequence not in {None, Consequence.NONE} and row.action is not CaseAction.DECIDED:
        parts.append(gettext(CONSEQUENCE_WORDS[row.consequence]))
    rule = RULES_OF_RETURN.get(row.rule or "")
    return {
        "at": iso(row.created_at),
        "actor": _actor_name(view, row),
        "words": " · ".join(parts),
        "note": row.note if _may_read_note(view, row) else None,
        "public": row.public,
        "rule": gettext(rule) if rule and row.action is CaseAction.RETURNED else None,
        "follow_up_at": iso(row.follow_up_at),
    }


def _paged(page: AnyRow) -> dict[str, Any]:
    """A call for help that left the house, as a step among the others; who was called stands on the admins' page."""
    reached = ngettext("%(sent)s of %(num)s way got through", "%(sent)s of %(num)s ways got through", page.attempts, sent=page.sent)
    if not page.attempts:
        reached = gettext("there was no way to reach anybody")
    return {"at": iso(page.created_at), "actor": None, "words": " · ".join((gettext(PAGE_WORDS[page.step]), reached))}


def _scores(view: CaseView) -> list[dict[str, Any]]:
    scores = (view.screening.scores if view.screening else None) or {}
    return [{"label": label, "words": gettext(words), "percent": round(100 * scores[label])} for label, words in LABEL_WORDS.items() if label in scores]


def _marked(view: CaseView) -> dict[str, Any]:
    """The text in pieces, those that the scores rest on with the words of their label, and these once more by label."""
    pieces = rationales.pieces_of(view.message.text, view.screening.rationale if view.screening else None)
    shown = [{"text": piece.text, "words": gettext(LABEL_WORDS[piece.label]) if piece.label else ""} for piece in pieces]
    labels = dict.fromkeys(piece["words"] for piece in shown if piece["words"])
    return {"pieces": shown, "why": [{"words": words, "texts": [piece["text"] for piece in shown if piece["words"] == words]} for words in labels]}
