"""What a person decides about a message. It takes effect when the time to undo has run out; until then nothing leaves."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from models import Case, CaseActivity, Circle, Message, MessageState, Role
from models.activity import CaseAction
from models.case import CaseOrigin, CaseOutcome, CaseState, Consequence, Decision
from models.event import EventKind
from moderation.taxonomy import Lane, Verdict
from support_app import audit
from support_app.access import Actor, access_case_as_volunteer
from support_app.database import AnyRow, Database
from support_app.errors import N_, Conflict, Forbidden, Invalid
from support_app.services.case_log import Step, close, close_cases, note_step
from support_app.services.circles import lift_removal, remove
from support_app.services.closures import close_by_decision, lift_closure
from support_app.services.delivery import Judgement, settle
from support_app.services.due_cases import for_each_due
from support_app.services.leases import LEASE_SECONDS, read_case
from support_app.services.messages import announce_in_circle, tell_author
from support_app.services.states import require_move

REASON_LENGTH = (10, 500)
RETURN_RULES = ("kindness", "hate", "goading", "details", "other")
PLACEHOLDER = re.compile(r"\[[^\[\]]*\]|\{[^{}]*\}|_{3,}|…\s*…")
WITH_DECISION = {Decision.RELEASE: MessageState.HELD, Decision.KEEP: MessageState.DELIVERED}


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision with what belongs to it: a return needs a reason in words and the rule that was broken."""

    decision: Decision
    reason: str = ""
    rule: str = ""
    consequence: Consequence = Consequence.NONE


def decide(db: Database, actor: Actor, case_id: int, ruling: Ruling, *, version: int, undo_for: timedelta, now: datetime) -> None:
    """Decide about the message of a case one holds and has read; it takes effect after `undo_for`, in which the decider may undo it.

    Raises `Invalid` (reason, rule), `Conflict` (the case has changed, or the message is not in a state for this), `Forbidden` (a ban by somebody other than a lead), `LeaseLost`.
    """
    reason = checked_reason(ruling)
    with db.write() as connection:
        case = read_case(connection, actor, case_id, now=now, version=version)
        _require_fitting(connection, case, ruling)
        if ruling.consequence is Consequence.BAN and actor.role is not Role.LEAD:
            raise Forbidden(N_("Only a lead closes an account. You can escalate the case to one."))
        values = {"state": CaseState.DECIDED, "decision": ruling.decision, "takes_effect_at": now + undo_for}
        connection.execute(update(Case).where(Case.id == case.id).values(**values, version=case.version + 1))
        rules_version = connection.execute(select(Circle.rules_version).where(Circle.id == case.circle_id)).scalar_one()
        details = (("rule", ruling.rule or None), ("rules_version", rules_version), ("consequence", ruling.consequence))
        note_step(connection, case.id, Step(CaseAction.DECIDED, actor.user_id, reason or None, details=details), now=now)
        audit.record(connection, actor_id=actor.user_id, action=f"case.{ruling.decision}", subject=f"case:{case.id}", now=now, consequence=ruling.consequence)
        if undo_for <= timedelta():
            _take_effect(connection, _locked(connection, case.id), now)


def undo(db: Database, actor: Actor, case_id: int, *, now: datetime) -> None:
    """Take a decision back before it takes effect; the case is as it was before it. Raises `Conflict` when it is too late."""
    with db.write() as connection:
        case = access_case_as_volunteer(connection, actor, case_id, now=now)
        if case.state is not CaseState.DECIDED or case.owner_id != actor.user_id or case.takes_effect_at <= now:
            raise Conflict(N_("It is too late to undo this. The decision has taken effect."))
        values = {"state": CaseState.OPEN, "decision": None, "takes_effect_at": None, "lease_until": now + timedelta(seconds=LEASE_SECONDS)}
        connection.execute(update(Case).where(Case.id == case.id).values(**values, version=case.version + 1))
        note_step(connection, case.id, Step(CaseAction.UNDONE, actor.user_id), now=now)
        audit.record(connection, actor_id=actor.user_id, action="case.undone", subject=f"case:{case.id}", now=now)


def apply_due(db: Database, *, now: datetime) -> int:
    """Let decisions take effect whose time to undo has run out, each in one transaction of its own; answers with their number."""
    return for_each_due(db, (Case.state == CaseState.DECIDED) & (Case.takes_effect_at <= now), _take_effect, now=now)


