"""How urgent a case is. Waiting makes it more urgent, so that none starves."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from moderation.taxonomy import SECONDS_TO_ACKNOWLEDGE, Level
from support_app.database import AnyRow
from support_app.services.case_log import LONGEST_SECONDS

RANK = {Level.C4: 4, Level.H3: 3, Level.C3: 3, Level.P: 3, Level.C2: 2, Level.H2: 2, Level.H1: 1, Level.C1: 0}


def priority(level: Level, opened_at: datetime, now: datetime) -> int:
    """The level's rank, and one step more for every full interval waited in which somebody should have come."""
    interval = timedelta(seconds=SECONDS_TO_ACKNOWLEDGE.get(level, LONGEST_SECONDS))
    return RANK[level] + max(now - opened_at, timedelta()) // interval


def most_urgent_first(cases: Iterable[AnyRow], now: datetime) -> list[AnyRow]:
    """Order cases by priority; among equals the one that is due first."""
    return sorted(cases, key=lambda case: (-priority(case.level, case.opened_at, now), case.due_at, case.id))
