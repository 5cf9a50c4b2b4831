"""The volunteers' queue: look, claim with a lease, reveal, release, return, acknowledge."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from models import Case, CaseDecision, Circle, Message, MessageState, Screening, User
from models.case import CaseOutcome, CaseState
from models.decision import CaseAction
from moderation.taxonomy import Lane, Verdict
from support_app import audit
from support_app.access import Actor, access_case_as_volunteer, lock_circle, require_reviewer, sits_in_case, view_case_as_volunteer
from support_app.database import AnyRow, Database
from support_app.errors import N_, Claimed, Conflict, Invalid, LeaseLost
from support_app.services.case_log import close_cases, note_step
from support_app.services.delivery import Judgement, settle
from support_app.services.messages import tell_author
from support_app.services.priority import most_urgent_first
from support_app.services.states import require_move

LEASE_SECONDS = 300
REASON_LENGTH = (10, 500)
CONTEXT_MESSAGES = 10
MOST_SHOWN = 200
RETURN_RULES = ("kindness", "hate", "goading", "details", "other")


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with all that belongs to it; text is there only for the volunteer who holds it and asked for it."""

    case: AnyRow
    circle_name: str
    owner_name: str | None
    message: AnyRow
    author_name: str
    screening: AnyRow | None
    history: list[AnyRow]
    context: list[AnyRow]
    revealed: bool
    conflict_of_interest: bool
    now: datetime

    @property
    def claimed(self) -> bool:
        """Whether somebody's lease runs."""
        return self.case.lease_until is not None and self.case.lease_until > self.now

    def claimed_by(self, actor: Actor) -> bool:
        """Whether the actor's lease runs."""
        return self.claimed and self.case.owner_id == actor.user_id


def queue(db: Database, actor: Actor, *, now: datetime) -> list[CaseView]:
    """Open cases of both lanes, most urgent first; no text in them."""
    with db.read() as connection:
        require_reviewer(connection, actor, now=now)
        rows = most_urgent_first(connection.execute(select(Case.__table__).where(Case.state == CaseState.OPEN)), now)
        return [_view(connection, actor, row, now, revealed=False) for row in rows[:MOST_SHOWN]]


def case_view(db: Database, actor: Actor, case_id: int, *, now: datetime) -> CaseView:
    """One case; its text only while the actor holds the case and has asked for it."""
    with db.read() as connection:
        case = view_case_as_volunteer(connection, actor, case_id, now=now)
        revealed = _has_revealed(connection, actor, case, now) and not sits_in_case(connection, actor, case)
        return _view(connection, actor, case, now, revealed=revealed)


def claim(db: Database, actor: Actor, case_id: int, *, now: datetime) -> None:
    """Take a case for `LEASE_SECONDS`; of two people exactly one gets it, the other meets `Claimed`."""
    with db.write() as connection:
        case = access_case_as_volunteer(connection, actor, case_id, now=now)
        if case.state is not CaseState.OPEN:
            raise Conflict
        if case.lease_until is not None and case.lease_until > now and case.owner_id != actor.user_id:
            raise Claimed
        lease_case(connection, actor, case, now=now)


def lease_case(connection: Connection, actor: Actor, case: AnyRow, *, now: datetime) -> None:
    """Make a case that is free, and locked by the caller, the actor's; its author is told that somebody reads now."""
    values = {"owner_id": actor.user_id, "lease_token": secrets.token_hex(16), "lease_until": now + timedelta(seconds=LEASE_SECONDS)}
    changed = connection.execute(update(Case).where(Case.id == case.id, Case.version == case.version).values(**values, version=case.version + 1))
    if changed.rowcount != 1:
        raise Claimed
    note_step(connection, case_id=case.id, actor_id=actor.user_id, action=CaseAction.CLAIMED, now=now)
    tell_author_of(connection, case, now)


def keep_alive(db: Database, actor: Actor, case_id: int, *, now: datetime) -> datetime:
    """Extend the lease while the page is open; answers with its new end."""
    until = now + timedelta(seconds=LEASE_SECONDS)
    with db.write() as connection:
        case = _held_case(connection, actor, case_id, now=now)
        connection.execute(update(Case).where(Case.id == case.id).values(lease_until=until))
    return until


def give_back(db: Database, actor: Actor, case_id: int, *, now: datetime) -> None:
    """Let somebody else take it, without giving a reason."""
    with db.write() as connection:
        _end_lease(connection, _held_case(connection, actor, case_id, now=now), actor_id=actor.user_id, now=now)