def checked_reason(ruling: Ruling) -> str:
    """The reason as the author reads it; raises `Invalid` when it says nothing, is too long or has a gap that was to be filled in."""
    if ruling.decision is not Decision.RETURN:
        return ""
    shortest, longest = REASON_LENGTH
    reason = ruling.reason.strip()
    if not shortest <= len(reason) <= longest:
        raise Invalid(N_("Please give a reason of 10 to 500 characters. The author reads it."))
    if PLACEHOLDER.search(reason):
        raise Invalid(N_("There is still a gap to fill in: please replace the part in brackets with your own words."))
    if ruling.rule not in RETURN_RULES:
        raise Invalid(N_("Please choose the rule that this message breaks."))
    return reason


def out_of_care(connection: Connection, case: AnyRow) -> bool:
    """Whether words were stopped because their author needs somebody: a case of care, or the appeal against a return in one."""
    appealed = connection.execute(select(Case.lane).where(Case.id == case.appeal_of_id)).scalar_one_or_none() if case.appeal_of_id else None
    return Lane.CARE in {case.lane, appealed}


def decided_elsewhere(connection: Connection, case: AnyRow) -> bool:
    """Whether another case about the same message decides about its words: one with a decision that has not taken effect yet, or its author's appeal."""
    deciding = (Case.state == CaseState.DECIDED) | ((Case.origin == CaseOrigin.APPEAL) & (Case.state != CaseState.CLOSED))
    return connection.execute(select(Case.id).where(Case.message_id == case.message_id, Case.id != case.id, deciding).limit(1)).first() is not None


def _require_fitting(connection: Connection, case: AnyRow, ruling: Ruling) -> None:
    """A decision fits the state of the message: held words are released or returned, delivered ones kept or, for their conduct, returned."""
    state = connection.execute(select(Message.state).where(Message.id == case.message_id)).scalar_one()
    fitting = {MessageState.HELD} if case.lane is Lane.CARE else {MessageState.HELD, MessageState.DELIVERED}
    if state not in ({WITH_DECISION[ruling.decision]} if ruling.decision in WITH_DECISION else fitting):
        raise Conflict
    if decided_elsewhere(connection, case):
        raise Conflict(N_("Somebody else decides about these words: another person was asked, or has just decided."))
    if case.lane is Lane.CARE and ruling.decision is Decision.KEEP:  # a report is judged in its own case
        raise Conflict
    if ruling.consequence is not Consequence.NONE and out_of_care(connection, case):
        raise Invalid(N_("A need is no offence: these words are given back without a warning, and nobody loses a seat for them."))


def _locked(connection: Connection, case_id: int) -> AnyRow:
    return connection.execute(select(Case.__table__).where(Case.id == case_id).with_for_update()).one()


def _take_effect(connection: Connection, case: AnyRow, now: datetime) -> None:
    """Do what was decided, unless the author took the message back in between."""
    query = select(CaseActivity.__table__).where(CaseActivity.case_id == case.id, CaseActivity.action == CaseAction.DECIDED)
    decided = connection.execute(query.order_by(CaseActivity.number.desc()).limit(1)).one()
    message = connection.execute(select(Message.__table__).where(Message.id == case.message_id).with_for_update()).one()
    if message.state is MessageState.WITHDRAWN:
        _after_withdrawal(connection, case, message, now)
        return
    {Decision.RELEASE: _release, Decision.RETURN: _return, Decision.KEEP: _keep}[case.decision](connection, case, message, decided, now)


def _after_withdrawal(connection: Connection, case: AnyRow, message: AnyRow, now: datetime) -> None:
    """There are no words left to decide about; whoever wrote them may still need somebody, and may be talking with them."""
    step = Step(CaseAction.WITHDRAWN, message.author_id)
    if case.lane is Lane.CARE:
        _go_on_caring(connection, case, step, now)
    else:
        close(connection, [case.id], outcome=CaseOutcome.WITHDRAWN, step=step, now=now)


def _go_on_caring(connection: Connection, case: AnyRow, step: Step, now: datetime) -> None:
    """The care case is open as before the decision, in the hands of who decided."""
    values = {"state": CaseState.OPEN, "decision": None, "takes_effect_at": None, "lease_until": now + timedelta(seconds=LEASE_SECONDS)}
    connection.execute(update(Case).where(Case.id == case.id).values(**values, version=case.version + 1))
    note_step(connection, case.id, step, now=now)


