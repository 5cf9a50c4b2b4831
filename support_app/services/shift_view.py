"""What a volunteer sees of their shift: who is there, their rest, and for themselves alone what they have read and written."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from models import Debrief
from models.shift import ShiftEnd
from moderation.taxonomy import Label, Level
from support_app.access import LEADS, Actor, require_reviewer, view_case_as_volunteer
from support_app.database import AnyRow, Database
from support_app.services import debriefs
from support_app.services.next_case import urgent_waits
from support_app.services.opt_outs import is_set_aside, topics_set_aside
from support_app.services.rest import HARD, Rest, nobody_else_is_free, rest_from, rest_of, texts_read
from support_app.services.shifts import latest_shift, people_on_duty

WEEK = timedelta(days=7)
MUCH_IN_A_WEEK = 40
MUCH_THAT_IS_HARD = 8


@dataclass(frozen=True, slots=True)
class Panel:
    """The head of the volunteers' page."""

    on_duty: bool
    since: datetime | None
    was_forgotten: bool
    others: list[AnyRow]
    sees_checks: bool  # leads see that a start check was made, and nothing of it
    rest: Rest | None
    alone: bool  # nobody else is free
    urgent: bool
    asked_for_contact: bool
    somebody_asks: bool


@dataclass(frozen=True, slots=True)
class Exposure:
    """How many texts somebody read, by level."""

    by_level: Mapping[Level, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_level.values())

    @property
    def much(self) -> bool:
        """Whether it is as much in a week as should have gentle words."""
        return self.total >= MUCH_IN_A_WEEK or sum(self.by_level.get(level, 0) for level in HARD) >= MUCH_THAT_IS_HARD


@dataclass(frozen=True, slots=True)
class OwnPage:
    """What is for the person alone."""

    panel: Panel
    start_check: int | None
    this_shift: Exposure
    this_week: Exposure
    topics: dict[Label, datetime | None]
    debriefs: list[AnyRow]


@dataclass(frozen=True, slots=True)
class CaseNotes:
    """What a case's page says beside *take this case*."""

    panel: Panel
    rest: Rest | None  # what keeps the actor from this case; for some cases none does
    set_aside: bool


def panel(db: Database, actor: Actor, *, now: datetime) -> Panel:
    """The actor's shift and who else is on duty."""
    with db.read() as connection:
        require_reviewer(connection, actor, now=now)
        return _panel(connection, actor, now)


def own_page(db: Database, actor: Actor, *, now: datetime) -> OwnPage:
    """The actor's own page about their shift."""
    with db.read() as connection:
        require_reviewer(connection, actor, now=now)
        shift = latest_shift(connection, actor.user_id)
        return OwnPage(
            panel=_panel(connection, actor, now),
            start_check=shift.start_check if shift else None,
            this_shift=_exposure(connection, actor, shift.started_at) if shift else Exposure({}),
            this_week=_exposure(connection, actor, now - WEEK),
            topics=topics_set_aside(connection, actor.user_id, now=now),
            debriefs=debriefs.own(connection, actor.user_id),
        )


def case_notes(db: Database, actor: Actor, case_id: int, *, now: datetime) -> CaseNotes:
    """Whether the actor can take a case now, and whether it is about something they set aside."""
    with db.read() as connection:
        case = view_case_as_volunteer(connection, actor, case_id, now=now)
        return CaseNotes(
            panel=_panel(connection, actor, now),
            rest=rest_from(connection, actor, case, now=now),
            set_aside=is_set_aside(connection, actor, case_id, now=now),
        )


def _panel(connection: Connection, actor: Actor, now: datetime) -> Panel:
    shift = latest_shift(connection, actor.user_id)
    on_duty = shift is not None and shift.ended_at is None
    rest = rest_of(connection, actor.user_id, now=now)
    alone = nobody_else_is_free(connection, actor, now=now)
    asks = Debrief.wants_contact & Debrief.contacted_at.is_(None)
    return Panel(
        on_duty=on_duty,
        since=shift.started_at if shift and on_duty else None,
        was_forgotten=shift is not None and shift.ended_by is ShiftEnd.SILENCE,
        others=[row for row in people_on_duty(connection, now=now) if row.user_id != actor.user_id],
        sees_checks=actor.role in LEADS,
        rest=rest,
        alone=alone,
        urgent=on_duty and rest is not None and alone and urgent_waits(connection, actor, now=now),
        asked_for_contact=connection.execute(select(Debrief.id).where(asks, Debrief.user_id == actor.user_id)).first() is not None,
        somebody_asks=actor.role in LEADS and connection.execute(select(Debrief.id).where(asks, Debrief.user_id != actor.user_id)).first() is not None,
    )


def _exposure(connection: Connection, actor: Actor, since: datetime) -> Exposure:
    counted = Counter(row.level for row in texts_read(connection, actor.user_id, since=since))
    return Exposure({level: counted[level] for level in Level if level in counted})
