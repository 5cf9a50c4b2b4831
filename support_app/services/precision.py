"""How often people agreed with what the software flagged, by language and label: from their decisions, without any text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from models import Case, Circle, Screening
from models.case import CARE_OUTCOMES, CaseOutcome
from moderation.shares import Share
from moderation.taxonomy import LANE_OF_LABEL, Label, Lane
from support_app.access import Actor, require_team
from support_app.database import AnyRow, Database

DAYS = 90
LONGEST_DAYS = 3650

# What a person decided, and whether it says that the software was right. Taken back or screened after all is nobody's decision.
AGREES: Mapping[Lane, Mapping[CaseOutcome, bool]] = {
    Lane.CONDUCT: {CaseOutcome.RETURNED: True, CaseOutcome.RELEASED: False, CaseOutcome.KEPT: False},
    Lane.CARE: {outcome: outcome is not CaseOutcome.NOT_NEEDED for outcome in (*CARE_OUTCOMES, CaseOutcome.ACKNOWLEDGED)},
}

_any = aliased(Screening)
_LAST_OF_SOFTWARE = select(func.max(_any.number)).where(_any.message_id == Case.message_id, _any.decided_by_id.is_(None)).scalar_subquery()
_BY_A_PERSON = or_(*(and_(Case.lane == lane, Case.outcome.in_(outcomes)) for lane, outcomes in AGREES.items()))
_DECIDED = (
    select(Case.message_id, Case.lane, Case.outcome, Case.appeal_of_id, Circle.language, Screening.reasons)
    .join(Circle, Circle.id == Case.circle_id)
    .join(Screening, (Screening.message_id == Case.message_id) & (Screening.number == _LAST_OF_SOFTWARE))
    .where(Case.closed_at.between(bindparam("since"), bindparam("now")), _BY_A_PERSON)
    .order_by(Case.closed_at, Case.id)
)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of the messages that the software flagged for a label and a person has decided about: in how many the last decision agreed with it."""

    label: Label
    decided: int = 0
    confirmed: int = 0
    overturned: int = 0  # returned by one person, and released by another whom the author asked

    @property
    def share(self) -> Share | None:
        """How often people agreed, or None when nothing was decided."""
        return Share.of(self.confirmed, self.decided)


def agreement(db: Database, *, days: int = DAYS, now: datetime) -> dict[str, list[Agreement]]:
    """By language, every label in its order; a language in which nothing flagged was decided in these days is left out."""
    with db.read() as connection:
        rows = connection.execute(_DECIDED, {"since": now - timedelta(days=days), "now": now})
        last = {(row.message_id, row.lane): row for row in rows}  # the last one stays
    return _counted(last.values())


def agreement_for(db: Database, actor: Actor, *, days: int = DAYS, now: datetime) -> dict[str, list[Agreement]]:
    """The same, for leads and admins."""
    with db.read() as connection:
        require_team(connection, actor, now=now)
    return agreement(db, days=days, now=now)


def _counted(decided: Iterable[AnyRow]) -> dict[str, list[Agreement]]:
    found: dict[str, dict[Label, Agreement]] = {}
    for row in decided:
        for label in _flagged(row):
            of_language = found.setdefault(row.language, {item: Agreement(item) for item in Label})
            of_language[label] = _with(of_language[label], row)
    return {language: list(found[language].values()) for language in sorted(found)}


def _flagged(row: AnyRow) -> set[Label]:
    """The labels of the case's lane among the software's reasons."""
    codes = {reason["code"] for reason in row.reasons}
    return {label for label, lane in LANE_OF_LABEL.items() if lane is row.lane and label.value in codes}


def _with(before: Agreement, row: AnyRow) -> Agreement:
    agrees = AGREES[row.lane][row.outcome]
    overturned = row.appeal_of_id is not None and not agrees
    return replace(before, decided=before.decided + 1, confirmed=before.confirmed + agrees, overturned=before.overturned + overturned)