def _release(connection: Connection, case: AnyRow, message: AnyRow, decided: AnyRow, now: datetime) -> None:
    """Deliver a held message through the door every message takes, with the next sequence number; one that has its place goes back to it."""
    if message.seq is None:
        settle(connection, [_released_by(message, decided)], tokens=None, now=now)
    else:
        _move_family(connection, message, MessageState.DELIVERED, now)
        tell_author(connection, message, now)
    _after_words(connection, case, decided, CaseOutcome.RELEASED, now)
    lift_removal(connection, message_id=message.id)
    lift_closure(connection, message_id=message.id, by_id=decided.actor_id, now=now)


def _return(connection: Connection, case: AnyRow, message: AnyRow, decided: AnyRow, now: datetime) -> None:
    """Give a message back to its author; one that the circle has seen goes from its page."""
    require_move(message.state, MessageState.RETURNED)
    if message.seq is None:
        _move(connection, message, MessageState.RETURNED, now)
    else:
        _move_family(connection, message, MessageState.RETURNED, now)
    _after_words(connection, case, decided, CaseOutcome.RETURNED, now)
    tell_author(connection, message, now)
    _bring_consequence(connection, message, decided, now)


def _move(connection: Connection, message: AnyRow, state: MessageState, now: datetime) -> None:
    values = {"state": state, "hold_reason": None, "to_screen": False, "version": message.version + 1, "changed_at": now}
    connection.execute(update(Message).where(Message.id == message.id).values(**values))


def _move_family(connection: Connection, message: AnyRow, state: MessageState, now: datetime) -> None:
    """Every revision that was shown goes from the circle's page, or comes back to it, and the circle is told of it as of one message."""
    back = state is MessageState.DELIVERED
    root_id = message.revises_id or message.id
    family = select(Message.__table__).where(
        (Message.id == root_id) | (Message.revises_id == root_id), Message.seq.is_not(None), Message.state != MessageState.WITHDRAWN
    )
    for row in connection.execute(family.order_by(Message.id).with_for_update()).all():
        _move(connection, row, state, now)
    kind = EventKind.MESSAGE_RESTORED if back else EventKind.MESSAGE_WITHDRAWN
    announce_in_circle(connection, circle_id=message.circle_id, kind=kind, message_id=message.id if back else root_id, now=now)


def _keep(connection: Connection, case: AnyRow, _message: AnyRow, decided: AnyRow, now: datetime) -> None:
    """Leave delivered words where they are."""
    _after_words(connection, case, decided, CaseOutcome.KEPT, now)


def _after_words(connection: Connection, case: AnyRow, decided: AnyRow, outcome: CaseOutcome, now: datetime) -> None:
    """Once the words are decided about nothing is left of their conduct case; the care for their author goes on in the hands of who decided."""
    details = (("rule", decided.rule), ("rules_version", decided.rules_version), ("consequence", decided.consequence))
    step = Step(CaseAction(outcome.value), decided.actor_id, decided.note, public=decided.note is not None, details=details)
    if case.lane is Lane.CARE:
        _go_on_caring(connection, case, step, now)
        close_cases(connection, [case.message_id], lane=Lane.CONDUCT, outcome=outcome, action=step.action, now=now, actor_id=decided.actor_id)
    else:
        close(connection, [case.id], outcome=outcome, step=step, now=now)
    audit.record(
        connection, actor_id=decided.actor_id, action=f"message.{outcome}", subject=f"message:{case.message_id}", now=now, case=case.id, rule=decided.rule
    )


def _bring_consequence(connection: Connection, message: AnyRow, decided: AnyRow, now: datetime) -> None:
    """Take the author's seat, or close their account, when that was decided; a warning is words, which the return carries."""
    if decided.consequence is Consequence.REMOVAL:
        remove(connection, circle_id=message.circle_id, user_id=message.author_id, case_id=decided.case_id, now=now)
    elif decided.consequence is Consequence.BAN:
        close_by_decision(connection, user_id=message.author_id, by_id=decided.actor_id, now=now)
    if decided.consequence in {Consequence.REMOVAL, Consequence.BAN}:
        action = f"user.{decided.consequence}"
        audit.record(connection, actor_id=decided.actor_id, action=action, subject=f"user:{message.author_id}", now=now, circle=message.circle_id)


def _released_by(message: AnyRow, decided: AnyRow) -> Judgement:
    return Judgement(
        message_id=message.id,
        circle_id=message.circle_id,
        verdict=Verdict.DELIVER,
        cases=(),
        levels={},
        reasons=(),
        scores=None,
        rules_version=decided.rules_version,
        classifier=None,
        weights_revision=None,
        milliseconds=0.0,
        decided_by_id=decided.actor_id,
    )