def expire_leases(db: Database, *, now: datetime) -> int:
    """End claims that have run out, so that authors and the queue are told the truth; answers with their number."""
    expired = (Case.state == CaseState.OPEN) & (Case.lease_until <= now)
    with db.read() as connection:
        case_ids = connection.execute(select(Case.id, Case.circle_id).where(expired).order_by(Case.circle_id, Case.id).limit(100)).all()
    for case_id, circle_id in case_ids:
        with db.write() as connection:
            lock_circle(connection, circle_id)
            case = connection.execute(select(Case.__table__).where(expired, Case.id == case_id).with_for_update()).one_or_none()
            if case is not None:
                _end_lease(connection, case, actor_id=None, now=now)
    return len(case_ids)


def reveal(db: Database, actor: Actor, case_id: int, *, now: datetime) -> None:
    """Ask for the text; who read what is on record."""
    with db.write() as connection:
        case = _held_case(connection, actor, case_id, now=now)
        if not _has_revealed(connection, actor, case, now):
            note_step(connection, case_id=case.id, actor_id=actor.user_id, action=CaseAction.REVEALED, now=now)
            audit.record(connection, actor_id=actor.user_id, action="case.revealed", subject=f"case:{case.id}", now=now)


def release(db: Database, actor: Actor, case_id: int, *, version: int, now: datetime) -> None:
    """Deliver a held message through the door every message takes, with the next sequence number."""
    with db.write() as connection:
        case = _held_case(connection, actor, case_id, now=now, version=version)
        _require_revealed(connection, actor, case, now)
        message = connection.execute(select(Message.__table__).where(Message.id == case.message_id).with_for_update()).one()
        if message.state is not MessageState.HELD:
            raise Conflict
        rules_version = connection.execute(select(Circle.rules_version).where(Circle.id == case.circle_id)).scalar_one()
        settle(connection, [_released_by(actor, message, rules_version)], tokens=None, now=now)
        for lane in dict.fromkeys((case.lane, Lane.CONDUCT)):  # once the words are decided about, nothing is left of their conduct case
            close_cases(connection, [message.id], lane=lane, outcome=CaseOutcome.RELEASED, action=CaseAction.RELEASED, now=now, actor_id=actor.user_id)
        audit.record(connection, actor_id=actor.user_id, action="message.released", subject=f"message:{message.id}", now=now, case=case.id)


def return_message(db: Database, actor: Actor, case_id: int, *, version: int, reason: str, rule: str, now: datetime) -> None:
    """Give a held message back to its author with a reason in words and the rule it is about."""
    reason = reason.strip()
    if not REASON_LENGTH[0] <= len(reason) <= REASON_LENGTH[1]:
        raise Invalid(N_("Please give the author a reason of %(least)s to %(most)s characters."), least=REASON_LENGTH[0], most=REASON_LENGTH[1])
    if rule not in RETURN_RULES:
        raise Invalid(N_("Please choose the rule this is about."))
    with db.write() as connection:
        case = _held_case(connection, actor, case_id, now=now, version=version)
        _require_revealed(connection, actor, case, now)
        message = connection.execute(select(Message.__table__).where(Message.id == case.message_id).with_for_update()).one()
        require_move(message.state, MessageState.RETURNED)
        values = {"state": MessageState.RETURNED, "hold_reason": None, "to_screen": False, "version": message.version + 1, "changed_at": now}
        connection.execute(update(Message).where(Message.id == message.id).values(**values))
        closed = {"state": CaseState.CLOSED, "outcome": CaseOutcome.RETURNED, "closed_at": now, "owner_id": None, "lease_token": None, "lease_until": None}
        connection.execute(update(Case).where(Case.id == case.id).values(**closed, version=case.version + 1))
        note_step(connection, case_id=case.id, actor_id=actor.user_id, action=CaseAction.RETURNED, note=reason, rule=rule, now=now)
        close_cases(connection, [message.id], lane=Lane.CONDUCT, outcome=CaseOutcome.RETURNED, action=CaseAction.RETURNED, now=now, actor_id=actor.user_id)
        tell_author(connection, message, now)
        audit.record(connection, actor_id=actor.user_id, action="message.returned", subject=f"message:{message.id}", now=now, case=case.id, rule=rule)


def acknowledge(db: Database, actor: Actor, case_id: int, *, version: int, now: datetime) -> None:
    """Close a care case whose message was delivered: a person has read it and is looking after its author."""
    with db.write() as connection:
        case = _held_case(connection, actor, case_id, now=now, version=version)
        _require_revealed(connection, actor, case, now)
        state = connection.execute(select(Message.state).where(Message.id == case.message_id)).scalar_one()
        if case.lane is not Lane.CARE or state is MessageState.HELD:
            raise Conflict(N_("This message is still held. Release it or return it first."))
        close_cases(
            connection,
            [case.message_id],
            lane=case.lane,
            outcome=CaseOutcome.ACKNOWLEDGED,
            action=CaseAction.ACKNOWLEDGED,
            now=now,
            actor_id=actor.user_id,
        )
        tell_author_of(connection, case, now)
        audit.record(connection, actor_id=actor.user_id, action="case.acknowledged", subject=f"case:{case.id}", now=now)


def _end_lease(connection: Connection, case: AnyRow, *, actor_id: int | None, now: datetime) -> None:
    connection.execute(update(Case).where(Case.id == case.id).values(owner_id=None, lease_token=None, lease_until=None, version=case.version + 1))
    note_step(connection, case_id=case.id, actor_id=actor_id, action=CaseAction.GIVEN_BACK, now=now)
    tell_author_of(connection, case, now)


def _held_case(connection: Connection, actor: Actor, case_id: int, *, now: datetime, version: int | None = None) -> AnyRow:
    """The case, while the actor's lease runs and nobody changed it since `version`."""
    case = access_case_as_volunteer(connection, actor, case_id, now=now)
    if case.state is not CaseState.OPEN:
        raise Conflict
    if case.owner_id != actor.user_id or case.lease_until is None or case.lease_until <= now:
        raise LeaseLost
    if version is not None and case.version != version:
        raise Conflict
    return case


def _has_revealed(connection: Connection, actor: Actor, case: AnyRow, now: datetime) -> bool:
    """Whether the actor asked for the text since claiming the case, and the claim still runs."""
    if case.owner_id != actor.user_id or case.lease_until is None or case.lease_until <= now:
        return False
    query = (
        select(CaseDecision.action)
        .where(CaseDecision.case_id == case.id, CaseDecision.actor_id == actor.user_id, CaseDecision.action.in_((CaseAction.CLAIMED, CaseAction.REVEALED)))
        .order_by(CaseDecision.id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none() is CaseAction.REVEALED


def _require_revealed(connection: Connection, actor: Actor, case: AnyRow, now: datetime) -> None:
    if not _has_revealed(connection, actor, case, now):
        raise Conflict(N_("Please read the message before you decide."))


def _released_by(actor: Actor, message: AnyRow, rules_version: int) -> Judgement:
    return Judgement(
        message_id=message.id,
        circle_id=message.circle_id,
        verdict=Verdict.DELIVER,
        cases=(),
        levels={},
        reasons=(),
        scores=None,
        rules_version=rules_version,
        classifier=None,
        weights_revision=None,
        milliseconds=0.0,
        decided_by_id=actor.user_id,
    )


def tell_author_of(connection: Connection, case: AnyRow, now: datetime) -> None:
    """The author's notice and care card say what people do now; the version moves so that pages take the newer one."""
    message = connection.execute(select(Message.__table__).where(Message.id == case.message_id).with_for_update()).one()
    if message.state is MessageState.HELD or (case.lane is Lane.CARE and message.state is not MessageState.WITHDRAWN):
        connection.execute(update(Message).where(Message.id == message.id).values(version=message.version + 1))
        tell_author(connection, message, now)


def _view(connection: Connection, actor: Actor, case: AnyRow, now: datetime, *, revealed: bool) -> CaseView:
    message = connection.execute(select(Message.__table__).where(Message.id == case.message_id)).one()
    screening = select(Screening.__table__).where(Screening.message_id == message.id, Screening.decided_by_id.is_(None)).order_by(Screening.number.desc())
    history = (
        select(CaseDecision.__table__, User.name.label("actor_name"))
        .outerjoin(User, User.id == CaseDecision.actor_id)
        .where(CaseDecision.case_id == case.id)
        .order_by(CaseDecision.id)
    )
    return CaseView(
        case=case,
        circle_name=connection.execute(select(Circle.name).where(Circle.id == case.circle_id)).scalar_one(),
        owner_name=connection.execute(select(User.name).where(User.id == case.owner_id)).scalar_one_or_none(),
        message=message,
        author_name=connection.execute(select(User.name).where(User.id == message.author_id)).scalar_one(),
        screening=connection.execute(screening.limit(1)).one_or_none(),
        history=list(connection.execute(history)),
        context=_context(connection, message) if revealed else [],
        revealed=revealed,
        conflict_of_interest=sits_in_case(connection, actor, case),
        now=now,
    )


def _context(connection: Connection, message: AnyRow) -> list[AnyRow]:
    """What was said in the circle just before, oldest first."""
    query = (
        select(Message.id, Message.text, Message.state, Message.created_at, User.name.label("author_name"))
        .join(User, User.id == Message.author_id)
        .where(Message.circle_id == message.circle_id, Message.id < message.id, Message.state == MessageState.DELIVERED)
        .order_by(Message.id.desc())
        .limit(CONTEXT_MESSAGES)
    )
    return list(connection.execute(query))[::-1]
